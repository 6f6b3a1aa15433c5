"""The people in a messages table: the most prolific, those with a given name, those with several names.

A person is named in one way everywhere, see `matching`: by id, by name, or by format and id (`whatsapp:Tobi`). The
last always means one author alone.
"""

import difflib
import re
import shlex
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from model import UserError
from model.chats.bots import GUESSES, recognise
from model.chats.messages import one_line

MOST_SUGGESTED = 10  # ids that are listed if a name means several people
DATA_PACKAGE = "discord-package"
MOST_ALIASES = 4  # a name that more authors share comes from the service, as that of guests does
# What people add to a name: "ada | away", "ada (she)", "ada#1234", "ada_work".
ADDITION = re.compile(r"(?<=.)[|\[(].*|#\d{4}$|[_.-](?:away|afk|work|home|phone|mobile|laptop)$", re.DOTALL)


class AuthorError(UserError):
    """The requested author isn't in the messages, or isn't one person; the text is for people."""


def rank_authors(messages: pd.DataFrame) -> pd.DataFrame:
    """Return one row per author, most prolific first.

    The columns are author_id, author, messages, characters, first, last, is_bot and format ("" if the table has none).
    """
    if "format" not in messages:
        messages = messages.assign(format="")
    messages = messages.assign(length=messages["text"].str.len())
    authors = messages.groupby("author_id", sort=False)
    ranking = authors.agg(
        author=("author", "last"),  # people rename themselves: the latest name is the one others know
        messages=("text", "size"),
        characters=("length", "sum"),
        first=("sent_at", "min"),
        last=("sent_at", "max"),
        is_bot=("is_bot", "max"),  # marked so in the export
        format=("format", "first"),
    )
    ranking["format"] = ranking["format"].astype("str")
    return ranking.reset_index().sort_values(
        "messages",
        ascending=False,
        kind="stable",
        ignore_index=True,
    )


@dataclass(frozen=True)
class Author:
    """One person of a chat export."""

    author_id: str
    author: str
    messages: int
    characters: int


def find_author(ranking: pd.DataFrame, wanted: str | None) -> Author:
    """Return the author with this name or id; None: the most prolific one.

    Raises:
        AuthorError: it means nobody (with the nearest names), or several people (with an id for each).
    """
    if wanted is None:
        return _most_prolific(ranking)
    matches = matching(ranking, wanted)
    if matches.empty:
        raise AuthorError(_nobody_called(ranking, wanted))
    if len(matches) > 1:
        raise AuthorError(_several_called(ranking, matches, wanted))
    return _author(matches)


def _most_prolific(ranking: pd.DataFrame) -> Author:
    if ranking.empty:
        raise AuthorError("every author in this export was taken for a bot; add --keep-author NAME for one who is not")
    return _author(ranking)


def author_of_id(ranking: pd.DataFrame, author_id: str) -> Author:
    """Return the author with an id that was recorded earlier; in another export it may be their name.

    Raises:
        AuthorError: as in `find_author`.
    """
    exact = ranking[ranking["author_id"] == author_id]
    if exact.empty:
        return find_author(ranking, author_id)
    return _author(exact)


def _author(rows: pd.DataFrame) -> Author:
    row = rows.iloc[0]
    return Author(
        author_id=str(row["author_id"]),
        author=str(row["author"]),
        messages=int(row["messages"]),
        characters=int(row["characters"]),
    )


