"""The list of the people who must not be imitated, and what is deleted of theirs."""

from dataclasses import replace

import pytest

from model.persona.file import save_persona
from model.persona.forgotten import (
    FILE,
    OWNER,
    THEMSELVES,
    Forgotten,
    delete_person,
    find_forgotten,
    forgotten_people,
    list_forgotten,
    unlist_forgotten,
)
from model.persona.storage import FileError, backup_of
from tests.conftest import make_persona

ADA = Forgotten("Ada", ["a1", "a2"], "2026-07-01", THEMSELVES)
BOB = Forgotten("Bob", ["b1"], "2026-07-02", OWNER)


def test_people_are_found_by_any_of_their_ids_until_they_are_taken_off_the_list(tmp_path):
    assert forgotten_people(tmp_path) == [] and find_forgotten({"a1"}, tmp_path) is None
    for person in (ADA, BOB, ADA):
        list_forgotten(person, tmp_path)
    assert forgotten_people(tmp_path) == [BOB, ADA]
    assert find_forgotten({"x", "a2"}, tmp_path) == ADA and find_forgotten({"c1"}, tmp_path) is None
    unlist_forgotten({"a2"}, tmp_path)
    assert forgotten_people(tmp_path) == [BOB]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'[{"author": 1}]', b'{"a": 1}', b"[1]"])
def test_a_damaged_list_is_one_line_and_is_not_written_over(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    for attempt in (lambda: forgotten_people(tmp_path), lambda: list_forgotten(ADA, tmp_path)):
        with pytest.raises(FileError, match=r"forgotten\.json can't be read"):
            attempt()
    assert (tmp_path / FILE).read_bytes() == content


def test_all_that_could_bring_a_person_back_is_deleted_and_others_are_left(tmp_path):
    folder, runs = tmp_path / "personas", tmp_path / "runs"
    ada, bob = make_persona(), make_persona(author="Bob")
    again = replace(ada, source=replace(ada.source, author_id="a9", aliases={"a1": "ada_"}))
    bob = replace(bob, source=replace(bob.source, community={"a1": "Ada"}))
    for name, persona in (("ada", ada), ("ada-again", again), ("bob", bob), ("eve", make_persona(author="Eve"))):
        save_persona(persona, folder / f"{name}.safetensors")
        (runs / name).mkdir(parents=True)
        (runs / name / "checkpoint.safetensors").write_bytes(b"weights")
    backup_of(folder / "ada.safetensors").write_bytes(b"the persona before")
    (folder / ".ada.safetensors.x1.part").write_bytes(b"half")
    (runs / "bases").mkdir()
    deletion = delete_person({"a1"}, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["bob.safetensors", "eve.safetensors"]
    assert sorted(path.name for path in runs.iterdir()) == ["bases", "bob", "eve"]
    assert len(deletion.deleted) == 6 and not deletion.left and deletion.taught == ["bob"]
    for words in ("personas/ada.safetensors", "runs/ada-again", "taught bob, which stays", "runs/bases may hold"):
        assert words in str(deletion)


def test_others_who_learnt_from_a_person_are_named_whatever_the_order_of_the_files(tmp_path):
    taught = make_persona(author="Bob")
    taught = replace(taught, source=replace(taught.source, community={"a1": "Ada"}))
    for name, persona in (("abe", taught), ("ada", make_persona()), ("bob", taught)):
        save_persona(persona, tmp_path / f"{name}.safetensors")
    deletion = delete_person({"a1"}, tmp_path)
    assert [path.name for path in deletion.deleted] == ["ada.safetensors"]
    assert deletion.taught == ["abe", "bob"]
