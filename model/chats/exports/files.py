"""The files of a chat export, on disk or in a zip, unpacked as they are read; and rows of messages to tables.

All readers use it. Knows no format.
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
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, NamedTuple, TextIO, TypeAlias, cast

import pandas as pd
import zstandard

from model import UserError
from model.chats.messages import COLUMNS

HEAD_CHARACTERS = 65_536
ROWS_AT_A_TIME = 10_000  # some 15 MB of Python's objects
# A packed file may unpack to the greater of these two. Messages of one word each in JSON pack 50 to 1.
MOST_BYTES, MOST_RATIO = 10_000_000, 100
Unpacker: TypeAlias = Callable[[BinaryIO], IO[bytes]]
UNPACKERS: Mapping[bytes, Unpacker] = {  # by a file's first bytes
    b"\xfd7zXZ\x00": lzma.open,
    b"\x1f\x8b": cast(Any, gzip.open),
    b"BZh": cast(Any, bz2.open),
    b"\x28\xb5\x2f\xfd": lambda packed: io.BufferedReader(_Zstandard(packed)),
}


# Errors of the unpackers: a file is damaged or cut off.
DAMAGED = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, zstandard.ZstdError)


class _Zstandard(io.RawIOBase):
    """Unpacks Zstandard frames. zstandard.open takes a file that is cut off for whole."""

    PIECE = 1024  # bytes at a time: a piece of a bomb unpacks to 32 MB at most

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._frame: Any = None  # that is being unpacked
        self._unread = b""
        self._unpacked = b""
        self._place = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        while not self._unpacked:
            piece = self._unread or self._packed.read(self.PIECE)
            if not piece and self._frame:
                raise EOFError("Compressed file ended before the end of its last frame")
            if not piece:
                return 0
            self._unpack(piece)
        size = min(len(buffer), len(self._unpacked))
        buffer[:size] = self._unpacked[:size]
        self._unpacked = self._unpacked[size:]
        self._place += size
        return size

    def _unpack(self, piece: bytes) -> None:
        """Unpack a piece of a frame; after the frame's end, keep the rest for the next one."""
        if not self._frame:
            decompressor = zstandard.ZstdDecompressor()
            self._frame = decompressor.decompressobj()
        self._unpacked = self._frame.decompress(piece)
        self._unread = b""
        if self._frame.eof:
            self._unread = self._frame.unused_data
            self._frame = None


class FormatError(UserError):
    """The file isn't what its format says; the text says what was found and expected."""


class Row(NamedTuple):
    """One message."""

    message_id: str  # unique, and the same in every export; "" if the format has none
    author_id: str  # "" if the account was deleted
    author: str
    sent_at: str  # ISO 8601, in UTC if it has no offset; "" if the format has none
    channel: str
    text: str
    is_bot: bool = False


@dataclass(frozen=True)
class Format:
    """A format of single files: how to recognise it, and how to read it.

    `read` counts the messages that it leaves out by a reason in the plural ("system lines"), and raises FormatError.
    """

    name: str
    recognises: Callable[[str], bool]  # from the first HEAD_CHARACTERS of a file
    read: Callable[["File", Counter[str]], Iterator[pd.DataFrame]]


@dataclass(frozen=True)
class FolderFormat:
    """A format of several files that belong together, in a folder or in a zip.

    `claims` returns the names of the files that belong to the format, none if the folder has another format. `read`
    gets these files by name. A name is a path inside the folder, with "/" between its parts.
    """

    name: str
    claims: Callable[[Iterable[str]], set[str]]
    read: Callable[[Mapping[str, "File"], Counter[str]], Iterator[pd.DataFrame]]


