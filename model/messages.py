"""The messages table that every chat export becomes, and the people in it. Knows nothing of file formats."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# message_id and channel may be empty; sent_at is UTC, NaT where the export does not say.
COLUMNS = ["message_id", "author_id", "author", "sent_at", "channel", "text", "is_bot"]

SOMEONE = "@someone"  # in place of a person who is mentioned, whatever the format

CONTROL_CHARACTERS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"

# freeCodeCamp's own bot, by id and by name: the most talkative "person" of its rooms.
CAMPERBOT = ("55b977f00fc9f982beab7883", "camperbot")


class AuthorError(Exception):
    """The author asked for isn't in the messages, or isn't one person; the text is for people."""


def tidy(part: pd.DataFrame, dropped: Counter[str]) -> pd.DataFrame:
    """Drop and count messages that can't be learnt from. Lines end in one way, and control characters go.

    For a part of the table at a time: its texts are copied several times.
    """
    text = part["text"].str.replace(r"\r\n?", "\n", regex=True)
    text = text.str.replace(CONTROL_CHARACTERS, "", regex=True)
    author = part["author"].str.replace(r"\s+", " ", regex=True).str.replace(CONTROL_CHARACTERS, "", regex=True)
    deleted = part["author_id"] == ""
    empty = ~deleted & (text.str.strip() == "")
    dropped.update({"by deleted authors": int(deleted.sum()), "without text": int(empty.sum())})
    return part.assign(text=text, author=author)[~deleted & ~empty]


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


def rank_authors(messages: pd.DataFrame) -> pd.DataFrame:
    """Return one row per author, most prolific first: author_id, author, messages, characters, first, last, is_bot."""
    groups = messages.assign(length=messages["text"].str.len()).groupby("author_id", sort=False)
    ranking = groups.agg(
        author=("author", "last"),  # people rename themselves: the latest name is the one others know
        messages=("text", "size"),
        characters=("length", "sum"),
        first=("sent_at", "min"),
        last=("sent_at", "max"),
        is_bot=("is_bot", "max"),  # as the export says
    )
    return ranking.reset_index().sort_values("messages", ascending=False, kind="stable", ignore_index=True)


def is_named(ranking: pd.DataFrame, names: Sequence[str]) -> "pd.Series[bool]":
    """Mark the authors whose id or name (in any letter case) is among the names."""
    wanted = {name.casefold() for name in names}
    return ranking["author_id"].str.casefold().isin(wanted) | ranking["author"].str.casefold().isin(wanted)


@dataclass(frozen=True)
class Author:
    """One person of a chat export."""

    author_id: str
    author: str
    messages: int
    characters: int


def find_author(ranking: pd.DataFrame, wanted: str | None) -> Author:
    """Return the author of that name or id, the most prolific one for None.

    Raises:
        AuthorError: nobody is called so (with the nearest names), or several are.
    """
    if wanted is None:
        matches = ranking.head(1)
    else:
        matches = ranking[is_named(ranking, [wanted])]
        exact = matches[(matches["author_id"] == wanted) | (matches["author"] == wanted)]
        matches = matches if exact.empty else exact
    if matches.empty:
        raise AuthorError(_nobody(ranking, wanted))
    if len(matches) > 1:
        ids = ", ".join(matches["author_id"])
        raise AuthorError(f"{len(matches)} authors are called {wanted!r}; give one of their ids: {ids}")
    row = matches.iloc[0]
    return Author(str(row["author_id"]), str(row["author"]), int(row["messages"]), int(row["characters"]))


def _nobody(ranking: pd.DataFrame, wanted: str | None) -> str:
    if wanted is None:
        return "the export holds no message by anyone who is not left out as a bot"
    names = {name.casefold(): name for name in reversed(ranking["author"].tolist())}
    near = [names[name] for name in difflib.get_close_matches(wanted.casefold(), names, n=3, cutoff=0.5)]
    near = near or ranking["author"].head(3).tolist()
    return f"no author is called {wanted!r}; the nearest names are {', '.join(near) or 'none'}"


@dataclass(frozen=True)
class Chat:
    """Chat exports, read, and the people in them."""

    messages: pd.DataFrame
    formats: str
    ranking: pd.DataFrame  # `rank_authors` of them; those are bots too who were named so

    @classmethod
    def of(cls, messages: pd.DataFrame, formats: str, bots: Sequence[str]) -> "Chat":
        """Rank the authors; bots are those of the names or ids, and those that the export marks."""
        ranking = rank_authors(messages)
        is_bot = is_named(ranking, bots) | ranking["is_bot"].astype(bool)
        return cls(messages, formats, ranking.assign(is_bot=is_bot))

    @property
    def is_bot(self) -> "pd.Series[bool]":
        """Whether each author of the ranking is a bot."""
        return self.ranking["is_bot"]

    @property
    def bots(self) -> "pd.Series[str]":
        """The ids of the bots."""
        return self.ranking["author_id"][self.is_bot]

    @property
    def people(self) -> pd.DataFrame:
        """The ranking without the bots."""
        return self.ranking[~self.is_bot]

    def file_name(self, author: Author) -> str:
        """Name an author's persona: their name in small letters, and their id too where another one's is the same."""
        same = [_plain(name) for name in self.ranking["author"]].count(_plain(author.author)) > 1
        return _plain(author.author) + (f"-{_plain(author.author_id)}" if same else "")


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "persona"
