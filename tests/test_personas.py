import os
from dataclasses import replace

import pytest

from bot.personas import NoConsentError, Personas, UnknownPersonaError
from model.persona.file import Persona, PersonaError, save_persona
from model.persona.storage import backup_of
from tests.conftest import make_persona


@pytest.fixture
def personas(personas_folder):
    personas = Personas(personas_folder)
    yield personas
    personas.close()


async def loaded(personas, name="") -> Persona:
    return (await personas.load(name)).sampler.persona


async def test_a_damaged_file_leaves_the_one_before_it_in_use_and_a_deleted_one_does_not(personas, caplog):
    file = personas._file("ada")
    before = await loaded(personas)
    file.write_bytes(b"half")
    assert await loaded(personas) is before and await loaded(personas) is before
    assert caplog.text.count("its last version stays in use") == 1
    file.unlink()
    with pytest.raises(UnknownPersonaError, match="There is nobody I can imitate"):
        await loaded(personas)


async def test_personas_beyond_the_memory_are_read_again_when_they_are_asked_for(tmp_path):
    for author in ("Ada", "Bob", "Eve"):
        save_persona(make_persona(author=author, units=300), tmp_path / f"{author.lower()}.safetensors")  # 1.7 MB each
    personas = Personas(tmp_path, memory=4)
    ada, bob = await loaded(personas, "ada"), await loaded(personas, "bob")
    assert await loaded(personas, "ada") is ada
    assert (await loaded(personas, "eve")).author == "Eve"  # and the one not used for longest goes
    assert await loaded(personas, "ada") is ada and await loaded(personas, "bob") is not bob
    personas.close()


async def test_only_a_name_of_the_folder_is_a_persona(personas, personas_folder):
    save_persona(make_persona(), personas_folder.parent / "out.safetensors")
    for name in ("../out", "eve"):
        with pytest.raises(UnknownPersonaError, match=f"nobody called {name}; I can imitate ada"):
            await loaded(personas, name)


async def test_a_persona_is_found_by_the_name_shown_and_by_its_file_in_any_letter_case(personas, personas_folder):
    mara = replace(make_persona(author="Mara K"), name="m1")
    save_persona(mara, personas_folder / "m1.safetensors")
    for called in ("m1", "M1", "m1.safetensors", "M1.SAFETENSORS", "Mara K", "mara  k", "MARA K"):
        assert personas.check(called) == "m1"
        assert (await loaded(personas, called)).author == "Mara K"
    save_persona(mara, personas_folder / "m2.safetensors")
    with pytest.raises(UnknownPersonaError, match=r"^2 personas are called Mara K; choose one of m1, m2\.$"):
        personas.check("Mara K")
    for path in ("personas/m1", "personas/m1.safetensors", str(personas_folder / "m1.safetensors"), "../personas/m1"):
        with pytest.raises(UnknownPersonaError, match="nobody called"):  # a path is for the person who runs the bot
            personas.check(path)


def test_the_settings_name_the_default_in_any_way_but_not_outside_the_folder(personas_folder, monkeypatch):
    monkeypatch.chdir(personas_folder.parent)
    (personas_folder.parent / "ada").write_text("not a persona")
    for called in (
        "ada",
        "Ada",
        "ADA",
        "ada.safetensors",
        "personas/ada.safetensors",
        str(personas_folder / "ada.safetensors"),
    ):
        personas = Personas(personas_folder, called)
        assert personas.default == "ada"
        personas.close()
    save_persona(make_persona(), personas_folder.parent / "out.safetensors")
    for called in ("out.safetensors", str(personas_folder.parent / "out.safetensors"), "personas/eve.safetensors"):
        with pytest.raises(PersonaError, match=r"no persona file of the folder .*personas, which MIMIC_PERSONAS names"):
            Personas(personas_folder, called)


def test_files_whose_names_are_no_personas_are_left_alone(personas, personas_folder):
    for name in ("my ada", "x" * 110):
        save_persona(make_persona(), personas_folder / f"{name}.safetensors")
    assert personas.names() == ["ada"] and personas.default == "ada"


async def test_the_default_is_the_newest_persona_unless_one_is_named(personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    os.utime(personas_folder / "bob.safetensors", (1, 1))
    for personas, author in (
        (Personas(personas_folder), "Ada"),
        (Personas(personas_folder, "bob"), "Bob"),
    ):
        assert (await loaded(personas)).author == author
        personas.close()


def test_no_personas_and_unknown_ones_are_said(tmp_path, personas_folder):
    with pytest.raises(PersonaError, match=r"no persona file .* train one with train\.py"):
        Personas(tmp_path / "nowhere")
    with pytest.raises(PersonaError, match="is called 'eve'; there are ada"):
        Personas(personas_folder, "eve")


async def test_a_persona_without_consent_is_refused_with_the_way_to_record_it(tmp_path):
    save_persona(replace(make_persona(), consent=None), tmp_path / "ada.safetensors")
    personas = Personas(tmp_path)
    with pytest.raises(NoConsentError, match=r"python -m model\.persona consent .*ada\.safetensors --kind"):
        await loaded(personas)
    for expires, held in (("2026-01-01", False), ("9999-12-31", True)):
        consent = replace(make_persona().consent, expires=expires)
        save_persona(replace(make_persona(), consent=consent), tmp_path / "ada.safetensors")
        if held:
            assert (await loaded(personas)).author == "Ada"
        else:
            with pytest.raises(NoConsentError, match="ended on 2026-01-01"):
                await loaded(personas)
    personas.close()


def test_a_backup_is_no_persona(personas, personas_folder):
    backup_of(personas_folder / "ada.safetensors").write_bytes(b"the one before")
    assert personas.names() == personas.offered() == ["ada"]
