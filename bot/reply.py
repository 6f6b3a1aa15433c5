"""Pure text: what follows a command to seed and temperature, and sampled characters to a message. Knows no Discord."""

import re
import unicodedata
from dataclasses import dataclass

COLDEST, HOTTEST = 0.0, 2.0
MESSAGE_LIMIT = 2000  # characters of a Discord message
LONGEST_NAME = 80  # characters of an author's name that are shown
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
# Whatever Discord could read as markup, mention, link or custom emoji; "1." begins a list.
MARKUP = re.compile(r"[\\*_~`|<>@\[\]():#+-]|(?<=\d)\.(?=\s)")
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class ReplyError(Exception):
    """What was typed can't be answered; the text is one sentence for the person who typed it."""


@dataclass(frozen=True)
class Prompt:
    """What a person typed after `mimic`."""

    seed: str
    temperature: float


def parse_prompt(words: str, default_temperature: float, command: str) -> Prompt:
    """Split off the temperature: the last word, if it is a number.

    Args:
        words: everything after the command's name.
        command: how the command is called here, for the sentences: `!mimic`.

    Raises:
        ReplyError: there is no seed, or the number is not between 0 and 2.
    """
    words = words.strip()
    *seed, last = words.rsplit(maxsplit=1) or [""]
    if not NUMBER.fullmatch(last):
        seed, temperature = [words], default_temperature
    else:
        temperature = float(last.replace(",", ".")) + 0.0  # not "-0"
        if not COLDEST <= temperature <= HOTTEST:
            raise ReplyError(
                f"The last number is the temperature and goes from 0 (cold, sure) to 2 (hot, wild), not {last[:20]}; "
                f"if it belongs to your words, add a temperature after it."
            )
    if not seed or not seed[0]:
        raise ReplyError(
            f"Give me a few words to go on with, and a temperature if you like: {command} i think that 0.8"
        )
    return Prompt(seed[0], temperature)


def help_text(prefix: str, author: str, temperature: float) -> str:
    """Say what the bot does and how it is called, short enough for a phone."""
    return (
        f"I imitate how {plain(author)[:LONGEST_NAME]} chats: a small neural network goes on with your words.\n"
        f"{prefix}mimic <your words> [temperature]\n"
        f"Temperature: 0 repeats the likeliest, {temperature:g} is usual, 1 is as varied as the person, 2 is noise.\n"
        f"Try {prefix}mimic i think that 0.8, then the same at 0.2 and 1.2.\n"
        f"What you type is used for that one reply and not kept."
    )


def label(author: str, temperature: float) -> str:
    """Return the line that every reply carries."""
    return f"imitation of {plain(author)[:LONGEST_NAME]} by a neural network · temperature {temperature:g}"


def plain(text: str) -> str:
    """Replace the characters that steer terminals and the direction of text; keep newlines and tabs."""
    return "".join(
        "\ufffd" if (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t") or c in BIDI_CONTROLS else c
        for c in text
    )


def escape(text: str) -> str:
    """Make Discord show the text as it is: no markup, mention, link or emoji comes out of it."""
    return MARKUP.sub(r"\\\g<0>", plain(text))


def discord_message(prompt: Prompt, sampled: str, author: str) -> str:
    """Return seed (bold), sampled characters and label as one message; a long seed loses its beginning."""
    ending = f"{escape(sampled)}\n-# {escape(label(author, prompt.temperature))}"
    return f"**{_end_of(escape(prompt.seed), MESSAGE_LIMIT - len(ending) - len('****'))}**{ending}"


def _end_of(escaped: str, room: int) -> str:
    """Cut escaped text at its beginning, but not between a backslash and what it escapes."""
    if len(escaped) <= room:
        return escaped
    end = escaped[len(escaped) - room + len("…") :]
    # After an odd number of backslashes the cut is inside a pair: its second half goes too.
    before = escaped[: len(escaped) - len(end)]
    odd = (len(before) - len(before.rstrip("\\"))) % 2
    return "…" + end[odd:]
