"""The messages table that every chat export becomes. Knows nothing of file formats."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

# Each reader fills these. message_id and channel may be empty; sent_at is UTC, or NaT if the export gives no time.
# Reading adds one more column, `format`: the name of each message's format. It tells apart ids that are names.
COLUMNS = [
    "message_id",
    "author_id",
    "author",
    "sent_at",
    "channel",
    "text",
    "is_bot",
]

SOMEONE = "@someone"  # replaces a mention of a person, in every format

CONTROL_CHARACTERS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
HASHED_AT_A_TIME = 10_000  # texts


def tidy(part: pd.DataFrame, dropped: Counter[str]) -> pd.DataFrame:
    """Drop and count messages that can't be learnt from; unify line ends and remove control characters.

    Call it for a part of the table at a time: its texts are copied several times.
    """
    text = part["text"].str.replace(r"\r\n?", "\n", regex=True)
    text = text.str.replace(CONTROL_CHARACTERS, "", regex=True)
    tidy_names = {name: one_line(name) for name in part["author"].unique()}
    author = part["author"].map(tidy_names)
    is_deleted = part["author_id"] == ""
    is_blank = text.str.strip() == ""
    is_empty = is_blank & ~is_deleted
    dropped["by deleted authors"] += int(is_deleted.sum())
    dropped["without text"] += int(is_empty.sum())
    part = part.assign(text=text, author=author)
    return part[~is_deleted & ~is_empty]


def one_line(name: str) -> str:
    """Return a name on one line, without control characters and repeated blanks."""
    name = " ".join(name.split())
    return re.sub(CONTROL_CHARACTERS, "", name)


def in_order(table: pd.DataFrame, dropped: Counter[str]) -> pd.DataFrame:
    """Drop and count duplicates, and put the rest in time order; rows without a time come last.

    The index has to count the rows from 0. A table in order and without duplicates is returned as it is.
    """
    ids = table["message_id"]
    is_duplicate = (ids != "") & _hashes(ids).duplicated()
    duplicates = int(is_duplicate.sum())
    dropped["duplicates"] += duplicates
    times = table["sent_at"][~is_duplicate]
    if not duplicates and times.is_monotonic_increasing:
        return table
    order = times.sort_values(kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _hashes(texts: "pd.Series[str]") -> "pd.Series[Any]":
    """Return 64 bits of each text: comparing the texts themselves would take twice their memory."""
    hashes = [np.empty(0, np.uint64)]
    for start in range(0, len(texts), HASHED_AT_A_TIME):
        part = texts.iloc[start : start + HASHED_AT_A_TIME].to_numpy(object)
        hashes.append(pd.util.hash_array(part, categorize=False))
    return pd.Series(np.concatenate(hashes))
