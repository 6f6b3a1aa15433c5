"""The files of a chat export: on disk, in a folder or in a zip, unpacked as they are read; and the rows found in them.

What all readers build on; knows no format.
"""

import bz2
import codecs
import csv
import gzip
import io
import itertools
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, NamedTuple, TextIO, cast

import pandas as pd
import zstandard

from model import UserError
from model.messages import COLUMNS

HEAD_BYTES = 65_536
ROWS_AT_A_TIME = 10_000  # Python's objects, some 15 MB, until they are in a table
BOMB_BYTES, BOMB_RATIO = 10_000_000, 100  # unpacked; chats of one word each in JSON pack 50 to 1
UNPACKERS: Mapping[bytes, Callable[[BinaryIO], IO[bytes]]] = {  # by a file's first bytes
    b"\xfd7zXZ\x00": lzma.open,
    b"\x1f\x8b": cast(Any, gzip.open),
    b"BZh": cast(Any, bz2.open),
    b"\x28\xb5\x2f\xfd": zstandard.open,
}


class FormatError(UserError):
    """The file isn't what its format says; the text says what was found and expected."""


class Row(NamedTuple):
    """One message as a reader finds it."""

    message_id: str  # the same in every export of it, and no other's; "" where the format has none
    author_id: str  # "" where its author is gone
    author: str
    sent_at: str  # ISO 8601, without an offset UTC; "" where the format has none
    channel: str
    text: str
    is_bot: bool = False


@dataclass(frozen=True)
class Format:
    """A format of one file: how it begins, and how it is read.

    What `read` leaves out it counts, under a reason in the plural: "system lines". It raises FormatError.
    """

    name: str
    recognises: Callable[[str], bool]  # by the file's beginning, HEAD_BYTES of it
    read: Callable[["File", Counter[str]], Iterator[pd.DataFrame]]


@dataclass(frozen=True)
class FolderFormat:
    """A format of several files that belong together, in a folder or in a zip.

    `claims` returns those of the names that are its own, none where the folder is of another format; `read` is given
    these files by their names, which hold their folders, with "/" between.
    """

    name: str
    claims: Callable[[Iterable[str]], set[str]]
    read: Callable[[Mapping[str, "File"], Counter[str]], Iterator[pd.DataFrame]]


@dataclass(frozen=True)
class File:
    """One file, on disk or in a zip."""

    path: Path  # its own, or the zip's
    member: str = ""  # in the zip
    progress: Callable[[int], None] | None = None  # is told of bytes as they are read from the disk
    archive: zipfile.ZipFile | None = None  # the zip, open: its table of contents takes long to read where it is long
    bound: "Bound | None" = None  # of all that is unpacked from the zip

    def __str__(self) -> str:
        return f"{self.path}: {self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """Its name without folders."""
        return (self.member or self.path.name).rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """Its name without folders and without the endings that say how it is written and packed."""
        return re.sub(r"(?i)(?<=.)(\.(txt|log|weechatlog|csv|tsv|json))?(\.(gz|xz|bz2|zst))?$", "", self.name)

    @property
    def folder(self) -> str:
        """The name of the folder it is in, or of the zip."""
        inside = PurePosixPath(self.member).parent.name
        return inside or (self.path.stem if self.member else self.path.resolve().parent.name)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it as bytes, unpacked, whatever it is packed with: the first bytes tell, not the name.

        Raises:
            FormatError: while it is read, where it unpacks to far more than a chat would.
        """
        with ExitStack() as stack:
            if self.archive:
                with unpackable():
                    packed = cast(BinaryIO, stack.enter_context(self.archive.open(self.member)))
            else:
                packed = stack.enter_context(watched(self.path.open("rb"), self.progress))
            first = packed.read(6)
            packed.seek(0)
            unpackers = [unpack for magic, unpack in UNPACKERS.items() if first.startswith(magic)]
            for unpack in unpackers:
                packed = cast(BinaryIO, stack.enter_context(unpack(packed)))
            if unpackers or self.archive:
                packed = stack.enter_context(watched(packed, self.bound or Bound(self.path)))
            yield packed

    @contextmanager
    def open_text(self) -> Iterator[TextIO]:
        """Open it as text: UTF-8, or UTF-16 where it begins with that one's mark; newlines stay as they are."""
        with self.open() as file:
            encoding = "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
            file.seek(0)
            with io.TextIOWrapper(file, encoding, newline="") as text:
                yield text

    def head(self) -> str:
        """Return its beginning as text. Errors are those of `open_text` and of decoding."""
        with self.open_text() as file:
            return file.read(HEAD_BYTES)


@contextmanager
def unpackable() -> Iterator[None]:
    """Say that a zip, or a file in it, is encrypted or packed as Python's zipfile doesn't know."""
    try:
        yield
    except RuntimeError as error:
        raise FormatError(f"it can't be unpacked ({error}); unpack the zip by hand and give the folder") from error


