"""The people in a messages table: who wrote most, whom a name means, who goes by several.

A person is named in one way everywhere, see `matching`: by id, by name, or by format and id (`whatsapp:Tobi`), which
always means one author alone.
"""

import difflib
import re
import shlex
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from model import UserError
from model.chats.bots import GUESSES, recognise
from model.chats.messages import one_line

MOST_SUGGESTED = 10  # ids that are listed where a name is several people's
DATA_PACKAGE = "discord-package"
MOST_ALIASES = 4  # who shares a name with more has it from the service, as guests do
ASIDE = re.compile(r"(?<=.)[|\[(].*|#\d{4}$|[_.-](?:away|afk|work|home|phone|mobile|laptop)$", re.DOTALL)


class AuthorError(UserError):
    """The author asked for isn't in the messages, or isn't one person; the text is for people."""


def rank_authors(messages: pd.DataFrame) -> pd.DataFrame:
    """Return one row per author, most prolific first.

    The columns are author_id, author, messages, characters, first, last, is_bot and format, "" if the table has none.
    """
    if "format" not in messages:
        messages = messages.assign(format="")
    groups = messages.assign(length=messages["text"].str.len()).groupby("author_id", sort=False)
    ranking = groups.agg(
        author=("author", "last"),  # people rename themselves: the latest name is the one others know
        messages=("text", "size"),
        characters=("length", "sum"),
        first=("sent_at", "min"),
        last=("sent_at", "max"),
        is_bot=("is_bot", "max"),  # as the export says
        format=("format", "first"),
    )
    ranking["format"] = ranking["format"].astype("str")
    return ranking.reset_index().sort_values("messages", ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Author:
    """One person of a chat export."""

    author_id: str
    author: str
    messages: int
    characters: int


def find_author(ranking: pd.DataFrame, wanted: str | None) -> Author:
    """Return the author whom words mean, the most prolific one for None.

    Raises:
        AuthorError: they mean nobody (with the nearest names), or several people (with words that mean one each).
    """
    matches = ranking.head(1) if wanted is None else matching(ranking, wanted)
    if wanted is None and matches.empty:
        raise AuthorError("the export holds no message by anyone who is not left out as a bot")
    if wanted is not None and matches.empty:
        raise AuthorError(_nobody(ranking, wanted))
    if len(matches) > 1:
        ids = ", ".join(map(shlex.quote, words_for(ranking, matches.head(MOST_SUGGESTED))))
        more = f" and {len(matches) - MOST_SUGGESTED:,} more" if len(matches) > MOST_SUGGESTED else ""
        raise AuthorError(f"{len(matches)} authors are called {wanted!r}; give one of their ids: {ids}{more}")
    return _author(matches)


def author_of_id(ranking: pd.DataFrame, author_id: str) -> Author:
    """Return the author of an id that was recorded earlier; in another export they may be called so.

    Raises:
        AuthorError: as of `find_author`.
    """
    exact = ranking[ranking["author_id"] == author_id]
    return find_author(ranking, author_id) if exact.empty else _author(exact)


def _author(rows: pd.DataFrame) -> Author:
    row = rows.iloc[0]
    return Author(str(row["author_id"]), str(row["author"]), int(row["messages"]), int(row["characters"]))


def matching(ranking: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """Return the rows of the authors whom words mean, none if nobody is called so.

    The first of these that anybody fits decides: format and id; an id; a name; a name or an id in any letter case.
    In some formats (WhatsApp, IRC, plays) an id is a name. Then it comes before the same name only if no author of an
    id proper is called so too: a WhatsApp "Tobi" and a Telegram "Tobi" are two people, and neither is meant alone.
    """
    ids, names, folded = ranking["author_id"], ranking["author"], wanted.casefold()
    folded_ids, folded_names = ids.str.casefold(), names.str.casefold()
    id_is_name = ids.map(one_line).str.casefold() == folded_names
    # Two ids may differ in blanks alone, which names don't keep: then only the id tells which one is meant.
    name_tells = ~id_is_name | (folded_ids == folded_names)
    for fits in (
        ranking["format"] + ":" + ids == wanted,
        (ids == wanted) & ~id_is_name,
        (ids == wanted) | ((names == wanted) & name_tells),
        names == wanted,
        (folded_ids == folded) | (folded_names == folded),
    ):
        if fits.any():
            return ranking[fits]
    return ranking.head(0)


def words_for(ranking: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return for each row the words that mean this author alone: the id, or format and id."""
    words = []
    for author_id, name in zip(rows["author_id"], rows["format"], strict=True):
        alone = matching(ranking, author_id)["author_id"].tolist() == [author_id]
        is_option = author_id.startswith("-")  # to a shell command
        words.append(author_id if (alone and not is_option) or not name else f"{name}:{author_id}")
    return words


def _nobody(ranking: pd.DataFrame, wanted: str) -> str:
    """Say that nobody is called so, and who is called nearly so."""
    names = {name.casefold(): name for name in reversed(ranking["author"].tolist())}
    near = [names[name] for name in difflib.get_close_matches(wanted.casefold(), names, n=3, cutoff=0.5)]
    near = near or ranking["author"].head(3).tolist()
    package = "; the author of a Discord data package goes by the user name, not the display name"
    hint = package if (ranking["format"] == DATA_PACKAGE).any() else ""
    return f"no author is called {wanted!r}; the nearest names are {', '.join(near) or 'none'}{hint}"


def join_authors(
    messages: pd.DataFrame, pairs: Iterable[Sequence[str]]
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Make one author of the two of each pair, under the first one's name.

    A pair of the same words makes one author of all whom they mean.

    Returns:
        The messages, and by the id of each who was joined the other ids, with their names.

    Raises:
        AuthorError: a name is nobody's or several people's, or both are one author's already.
    """
    joined: dict[str, dict[str, str]] = {}
    for one, other in pairs:
        ranking = rank_authors(messages)
        authors = [find_author(ranking, name) for name in (one, other)] if one != other else []
        ids = [author.author_id for author in authors] or matching(ranking, one)["author_id"].tolist()
        if not ids:
            raise AuthorError(_nobody(ranking, one))
        if len(set(ids)) < 2:
            raise AuthorError(f"{one!r} and {other!r} are one author already; wanted the names or ids of two")
        first = ranking.set_index("author_id").loc[ids[0]]
        names = ranking.set_index("author_id")["author"]
        theirs = messages["author_id"].isin(ids)
        their_own = {"author_id": ids[0], "author": first["author"], "format": first["format"]}
        columns = [column for column in their_own if column in messages]
        messages = messages.assign(**{column: messages[column].mask(theirs, their_own[column]) for column in columns})
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
            AuthorError: a name is nobody's, or several people's.
        """
        ranking = rank_authors(messages)
        named_bots, named_people = (
            {find_author(ranking, name).author_id for name in names} for names in (bots, people)
        )
        bot = recognise(messages, ranking)
        bot = bot.mask(ranking["author_id"].isin(named_bots), "named so")
        bot = bot.mask(ranking["author_id"].isin(named_people), "")
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

    @property
    def perhaps_people(self) -> pd.DataFrame:
        """The ranking without those who are bots for certain."""
        return self.ranking[self.ranking["bot"].isin(("", *GUESSES))]

    def file_name(self, author: Author) -> str:
        """Name an author's persona: their name in small letters, and their id too where another one's is the same."""
        same = [_plain(name) for name in self.ranking["author"]].count(_plain(author.author)) > 1
        return _plain(author.author) + (f"-{_plain(author.author_id)}" if same else "")


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "persona"
