"""Persona files of every format load for ever, and answer as the version that wrote them did.

Each file of tests/persona_files was written by a version of its format, with random weights. `expected.json` holds what
that version's NumPy computed: the logits after the prompt, its 16 likeliest characters one after the other, and the
logits before the last of them. For these, the likeliest character leads by 0.15 at least.
"""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from model.persona.about import describe, holds
from model.persona.file import FORMAT, METADATA_KEY, Persona, PersonaError, load_persona, save_persona
from model.persona.lstm import LSTM
from model.persona.recipe import RECIPES, Recipe
from model.persona.sampler import Request, Sampler
from model.persona.storage import load_arrays, save_arrays
from model.persona.vocabulary import readable

ROOT = Path(__file__).parent.parent
FILES = Path(__file__).parent / "persona_files"
EXPECTED = json.loads((FILES / "expected.json").read_text(encoding="utf-8"))
# Formats 1 to 3 held weights in single precision, which are rounded to half precision: by 2^-11 of each at most.
TOLERANCE = {"format-1": 0.05, "format-2": 0.05, "format-3-single": 0.05}


def logits_and_reply(persona: Persona, prompt: str, length: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Return the logits after the prompt, the likeliest characters from there, and the logits before the last one."""
    lstm = LSTM(persona)
    state = lstm.read([persona.encode(prompt)])
    every, ids = [], []
    for _ in range(length):
        every.append(lstm.logits(state)[0, : lstm.known].copy())
        ids.append(int(every[-1].argmax()))
        lstm.step(np.array(ids[-1:]), state)
    return every[0], every[-1], persona.vocabulary.decode(ids)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_any_format_answers_as_it_did(name):
    expected, tolerance = EXPECTED[name], TOLERANCE.get(name, 1e-3)
    persona = load_persona(FILES / f"{name}.safetensors")
    first, last, reply = logits_and_reply(persona, expected["prompt"], len(expected["reply"]))
    assert reply == expected["reply"]
    np.testing.assert_allclose(first, expected["first_logits"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(last, expected["last_logits"], rtol=0, atol=tolerance)
    request = Request(expected["prompt"], 0.0, len(expected["reply"]))
    assert Sampler(persona).sample(request) == readable(expected["reply"])


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_of_any_format_keeps_whose_it_is_and_who_agreed(name, tmp_path):
    persona = load_persona(FILES / f"{name}.safetensors")
    assert (persona.name, persona.author, persona.source.author_id) == ("ada", "Ada", "a1")
    assert persona.consent and (persona.consent.kind, persona.consent.by) == ("written-consent", "Ada")
    assert persona.consent.contact == "ada@example.com"
    save_persona(persona, tmp_path / "ada.safetensors")
    again = load_persona(tmp_path / "ada.safetensors")
    assert replace(again, arrays={}) == replace(persona, arrays={})
    assert all(np.array_equal(again.arrays[key], array) for key, array in persona.arrays.items())


def test_every_format_is_among_the_files():
    formats = {document_of(FILES / f"{name}.safetensors")["format"] for name in EXPECTED}
    assert formats == set(range(1, FORMAT + 1))


def test_an_old_file_does_not_claim_to_know_from_whom_it_learnt():
    old = load_persona(FILES / "format-3-half.safetensors")
    old = replace(old, recipe=replace(old.recipe, community=True))
    assert "It learnt from others too; this old file doesn't say from whom." in describe(old)
    assert "may hold text of 'Bob'" in holds(old, "Bob") and holds(old, "Ada") == "it holds text of Ada (a1)"


def document_of(file: Path) -> dict:
    return json.loads(load_arrays(file)[1][METADATA_KEY])


def rewrite(file: Path, arrays=None, **changes) -> None:
    """Write a file anew with other fields in its document, or other arrays."""
    saved, metadata = load_arrays(file)
    document = json.loads(metadata[METADATA_KEY]) | changes
    save_arrays(saved | (arrays or {}), {METADATA_KEY: json.dumps(document)}, file)


@pytest.fixture
def file(tmp_path) -> Path:
    return Path(shutil.copy(FILES / "format-4.safetensors", tmp_path))


@pytest.mark.parametrize("knob", [knob.name for knob in fields(Recipe)])
def test_a_knob_that_a_file_lacks_is_neutral(file, knob):
    kept = document_of(file)["recipe"]
    kept.pop(knob)
    rewrite(file, recipe=kept)
    if knob in ("embedding", "layers", "ngrams", "reading", "units"):  # another architecture than the arrays are of
        with pytest.raises(PersonaError, match=r"arrays: |has the shape|ngrams is 32; wanted 0"):
            load_persona(file)
    else:
        expected = replace(load_persona(FILES / "format-4.safetensors").recipe, **{knob: getattr(Recipe(), knob)})
        assert load_persona(file).recipe == expected


def test_neutral_knobs_are_within_their_limits_and_no_newer_than_the_format():
    assert Recipe() == RECIPES["tutorial"]  # checks all limits
    for knob in fields(Recipe):
        assert (knob.metadata["since"] or 0) <= FORMAT, knob.name


@pytest.mark.parametrize("version", [0, -1, True, 4.0, "4", None, [4], {"4": 4}])
def test_a_format_that_is_no_whole_number_from_1_is_refused(file, version):
    rewrite(file, format=version)
    with pytest.raises(PersonaError, match=rf"persona format .*, wanted 1 to {FORMAT}"):
        load_persona(file)


def test_a_file_of_a_newer_format_is_refused_and_its_unknown_fields_are_named(file):
    document = document_of(file)
    newer = {"weight_decay": 0.1, "bell\x07": 1}
    rewrite(file, format=FORMAT + 1, recipe=document["recipe"] | newer, source=document["source"] | {"place": "here"})
    with pytest.raises(PersonaError) as refused:
        load_persona(file)
    assert str(refused.value) == (
        f"{file}: made by a newer version of Mimic: it has persona format {FORMAT + 1}, and uses recipe.bell?, "
        f"recipe.weight_decay, source.place; this version reads formats up to {FORMAT}, so update Mimic"
    )
    rewrite(file, format=10**30, recipe=None)
    with pytest.raises(PersonaError, match="newer version of Mimic"):
        load_persona(file)


@pytest.mark.parametrize("part", ["recipe", "source", "consent"])
def test_an_unknown_field_in_a_file_of_a_known_format_is_refused(file, part):
    rewrite(file, **{part: document_of(file)[part] | {"weight_decay": 0.1}})
    with pytest.raises(PersonaError, match=f"{part}: missing or unknown weight_decay"):
        load_persona(file)


@pytest.mark.parametrize("name", ["format-1", "format-3-single", "format-3-half", "format-4"])
def test_the_arrays_of_any_format_are_checked_as_strictly(name, tmp_path):
    for array, sentence in (
        (np.zeros(3, np.float32), r"has the shape \(3,\)"),
        (np.full(12, np.nan, np.float32), "not finite"),
        (np.zeros(12, np.float64), "is float64, wanted float32"),
    ):
        file = Path(shutil.copy(FILES / f"{name}.safetensors", tmp_path))
        size = len(load_persona(file).arrays["dense.bias"])
        rewrite(file, {"dense.bias": np.resize(array, size) if len(array) > 3 else array})
        with pytest.raises(PersonaError, match=sentence):
            load_persona(file)
    file = Path(shutil.copy(FILES / "format-1.safetensors", tmp_path))
    shape = load_persona(file).arrays["dense.kernel"].shape
    rewrite(file, {"dense.kernel": np.full(shape, 1e6, np.float32)})  # more than half precision holds
    with pytest.raises(PersonaError, match="not finite"):
        load_persona(file)


NEXT_VERSION = """
import sys
from dataclasses import replace
from pathlib import Path
from model.persona.file import load_persona, save_persona

old, unused, used = map(Path, sys.argv[1:])
persona = load_persona(old)
assert persona.recipe.weight_decay == 0.0
save_persona(persona, unused)
persona = replace(persona, recipe=replace(persona.recipe, weight_decay=0.1))
save_persona(persona, used)
assert load_persona(used).recipe.weight_decay == 0.1
"""


def test_a_knob_can_be_added_without_making_any_file_unreadable(tmp_path):
    """Add one knob to a copy of the package, as the next version would, and exchange files with it."""
    following = FORMAT + 1
    shutil.copytree(ROOT / "model", tmp_path / "model", ignore=shutil.ignore_patterns("__pycache__"))
    for name, pattern, line in (
        ("persona/file.py", r"^FORMAT = \d+", f"FORMAT = {following}"),
        (
            "persona/recipe.py",
            r"^    random_seed: int",
            f'    weight_decay: float = _knob(0.0, (0.0, 1.0), "decay", since={following})\n\\g<0>',
        ),
    ):
        module = tmp_path / "model" / name
        text, count = re.subn(pattern, line, module.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert count == 1
        module.write_text(text, encoding="utf-8")
    old, unused, used = FILES / "format-4.safetensors", tmp_path / "unused.safetensors", tmp_path / "used.safetensors"
    subprocess.run([sys.executable, "-c", NEXT_VERSION, old, unused, used], cwd=tmp_path, check=True)
    assert load_persona(unused).recipe == load_persona(old).recipe
    with pytest.raises(PersonaError, match=rf"format {following}, and uses recipe\.weight_decay; .* update Mimic$"):
        load_persona(used)
