"""The words after a command's name become a prompt: seed, temperatures and options. Knows no Discord."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from bot.errors import ReplyError
from bot.options import NUMBER, Option, to_number
from bot.settings import COLDEST, HOTTEST
from model.persona.sampler import Request

LAST_OPTION = re.compile(r'(^|\s+)(?P<flag>--[a-z-]+)[\s=]+(?P<value>"[^"]+"|[^\s"]\S*)\s*$', re.IGNORECASE)
LAST_WORD = re.compile(r"(^|\s+)(?P<word>\S+)$")
REQUEST_FIELDS = {each.name for each in fields(Request)}


@dataclass(frozen=True)
class Prompt:
    """What a person asks for: one reply, or one for each of several temperatures."""

    seed: str
    temperatures: tuple[float, ...]
    options: Mapping[str, Any] = field(default_factory=dict)  # values of the options that were given, by name

    @property
    def persona(self) -> str:
        """The persona to imitate; "" is the default."""
        name = self.options.get("persona")
        return name or ""

    def requests(self, length: int) -> list[Request]:
        """Return a request for each temperature, all with the same random numbers.

        Args:
            length: characters of a reply if the options give none.
        """
        values: dict[str, Any] = {
            "length": length,
            "random_seed": secrets.randbits(32),
        }
        for name, value in self.options.items():
            if name in REQUEST_FIELDS:
                values[name] = value
        requests = []
        for temperature in self.temperatures:
            requests.append(Request(self.seed, temperature, **values))
        return requests


def parse_prompt(
    words: str,
    default: tuple[float, ...],
    usage: str,
    options: Sequence[Option],
) -> Prompt:
    """Split the options off the end of the words and, before them, the temperatures.

    Args:
        words: everything after the command's name.
        default: the temperatures if none is given; at most as many are taken from the words.
        usage: the command as the caller types it, for error messages: `!mimic`.
        options: the options that the command accepts.

    Raises:
        ReplyError: there is no seed, or a number is out of range.
    """
    words, values = split_options(words.strip(), options)
    temperatures: list[float] = []
    if "temperature" in values:  # with the option, a number at the end belongs to the words
        temperatures.append(values.pop("temperature"))
    while len(temperatures) < len(default):
        last = LAST_WORD.search(words)
        if not last or not NUMBER.fullmatch(last["word"]):
            break
        temperature = _parse_temperature(last["word"])
        temperatures.insert(0, temperature)
        words = words[: last.start()]
    check_seed(words, usage)
    return Prompt(words, tuple(temperatures) or default, values)


def check_seed(seed: str, usage: str) -> None:
    """Raise ReplyError if there are no words to continue."""
    if not seed.strip():
        raise ReplyError(f"Give me a few words to continue, and a temperature if you like: {usage} i think that 0.8")


def split_options(words: str, options: Sequence[Option]) -> tuple[str, dict[str, Any]]:
    """Split the options off the end of the words; return the rest and the options' values by name."""
    values: dict[str, Any] = {}
    while match := LAST_OPTION.search(words):
        option = _find_option(match["flag"], options)
        if option is None:
            break
        value = match["value"].strip('"')
        values[option.name] = option.parse(value)
        words = words[: match.start()]
    return words, values


def _find_option(flag: str, options: Sequence[Option]) -> Option | None:
    for option in options:
        if option.flag == flag.lower():
            return option
    return None


def _parse_temperature(word: str) -> float:
    value = to_number(word)
    if COLDEST <= value <= HOTTEST:
        return value
    raise ReplyError(
        f"A number at the end is the temperature, from 0 (cold, sure) to 2 (hot, wild), not {word[:20]}; "
        "if it belongs to your words, add a temperature after it."
    )
