"""Tables (CSV, TSV) of which only the caller knows the columns, and mimicbot's, whose columns are known.

Source: mimicbot's table of author_id and content.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TextIO

import pandas as pd

from model.chats.exports.files import File, Format, FormatError, Row, check_columns, from_unix, is_text, tables

DELIMITERS = ",;\t|"
MIMICBOT_HEAD = re.compile(r'(?:author_id,content|"author_id","content")\r?(?:\n|\Z)')


def table(author_column: str, text_column: str, time_column: str | None = None) -> Format:
    """Return the format of tables with these columns, divided by commas, semicolons, tabs or bars.

    Times are ISO 8601, in UTC if they have no offset, or seconds since 1970.
    """
    columns = [author_column, text_column]
    if time_column:
        columns.append(time_column)

    def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
        yield from tables(_rows(file, columns))

    return Format("table", is_text, read)


def _rows(file: File, columns: Sequence[str]) -> Iterator[Row]:
    delimiter = _find_delimiter(file.head(), columns)
    with file.open_text() as text:
        for author, words, *time in _cells(text, delimiter, columns):
            sent_at = _moment(time[0]) if time else ""
            yield Row(
                message_id="",
                author_id=author,
                author=author,
                sent_at=sent_at,
                channel=file.stem,
                text=words,
            )


def _find_delimiter(head: str, columns: Sequence[str]) -> str:
    """Return the delimiter that divides the header into most of the wanted columns, then into most columns."""

    def quality(delimiter: str) -> tuple[int, int]:
        lines = io.StringIO(head, newline="")
        rows = csv.reader(lines, delimiter=delimiter)
        header = next(rows)
        wanted = set(columns).intersection(header)
        return len(wanted), len(header)

    return max(DELIMITERS, key=quality)


def _cells(text: TextIO, delimiter: str, columns: Sequence[str]) -> Iterator[list[str]]:
    """Yield each row's cells of the columns, "" for one that is missing."""
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(rows)
        check_columns(header, columns)
        places = list(map(header.index, columns))
        for row in filter(None, rows):
            if len(row) > len(header):
                raise FormatError(
                    f"line {rows.line_num:,} has more fields than the header; texts with {delimiter!r} need quotes"
                )
            missing = [""] * (len(header) - len(row))
            cells = row + missing
            yield [cells[place] for place in places]
    except csv.Error as error:
        raise FormatError(f"line {rows.line_num:,}: {error}; the file is damaged or cut off") from error


def _moment(time: str) -> str:
    if not time:
        return ""
    if moment := from_unix(time):
        return moment
    try:
        return datetime.fromisoformat(time).isoformat()
    except ValueError as error:
        wanted = "2024-01-31T12:34:56 or seconds since 1970"
        raise FormatError(f"found the time {time[:40]!r}; wanted one such as {wanted}") from error


def _is_mimicbot(head: str) -> bool:
    return MIMICBOT_HEAD.match(head) is not None


MIMICBOT = Format("mimicbot", _is_mimicbot, table("author_id", "content").read)
