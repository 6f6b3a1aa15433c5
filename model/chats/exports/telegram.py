"""Telegram Desktop's machine-readable export, `result.json`: one chat, or all those of an account.

Source: https://github.com/telegramdesktop/tdesktop, Telegram/SourceFiles/export/output/export_output_json.cpp
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import ijson
import pandas as pd

from model.chats.exports.files import File, Format, FormatError, Row, from_unix, tables
from model.chats.exports.json_values import Encoded, Readable, WrittenBy, events
from model.messages import SOMEONE

ACCOUNT = ("chats.list.item", "left_chats.list.item")
CHATS = {"", *ACCOUNT}  # where a chat begins
ABOUT_A_CHAT = {f"{chat}.{key}".lstrip("."): key for chat in CHATS for key in ("name", "type", "id")}
MESSAGES = {f"{chat}.messages.item".lstrip(".") for chat in CHATS}
CHAT_KEYS = {"type", "id", "messages"}
ACCOUNT_KEYS = {"personal_information", "profile_pictures", "frequent_contacts", "web_sessions", "chats", "left_chats"}
NO_OBJECT = {"null", "boolean", "number", "string", "start_array"}
AMONG_MANY = ("group", "channel")  # "private_supergroup"; between two it is "personal_chat", "bot_chat", ...
MENTIONS = {"mention", "mention_name"}
ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)


def recognise(head: str) -> bool:
    """Recognise one chat by what is said about it, an account by its chats or what comes before them."""
    if not head.lstrip().startswith("{"):
        return False
    keys = set()
    with suppress(FormatError):  # the head ends somewhere
        for prefix, event, value in events(_ValidJSON(io.BytesIO(head.encode()))):
            if prefix == "" and event == "map_key":
                keys.add(value)
    return bool(keys >= CHAT_KEYS or keys & ACCOUNT_KEYS)


def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read people's own words; an account's one-to-one chats are left out, they are other people's private words."""
    with file.open_text() as text:
        yield from tables(_rows(events(_ValidJSON(Encoded(text))), dropped))


def _rows(found: Iterator[tuple[str, str, Any]], dropped: Counter[str]) -> Iterator[Row]:
    chat: dict[str, Any] = {}
    number = 0
    for prefix, event, value in found:
        if prefix in ABOUT_A_CHAT:
            chat[ABOUT_A_CHAT[prefix]] = value
        elif prefix in MESSAGES and event in NO_OBJECT:
            raise FormatError(f"found {value!r:.40} in the place of message {number + 1:,}; wanted an object")
        elif event != "start_map":
            continue
        elif prefix in CHATS:
            chat = {}
        elif prefix in MESSAGES:
            number += 1
            with WrittenBy("Telegram", number):
                if prefix.startswith(ACCOUNT) and not str(chat.get("type")).endswith(AMONG_MANY):
                    dropped["private messages"] += 1
                elif reason := _left_out(message := _built(prefix, found)):
                    dropped[reason] += 1
                else:
                    yield _row(chat, message)


def _built(prefix: str, found: Iterator[tuple[str, str, Any]]) -> dict[str, Any]:
    """Build the object that has begun, from its events."""
    builder = ijson.ObjectBuilder()
    builder.event("start_map", None)
    for where, event, value in found:
        builder.event(event, value)
        if where == prefix and event == "end_map":
            break
    built: dict[str, Any] = builder.value
    return built


def _left_out(message: dict[str, Any]) -> str:
    """Say why a message is not its author's words, "" where it is."""
    if message.get("type") != "message":
        return "service lines"
    if any(key.startswith(("forwarded_from", "saved_from")) for key in message):
        return "forwarded messages"
    if "via_bot" in message:
        return "messages via bots"
    return "" if message.get("text") else "media without text"


def _row(chat: dict[str, Any], message: dict[str, Any]) -> Row:
    author_id, author = _author(message)
    return Row(
        f"telegram/{chat.get('id', '')}/{message['id']}" if "id" in message else "",
        author_id,
        author,
        from_unix(str(message.get("date_unixtime"))) or str(message.get("date", "")),
        str(chat.get("name") or chat.get("id", "")),
        _text(message["text"]),
    )


def _author(message: dict[str, Any]) -> tuple[str, str]:
    """Return id and name: older exports have bare numbers, the oldest no id; deleted accounts have no name."""
    name, found = message.get("from") or "", message.get("from_id") or ""
    author_id = f"user{found}" if isinstance(found, int) else str(found or name)
    return author_id, str(name or author_id)


def _text(text: Any) -> str:
    parts = text if isinstance(text, list) else [text]
    return "".join(_part(part) if isinstance(part, dict) else part for part in parts)


def _part(part: dict[str, Any]) -> str:
    return SOMEONE if part.get("type") in MENTIONS else part["text"]


class _ValidJSON:
    r"""Passes JSON on with Telegram's `\x0B` as JSON's `\u000B`: it writes control characters as JSON doesn't."""

    def __init__(self, source: Readable) -> None:
        self._source, self._rest = source, b""

    def read(self, size: int) -> bytes:
        """Return some bytes, b"" at the end."""
        found = self._source.read(size)
        data, self._rest = self._rest + found, b""
        last = data.rfind(b"\\", -3)
        if found and last >= 0 and not _is_escaped(data, last):  # an escape, perhaps cut off: it waits for its end
            data, self._rest = data[:last], data[last:]
        if b"\\x" not in data:
            return data
        return ESCAPE.sub(lambda escape: b"\\u00" + escape[1] if escape[1] else escape[0], data)


def _is_escaped(data: bytes, place: int) -> bool:
    """Say whether an odd number of backslashes is before this place."""
    before = data[:place]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


TELEGRAM = Format("telegram", recognise, read)
