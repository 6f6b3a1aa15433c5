"""The options of the commands, each declared once: for `--name value`, slash commands, buttons and completion.

An option whose name is a field of `model.persona.sampler.Request` reaches the sampler by itself.
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

    name: str  # the parameter's name; after a prefix, random_seed is typed as --random-seed
    help: str
    kind: type = str  # str, int, float or bool
    limits: tuple[float, float] = (-math.inf, math.inf)  # the smallest and the largest number
    unit: str = ""  # what the number counts, in the plural
    choices: tuple[str, ...] = ()  # the only accepted words; empty: any
    names_persona: bool = False  # the value is a persona's name, which Discord and the terminal complete
    instead: str = ""  # a word that is accepted in place of a persona's name
    neutral: Any = None  # the value that changes nothing; None: the settings decide
    letter: str = ""  # marks the value in a button's id; "": the id omits it, or has a fixed place for it

    @property
    def flag(self) -> str:
        """The option as it is typed after a prefix."""
        return "--" + self.name.replace("_", "-")

    def parse(self, word: str) -> Any:
        """Return the value of a typed word.

        Raises:
            ReplyError: the value is out of range or not one of the choices.
        """
        if self.kind is bool:
            return self._parse_choice(word, SWITCH)
        if self.choices:
            choices = {choice: choice for choice in self.choices}
            return self._parse_choice(word, choices)
        if self.kind is str:
            return word
        return self._parse_number(word)

    def _parse_choice(self, word: str, choices: dict[str, Any]) -> Any:
        choice = word.lower()
        if choice not in choices:
            possible = ", ".join(choices)
            raise ReplyError(f"{self.flag} must be one of {possible}, not {word[:20]}.")
        return choices[choice]

    def _parse_number(self, word: str) -> float:
        lowest, highest = self.limits
        value = to_number(word)
        if not lowest <= value <= highest:
            possible = f"between {lowest:g} and {highest:.10g}"
            if self.unit:
                possible += f" {self.unit}"
            raise ReplyError(f"{self.flag} must be {possible}, not {word[:20]}.")
        number: float = self.kind(value)
        return number


def to_number(word: str) -> float:
    """Return the number that a word spells, with a point or a comma; NaN if it is not a number."""
    if not NUMBER.fullmatch(word):
        return math.nan
    number = float(word.replace(",", "."))
    return number + 0.0  # turns -0.0 into 0.0


SEED = Option(
    name="seed",
    help="your words, which the imitation continues",
)
TEMPERATURE = Option(
    name="temperature",
    help="0 always takes the likeliest letter, 1 is as varied as the person, 2 is noise",
    kind=float,
    limits=(COLDEST, HOTTEST),
)
PERSONA = Option(
    name="persona",
    help="the person to imitate",
    names_persona=True,
)
LENGTH = Option(
    name="length",
    help="characters of the reply",
    kind=int,
    limits=(1, LONGEST_REPLY),
    unit="characters",
)
RANDOM_SEED = Option(
    name="random_seed",
    help="the same number gives the same reply again",
    kind=int,
    limits=(0, 2**32 - 1),
)
TOP_P = Option(
    name="top_p",
    help="draw only from the likeliest characters that together have this probability",
    kind=float,
    limits=(0.01, 1),
    neutral=1.0,
    letter="p",
)

# Options of a reply, in the order in which Discord offers them.
SAMPLING = (LENGTH, RANDOM_SEED, TOP_P)

# How the bot behaves in a server.
COOLDOWN = Option(
    name="cooldown",
    help="seconds that each person must wait between two commands",
    kind=float,
    limits=(0, 3600),
    unit="seconds",
)
CHANNELS = Option(
    name="channels",
    help="#a #b: answer only there; not #a #b: answer everywhere else; all: answer everywhere",
)
LANGUAGE = Option(
    name="language",
    help="language of the line under every reply",
    choices=tuple(LABELS),
)
GUESS = Option(
    name="guess",
    help="whether the guessing game can be played",
    kind=bool,
)
