"""Telegram Desktop's machine-readable export, `result.json`: one chat, or all those of an account.

Source: https://github.com/telegramdesktop/tdesktop, Telegram/SourceFiles/export/output/export_output_json.cpp
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import ijson
import pandas as pd

from model.chats.exports.files import File, Format, FormatError, Row, from_unix, tables
from model.chats.exports.json_values import Encoded, Readable, WrittenBy, events
from model.chats.messages import SOMEONE

Events: TypeAlias = Iterator[tuple[str, str, Any]]  # place, kind, value

ACCOUNT = ("chats.list.item", "left_chats.list.item")
# Places in the JSON, as ijson writes them.
CHATS = {"", *ACCOUNT}
MESSAGES = {f"{chat}.messages.item".lstrip(".") for chat in CHATS}
CHAT_KEYS = {"type", "id", "messages"}
ACCOUNT_KEYS = {"personal_information", "profile_pictures", "frequent_contacts", "web_sessions", "chats", "left_chats"}
OTHER_VALUES = {"null", "boolean", "number", "string", "start_array"}
GROUP_TYPES = ("group", "channel")  # endings: "private_supergroup"; chats of two are "personal_chat", "bot_chat", ...
MENTIONS = {"mention", "mention_name"}
ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)


def _chat_facts() -> dict[str, str]:
    """Return the places of what describes a chat, with its key there."""
    facts = {}
    for chat in CHATS:
        for key in ("name", "type", "id"):
            place = f"{chat}.{key}".lstrip(".")
            facts[place] = key
    return facts


CHAT_FACTS = _chat_facts()


def recognise(head: str) -> bool:
    """Recognise a chat or an account by its keys."""
    if not head.lstrip().startswith("{"):
        return False
    keys = set()
    source = _ValidJSON(io.BytesIO(head.encode()))
    with suppress(FormatError):  # the head may end inside a value
        for prefix, event, value in events(source):
            if prefix == "" and event == "map_key":
                keys.add(value)
    is_chat = keys >= CHAT_KEYS
    is_account = not keys.isdisjoint(ACCOUNT_KEYS)
    return is_chat or is_account


def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read people's own words. Leave out an account's one-to-one chats: they are other people's private words."""
    with file.open_text() as text:
        source = _ValidJSON(Encoded(text))
        yield from tables(_rows(events(source), dropped))


def _rows(parsed: Events, dropped: Counter[str]) -> Iterator[Row]:
    chat: dict[str, Any] = {}
    number = 0
    for prefix, event, value in parsed:
        if prefix in CHAT_FACTS:
            chat[CHAT_FACTS[prefix]] = value
        elif prefix in MESSAGES and event in OTHER_VALUES:
            raise FormatError(f"found {value!r:.40} in the place of message {number + 1:,}; wanted an object")
        elif event != "start_map":
            continue
        elif prefix in CHATS:
            chat = {}
        elif prefix in MESSAGES:
            number += 1
            with WrittenBy("Telegram", number):
                if _is_private(prefix, chat):
                    dropped["private messages"] += 1
                    continue
                message = _built(prefix, parsed)
                reason = _reason_to_drop(message)
                if reason:
                    dropped[reason] += 1
                else:
                    yield _row(chat, message)


def _is_private(prefix: str, chat: dict[str, Any]) -> bool:
    """Return whether a chat is one of an account's and between two people."""
    if not prefix.startswith(ACCOUNT):
        return False
    chat_type = str(chat.get("type"))
    return not chat_type.endswith(GROUP_TYPES)


def _built(prefix: str, parsed: Events) -> dict[str, Any]:
    """Build the object that has begun, from its events."""
    builder = ijson.ObjectBuilder()
    builder.event("start_map", None)
    for place, event, value in parsed:
        builder.event(event, value)
        if place == prefix and event == "end_map":
            break
    message: dict[str, Any] = builder.value
    return message


def _reason_to_drop(message: dict[str, Any]) -> str:
    """Return why a message is not its author's own words, or "" if it is."""
    if message.get("type") != "message":
        return "service lines"
    if any(key.startswith(("forwarded_from", "saved_from")) for key in message):
        return "forwarded messages"
    if "via_bot" in message:
        return "messages via bots"
    if not message.get("text"):
        return "media without text"
    return ""


def _row(chat: dict[str, Any], message: dict[str, Any]) -> Row:
    author_id, author = _author(message)
    chat_id = chat.get("id", "")
    message_id = ""
    if "id" in message:
        message_id = f"telegram/{chat_id}/{message['id']}"
    seconds = str(message.get("date_unixtime"))
    local_time = str(message.get("date", ""))  # older exports have no other
    return Row(
        message_id=message_id,
        author_id=author_id,
        author=author,
        sent_at=from_unix(seconds) or local_time,
        channel=str(chat.get("name") or chat_id),
        text=_text(message["text"]),
    )


def _author(message: dict[str, Any]) -> tuple[str, str]:
    """Return id and name: older exports have bare numbers, the oldest no id; deleted accounts have no name."""
    name = message.get("from") or ""
    from_id = message.get("from_id") or ""
    author_id = str(from_id or name)
    if isinstance(from_id, int):
        author_id = f"user{from_id}"
    return author_id, str(name or author_id)


def _text(text: Any) -> str:
    parts = [text]
    if isinstance(text, list):
        parts = text
    return "".join(map(_part, parts))


def _part(part: Any) -> Any:
    """Return the text of a part: a string, or an object with a type. Anything else makes a TypeError."""
    if not isinstance(part, dict):
        return part
    if part.get("type") in MENTIONS:
        return SOMEONE
    return part["text"]


class _ValidJSON:
    r"""Passes JSON on with Telegram's `\x0B` as JSON's `\u000B`: it writes control characters as JSON doesn't."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return some bytes, b"" at the end."""
        part = self._source.read(size)
        data = self._rest + part
        self._rest = b""
        last = data.rfind(b"\\", -3)
        if part and last >= 0 and not _is_escaped(data, last):  # perhaps an escape whose end comes later
            self._rest = data[last:]
            data = data[:last]
        if b"\\x" not in data:
            return data
        return ESCAPE.sub(_replace_escape, data)


def _replace_escape(escape: re.Match[bytes]) -> bytes:
    digits = escape[1]
    if digits:
        return b"\\u00" + digits
    return escape[0]


def _is_escaped(data: bytes, place: int) -> bool:
    """Return whether an odd number of backslashes is before this place."""
    before = data[:place]
    backslashes = len(before) - len(before.rstrip(b"\\"))
    return backslashes % 2 == 1


TELEGRAM = Format("telegram", recognise, read)
