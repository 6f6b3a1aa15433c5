"""The words after a command's name, parsed to a prompt: seed, temperatures, options. Knows no Discord."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from bot.errors import ReplyError
from bot.options import NUMBER, Option, to_number
from bot.settings import COLDEST, HOTTEST
from model.sampler import Request

LAST_OPTION = re.compile(r'(^|\s+)(?P<flag>--[a-z-]+)[\s=]+(?P<value>"[^"]+"|[^\s"]\S*)\s*$', re.IGNORECASE)
LAST_WORD = re.compile(r"(^|\s+)(?P<word>\S+)$")
OF_REQUEST = {each.name for each in fields(Request)}


@dataclass(frozen=True)
class Prompt:
    """A request for one reply or several."""

    seed: str
    temperatures: tuple[float, ...]
    options: Mapping[str, Any] = field(default_factory=dict)  # the given ones, by name

    @property
    def persona(self) -> str:
        """The persona asked for; "" is the default."""
        return str(self.options.get("persona") or "")

    def requests(self, length: int) -> list[Request]:
        """Return a request for each temperature, with the same random numbers.

        Args:
            length: characters, if the options give none.
        """
        values: dict[str, Any] = {"length": length, "random_seed": secrets.randbits(32)}
        for name, value in self.options.items():
            if name in OF_REQUEST:
                values[name] = value
        return [Request(self.seed, temperature, **values) for temperature in self.temperatures]


def parse_prompt(words: str, default: tuple[float, ...], usage: str, options: Sequence[Option]) -> Prompt:
    """Split off the options at the end and, before them, the temperatures.

    Args:
        words: everything after the command's name.
        default: the temperatures if none is given; no more than that many are taken.
        usage: how the command is called here, for the sentences: `!mimic`.
        options: those that the command takes.

    Raises:
        ReplyError: there is no seed, or a number is out of its range.
    """
    words, values = split_options(words.strip(), options)
    temperatures: list[float] = []
    while len(temperatures) < len(default):
        last = LAST_WORD.search(words)
        if not last or not NUMBER.fullmatch(last["word"]):
            break
        temperatures.insert(0, _temperature(last["word"]))
        words = words[: last.start()]
    check_seed(words, usage)
    return Prompt(words, tuple(temperatures) or default, values)


def check_seed(seed: str, usage: str) -> None:
    """Raise ReplyError if there are no words to continue."""
    if not seed.strip():
        raise ReplyError(f"Give me a few words to continue, and a temperature if you like: {usage} i think that 0.8")


def split_options(words: str, options: Sequence[Option]) -> tuple[str, dict[str, Any]]:
    """Return the words before the options at the end, and the options' values by name."""
    by_flag = {option.flag: option for option in options}
    values: dict[str, Any] = {}
    while match := LAST_OPTION.search(words):
        option = by_flag.get(match["flag"].lower())
        if option is None:
            break
        values[option.name] = option.parse(match["value"].strip('"'))
        words = words[: match.start()]
    return words, values


def _temperature(word: str) -> float:
    value = to_number(word)
    if COLDEST <= value <= HOTTEST:
        return value
    raise ReplyError(
        f"The last number is the temperature and goes from 0 (cold, sure) to 2 (hot, wild), not {word[:20]}; "
        f"if it belongs to your words, add a temperature after it."
    )
