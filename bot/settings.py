"""The environment and `.env` become the bot's settings; nothing else in the bot reads either."""

import math
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from model import UserError

COLDEST, HOTTEST = 0.0, 2.0  # the lowest and the highest temperature
LONGEST_REPLY = 1500  # characters; even with all of them escaped, a reply fits an embed


class SettingsError(UserError):
    """A setting can't be used; the text names it, what was found and what was expected."""


def _setting(variable: str, *, default: Any, help: str, limits: tuple[float, float] | None = None) -> Any:
    metadata = {"variable": variable, "help": help, "limits": limits}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """How the bot runs; every field is a line of `.env.example`."""

    token: str = _setting(
        "DISCORD_TOKEN",
        default="",
        help="the bot's token; empty: chat in the terminal",
    )
    personas: Path = _setting(
        "MIMIC_PERSONAS",
        default=Path("personas"),
        help="the folder with the persona files",
    )
    persona: str = _setting(
        "MIMIC_PERSONA",
        default="",
        help="the person to imitate by default, by name or file; empty: the newest persona that may be loaded",
    )
    prefix: str = _setting(
        "MIMIC_PREFIX",
        default="!",
        help="the characters before a typed command",
    )
    temperature: float = _setting(
        "MIMIC_TEMPERATURE",
        default=0.5,
        help="temperature of a reply if none is given, 0 to 2",
        limits=(COLDEST, HOTTEST),
    )
    length: int = _setting(
        "MIMIC_LENGTH",
        default=400,
        help=f"characters of a reply if no length is given, 1 to {LONGEST_REPLY}",
        limits=(1, LONGEST_REPLY),
    )
    database: Path = _setting(
        "MIMIC_DATABASE",
        default=Path("mimic.sqlite"),
        help="the database of servers' settings, scores and forgotten people; empty: mimic.sqlite",
    )
    memory: int = _setting(
        "MIMIC_MEMORY",
        default=200,
        help="megabytes of personas that stay in memory, 1 to 100000",
        limits=(1, 100_000),
    )
    metrics_port: int = _setting(
        "MIMIC_METRICS_PORT",
        default=0,
        help="port on 127.0.0.1 for Prometheus and --health; 0: none",
        limits=(0, 65535),
    )
    cooldown: float = _setting(
        "MIMIC_COOLDOWN",
        default=3.0,
        help="seconds that each person must wait between two commands, 0 to 3600",
        limits=(0, 3600),
    )


def load_settings(environment: Mapping[str, str | None] | None = None) -> Settings:
    """Read the settings; an empty variable means its default.

    Args:
        environment: the variables; None: the process's, and for the others those of `.env` in the working folder.

    Raises:
        SettingsError: a value is not a number, or out of range.
    """
    if environment is None:
        environment = {**_read_env_file(), **os.environ}
    values = {}
    for setting in fields(Settings):
        variable = setting.metadata["variable"]
        text = environment.get(variable) or ""
        if text.strip():
            values[setting.name] = _parse(setting, text.strip())
    return Settings(**values)


def _read_env_file() -> dict[str, str | None]:
    try:
        return dotenv_values(".env", encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(f".env can't be read ({error}); save it as UTF-8 text") from error


def _parse(setting: "Field[Any]", text: str) -> Any:
    default: Any = setting.default
    kind = type(default)
    limits = setting.metadata["limits"]
    if limits is None:
        return kind(text)
    lowest, highest = limits
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if lowest <= value <= highest:
        return value
    wanted = "a number"
    if kind is int:
        wanted = "a whole number"
    variable = setting.metadata["variable"]
    raise SettingsError(f"{variable} is {text!r}; wanted {wanted} from {lowest:g} to {highest:g}")
