"""Characters that nobody sees, characters written in several ways, and messages of too many characters."""

import re
import unicodedata

from model.chats.cleaning.patterns import REMOVED, Filter
from model.chats.messages import SOMEONE

# Discord's own limit. Of freeCodeCamp's messages one in a thousand is longer, all of them pasted; they hold a
# twenty-fifth of the characters.
LONGEST = 2000
# Joiners stay between two characters beyond ASCII: they make one emoji of several, and belong to the spelling of
# Persian and of Indian languages.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
STRAY_JOINER = re.compile("(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])")
TOKEN = re.compile(f"{re.escape(SOMEONE)}|{re.escape(REMOVED)}")
FILTER = Filter(r"[^\n\t\x20-\x7e]")


def normalize(text: str) -> str:
    """Compose characters (NFC); remove control, zero-width and bidirectional characters."""
    if not text.replace("\n", " ").isprintable():
        text = INVISIBLE.sub("", text)
        text = STRAY_JOINER.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def shorten(text: str) -> str:
    """Cut an overlong message after its last whole word."""
    if len(text) <= LONGEST:
        return text
    last_gap = max(text.rfind(gap, 0, LONGEST + 1) for gap in " \n")
    end = last_gap if last_gap > LONGEST / 2 else _end_outside_tokens(text)
    return text[:end].rstrip()


def _end_outside_tokens(text: str) -> int:
    for token in TOKEN.finditer(text):
        if token.start() < LONGEST < token.end():
            return token.start()
    return LONGEST