def matching(ranking: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Return the rows of the authors with this name or id, none if there are none.

    The first of these that fits anybody decides: format and id; an id; a name; a name or an id in any letter case.
    In some formats (WhatsApp, IRC, plays) an id is a name. It then wins over the same name only if no author with a
    real id has that name too: a WhatsApp "Tobi" and a Telegram "Tobi" are two people, and "Tobi" means both.
    """
    for is_meant in _readings(ranking, wanted):
        if is_meant.any():
            return ranking[is_meant]
    return ranking.head(0)


def _readings(ranking: pd.DataFrame, wanted: str) -> "Iterator[pd.Series[bool]]":
    """Yield which authors are meant, by one reading of the words after the other."""
    ids = ranking["author_id"]
    names = ranking["author"]
    formats_and_ids = ranking["format"] + ":" + ids
    folded_ids = ids.str.casefold()
    folded_names = names.str.casefold()
    has_id = ids == wanted
    has_name = names == wanted
    id_is_name = ids.map(one_line).str.casefold() == folded_names
    # Two ids may differ in blanks alone, which names don't keep: then only the id tells which one is meant.
    name_identifies = ~id_is_name | (folded_ids == folded_names)

    yield formats_and_ids == wanted
    yield has_id & ~id_is_name
    yield has_id | (has_name & name_identifies)
    yield has_name
    folded = wanted.casefold()
    yield (folded_ids == folded) | (folded_names == folded)


def words_for(ranking: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return for each row the words that mean this author alone: the id, or format and id."""
    words = []
    for author_id, format in zip(rows["author_id"], rows["format"], strict=True):
        words.append(_words_for_one(ranking, author_id, format))
    return words


def _words_for_one(ranking: pd.DataFrame, author_id: str, format: str) -> str:
    matches = matching(ranking, author_id)
    is_unique = matches["author_id"].tolist() == [author_id]
    is_option = author_id.startswith("-")  # a shell command would take it for one
    if not format or (is_unique and not is_option):
        return author_id
    return f"{format}:{author_id}"


def _nobody_called(ranking: pd.DataFrame, wanted: str) -> str:
    """Describe that no author has this name, and the nearest names."""
    names = ranking["author"].tolist()
    by_folded = {name.casefold(): name for name in reversed(names)}
    close = difflib.get_close_matches(wanted.casefold(), by_folded, n=3, cutoff=0.5)
    nearest = [by_folded[name] for name in close] or names[:3]
    listed = ", ".join(nearest) or "none"
    reason = f"no author is called {wanted!r}; the nearest names are {listed}"
    is_from_package = ranking["format"] == DATA_PACKAGE
    if is_from_package.any():
        reason += "; the author of a Discord data package goes by the user name, not the display name"
    return reason


def _several_called(ranking: pd.DataFrame, matches: pd.DataFrame, wanted: str) -> str:
    """Describe that several authors have this name, and the words that mean each."""
    words = words_for(ranking, matches.head(MOST_SUGGESTED))
    ids = ", ".join(map(shlex.quote, words))
    reason = f"{len(matches)} authors are called {wanted!r}; give one of their ids: {ids}"
    others = len(matches) - len(words)
    if others:
        reason += f" and {others:,} more"
    return reason


def join_authors(
    messages: pd.DataFrame, pairs: Iterable[Sequence[str]]
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Merge the two authors of each pair into one, under the first one's name.

    A pair of twice the same name merges all authors with that name.

    Returns:
        The messages; and for the id of each merged author the other ids, with their names.

    Raises:
        AuthorError: a name means nobody or several people, or both mean the same author.
    """
    joined: dict[str, dict[str, str]] = {}
    for one, other in pairs:
        ranking = rank_authors(messages)
        ids = _ids_to_join(ranking, one, other)
        messages = _give_to_first(messages, ids, ranking)
        names = ranking.set_index("author_id")["author"]
        merged = joined.setdefault(ids[0], {})
        for author_id in ids[1:]:
            merged[author_id] = names[author_id]
            merged.update(joined.pop(author_id, {}))
    return messages, joined


def _ids_to_join(ranking: pd.DataFrame, one: str, other: str) -> list[str]:
    if one != other:
        first = find_author(ranking, one)
        second = find_author(ranking, other)
        ids = [first.author_id, second.author_id]
    else:
        matches = matching(ranking, one)
        ids = matches["author_id"].tolist()
    if not ids:
        raise AuthorError(_nobody_called(ranking, one))
    if len(set(ids)) == 1:
        raise AuthorError(f"{one!r} and {other!r} are one author already; wanted the names or ids of two")
    return ids


def _give_to_first(messages: pd.DataFrame, author_ids: Sequence[str], ranking: pd.DataFrame) -> pd.DataFrame:
    """Give the messages of these authors to the first of them."""
    is_theirs = messages["author_id"].isin(author_ids)
    rows = ranking[ranking["author_id"] == author_ids[0]]
    first = rows.iloc[0]
    columns = {}
    for column in ("author_id", "author", "format"):
        if column in messages:
            columns[column] = messages[column].mask(is_theirs, first[column])
    return messages.assign(**columns)


def aliases(ranking: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of authors whose names suggest one person, those with the most messages first."""
    essences = ranking["author"].map(_essence)
    suspects = []
    for essence, rows in ranking.groupby(essences):
        if essence and 1 < len(rows) <= MOST_ALIASES:
            suspects.append(rows)
    suspects.sort(key=lambda rows: int(rows["messages"].sum()), reverse=True)
    return suspects


def _essence(name: str) -> str:
    """Return a name without letter case, signs and additions."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    without_additions = ADDITION.sub("", folded)
    return re.sub(r"[\W_]+", "", without_additions)


@dataclass(frozen=True)
class Chat:
    """The messages of chat exports, and the people in them."""

    messages: pd.DataFrame
    formats: str
    ranking: pd.DataFrame  # from `rank_authors`; its column `bot` holds the reason why one is taken for a bot, else ""
    joined: Mapping[str, Mapping[str, str]]  # from `join_authors`

    @classmethod
    def of(
        cls,
        messages: pd.DataFrame,
        formats: str = "",
        bots: Sequence[str] = (),
        people: Sequence[str] = (),
        joined: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> "Chat":
        """Rank the authors, and tell bots from people.

        Args:
            bots: names or ids of authors to treat as bots; the others are recognised.
            people: names or ids of authors to treat as people, even if recognised as bots.

        Raises:
            AuthorError: a name means nobody, or several people.
        """
        ranking = rank_authors(messages)
        reason = recognise(messages, ranking)
        reason = reason.mask(_is_named(ranking, bots), "named so")
        reason = reason.mask(_is_named(ranking, people), "")
        return cls(
            messages=messages,
            formats=formats,
            ranking=ranking.assign(bot=reason),
            joined=joined,
        )

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
        """Return the chat with the messages of these authors alone; the ranking stays that of all."""
        is_theirs = self.messages["author_id"].isin(author_ids)
        return replace(self, messages=self.messages[is_theirs])

    @property
    def people(self) -> pd.DataFrame:
        """The ranking without the bots."""
        return self.ranking[~self.is_bot]

    @property
    def perhaps_people(self) -> pd.DataFrame:
        """The ranking without those who are bots for certain."""
        is_uncertain = self.ranking["bot"].isin(("", *GUESSES))
        return self.ranking[is_uncertain]

    def file_name(self, author: Author) -> str:
        """Return a name for an author's persona: their name in small letters, with their id if others share it."""
        name = _file_name(author.author)
        names = [_file_name(each) for each in self.ranking["author"]]
        if names.count(name) > 1:
            suffix = _file_name(author.author_id)
            name = f"{name}-{suffix}"
        return name


def _is_named(ranking: pd.DataFrame, names: Sequence[str]) -> "pd.Series[bool]":
    ids = [find_author(ranking, name).author_id for name in names]
    return ranking["author_id"].isin(ids)


def _file_name(name: str) -> str:
    slug = re.sub(r"[^\w.-]+", "-", name)
    return slug.strip("-.").lower() or "persona"