@contextmanager
def within(name: object) -> Iterator[None]:
    """Say in which of the files that belong together something is wrong."""
    try:
        yield
    except (FormatError, UnicodeDecodeError) as error:
        raise FormatError(f"{name}: {error}") from error


def is_text(head: str) -> bool:
    """Return whether a file begins like text, of any kind."""
    return bool(head.strip()) and "\0" not in head


def check_columns(found: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise FormatError where a table lacks columns that are wanted."""
    if missing := [column for column in wanted if column not in found]:
        names = ", ".join(found[:12])[:300]
        raise FormatError(f"found the columns {names}; wanted {' and '.join(missing)} among them")


def records(file: File, wanted: Iterable[str] = ()) -> Iterator[dict[str, str]]:
    """Yield a CSV's rows by the names in its first line, which also tells whether "," or ";" is between.

    Raises:
        FormatError: a wanted column is missing, a row has fewer fields than the first, or more text, or a
            quote is never closed.
    """
    with file.open_text() as text:
        first = text.readline()
        rows = csv.reader(itertools.chain([first], text), delimiter=";" if ";" in first else ",", strict=True)
        try:
            columns = [name for name in next(rows, []) if name]
            check_columns(columns, wanted)
            for fields in filter(None, rows):
                if len(fields) < len(columns) or any(fields[len(columns) :]):
                    found = f"line {rows.line_num:,} ends a row of {len(fields)} fields"
                    raise FormatError(f"{found}, the header has {len(columns)}: the file is damaged or cut off")
                yield dict(zip(columns, fields, strict=False))
        except csv.Error as error:
            raise FormatError(f"line {rows.line_num:,}: {error}: the file is damaged or cut off") from error


def tables(rows: Iterable[Row]) -> Iterator[pd.DataFrame]:
    """Gather rows into parts of the messages table, some at a time."""
    rows = iter(rows)
    while some := list(itertools.islice(rows, ROWS_AT_A_TIME)):
        yield table_of(some)


def table_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the messages table of these rows.

    Raises:
        FormatError: what should be text is something else, as JSON can hold it.
    """
    for column, values in zip(COLUMNS[:-1], zip(*rows, strict=True), strict=False):
        if others := [value for value in values if not isinstance(value, str)]:
            raise FormatError(f"found {others[0]!r:.40} as a message's {column}; wanted text")
    try:
        table = pd.DataFrame(rows, columns=COLUMNS)
    except UnicodeEncodeError:  # half an emoji, which JSON can hold and a table can't
        table = pd.DataFrame([_whole(row) for row in rows], columns=COLUMNS)
    table["sent_at"] = utc(table["sent_at"])
    return table


def no_messages() -> pd.DataFrame:
    """Return the messages table without rows, its columns of the same types."""
    return table_of([Row("", "", "", "", "", "")])[:0]


def _whole(row: Row) -> Row:
    """Replace halves of characters."""
    texts = (text.encode("utf-8", "replace").decode() for text in row[:-1])
    return Row._make([*texts, row.is_bot])


def from_unix(seconds: str) -> str:
    """Return a moment in seconds since 1970 as ISO 8601; "" for what is no such number."""
    found = re.fullmatch(r"(\d{1,11})(?:\.(\d{1,6})\d*)?", seconds, re.ASCII)
    if not found:
        return ""
    fraction = int((found[2] or "").ljust(6, "0"))
    # Not fromtimestamp, which knows no year after 3000 on Windows.
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(found[1]), microseconds=fraction)).isoformat()


def utc(sent_at: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Return moments in UTC, to the microsecond whatever they are written to; NaT where there is none.

    There is none before the year 1 and after 9999, of which Python's own datetimes know nothing.
    """
    moments = pd.to_datetime(sent_at, format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    return moments.where(moments.dt.year.between(1, 9999))


class Bound:
    """Lets as many bytes pass as a chat of a packed file's size may have."""

    def __init__(self, path: Path) -> None:
        self.left = self.most = max(BOMB_BYTES, BOMB_RATIO * path.stat().st_size)

    def __call__(self, count: int) -> None:
        """Count what has passed."""
        self.left -= count
        if self.left < 0:
            raise FormatError(
                f"it unpacks to more than {self.most // 10**6:,} MB, over {BOMB_RATIO} times its size, as no chat "
                "does; if it is one, unpack it by hand"
            )


class _Watched(io.RawIOBase):
    """Passes another stream's bytes on, telling how many."""

    def __init__(self, stream: IO[bytes], told: Callable[[int], None]) -> None:
        self._stream, self._told = stream, told

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._told(len(data))
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def watched(stream: IO[bytes], told: Callable[[int], None] | None) -> BinaryIO:
    """Pass a stream's bytes on, telling how many."""
    return cast(BinaryIO, io.BufferedReader(_Watched(stream, told or (lambda _: None)), 1 << 18))
