"""Pure text: what follows a command to seed and temperature, and sampled characters to a message. Knows no Discord."""

import math
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from model.about import LONGEST_NAME
from model.sampler import Request

COLDEST, HOTTEST = 0.0, 2.0
MESSAGE_LIMIT = 2000  # characters of a Discord message
EMBED_LIMIT = 4096  # characters of an embed's description
WENT_WRONG = "That went wrong on my side; whoever runs me finds the reason in the log."
NOT_HERE = "I'm not to answer in this channel."
LONGEST = 1500  # characters of a reply; with every one of them escaped it still fits an embed
LONGEST_IN_MESSAGE = 800  # and so many fit a message
LABELS = {
    "en": "imitation of {} by a neural network · temperature",
    "de": "Imitation von {} durch ein neuronales Netz · Temperatur",
    "es": "imitación de {} por una red neuronal · temperatura",
    "fr": "imitation de {} par un réseau de neurones · température",
    "it": "imitazione di {} da parte di una rete neurale · temperatura",
    "nl": "imitatie van {} door een neuraal netwerk · temperatuur",
    "pl": "imitacja {} przez sieć neuronową · temperatura",
    "pt": "imitação de {} por uma rede neural · temperatura",
}
OPTION = re.compile(r"(^|\s+)--(?P<name>persona|length|random-seed)[\s=]+(?P<value>\S+)\s*$", re.IGNORECASE)
LAST_WORD = re.compile(r"(^|\s+)(?P<word>\S+)$")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
# Whatever Discord could read as markup, mention, link, invite or custom emoji; "1." begins a list.
MARKUP = re.compile(r"[\\*_~`|<>@\[\]():#+/-]|(?<=\d)\.(?=\s)")
CUT = "…\u2060"  # in place of a long seed's beginning; the second character, unseen, tells it from a person's own
SHOWN_SEED = re.compile(r"\*\*(?P<seed>(\\.|[^\\*])*)\*\*", re.DOTALL)  # bold; each star of its own is escaped
BLUE, RED = (59, 130, 246), (239, 68, 68)
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class RefusedError(Exception):
    """What was asked for is not done; the text is one sentence for the person who asked."""


class ReplyError(RefusedError):
    """What was typed can't be answered."""


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
            options["length"] = int(_number(value, 1, LONGEST, "the length, in characters,"))
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


def help_text(prefix: str, author: str, temperature: float) -> str:
    """Say what the bot does and how it is called, short enough for a phone."""
    return (
        f"I imitate how {plain(author)[:LONGEST_NAME]} chats: a small neural network goes on with your words.\n"
        f"{prefix}mimic <your words> [temperature]\n"
        f"{prefix}temps <your words>: the same at four temperatures\n"
        f"{prefix}heat <your words>: a picture of what may come next\n"
        f"Temperature: 0 repeats the likeliest, {temperature:g} is usual, 1 is as varied as the person, 2 is noise.\n"
        f"Try {prefix}mimic i think that 0.8, then the same at 0.2 and 1.2.\n"
        f"What you type is used for that one reply and not kept."
    )


def described_votes(votes: int, fooled: int) -> str:
    """Say as a line of its own how good an imitation people find, if they were asked."""
    return (
        f"\nOf {votes:,} guesses in the game, {fooled / votes:.0%} took an imitation for the real one." if votes else ""
    )


def label(author: str, temperature: float, language: str = "en") -> str:
    """Return the line that every reply carries, in one of LABELS' languages."""
    return LABELS[language].format(plain(author)[:LONGEST_NAME]) + f" {temperature:g}"


def heat_colour(temperature: float) -> tuple[int, int, int]:
    """Return the colour of a temperature as red, green and blue from 0 to 255: from cold, blue, to hot, red."""
    heat = min(temperature / HOTTEST, 1.0)
    red, green, blue = (round(cold + heat * (hot - cold)) for cold, hot in zip(BLUE, RED, strict=True))
    return red, green, blue


def plain(text: str) -> str:
    """Replace the characters that steer terminals and the direction of text; keep newlines and tabs."""
    return "".join(
        "\ufffd" if (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t") or c in BIDI_CONTROLS else c
        for c in text
    )


def escape(text: str) -> str:
    """Make Discord show the text as it is: no markup, mention, link or emoji comes out of it."""
    return MARKUP.sub(r"\\\g<0>", plain(text))


def discord_text(seed: str, sampled: str, labelled: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return seed (bold), sampled characters and label as one text; a long seed loses its beginning."""
    ending = f"{escape(sampled)}\n-# {escape(labelled)}" if labelled else escape(sampled)
    return f"**{_end_of(escape(seed), limit - len(ending) - len('****'))}**{ending}"


def seed_of(text: str) -> str:
    """Return the seed that `discord_text` began with, as far as it showed it."""
    match = SHOWN_SEED.match(text)
    return re.sub(r"\\(.)", r"\1", match["seed"], flags=re.DOTALL).removeprefix(CUT) if match else ""


def _end_of(escaped: str, room: int) -> str:
    """Cut escaped text at its beginning, but not between a backslash and what it escapes."""
    if len(escaped) <= room:
        return escaped
    end = escaped[len(escaped) - room + len(CUT) :]
    # After an odd number of backslashes the cut is inside a pair: its second half goes too.
    before = escaped[: len(escaped) - len(end)]
    odd = (len(before) - len(before.rstrip("\\"))) % 2
    return CUT + end[odd:]
