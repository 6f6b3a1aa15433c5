"""The people in a messages table: who wrote most, whom a name means, who goes by several."""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from model.bots import recognise

MOST_ALIASES = 4  # who shares a name with more has it from the service, as guests do
ASIDE = re.compile(r"(?<=.)[|\[(].*|#\d{4}$|[_.-](?:away|afk|work|home|phone|mobile|laptop)$", re.DOTALL)


class AuthorError(Exception):
    """The author asked for isn't in the messages, or isn't one person; the text is for people."""


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
    matches = ranking.head(1) if wanted is None else called(ranking, wanted)
    if matches.empty:
        raise AuthorError("the export holds no message by anyone who is not left out as a bot")
    if len(matches) > 1:
        ids = ", ".join(matches["author_id"])
        raise AuthorError(f"{len(matches)} authors are called {wanted!r}; give one of their ids: {ids}")
    row = matches.iloc[0]
    return Author(str(row["author_id"]), str(row["author"]), int(row["messages"]), int(row["characters"]))


def called(ranking: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Return the rows of the authors of that name or id, in any letter case where it is nobody's as written.

    Raises:
        AuthorError: nobody is called so.
    """
    matches = ranking[is_named(ranking, [wanted])]
    exact = matches[(matches["author_id"] == wanted) | (matches["author"] == wanted)]
    if matches.empty:
        names = {name.casefold(): name for name in reversed(ranking["author"].tolist())}
        near = [names[name] for name in difflib.get_close_matches(wanted.casefold(), names, n=3, cutoff=0.5)]
        near = near or ranking["author"].head(3).tolist()
        raise AuthorError(f"no author is called {wanted!r}; the nearest names are {', '.join(near) or 'none'}")
    return matches if exact.empty else exact


def join_authors(
    messages: pd.DataFrame, pairs: Iterable[Sequence[str]]
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Make one author of the two of each pair, under the first one's name; of all of one name where both are the same.

    Returns:
        The messages, and by the id of each who was joined the other ids, with their names.

    Raises:
        AuthorError: a name is nobody's or several people's, or both are one author's already.
    """
    joined: dict[str, dict[str, str]] = {}
    for one, other in pairs:
        ranking = rank_authors(messages)
        authors = [find_author(ranking, name) for name in (one, other)] if one != other else []
        ids = [author.author_id for author in authors] or called(ranking, one)["author_id"].tolist()
        if len(set(ids)) < 2:
            raise AuthorError(f"{one!r} and {other!r} are one author already; wanted the names or ids of two")
        names = ranking.set_index("author_id")["author"]
        theirs = messages["author_id"].isin(ids)
        messages = messages.assign(
            author_id=messages["author_id"].mask(theirs, ids[0]), author=messages["author"].mask(theirs, names[ids[0]])
        )
        for author_id in ids[1:]:
            joined.setdefault(ids[0], {}).update({author_id: names[author_id]} | joined.pop(author_id, {}))
    return messages, joined


def aliases(ranking: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of authors who may be one person, as their names say, those with the most messages first."""
    alike = ranking.groupby(ranking["author"].map(_essence))
    found = [rows for essence, rows in alike if essence and 1 < len(rows) <= MOST_ALIASES]
    return sorted(found, key=lambda rows: -int(rows["messages"].sum()))


def _essence(name: str) -> str:
    """Return what is left of a name without letter case, signs and what is said beside it."""
    return re.sub(r"[\W_]+", "", ASIDE.sub("", unicodedata.normalize("NFKC", name).casefold()))


@dataclass(frozen=True)
class Chat:
    """Chat exports, read, and the people in them."""

    messages: pd.DataFrame
    formats: str
    ranking: pd.DataFrame  # `rank_authors` of them, and with it bot: what shows that it is one, "" of people
    joined: Mapping[str, Mapping[str, str]]  # as `join_authors` returns it

    @classmethod
    def of(
        cls,
        messages: pd.DataFrame,
        formats: str = "",
        bots: Sequence[str] = (),
        people: Sequence[str] = (),
        joined: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> "Chat":
        """Rank the authors, and tell bots from people: by name or id where they are named, else by what shows it.

        Raises:
            AuthorError: a name is nobody's.
        """
        ranking = rank_authors(messages)
        for name in (*bots, *people):
            called(ranking, name)
        bot = recognise(messages, ranking)
        bot = bot.mask(is_named(ranking, bots), "named so").mask(is_named(ranking, people), "")
        return cls(messages, formats, ranking.assign(bot=bot), joined)

    @property
    def is_bot(self) -> "pd.Series[bool]":
        """Whether each author of the ranking is a bot."""
        return self.ranking["bot"] != ""

    @property
    def bots(self) -> "pd.Series[str]":
        """The ids of the bots."""
        return self.ranking["author_id"][self.is_bot]

    @cached_property
    def names(self) -> dict[str, str]:
        """The authors' names by their ids."""
        return dict(zip(self.ranking["author_id"], self.ranking["author"], strict=True))

    def of_authors(self, author_ids: Collection[str]) -> "Chat":
        """Return the chat with the messages of these alone; the ranking stays that of all."""
        return replace(self, messages=self.messages[self.messages["author_id"].isin(author_ids)])

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