@dataclass(frozen=True)
class File:
    """One file, on disk or in a zip."""

    path: Path  # its own, or the zip's
    member: str = ""  # in the zip
    progress: Callable[[int], None] | None = None  # called with the number of bytes that were read from the disk
    archive: zipfile.ZipFile | None = None  # the open zip: to read a long table of contents again would take long
    limit: "UnpackLimit | None" = None  # for everything that is unpacked from the zip

    def __str__(self) -> str:
        if self.member:
            return f"{self.path}: {self.member}"
        return str(self.path)

    @property
    def name(self) -> str:
        """The name without folders."""
        return (self.member or self.path.name).rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """The name without folders and without the endings of formats and compressions."""
        return re.sub(r"(?i)(?<=.)(\.(txt|log|weechatlog|csv|tsv|json))?(\.(gz|xz|bz2|zst))?$", "", self.name)

    @property
    def folder(self) -> str:
        """The name of the folder that holds the file, or of the zip."""
        if not self.member:
            return self.path.resolve().parent.name
        inside = PurePosixPath(self.member).parent.name
        return inside or self.path.stem

    def starts_with(self, signature: bytes) -> bool:
        """Say whether these are its first bytes, packed as it is."""
        with self.archive.open(self.member) if self.archive else self.path.open("rb") as packed:
            return packed.read(len(signature)) == signature

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file as bytes and unpack it; the first bytes tell the compression, not the name.

        Raises:
            FormatError: while the file is read, if it unpacks to far more bytes than a chat would.
        """
        with ExitStack() as stack:
            if self.archive:
                with unpackable():
                    packed = cast(BinaryIO, stack.enter_context(self.archive.open(self.member)))
            else:
                packed = stack.enter_context(watched(self.path.open("rb"), self.progress))
            first = packed.read(6)
            packed.seek(0)
            unpack = _unpacker(first)
            if unpack:
                packed = cast(BinaryIO, stack.enter_context(unpack(packed)))
            if unpack or self.archive:
                limit = self.limit or UnpackLimit(self.path)
                packed = stack.enter_context(watched(packed, limit))
            yield packed

    @contextmanager
    def open_text(self) -> Iterator[TextIO]:
        """Open the file as text: UTF-8, or UTF-16 if it begins with a byte order mark. Newlines stay as they are."""
        with self.open() as file:
            is_utf16 = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            encoding = "utf-16" if is_utf16 else "utf-8-sig"
            file.seek(0)
            with io.TextIOWrapper(file, encoding, newline="") as text:
                yield text

    def head(self) -> str:
        """Return the beginning as text. Raises what `open_text` raises, and UnicodeDecodeError."""
        with self.open_text() as file:
            return file.read(HEAD_CHARACTERS)


def _unpacker(first: bytes) -> Unpacker | None:
    """Return the unpacker of a file with these first bytes; None if it is not packed."""
    for magic, unpack in UNPACKERS.items():
        if first.startswith(magic):
            return unpack
    return None


@contextmanager
def unpackable() -> Iterator[None]:
    """Raise FormatError if a zip or a file in it is encrypted, or packed in a way that Python does not know."""
    try:
        yield
    except RuntimeError as error:
        raise FormatError(f"it can't be unpacked ({error}); unpack the zip by hand and give the folder") from error


@contextmanager
def within(name: object) -> Iterator[None]:
    """Put the name of one of several files before the text of an error."""
    try:
        yield
    except (FormatError, UnicodeDecodeError) as error:
        raise FormatError(f"{name}: {error}") from error


def is_text(head: str) -> bool:
    """Return whether a file begins like text, of any kind."""
    return bool(head.strip()) and "\0" not in head


def check_columns(found: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise FormatError if a table lacks columns that are wanted."""
    missing = [column for column in wanted if column not in found]
    if not missing:
        return
    found_names = ", ".join(found[:12])[:300]
    missing_names = " and ".join(missing)
    raise FormatError(f"found the columns {found_names}; wanted {missing_names} among them")


