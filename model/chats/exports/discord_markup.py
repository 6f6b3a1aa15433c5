"""Discord's markup in a message to the text that people read, without names. For all readers of Discord's messages.

Source: https://docs.discord.com/developers/reference#message-formatting
"""

import re
from collections.abc import Iterable

from model.chats.messages import SOMEONE

MENTION = re.compile(r"<@[!&]?\d+>")  # "!" in an older way, "&" of a role
CHANNEL = re.compile(r"<#\d+>")
EMOJI = re.compile(r"<a?(:\w+:)\d+>")


def readable(content: str, mentioned: Iterable[str] = ()) -> str:
    """Replace ids by words, and the names of mentioned people, which may stand in place of their ids."""
    if "@" in content:
        content = _without_names(content, mentioned)
    if "<" not in content:
        return content
    content = MENTION.sub(SOMEONE, content)
    content = CHANNEL.sub("#channel", content)
    return EMOJI.sub(r"\1", content)


def _without_names(content: str, names: Iterable[str]) -> str:
    longest_first = sorted(filter(None, names), key=len, reverse=True)  # "Ada L" before "Ada"
    if not longest_first:
        return content
    alternatives = "|".join(map(re.escape, longest_first))
    return re.sub(f"@(?:{alternatives})", SOMEONE, content)
