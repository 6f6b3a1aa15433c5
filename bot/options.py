"""The options of the commands, each declared once: for `--name value`, slash commands, buttons and completion.

An option whose name is a field of `model.sampler.Request` reaches the sampler by itself.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from bot.errors import ReplyError
from bot.settings import COLDEST, HOTTEST, LONGEST_REPLY
from bot.text import LABELS

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


@dataclass(frozen=True)
class Option:
    """A named value of a command."""

    name: str  # as a parameter; typed with a prefix: --random-seed
    help: str
    kind: type = str  # str, int, float or bool
    limits: tuple[float, float] = (-math.inf, math.inf)  # of a number
    choices: tuple[str, ...] = ()  # the only words that are accepted; empty: any
    names_persona: bool = False  # completed with the names of the personas
    instead: str = ""  # a word that is accepted in place of a persona's name
    neutral: Any = None  # the value that changes nothing; None: the settings decide
    letter: str = ""  # marks the value in a button's id; "": the id does not carry it, or has a place for it

    @property
    def flag(self) -> str:
        """The option as it is typed after a prefix."""
        return "--" + self.name.replace("_", "-")

    def parse(self, word: str) -> Any:
        """Return the value of a typed word.

        Raises:
            ReplyError: it is out of range or not one of the choices; says what is possible.
        """
        if self.kind is bool:
            return self._choice(word, SWITCH)
        if self.choices:
            return self._choice(word, dict(zip(self.choices, self.choices, strict=True)))
        return word if self.kind is str else self._number(word)

    def _choice(self, word: str, choices: dict[str, Any]) -> Any:
        if word.lower() not in choices:
            raise ReplyError(f"{self.flag} must be one of {', '.join(choices)}, not {word[:20]}.")
        return choices[word.lower()]

    def _number(self, word: str) -> float:
        lowest, highest = self.limits
        value = to_number(word)
        if not lowest <= value <= highest:
            unit = " characters" if self.name == "length" else ""
            raise ReplyError(f"{self.flag} must be between {lowest:g} and {highest:.10g}{unit}, not {word[:20]}.")
        number: float = self.kind(value)
        return number


def to_number(word: str) -> float:
    """Return the number that a word writes, with a point or a comma; NaN if it writes none."""
    return float(word.replace(",", ".")) + 0.0 if NUMBER.fullmatch(word) else math.nan  # + 0.0: not "-0"


SEED = Option("seed", "your words: the imitation continues them")
TEMPERATURE = Option(
    "temperature",
    "0 repeats the likeliest, 1 is as varied as the person, 2 is noise",
    float,
    (COLDEST, HOTTEST),
)
PERSONA = Option("persona", "whom to imitate", names_persona=True)
LENGTH = Option("length", "characters of the reply", int, (1, LONGEST_REPLY))
RANDOM_SEED = Option("random_seed", "the same number gives the same reply again", int, (0, 2**32 - 1))
TOP_P = Option(
    "top_p",
    "draw only from the likeliest characters that together have this probability",
    float,
    (0.01, 1),
    neutral=1.0,
    letter="p",
)

# Options of a reply, in the order in which Discord offers them.
SAMPLING = (LENGTH, RANDOM_SEED, TOP_P)

# How the bot behaves in a server.
COOLDOWN = Option("cooldown", "seconds between one person's commands", float, (0, 3600))
CHANNELS = Option("channels", "#a #b: answer only there; not #a #b: everywhere else; all: everywhere")
LANGUAGE = Option("language", "language of the line under every reply", choices=tuple(LABELS))
GUESS = Option("guess", "whether the guessing game may be played", bool)
