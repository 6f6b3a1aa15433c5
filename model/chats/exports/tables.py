"""Plain files: tables and lines of which only the caller knows what is what, and two small formats of other bots.

Source of the two: markov-discord's img/example-training.json, and mimicbot's table of author_id and content.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TextIO

import pandas as pd

from model.chats.exports.files import File, Format, FormatError, Row, check_columns, from_unix, tables
from model.chats.exports.json_values import WrittenBy, items

DELIMITERS = ",;\t|"
MIMICBOT_HEAD = re.compile(r'(?:author_id,content|"author_id","content")\r?(?:\n|\Z)')
MARKOV_DISCORD_HEAD = re.compile(r'\s*\[\s*\{\s*"(?:message|attachments)"\s*:')


def table(author_column: str, text_column: str, time_column: str | None = None) -> Format:
    """Return the format of tables with these columns, divided by commas, semicolons, tabs or bars.

    Times are ISO 8601, without an offset UTC, or seconds since 1970.
    """
    columns = [author_column, text_column, *([time_column] if time_column else [])]

    def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
        delimiter = _delimiter(file.head(), columns)
        with file.open_text() as text:
            yield from tables(_row(cells, file.stem) for cells in _cells(text, delimiter, columns))

    return Format("table", _is_text, read)


def _is_text(head: str) -> bool:
    return bool(head.strip()) and "\0" not in head


def _delimiter(head: str, columns: Sequence[str]) -> str:
    """Find what divides the header: best into the columns that are wanted, else into most."""

    def fits(delimiter: str) -> tuple[int, int]:
        header = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter))
        return len(set(columns) & set(header)), len(header)

    return max(DELIMITERS, key=fits)


def _cells(text: TextIO, delimiter: str, columns: Sequence[str]) -> Iterator[list[str]]:
    """Yield each row's cells of these columns, "" where there is none."""
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(rows)
        check_columns(header, columns)
        places = [header.index(column) for column in columns]
        for row in filter(None, rows):
            if len(row) > len(header):
                raise FormatError(
                    f"line {rows.line_num:,} has more fields than the header; texts with {delimiter!r} need quotes"
                )
            yield [row[place] if place < len(row) else "" for place in places]
    except csv.Error as error:
        raise FormatError(f"line {rows.line_num:,}: {error}; the file is damaged or cut off") from error


def _row(cells: list[str], channel: str) -> Row:
    author, text, *sent_at = cells
    return Row("", author, author, _moment(*sent_at), channel, text)


def _moment(time: str = "") -> str:
    if not time or (moment := from_unix(time)):
        return moment if time else ""
    try:
        return datetime.fromisoformat(time).isoformat()
    except ValueError as error:
        wanted = "2024-01-31T12:34:56 or seconds since 1970"
        raise FormatError(f"found the time {time[:40]!r}; wanted one such as {wanted}") from error


def lines(author: str) -> Format:
    """Return the format of files that hold one message of this author on each line."""

    def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
        with file.open_text() as text:
            yield from tables(_line_rows(text, author, file.stem, dropped))

    return Format("lines", _is_text, read)


def _line_rows(lines: Iterable[str], author: str, channel: str, dropped: Counter[str]) -> Iterator[Row]:
    for line in lines:
        if line.isspace():  # millions of them take long as rows
            dropped["without text"] += 1
        else:
            yield Row("", author, author, "", channel, line.rstrip("\r\n"))


def _read_markov_discord(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read messages that say nothing of their author: the file is called like them."""
    yield from tables(_markov_discord_rows(file))


def _markov_discord_rows(file: File) -> Iterator[Row]:
    for number, message in enumerate(items(file, "item"), 1):
        with WrittenBy("markov-discord", number):
            yield Row("", file.stem, file.stem, "", "", message.get("message") or "")


MIMICBOT = Format("mimicbot", lambda head: bool(MIMICBOT_HEAD.match(head)), table("author_id", "content").read)
MARKOV_DISCORD = Format("markov-discord", lambda head: bool(MARKOV_DISCORD_HEAD.match(head)), _read_markov_discord)
