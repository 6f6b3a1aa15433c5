import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from model.persona.file import METADATA_KEY, PersonaError, check_name, load_persona, save_persona
from model.persona.find import find_persona, matching_personas
from model.persona.storage import load_arrays
from tests.conftest import make_persona


@pytest.fixture
def file(tmp_path, persona):
    save_persona(persona, tmp_path / "ada.safetensors")
    return tmp_path / "ada.safetensors"


def damage(file, arrays=None, **changes) -> None:
    """Write the file anew with other arrays or other fields of its document."""
    saved, metadata = load_arrays(file)
    document = json.loads(metadata[METADATA_KEY])
    document |= changes
    save_file(saved | (arrays or {}), file, {METADATA_KEY: json.dumps(document)})


def test_a_persona_comes_back_as_it_was_saved(file, persona):
    loaded = load_persona(file)
    assert replace(loaded, arrays={}) == replace(persona, arrays={})
    assert all(np.array_equal(loaded.arrays[name], array) for name, array in persona.arrays.items())


def test_a_seed_is_read_in_the_letter_case_of_the_training_text():
    assert make_persona("ab").encode("aB").tolist() == [0, 1]
    assert make_persona("ab", case="keep").encode("aB").tolist() == [0, 2]


SOURCE = asdict(make_persona().source)
CONSENT = {"kind": "fiction", "by": "", "date": "", "contact": "", "expires": "", "quoting": False, "community": []}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 0}, "persona format 0, wanted 1 to"),
        ({"format": None}, "persona format None"),
        ({"name": "../x"}, "can't be a persona's name"),
        ({"vocabulary": "ba"}, "sorted by code point"),
        ({"vocabulary": "ab"}, "shape .* the recipe wants"),
        ({"recipe": {}}, "shape .* the recipe wants"),
        ({"recipe": []}, "doesn't fit"),
        ({"recipe": {"units": float("nan")}}, "recipe.units is nan, wanted int"),
        ({"recipe": {"fraction": 10**400}}, "fraction is 1.*; wanted a number"),
        ({"source": SOURCE | {"messages": True}}, "source.messages is True, wanted int"),
        ({"source": SOURCE | {"aliases": [["a2", "ada"]]}}, "source.aliases is .*, wanted dict"),
        ({"source": SOURCE | {"community": {"b1": {"b1": {}}}}}, "source.community holds .*, wanted words"),
        ({"source": {"author": "Ada"}}, "source: missing or unknown author_id, characters, .*, sha256"),
        ({"consent": CONSENT | {"kind": 1}}, "consent.kind is 1, wanted str"),
        ({"consent": CONSENT | {"quoting": "yes"}}, "consent.quoting is 'yes', wanted bool"),
        ({"consent": CONSENT | {"community": [3]}}, "consent.community holds 3, wanted words"),
        ({"consent": CONSENT | {"kind": "none"}}, "consent.kind is 'none', wanted one of own-data"),
        ({"consent": CONSENT | {"community": "Bob"}}, "consent.community is 'Bob', wanted list"),
        ({"quotes": 7}, "doesn't fit"),
        ({"metrics": {"training_bits": "low"}}, "doesn't fit"),
        ({"metrics": None}, "doesn't fit"),
        ({"metrics": {"bits": 10**400}}, "doesn't fit"),
        ({"unknown_kinds": "many"}, "doesn't fit"),
    ],
)
def test_a_document_that_does_not_fit_says_what_was_found(file, changes, sentence):
    damage(file, **changes)
    with pytest.raises(PersonaError, match=sentence) as error:
        load_persona(file)
    assert str(file) in str(error.value) and "train" in str(error.value)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"dense.bias": np.zeros(3, np.float32)}, r"dense.bias has the shape \(3,\), the recipe wants \(40,\)"),
        ({"dense.bias": np.zeros(40, np.float64)}, "dense.bias is float64, wanted float32"),
        ({"dense.bias": np.full(40, np.nan, np.float32)}, "not finite"),
        ({"extra": np.zeros(1, np.float32)}, "missing or unknown arrays: extra"),
    ],
)
def test_arrays_that_do_not_fit_say_both_numbers(file, arrays, sentence):
    damage(file, arrays)
    with pytest.raises(PersonaError, match=sentence):
        load_persona(file)


