"""A chat in lines for the terminal: the reading, the bots left out, the authors, and who may be one person."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from model.chats.cleaning import Cleaned
from model.chats.exports import Export
from model.chats.people import Chat, aliases, matching, words_for
from model.commands import quoted

MOST_LISTED = 10  # authors, bots, and people with several names
TABLE = "{:<28}{:>10}{:>12}  {:<12}{:<12}{}"


def describe_export(export: Export) -> Iterator[str]:
    """Say how many messages were read, and what was dropped or left unread."""
    yield f"{len(export.messages):,} messages ({export.formats}){_counts('; dropped: ', export.dropped)}"
    if export.unread:
        first = ", ".join(export.unread[:5])
        yield f"left alone, of no known format: {len(export.unread):,} ({first[:200]})"


def describe_cleaning(cleaned: Cleaned) -> Iterator[str]:
    """Say what cleaning changed, if anything."""
    if cleaned.changed:
        yield _counts("cleaned: ", cleaned.changed) + _counts("; left empty and dropped: ", cleaned.dropped)


def _counts(title: str, counts: Mapping[str, int]) -> str:
    """List counts behind a title; "" if all are 0."""
    listed = [f"{count:,} {reason}" for reason, count in counts.items() if count]
    if not listed:
        return ""
    return title + ", ".join(listed)


def describe_bots(chat: Chat) -> Iterator[str]:
    """Name the bots that are left out, the most active first, with the reasons; say who remains."""
    bots = chat.ranking[chat.is_bot]
    if bots.empty:
        return
    names = []
    for row in bots.head(MOST_LISTED).itertuples():
        names.append(f"{row.author} ({row.bot}, {row.messages:,} messages)")
    if len(bots) > MOST_LISTED:
        names.append(f"{len(bots) - MOST_LISTED:,} more")
    yield f"left out as bots: {', '.join(names)}; --keep-author NAME takes one in"
    yield f"that leaves {chat.people['messages'].sum():,} messages by {len(chat.people):,} people"


def describe_authors(chat: Chat) -> Iterator[str]:
    """Return a table of the most active authors, bots too, then the authors who may be one person."""
    yield TABLE.format("author", "messages", "characters", "first", "last", "id")
    for row, is_bot in zip(chat.ranking.head(MOST_LISTED).itertuples(), chat.is_bot, strict=False):
        yield _author_line(chat, row, is_bot)
    for rows in aliases(chat.perhaps_people)[:MOST_LISTED]:
        words = words_for(chat.ranking, rows)
        names = [f"{name} ({word})" for name, word in zip(rows["author"], words, strict=True)]
        yield f"may be one person: {', '.join(names)}"
        yield f"  if so, add {same_as(chat.ranking, rows)}"


def _author_line(chat: Chat, row: Any, is_bot: bool) -> str:
    ranking = chat.ranking
    (word,) = words_for(ranking, ranking[ranking["author_id"] == row.author_id])
    return TABLE.format(
        f"{row.author} (bot)" if is_bot else row.author,
        f"{row.messages:,}",
        f"{row.characters:,}",
        _day(row.first),
        _day(row.last),
        shlex.quote(word),
    )


def _day(moment: Any) -> str:
    if pd.isna(moment):
        return ""
    return f"{moment:%Y-%m-%d}"


def same_as(ranking: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Return the options that merge these authors, by name if each name is unique."""
    names: Iterable[str] = rows["author"]
    if not all(_is_clear(ranking, name) for name in names):
        names = words_for(ranking, rows)
    first, *others = names
    return " ".join(quoted("--same-as", first, other) for other in others)


def _is_clear(ranking: pd.DataFrame, name: str) -> bool:
    """Return whether a name stands for one author and can't be mistaken for an option."""
    return len(matching(ranking, name)) == 1 and not name.startswith("-")


@contextmanager
def reading_bar(paths: Sequence[Path]) -> Iterator[Callable[[int], None]]:
    """Show a progress bar of the bytes read, if the output is a terminal."""
    size = 0
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                size += file.stat().st_size
    with tqdm(total=size, unit="B", unit_scale=True, desc="reading", leave=False, disable=None) as bar:
        yield bar.update
