"""The compiled kernel against the reference in NumPy."""

import ctypes

import numpy as np
import pytest

from model import kernel
from model.kernel import CompiledLSTM, compile_kernel, load_kernel
from model.lstm import LSTM, Draws
from model.sampler import Request, Sampler
from tests.conftest import make_persona

CHARACTERS = "\n abcdefghijklmnopqrstuvwxyz.!?"


@pytest.fixture
def library() -> ctypes.CDLL:
    if problem := compile_kernel():
        pytest.skip(problem)
    load_kernel.cache_clear()
    return load_kernel()


@pytest.mark.parametrize(
    "knobs",
    [
        {"units": 12},  # fewer than fill a vector
        {"units": 33, "layers": 3, "min_p": 0.2},
        {"units": 64, "reading": "stream", "embedding": 5, "ngrams": 50},
        {"units": 17, "layers": 2, "reading": "stream", "embedding": 40, "ngrams": 50},  # a run's is wider than h
    ],
)
def test_it_draws_what_the_reference_draws(library, knobs):
    lstm = LSTM(make_persona(CHARACTERS, scale=0.3, **knobs))
    compiled = CompiledLSTM(lstm, library)
    random = np.random.default_rng(0)
    rows, steps = 13, 50  # of no whole number of blocks
    given = np.full((rows, steps), -1, np.int32)
    given[:, 0] = random.integers(lstm.known, size=rows)
    given[4, :20] = random.integers(lstm.known + 1, size=20)  # the unknown among them
    uniforms = random.random((rows, steps), np.float32)
    top_p = np.where(np.arange(rows) % 3 == 0, 0.7, 1.0).astype(np.float32)
    draws = Draws(np.linspace(0, 2, rows, dtype=np.float32), top_p)
    ours, theirs = compiled.start(rows), lstm.start(rows)
    for first in range(0, steps, 25):  # in two parts: the second goes on with the state of the first
        part = np.s_[:, first : first + 25]
        drawn = [
            each.advance(state, given[part].copy(), uniforms[part].copy(), draws)
            for each, state in ((compiled, ours), (lstm, theirs))
        ]
        assert (drawn[0] == drawn[1]).all()
    assert np.abs(ours.h[..., : lstm.units] - theirs.h).max() < 1e-3 and not ours.h[..., lstm.units :].any()
    assert np.abs(ours.c[..., : lstm.units] - theirs.c).max() < 1e-3
    assert (ours.latest == theirs.latest).all()


def test_large_numbers_saturate_as_in_the_reference(library):
    lstm = LSTM(make_persona(CHARACTERS, units=16, scale=40.0))
    given = np.arange(20, dtype=np.int32)[np.newaxis]
    states = []
    for each in (CompiledLSTM(lstm, library), lstm):
        states.append(each.start(1))
        each.advance(states[-1], given, np.zeros((1, 20), np.float32), Draws.at(np.ones(1, np.float32)))
    assert np.abs(states[0].h - states[1].h).max() < 1e-4


def test_a_reply_is_the_same_with_and_without_it(library):
    persona = make_persona()
    request = Request("hello there", 0.8, 60, 5)
    assert Sampler(persona).sample(request) == Sampler(persona, compiled=False).sample(request)


def test_where_it_is_not_compiled_the_reference_samples(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel, "FOLDER", tmp_path)
    load_kernel.cache_clear()
    assert load_kernel() is None and isinstance(Sampler(make_persona()).lstm, LSTM)
    load_kernel.cache_clear()


def test_where_it_cannot_be_written_the_command_says_so(monkeypatch, tmp_path, capsys):
    (tmp_path / "build").write_text("no folder")
    monkeypatch.setattr(kernel, "FOLDER", tmp_path / "build" / "deeper")
    kernel.main()
    said = capsys.readouterr().err
    assert "could not be written" in said and "sampled with NumPy" in said


@pytest.mark.parametrize(
    ("compiler", "problem"), [(None, "no C compiler"), ("#!/bin/sh\necho 'no such flag' >&2; exit 1", "no such flag")]
)
def test_without_a_compiler_that_can_the_command_says_so(monkeypatch, tmp_path, capsys, compiler, problem):
    monkeypatch.setattr(kernel, "FOLDER", tmp_path / "build")
    monkeypatch.setenv("PATH", str(tmp_path))
    if compiler:
        (tmp_path / "cc").write_text(compiler)
        (tmp_path / "cc").chmod(0o755)
    kernel.main()
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "build").exists() or not list((tmp_path / "build").iterdir())
