"""The messages table that every chat export becomes. Knows nothing of file formats."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

# What a reader fills: message_id and channel may be empty; sent_at is UTC, NaT where the export does not say. Reading
# adds one more column, `format`: the name of each message's format, which tells apart ids that are names.
COLUMNS = ["message_id", "author_id", "author", "sent_at", "channel", "text", "is_bot"]

SOMEONE = "@someone"  # in place of a person who is mentioned, whatever the format

CONTROL_CHARACTERS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"


def tidy(part: pd.DataFrame, dropped: Counter[str]) -> pd.DataFrame:
    """Drop and count messages that can't be learnt from. Lines end in one way, and control characters go.

    For a part of the table at a time: its texts are copied several times.
    """
    text = part["text"].str.replace(r"\r\n?", "\n", regex=True)
    text = text.str.replace(CONTROL_CHARACTERS, "", regex=True)
    author = part["author"].map({name: one_line(name) for name in part["author"].unique()})
    deleted = part["author_id"] == ""
    empty = ~deleted & (text.str.strip() == "")
    dropped.update({"by deleted authors": int(deleted.sum()), "without text": int(empty.sum())})
    return part.assign(text=text, author=author)[~deleted & ~empty]


def one_line(name: str) -> str:
    """Return a name on one line, without control characters and blanks in a row."""
    return re.sub(CONTROL_CHARACTERS, "", " ".join(name.split()))


def in_order(table: pd.DataFrame, dropped: Counter[str]) -> pd.DataFrame:
    """Drop and count duplicates, put the rest in time order; rows without a time stay, at the end.

    The index is that of the rows, from 0. A table without duplicates that is in order is returned as it is.
    """
    ids = table["message_id"]
    duplicate = (ids != "") & _hashes(ids).duplicated()
    dropped.update({"duplicates": int(duplicate.sum())})
    moments = table["sent_at"][~duplicate]
    if len(moments) == len(table) and moments.is_monotonic_increasing:
        return table
    return table.loc[moments.sort_values(kind="stable").index].reset_index(drop=True)


def _hashes(texts: "pd.Series[str]") -> "pd.Series[Any]":
    """Return 64 bits of each: to compare the texts themselves takes twice the memory that they do."""
    parts = (texts.iloc[start : start + 10_000] for start in range(0, len(texts), 10_000))
    hashes = (pd.util.hash_array(part.to_numpy(object), categorize=False) for part in parts)
    return pd.Series(np.concatenate([np.empty(0, np.uint64), *hashes]))
