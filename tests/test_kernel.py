"""The compiled kernel against the reference in NumPy."""

import ctypes

import numpy as np
import pytest

from model.persona import kernel
from model.persona.kernel import CompiledLSTM, compile_kernel, load_kernel
from model.persona.lstm import LSTM, Draws, State
from model.persona.sampler import Request, Sampler
from tests.conftest import make_persona
from tests.rounding import are_decided, decided, in_double, single_precision_error

pytestmark = pytest.mark.numeric

CHARACTERS = "\n abcdefghijklmnopqrstuvwxyz.!?"
ROWS, STEPS = 13, 50  # of no whole number of blocks


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
        {"units": 17, "layers": 2, "reading": "stream", "embedding": 40, "ngrams": 50},  # an n-gram's is wider than h
        {"units": 16, "scale": 40.0},
        {"units": 16, "scale": 1e4},  # each gate is wide open or shut
    ],
)
def test_each_step_is_that_of_the_reference_up_to_rounding(library, knobs):
    lstm = LSTM(make_persona(CHARACTERS, **{"scale": 0.3} | knobs))
    given, uniforms, draws = inputs(lstm)
    compiled, exact = CompiledLSTM(lstm, library), in_double(lstm)
    state, undecided = compiled.start(ROWS), 0
    for step in range(STEPS):
        now = np.s_[:, step : step + 1]
        before = State(
            *(np.array(array[..., : lstm.units], float) for array in (state.h, state.c)), state.latest.copy()
        )
        ids = compiled.advance(state, given[now].copy(), uniforms[now].copy(), draws)[:, 0]

        error = single_precision_error(
            lambda change, before=before: in_double(lstm, change).logits(before), lstm.units + 1
        )
        draw = exact.logits(before), uniforms[:, step], draws
        expected = np.where(given[:, step] < 0, exact.draw(*draw), given[:, step])
        decided = are_decided(exact, *draw, error) | (given[:, step] >= 0)
        undecided += (~decided).sum()
        assert (ids == expected)[decided].all()

        def after(change, before=before, ids=ids):
            double = State(before.h.copy(), before.c.copy(), before.latest.copy())
            in_double(lstm, change).step(ids, double)
            return np.stack([double.h, double.c])

        error = single_precision_error(after, max(len(kernel) for kernel in lstm.kernels) + 1)
        h, c = after(lambda array: array.astype(float))
        assert np.abs(state.h[..., : lstm.units] - h).max() <= error and not state.h[..., lstm.units :].any()
        assert np.abs(state.c[..., : lstm.units] - c).max() <= error
    assert undecided < 0.01 * given.size


def test_steps_are_the_same_one_at_a_time_and_many_at_once(library):
    lstm = LSTM(make_persona(CHARACTERS, units=33, layers=2, reading="stream", embedding=5, ngrams=50))
    given, uniforms, draws = inputs(lstm)
    compiled = CompiledLSTM(lstm, library)
    outcomes = []
    for count in (1, 20, STEPS):
        state = compiled.start(ROWS)
        parts = [
            compiled.advance(state, given[part].copy(), uniforms[part].copy(), draws)
            for first in range(0, STEPS, count)
            for part in [np.s_[:, first : first + count]]
        ]
        outcomes.append((np.concatenate(parts, axis=1), state.h, state.c, state.latest))
    for outcome in outcomes[1:]:
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(outcome, outcomes[0], strict=True))


def inputs(lstm):
    """Return ids to read or to draw, random numbers, and how to draw, for ROWS rows."""
    random = np.random.default_rng(0)
    given = np.full((ROWS, STEPS), -1, np.int32)
    given[:, 0] = random.integers(lstm.known, size=ROWS)
    given[4, :20] = random.integers(lstm.known + 1, size=20)  # the unknown among them
    uniforms = random.random((ROWS, STEPS), np.float32)
    top_p = np.where(np.arange(ROWS) % 3 == 0, 0.7, 1.0).astype(np.float32)
    return given, uniforms, Draws(np.linspace(0, 2, ROWS, dtype=np.float32), top_p)


def test_a_reply_is_the_same_with_and_without_it(library):
    persona = make_persona()
    (request,) = decided(persona, [Request("hello there", 0.8, 60, 5)])
    assert Sampler(persona).sample(request) == Sampler(persona, compiled=False).sample(request)


def test_where_it_is_not_compiled_the_reference_samples(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel, "FOLDER", tmp_path)
    load_kernel.cache_clear()
    assert load_kernel() is None and isinstance(Sampler(make_persona()).lstm, LSTM)
    load_kernel.cache_clear()


def test_where_it_cannot_be_written_the_command_says_so(monkeypatch, tmp_path, capsys):
    (tmp_path / "build").write_text("no folder")
    (tmp_path / "cc").write_text("")  # never run
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
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
