"""Gitter chats: freeCodeCamp's published files (the tutorial's CSV, the TSV without a header), and pages of the API.

Source: https://www.kaggle.com/freecodecamp/all-posts-public-main-chatroom, https://github.com/freeCodeCamp/gitter-history
and https://developer.gitter.im/docs/messages-resource
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from model.chats.exports.columns import read_columns
from model.chats.exports.files import File, Format, FormatError, Row, check_columns, tables, utc
from model.chats.exports.json_values import WrittenBy, items

CSV_COLUMNS = {
    "id": "message_id",
    "fromUser.id": "author_id",
    "fromUser.username": "author",
    "sent": "sent_at",
    "text": "text",
}
HISTORY_COLUMNS = [
    "room_id",
    "channel",
    "sent_at",
    "author_id",
    "author",
    "message_id",
    "text",
]
OBJECT_ID = r"[0-9a-f]{24}"
REQUIRED = ("fromUser.id", "text")


def is_csv(head: str) -> bool:
    """Recognise the tutorial's columns, by one of the two that are required."""
    header = _header(head)
    return any(name in header for name in REQUIRED)


def read_csv(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read the tutorial's columns by name, whatever else the CSV holds."""
    header = _header(file.head())
    check_columns(header, REQUIRED)
    present = [name for name in CSV_COLUMNS if name in header]
    for part in read_columns(file, present):
        table = part.rename(columns=CSV_COLUMNS)
        table = table.reindex(columns=list(CSV_COLUMNS.values()), fill_value="")
        has_name = table["author"] != ""
        yield table.assign(
            author=table["author"].where(has_name, table["author_id"]),
            sent_at=utc(table["sent_at"]),
            channel="",
            is_bot=False,
        )


def _header(head: str) -> list[str]:
    first_line = re.split(r"\r\n|\r|\n", head, maxsplit=1)[0]
    return next(csv.reader([first_line]), [])


def is_history(head: str) -> bool:
    """Recognise gitter-history: seven tab-separated fields that begin with a room's id."""
    first_line = head.lstrip().split("\n", 1)[0]
    fields = first_line.split("\t")
    if len(fields) < len(HISTORY_COLUMNS):
        return False
    return re.fullmatch(OBJECT_ID, fields[0]) is not None


def read_history(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read the seven columns of gitter-history; texts with newlines are quoted."""
    row = 0
    for table in read_columns(file, HISTORY_COLUMNS, names=HISTORY_COLUMNS, separator="\t"):
        damaged = ~table["message_id"].str.fullmatch(OBJECT_ID)
        if damaged.any():
            row += int(damaged.to_numpy().argmax()) + 1
            raise FormatError(f"row {row:,} has no message id in its sixth column: the file is damaged or cut off")
        row += len(table)
        yield table.assign(sent_at=utc(table["sent_at"]), is_bot=False)


def is_json(head: str) -> bool:
    """Recognise a list of messages by their keys: one page of the API."""
    if not re.match(r"\s*\[\s*\{", head):
        return False
    return all(f'"{key}"' in head for key in ("fromUser", "sent", "text"))


def read_json(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read a page of messages, which does not name its room."""
    yield from tables(_messages(file))


def _messages(file: File) -> Iterator[Row]:
    for number, message in enumerate(items(file, "item"), 1):
        with WrittenBy("Gitter", number):
            user = message.get("fromUser") or {"id": "", "username": ""}
            yield Row(
                message_id=message["id"],
                author_id=user["id"],
                author=user.get("username") or user["id"],
                sent_at=message["sent"],
                channel="",
                text=message.get("text") or "",
            )


CSV = Format("gitter-csv", is_csv, read_csv)
HISTORY = Format("gitter-history", is_history, read_history)
JSON = Format("gitter-json", is_json, read_json)
