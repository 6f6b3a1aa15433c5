"""Gitter chats as freeCodeCamp published them: the tutorial's CSV and the headerless gitter-history TSV.

Source: https://www.kaggle.com/freecodecamp/all-posts-public-main-chatroom and https://github.com/freeCodeCamp/gitter-history
"""

import csv
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, TextIO

import pandas as pd

from model.chat_exports.files import ROWS_AT_A_TIME, File, Format, FormatError, utc

HISTORY_COLUMNS = ["room_id", "channel", "sent_at", "author_id", "author", "message_id", "text"]
OBJECT_ID = r"[0-9a-f]{24}"


def is_csv(head: str) -> bool:
    """Recognise the tutorial's columns, by one of the two that must be there."""
    return bool({"fromUser.id", "text"} & set(_header(head)))


def read_csv(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read the tutorial's columns by name, whatever else the CSV holds."""
    found = _header(file.head())
    missing = [column for column in ("fromUser.id", "text") if column not in found]
    if missing:
        names = ", ".join(found[:12])[:300]
        raise FormatError(f"found the columns {names}; wanted {' and '.join(missing)} among them")
    with file.open_text() as text:
        for table in _rows(text, ["id", "fromUser.id", "fromUser.username", "sent", "text"]):
            table.columns = pd.Index(["message_id", "author_id", "author", "sent_at", "text"])
            table["author"] = table["author"].where(table["author"] != "", table["author_id"])
            yield table.assign(sent_at=utc(table["sent_at"]), channel="", is_bot=False)


def _header(head: str) -> list[str]:
    return next(csv.reader([re.split(r"\r\n|\r|\n", head, maxsplit=1)[0]]), [])


def is_history(head: str) -> bool:
    """Recognise gitter-history: seven tab-separated fields that begin with a room's id."""
    first = head.lstrip().split("\n", 1)[0].split("\t")
    return len(first) >= len(HISTORY_COLUMNS) and re.fullmatch(OBJECT_ID, first[0]) is not None


def read_history(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read the seven columns of gitter-history; texts are quoted where they hold newlines."""
    row = 0
    with file.open_text() as text:
        for table in _rows(text, HISTORY_COLUMNS, sep="\t", header=None, names=HISTORY_COLUMNS):
            damaged = ~table["message_id"].str.fullmatch(OBJECT_ID)
            if damaged.any():
                row += int(damaged.to_numpy().argmax()) + 1
                raise FormatError(f"row {row:,} has no message id in its sixth column: the file is damaged or cut off")
            row += len(table)
            yield table.assign(sent_at=utc(table["sent_at"]), is_bot=False)


def _rows(file: TextIO, wanted: list[str], **options: Any) -> Iterator[pd.DataFrame]:
    """Read the wanted columns as text, "" where there is none.

    A row with more fields than the others has lost its quotes: pandas' usecols would cut off its end unseen, so all
    columns are read, some rows at a time. na_filter off: the words "nan", "null" and "NA" stay words.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            parts = pd.read_csv(file, dtype=str, na_filter=False, index_col=False, chunksize=ROWS_AT_A_TIME, **options)
            for part in parts:
                yield part.reindex(columns=wanted, fill_value="")
        except pd.errors.ParserWarning as warning:
            raise FormatError("a row has more fields than the header; texts with a comma need quotes") from warning


CSV = Format("gitter-csv", is_csv, read_csv)
HISTORY = Format("gitter-history", is_history, read_history)
