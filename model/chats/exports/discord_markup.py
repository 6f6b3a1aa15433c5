"""Discord's markup in a message to what people read, naming nobody. For all readers of Discord's messages.

Source: https://docs.discord.com/developers/reference#message-formatting
"""

import re
from collections.abc import Iterable

from model.messages import SOMEONE

MENTION = re.compile(r"<@[!&]?\d+>")  # of a person, in an older way, of a role
CHANNEL = re.compile(r"<#\d+>")
EMOJI = re.compile(r"<a?(:\w+:)\d+>")


def plain(content: str, mentioned: Iterable[str] = ()) -> str:
    """Replace ids by words, and the names of those mentioned where they already stand instead of the ids."""
    names = sorted(filter(None, mentioned), key=len, reverse=True) if "@" in content else []  # "Ada L" before "Ada"
    if names:
        content = re.sub(f"@(?:{'|'.join(map(re.escape, names))})", SOMEONE, content)
    if "<" not in content:
        return content
    return EMOJI.sub(r"\1", CHANNEL.sub("#channel", MENTION.sub(SOMEONE, content)))