def test_files_that_are_no_personas_are_said(tmp_path, file):
    with pytest.raises(PersonaError, match="no such file"):
        load_persona(tmp_path / "nobody.safetensors")
    save_file(load_file(file), tmp_path / "plain.safetensors")
    with pytest.raises(PersonaError, match="no 'mimic' metadata"):
        load_persona(tmp_path / "plain.safetensors")
    save_file(load_file(file), tmp_path / "odd.safetensors", {METADATA_KEY: "{not json"})
    with pytest.raises(PersonaError, match="not JSON"):
        load_persona(tmp_path / "odd.safetensors")
    content = file.read_bytes()
    for number, cut in enumerate((b"", content[:7], content[:100], content[:-1], content + b"x", b"\xff" * 300)):
        (tmp_path / f"{number}.safetensors").write_bytes(cut)
        with pytest.raises(PersonaError, match="damaged"):
            load_persona(tmp_path / f"{number}.safetensors")
    with pytest.raises(PersonaError, match="damaged"):
        load_persona(tmp_path)


def test_a_persona_is_found_by_path_by_file_and_by_the_name_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "personas"
    for name, author in (
        ("ada", "Ada L"),
        ("bob", "Ada L"),
        ("Eve", "Evelyn"),
        ("eve", "ada"),
        ("zoe", "Zo\u00eb \u272a"),
    ):
        save_persona(make_persona(author=author), folder / f"{name}.safetensors")
    for wanted, name in {
        "ada": "ada",  # a file's name comes before a person's
        "ada.safetensors": "ada",
        "BOB": "bob",
        "Eve": "Eve",  # as it is written
        "evelyn": "Eve",
        "ZO\u00cb  \u272a": "zoe",
    }.items():
        assert find_persona(wanted, folder) == folder / f"{name}.safetensors"
    for wanted in ("personas/bob.safetensors", "personas/nobody.safetensors", str(folder / "ada.safetensors")):
        assert find_persona(wanted, folder) == Path(wanted)
    for wanted, sentence in {
        "ada l": "2 personas in .*personas are called 'ada l'; give one of ada, bob$",
        "EVE": "2 personas in .*personas are called 'EVE'; give one of Eve, eve$",
        "nobody": "no persona in .*personas is called 'nobody'; there are Eve, ada, bob, eve, zoe$",
        "": "no persona in .* is called ''",
    }.items():
        with pytest.raises(PersonaError, match=sentence):
            find_persona(wanted, folder)


def test_names_are_learnt_from_headers_alone_and_follow_the_file(tmp_path):
    file = tmp_path / "m1.safetensors"
    save_persona(make_persona(author="Mara"), file)
    header = 8 + int.from_bytes(file.read_bytes()[:8], "little")
    (tmp_path / "cut.safetensors").write_bytes(file.read_bytes()[:header])  # no array is in it
    assert matching_personas(tmp_path, "MARA") == ["cut", "m1"]
    (tmp_path / "cut.safetensors").write_bytes(file.read_bytes()[: header // 2])
    for name, content in {"empty": b"", "long": b"\xff" * 50, "list": b"\x02" + bytes(7) + b"[]"}.items():
        (tmp_path / f"{name}.safetensors").write_bytes(content)
    (tmp_path / "gone.safetensors").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.safetensors").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.safetensors")  # to open it would be to wait
    assert matching_personas(tmp_path, "mara") == ["m1"]
    save_persona(make_persona(author="Mara Klein"), file)
    assert matching_personas(tmp_path, "mara") == [] and matching_personas(tmp_path, "mara klein") == ["m1"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", ".hidden", "x" * 65, "a b", "a\n"])
def test_a_name_that_could_leave_the_folder_is_refused(name):
    with pytest.raises(PersonaError, match="can't be a persona's name"):
        check_name(name)
