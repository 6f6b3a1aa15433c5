from dataclasses import fields
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parent.parent / ".env.example"


def test_the_example_file_lists_every_setting_with_its_default_and_meaning():
    assert load_settings(dotenv_values(EXAMPLE)) == Settings()
    assert list(dotenv_values(EXAMPLE)) == [setting.metadata["variable"] for setting in fields(Settings)]
    for setting in fields(Settings):
        assert f"# {setting.metadata['help']}\n{setting.metadata['variable']}=" in EXAMPLE.read_text(encoding="utf-8")


def test_empty_variables_are_defaults_and_others_are_read():
    assert load_settings({}) == load_settings({"DISCORD_TOKEN": "", "MIMIC_LENGTH": " "}) == Settings()
    settings = load_settings(
        {"DISCORD_TOKEN": " t ", "MIMIC_LENGTH": "80", "MIMIC_TEMPERATURE": "1", "MIMIC_PERSONAS": "p"}
    )
    assert settings == Settings(token="t", length=80, temperature=1.0, personas=Path("p"))


def test_the_environment_outdoes_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MIMIC_LENGTH=10\nMIMIC_PREFIX=?\n", encoding="utf-8")
    monkeypatch.setenv("MIMIC_LENGTH", "20")
    settings = load_settings()
    assert (settings.length, settings.prefix) == (20, "?")


def test_a_file_that_is_no_text_is_said_and_a_byte_order_mark_is_no_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes("MIMIC_PREFIX=?".encode("utf-8-sig"))
    assert load_settings().prefix == "?"
    (tmp_path / ".env").write_bytes(b"MIMIC_PREFIX=\xa7")
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("MIMIC_LENGTH", "4.5", "a whole number from 1 to 1500"),
        ("MIMIC_LENGTH", "1501", "a whole number from 1 to 1500"),
        ("MIMIC_TEMPERATURE", "hot", "a number from 0 to 2"),
        ("MIMIC_TEMPERATURE", "nan", "a number from 0 to 2"),
        ("MIMIC_COOLDOWN", "-1", "a number from 0 to 3600"),
    ],
)
def test_a_bad_value_says_what_was_wanted(variable, value, wanted):
    with pytest.raises(SettingsError, match=f"{variable} is '{value}'; wanted {wanted}"):
        load_settings({variable: value})
