"""What was typed after a command's name, parsed to a prompt: seed, temperatures, options. Knows no Discord."""

import math
import re
import secrets
from dataclasses import dataclass
from typing import Any

from bot.errors import ReplyError
from bot.settings import LONGEST_REPLY
from model.sampler import Request

COLDEST, HOTTEST = 0.0, 2.0
OPTION = re.compile(r"(^|\s+)--(?P<name>persona|length|random-seed)[\s=]+(?P<value>\S+)\s*$", re.IGNORECASE)
LAST_WORD = re.compile(r"(^|\s+)(?P<word>\S+)$")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)


@dataclass(frozen=True)
class Prompt:
    """What a person asked for."""

    seed: str
    temperatures: tuple[float, ...]
    persona: str = ""  # "": the default
    length: int | None = None  # characters; None: as the settings say
    random_seed: int | None = None  # None: a new reply each time

    def requests(self, length: int) -> list[Request]:
        """Return a request for each temperature, alike in all else, random numbers too."""
        random_seed = secrets.randbits(32) if self.random_seed is None else self.random_seed
        return [Request(self.seed, each, self.length or length, random_seed) for each in self.temperatures]


def parse_prompt(words: str, default: tuple[float, ...], command: str) -> Prompt:
    """Split off the options and, before them, the temperatures: the last words, as far as they are numbers.

    Args:
        words: everything after the command's name.
        default: the temperatures if none is given; no more than so many are taken.
        command: how the command is called here, for the sentences: `!mimic`.

    Raises:
        ReplyError: there is no seed, or a number is out of its range.
    """
    words, options = _split_options(words.strip())
    temperatures: list[float] = []
    while len(temperatures) < len(default) and (last := LAST_WORD.search(words)) and NUMBER.fullmatch(last["word"]):
        temperatures.insert(0, _number(last["word"], COLDEST, HOTTEST))
        words = words[: last.start()]
    prompt = Prompt(words, tuple(temperatures) or default, **options)
    check_seed(prompt.seed, command)
    return prompt


def check_seed(seed: str, command: str) -> None:
    """Raise ReplyError if there is nothing to go on with."""
    if not seed.strip():
        raise ReplyError(
            f"Give me a few words to go on with, and a temperature if you like: {command} i think that 0.8"
        )


def _split_options(words: str) -> tuple[str, dict[str, Any]]:
    """Return what is before the options, and they by their names."""
    options: dict[str, Any] = {}
    while match := OPTION.search(words):
        name, value = match["name"].lower(), match["value"]
        if name == "persona":
            options["persona"] = value
        elif name == "length":
            options["length"] = int(_number(value, 1, LONGEST_REPLY, "the length, in characters,"))
        else:
            options["random_seed"] = int(_number(value, 0, 2**32 - 1, "the random seed"))
        words = words[: match.start()]
    return words, options


def _number(word: str, lowest: float, highest: float, what: str = "") -> float:
    value = float(word.replace(",", ".")) + 0.0 if NUMBER.fullmatch(word) else math.nan  # not "-0"
    if lowest <= value <= highest:
        return value
    if what:
        raise ReplyError(f"After --, {what} goes from {lowest} to {highest}, not {word[:20]}.")
    raise ReplyError(
        f"The last number is the temperature and goes from 0 (cold, sure) to 2 (hot, wild), not {word[:20]}; "
        f"if it belongs to your words, add a temperature after it."
    )
