"""The bot's settings, from the environment and `.env`: the only reader of both."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from model import UserError

COLDEST, HOTTEST = 0.0, 2.0  # temperatures
LONGEST_REPLY = 1500  # characters; with every one of them escaped, the reply still fits what Discord shows


class SettingsError(UserError):
    """A setting can't be used; the text says which, what was found and what was expected."""


def _setting(variable: str, default: Any, help: str, limits: tuple[float, float] | None = None) -> Any:
    return field(default=default, metadata={"variable": variable, "help": help, "limits": limits})


@dataclass(frozen=True)
class Settings:
    """How the bot runs; every field is a line of `.env.example`."""

    token: str = _setting("DISCORD_TOKEN", "", "the bot's token; empty: chat in the terminal")
    personas: Path = _setting("MIMIC_PERSONAS", Path("personas"), "the folder with the persona files")
    persona: str = _setting("MIMIC_PERSONA", "", "whom to imitate: a name or a file of that folder; empty: the newest")
    prefix: str = _setting("MIMIC_PREFIX", "!", "what a command begins with")
    temperature: float = _setting(
        "MIMIC_TEMPERATURE", 0.5, "temperature when none is given, 0 to 2", (COLDEST, HOTTEST)
    )
    length: int = _setting("MIMIC_LENGTH", 400, f"characters of a reply, 1 to {LONGEST_REPLY}", (1, LONGEST_REPLY))
    database: Path = _setting(
        "MIMIC_DATABASE", Path("mimic.sqlite"), "the file with the servers' settings and scores; empty: mimic.sqlite"
    )
    memory: int = _setting("MIMIC_MEMORY", 200, "megabytes of persona files kept loaded, 1 to 100000", (1, 100_000))
    metrics_port: int = _setting("MIMIC_METRICS_PORT", 0, "port for Prometheus on 127.0.0.1; 0: none", (0, 65535))
    cooldown: float = _setting("MIMIC_COOLDOWN", 3.0, "seconds between one person's commands, 0 to 3600", (0, 3600))


def load_settings(environment: Mapping[str, str | None] | None = None) -> Settings:
    """Read the settings; an empty variable is its default, and the environment outdoes `.env`.

    Args:
        environment: the variables; None: those of the process over those of `.env` in the working folder.

    Raises:
        SettingsError: a value is no number or out of range.
    """
    if environment is None:
        try:
            environment = {**dotenv_values(".env", encoding="utf-8-sig"), **os.environ}
        except (UnicodeDecodeError, OSError) as error:
            raise SettingsError(f".env can't be read ({error}); save it as UTF-8 text") from error
    values = {}
    for setting in fields(Settings):
        text = (environment.get(setting.metadata["variable"]) or "").strip()
        if text:
            values[setting.name] = _value(setting.metadata, setting.default, text)
    return Settings(**values)


def _value(metadata: Mapping[str, Any], default: Any, text: str) -> Any:
    try:
        value = type(default)(text)
    except ValueError:
        value = None
    limits = metadata["limits"]
    if value is None or (limits and not limits[0] <= value <= limits[1]):
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise SettingsError(f"{metadata['variable']} is {text!r}; wanted {kind} from {limits[0]:g} to {limits[1]:g}")
    return value
