"""Gitter chats as freeCodeCamp published them: the tutorial's CSV and the headerless gitter-history TSV.

Source: https://www.kaggle.com/freecodecamp/all-posts-public-main-chatroom and https://github.com/freeCodeCamp/gitter-history
"""

import csv
import re
import warnings
from typing import Any, TextIO

import pandas as pd

CSV_NAME = "gitter-csv"
HISTORY_NAME = "gitter-history"
HISTORY_COLUMNS = ["room_id", "channel", "sent_at", "author_id", "author", "message_id", "text"]
ROWS_AT_A_TIME = 50_000
OBJECT_ID = r"[0-9a-f]{24}"


class FormatError(Exception):
    """The file isn't what its format says; the text says what was found and expected."""


def read_csv(file: TextIO, head: str) -> pd.DataFrame:
    """Read the tutorial's columns by name, whatever else the CSV holds; only fromUser.id and text must be there."""
    found = next(csv.reader([re.split(r"\r\n|\r|\n", head, maxsplit=1)[0]]))
    missing = [column for column in ("fromUser.id", "text") if column not in found]
    if missing:
        names = ", ".join(found[:12])[:300]
        raise FormatError(f"found the columns {names}; wanted {' and '.join(missing)} among them")
    table = _rows(file, ["id", "fromUser.id", "fromUser.username", "sent", "text"])
    table.columns = pd.Index(["message_id", "author_id", "author", "sent_at", "text"])
    table["author"] = table["author"].where(table["author"] != "", table["author_id"])
    table["sent_at"] = _utc(table["sent_at"])
    table["channel"] = ""
    return table


def is_history(head: str) -> bool:
    """Recognise gitter-history: seven tab-separated fields that begin with a room's id."""
    first = head.lstrip().split("\n", 1)[0].split("\t")
    return len(first) >= len(HISTORY_COLUMNS) and re.fullmatch(OBJECT_ID, first[0]) is not None


def read_history(file: TextIO) -> pd.DataFrame:
    """Read the seven columns of gitter-history; texts are quoted where they hold newlines."""
    table = _rows(file, HISTORY_COLUMNS, sep="\t", header=None, names=HISTORY_COLUMNS)
    damaged = ~table["message_id"].str.fullmatch(OBJECT_ID)
    if damaged.any():
        row = int(damaged.to_numpy().argmax())
        raise FormatError(f"row {row + 1:,} has no message id in its sixth column: the file is damaged or cut off")
    table["sent_at"] = _utc(table["sent_at"])
    return table


def _rows(file: TextIO, wanted: list[str], **options: Any) -> pd.DataFrame:
    """Read the wanted columns as text, "" where there is none.

    A row with more fields than the others has lost its quotes: pandas' usecols would cut off its end unseen, so all
    columns are read, some rows at a time. na_filter off: the words "nan", "null" and "NA" stay words.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            parts = pd.read_csv(file, dtype=str, na_filter=False, index_col=False, chunksize=ROWS_AT_A_TIME, **options)
            return pd.concat([part.reindex(columns=wanted, fill_value="") for part in parts], ignore_index=True)
        except pd.errors.ParserWarning as warning:
            raise FormatError("a row has more fields than the header; texts with a comma need quotes") from warning


def _utc(sent_at: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(sent_at, format="ISO8601", utc=True, errors="coerce")
