"""Sampled characters, labels and help as text for people. Knows no Discord but its markup and limits."""

import re
import unicodedata

from bot.settings import HOTTEST
from model.about import LONGEST_NAME

MESSAGE_LIMIT = 2000  # characters of a Discord message
EMBED_LIMIT = 4096  # characters of an embed's description
LONGEST_IN_MESSAGE = 800  # characters of a reply that fit a message with every one of them escaped
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
# Whatever Discord could read as markup, mention, link, invite or custom emoji; "1." begins a list.
MARKUP = re.compile(r"[\\*_~`|<>@\[\]():#+/-]|(?<=\d)\.(?=\s)")
# A channel or a person after `escape`.
ESCAPED_MENTION = re.compile(r"\\<\\([#@])(\d+)\\>")
CUT = "…\u2060"  # in place of a long seed's beginning; the second character, unseen, tells it from a person's own
SHOWN_SEED = re.compile(r"\*\*(?P<seed>(\\.|[^\\*])*)\*\*", re.DOTALL)  # bold; each star of its own is escaped
BLUE, RED = (59, 130, 246), (239, 68, 68)
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def help_text(prefix: str, author: str, temperature: float) -> str:
    """Return what the bot does and how to call it, short enough for a phone."""
    return (
        f"I imitate how {plain(author)[:LONGEST_NAME]} chats: a small neural network continues your words.\n"
        f"{prefix}mimic <your words> [temperature]\n"
        f"{prefix}temps <your words>: the same at four temperatures\n"
        f"{prefix}heat <your words>: a picture of what may come next\n"
        f"Temperature: 0 repeats the likeliest, {temperature:g} is usual, 1 is as varied as the person, 2 is noise.\n"
        f"Try {prefix}mimic i think that 0.8, then the same at 0.2 and 1.2.\n"
        f"What you type is used for that one reply and not kept."
    )


def described_votes(votes: int, fooled: int) -> str:
    """Return a line on how many guesses took an imitation for the real message; "" without guesses."""
    if not votes:
        return ""
    guesses = "1 guess" if votes == 1 else f"{votes:,} guesses"
    return f"\nOf {guesses} in the game, {fooled / votes:.0%} took an imitation for the real one."


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
    return "".join("\ufffd" if _steers(character) else character for character in text)


def _steers(character: str) -> bool:
    """Return whether a character steers a terminal or the direction of text."""
    if character in "\n\t":
        return False
    return character in BIDI_CONTROLS or unicodedata.category(character) in ("Cc", "Cs")


def escape(text: str, *, mentions: bool = False) -> str:
    """Make Discord show the text as it is: no markup, mention, link or emoji comes out of it.

    Args:
        mentions: leave `<#1>` and `<@1>` as they are, for the names of a channel and a person; they ping nobody.
    """
    escaped = MARKUP.sub(r"\\\g<0>", plain(text))
    return ESCAPED_MENTION.sub(r"<\1\2>", escaped) if mentions else escaped


def discord_text(seed: str, sampled: str, labelled: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return seed (bold), sampled characters and label as one text; a long seed loses its beginning."""
    ending = escape(sampled)
    if labelled:
        ending += f"\n-# {escape(labelled)}"
    room = limit - len(ending) - len("****")
    return f"**{_end_of(escape(seed), room)}**{ending}"


def seed_of(text: str) -> str:
    """Return the seed at the beginning of a `discord_text`, without what was cut off; "" if there is none."""
    match = SHOWN_SEED.match(text)
    if not match:
        return ""
    seed = re.sub(r"\\(.)", r"\1", match["seed"], flags=re.DOTALL)
    return seed.removeprefix(CUT)


def _end_of(escaped: str, room: int) -> str:
    """Cut escaped text at its beginning, but not between a backslash and what it escapes."""
    if len(escaped) <= room:
        return escaped
    end = escaped[len(escaped) - room + len(CUT) :]
    # After an odd number of backslashes the cut is inside a pair: its second half goes too.
    before = escaped[: len(escaped) - len(end)]
    odd = (len(before) - len(before.rstrip("\\"))) % 2
    return CUT + end[odd:]