def records(file: File, wanted: Iterable[str] = ()) -> Iterator[dict[str, str]]:
    """Yield a CSV's rows by the names in its first line; they are divided by ";" if the first line holds one.

    Raises:
        FormatError: a wanted column is missing, a row has fewer fields than the first, or more text, or a
            quote is never closed.
    """
    with file.open_text() as text:
        first = text.readline()
        delimiter = ";" if ";" in first else ","
        lines = itertools.chain([first], text)
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            columns = [name for name in next(rows, []) if name]
            check_columns(columns, wanted)
            for fields in filter(None, rows):
                further = fields[len(columns) :]
                if len(fields) < len(columns) or any(further):
                    raise FormatError(
                        f"line {rows.line_num:,} ends a row of {len(fields)} fields, the header has {len(columns)}: "
                        "the file is damaged or cut off"
                    )
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
        FormatError: a text of a message is something else, such as one of JSON's numbers.
    """
    text_columns = COLUMNS[:-1]
    for column, values in zip(text_columns, zip(*rows, strict=True), strict=False):
        _check_texts(column, values)
    try:
        table = pd.DataFrame(rows, columns=COLUMNS)
    except UnicodeEncodeError:  # half an emoji, which JSON can hold and a table can't
        table = pd.DataFrame(map(_with_whole_characters, rows), columns=COLUMNS)
    table["sent_at"] = utc(table["sent_at"])
    return table


def _check_texts(column: str, values: Iterable[Any]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise FormatError(f"found {value!r:.40} as a message's {column}; wanted text")


def no_messages() -> pd.DataFrame:
    """Return a messages table without rows, with columns of the usual types."""
    return table_of([Row("", "", "", "", "", "")])[:0]


def _with_whole_characters(row: Row) -> Row:
    """Replace halves of characters with question marks."""
    texts = (text.encode("utf-8", "replace").decode() for text in row[:-1])
    return Row._make([*texts, row.is_bot])


def from_unix(seconds: str) -> str:
    """Return a time in seconds since 1970 as ISO 8601; "" if the text is not such a number."""
    number = re.fullmatch(r"(\d{1,11})(?:\.(\d{1,6})\d*)?", seconds, re.ASCII)
    if not number:
        return ""
    fraction = number[2] or ""
    since_1970 = timedelta(
        seconds=int(number[1]),
        microseconds=int(fraction.ljust(6, "0")),
    )
    # Not fromtimestamp, which knows no year after 3000 on Windows.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + since_1970
    return moment.isoformat()


def utc(sent_at: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Return times in UTC, to the microsecond; NaT for a text that is not a time.

    Times before the year 1 and after 9999 become NaT too: Python's own datetimes cannot hold them.
    """
    moments = pd.to_datetime(sent_at, format="ISO8601", utc=True, errors="coerce")
    moments = moments.dt.as_unit("us")
    is_possible = moments.dt.year.between(1, 9999)
    return moments.where(is_possible)


class UnpackLimit:
    """Counts unpacked bytes, and refuses more than a chat in a packed file of this size may have."""

    def __init__(self, path: Path) -> None:
        self.left = self.most = max(MOST_BYTES, MOST_RATIO * path.stat().st_size)

    def __call__(self, count: int) -> None:
        """Count more unpacked bytes."""
        self.left -= count
        if self.left < 0:
            raise FormatError(
                f"it unpacks to more than {self.most // 10**6:,} MB, over {MOST_RATIO} times its size, as no chat "
                "does; if it is one, unpack it by hand"
            )


class _Watched(io.RawIOBase):
    """A stream that reports the number of bytes that are read from it."""

    def __init__(self, stream: IO[bytes], report: Callable[[int], None]) -> None:
        self._stream = stream
        self._report = report

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
        self._report(len(data))
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def watched(stream: IO[bytes], report: Callable[[int], None] | None) -> BinaryIO:
    """Return the stream; the numbers of bytes that are read from it are reported."""
    raw = _Watched(stream, report or (lambda _: None))
    return cast(BinaryIO, io.BufferedReader(raw, 1 << 18))
