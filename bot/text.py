"""Sampled characters, names and numbers become text for people. Of Discord it knows only the markup and the limits."""

import re
import unicodedata

from bot.settings import HOTTEST
from model.persona.about import LONGEST_NAME

MESSAGE_LIMIT = 2000  # characters of a Discord message
EMBED_LIMIT = 4096  # characters of an embed's description
LONGEST_IN_MESSAGE = 800  # characters of a reply; even with all of them escaped, it fits a message
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
# Characters that Discord could read as part of markup, a mention, a link, an invite or an emoji; "1." begins a list.
MARKUP = re.compile(r"[\\*_~`|<>@\[\]():#+/-]|(?<=\d)\.(?=\s)")
# A mention of a channel or a person, as `escape` leaves it.
ESCAPED_MENTION = re.compile(r"\\<\\([#@])(\d+)\\>")
CUT = "…\u2060"  # replaces the beginning of a long seed; the invisible second character tells it from a typed "…"
BOLD_SEED = re.compile(r"\*\*(?P<seed>(\\.|[^\\*])*)\*\*", re.DOTALL)  # stars of the seed itself are escaped
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

Colour = tuple[int, int, int]  # red, green and blue, 0 to 255
BLUE: Colour = (59, 130, 246)
RED: Colour = (239, 68, 68)


def count_of(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: `1 reply`, `2,000 replies`.

    Args:
        plural: the noun for other numbers than 1; "": the singular with an s.
    """
    if number == 1:
        return f"1 {singular}"
    return f"{number:,} {plural or singular + 's'}"


def votes_line(votes: int, fooled: int) -> str:
    """Return a line on how many guesses mistook an imitation for the real message; "" without guesses."""
    if not votes:
        return ""
    guesses = count_of(votes, "guess", "guesses")
    return f"\nOf {guesses} in the game, {fooled / votes:.0%} mistook an imitation for the real message."


def label(author: str, temperature: float, language: str = "en") -> str:
    """Return the line under every reply, in one of the languages of LABELS."""
    name = plain(author)[:LONGEST_NAME]
    words = LABELS[language].format(name)
    return f"{words} {temperature:g}"


def heat_colour(temperature: float) -> Colour:
    """Return the colour of a temperature as red, green and blue from 0 to 255; 0 is blue, the hottest is red."""
    heat = min(temperature / HOTTEST, 1.0)
    return mixed(BLUE, RED, heat)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour between two colours: the first for a share of 0, the second for 1."""
    red, green, blue = (round(start + share * (end - start)) for start, end in zip(first, second, strict=True))
    return red, green, blue


def plain(text: str) -> str:
    """Replace control characters that steer a terminal or the direction of text; keep newlines and tabs."""
    characters = list(text)
    for place, character in enumerate(characters):
        if _is_control(character):
            characters[place] = "\ufffd"
    return "".join(characters)


def _is_control(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in BIDI_CONTROLS or unicodedata.category(character) in ("Cc", "Cs")


def escape(text: str, *, mentions: bool = False) -> str:
    """Escape a text so that Discord shows it as it is, without markup, mentions, links or emoji.

    Args:
        mentions: keep `<#1>` and `<@1>`, which Discord shows as the name of a channel or a person; they ping nobody.
    """
    escaped = MARKUP.sub(r"\\\g<0>", plain(text))
    if mentions:
        return ESCAPED_MENTION.sub(r"<\1\2>", escaped)
    return escaped


def discord_text(seed: str, sampled: str, label_line: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return seed (bold), sampled characters and label as one text; a long seed is cut at its beginning."""
    ending = escape(sampled)
    if label_line:
        ending += f"\n-# {escape(label_line)}"
    room = limit - len(ending) - len("****")
    beginning = _end_of(escape(seed), room)
    return f"**{beginning}**{ending}"


def seed_of(text: str) -> str:
    """Return the seed from a text that `discord_text` made, as far as it was not cut; "" if there is none."""
    match = BOLD_SEED.match(text)
    if not match:
        return ""
    seed = re.sub(r"\\(.)", r"\1", match["seed"], flags=re.DOTALL)
    return seed.removeprefix(CUT)


def _end_of(escaped: str, room: int) -> str:
    """Cut escaped text at its beginning, but never between a backslash and the character that it escapes."""
    if len(escaped) <= room:
        return escaped
    start = len(escaped) - room + len(CUT)
    removed = escaped[:start]
    backslashes = len(removed) - len(removed.rstrip("\\"))
    if backslashes % 2 == 1:  # the last backslash escapes the next character, which goes too
        start += 1
    return CUT + escaped[start:]
