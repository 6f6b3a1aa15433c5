"""Chat exports on disk to one messages table: find the files, recognise each format by the content, read it."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO

import pandas as pd

from model import UserError
from model.chats.exports import discord_chat_exporter, discord_package, gitter, irc, plays, slack, telegram, whatsapp
from model.chats.exports.copies import KnownChats, number_messages
from model.chats.exports.files import (
    DAMAGED,
    File,
    FolderFormat,
    Format,
    FormatError,
    UnpackLimit,
    no_messages,
    unpackable,
    watched,
)
from model.chats.exports.lines import MARKOV_DISCORD
from model.chats.exports.tables import MIMICBOT
from model.chats.exports.unknown import binary_kind, describe, describe_folder
from model.chats.messages import COLUMNS, in_order, tidy

# The first that recognises a file reads it; those that look least closely come last.
FORMATS: tuple[Format, ...] = (
    discord_chat_exporter.JSON,
    discord_chat_exporter.CSV,
    telegram.TELEGRAM,
    MARKOV_DISCORD,
    MIMICBOT,
    irc.IRC,
    whatsapp.WHATSAPP,
    gitter.HISTORY,
    gitter.JSON,
    gitter.CSV,
)
FOLDER_FORMATS: tuple[FolderFormat, ...] = (discord_package.PACKAGE, slack.SLACK, plays.PLAYS)
MOST_FILES = 200_000  # in a folder or a zip; the export of a ten-year-old account has about ten thousand


class ChatExportError(UserError):
    """A chat export can't be read; the text says which file, what was found and what was expected.

    It is one printable line, whatever the files' names and contents are.
    """

    def __init__(self, text: str) -> None:
        super().__init__(_printable(text))


def _printable(text: str) -> str:
    characters = [character if character.isprintable() else " " for character in text]
    return "".join(characters).strip()


@dataclass
class Export:
    """The content of the files that were read."""

    messages: pd.DataFrame = field(default_factory=no_messages)  # in time order
    formats: str = ""  # of the files, comma-separated
    dropped: Counter[str] = field(default_factory=Counter)  # number of rows left out, by the reason
    unread: list[str] = field(default_factory=list)  # files in folders and zips, of no known format or there twice


def read(
    paths: Sequence[Path],
    *,
    progress: Callable[[int], None] | None = None,
    file_format: Format | None = None,
) -> Export:
    """Read files, folders and zips into one messages table, without duplicates.

    Args:
        progress: is called with the number of bytes that were read from the disk.
        file_format: reads all single files, if only the caller can know their format: `tables.table`, `lines.lines`.

    Raises:
        ChatExportError: a file is missing, empty, cut off, not text or of no known format.
    """
    formats = FORMATS
    if file_format:
        formats = (file_format, *FORMATS)
    reader = _Reader(progress, formats)
    for path in paths:
        reader.read(path)
    return reader.finish()


class _Reader:
    """Reads exports one after the other, and each file once."""

    def __init__(self, progress: Callable[[int], None] | None, formats: tuple[Format, ...]) -> None:
        self._progress = progress
        self._formats = formats
        self._export = Export()
        self._parts: list[pd.DataFrame] = []
        self._format_names: list[str] = []  # of the files that were read, each once
        self._seen: set[Path] = set()
        self._known_chats = KnownChats()
        # As a category, a format's name takes one byte per message; all parts need the same categories.
        single = [each.name for each in formats]
        folders = [each.name for each in FOLDER_FORMATS]
        self._format_type = pd.CategoricalDtype(single + folders)

    def read(self, path: Path) -> None:
        """Read a file, a folder or a zip, unless it was read before."""
        with _errors_named(path):
            if not self._is_new(path):
                return
            if path.is_dir():
                self._read_folder(path)
            elif zipfile.is_zipfile(path):
                self._read_zip(path)
            else:
                self._read_single(path)

    def finish(self) -> Export:
        """Return everything that was read."""
        export = self._export
        nothing = self._with_format(no_messages(), "")
        table = pd.concat(self._parts or [nothing], ignore_index=True)
        self._parts.clear()  # a chat may fill half of the memory: don't hold it twice
        export.messages = in_order(table, export.dropped)
        export.formats = ", ".join(self._format_names)
        return export

    def _is_new(self, path: Path) -> bool:
        """Return whether a path was not read before, and remember it."""
        real = path.resolve()
        is_new = real not in self._seen
        self._seen.add(real)
        return is_new

    def _read_folder(self, folder: Path) -> None:
        files = {}
        for path in _files_below(folder):
            name = path.relative_to(folder).as_posix()
            files[name] = File(path, "", self._progress)
        self._read_together(files)

    def _read_zip(self, path: Path) -> None:
        limit = UnpackLimit(path)
        with watched(path.open("rb"), self._progress) as raw, _opened_zip(raw) as archive:
            names = Counter(name for name in archive.namelist() if name and not name.endswith("/"))
            files = {name: File(path, name, archive=archive, limit=limit) for name in names}
            self._read_together(files)
        for name, count in sorted(names.items()):
            if count > 1:  # only the last of them can be read
                self._export.unread.append(_printable(name))

    def _read_single(self, path: Path) -> None:
        file = File(path, "", self._progress)
        if kind := binary_kind(file):
            raise FormatError(kind)
        if not self._read_text(file, file.head()):
            raise FormatError(describe(file))

    def _read_together(self, files: Mapping[str, File]) -> None:
        """Read the files of a folder or a zip: those of a format of folders first, then each other one by itself."""
        if len(files) > MOST_FILES:
            raise FormatError(f"it holds {len(files):,} files; no export has more than {MOST_FILES:,}")
        others = self._read_folder_formats(files)
        was_read = len(others) < len(files)
        for name, file in sorted(others.items()):
            if self._read_among_others(file):
                was_read = True
            else:
                self._export.unread.append(_describe_unread(name, file))
        if not was_read:
            raise FormatError(describe_folder(files))

    def _read_folder_formats(self, files: Mapping[str, File]) -> dict[str, File]:
        """Read the files that belong to formats of folders; return the others."""
        others = dict(files)
        for folder_format in FOLDER_FORMATS:
            claimed = sorted(folder_format.claims(others))
            own = {name: others.pop(name) for name in claimed}
            if own:
                self._add(folder_format.name, folder_format.read(own, self._export.dropped))
        return others

    def _read_among_others(self, file: File) -> bool:
        """Read a file of a folder or a zip; return False if no format is known."""
        is_on_disk = not file.member
        if is_on_disk and zipfile.is_zipfile(file.path):
            self.read(file.path)
            return True
        if is_on_disk and not self._is_new(file.path):
            return True
        with _errors_named(file):
            try:
                head = file.head()
            except (UnicodeDecodeError, *DAMAGED):
                return False
            return self._read_text(file, head)

    def _read_text(self, file: File, head: str) -> bool:
        """Read a file in the first format that recognises its head; return False if none does."""
        for file_format in self._formats:
            if file_format.recognises(head):
                self._add(file_format.name, file_format.read(file, self._export.dropped))
                return True
        return False

    def _add(self, format_name: str, tables: Iterator[pd.DataFrame]) -> None:
        if format_name not in self._format_names:
            self._format_names.append(format_name)
        parts = [tidy(table, self._export.dropped) for table in tables]
        if not parts:
            return
        table = pd.concat(parts, ignore_index=True)[COLUMNS]
        table = self._known_chats.with_first_name(table)
        table = number_messages(table)
        self._parts.append(self._with_format(table, format_name))

    def _with_format(self, table: pd.DataFrame, format_name: str) -> pd.DataFrame:
        """Return a table with its format's name on each row."""
        return table.assign(format=pd.Series(format_name, table.index, self._format_type))


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder; links that lead out of it are left out."""
    root = folder.resolve()
    for path in folder.rglob("*"):
        if path.is_file() and path.resolve().is_relative_to(root):
            yield path


def _opened_zip(raw: BinaryIO) -> zipfile.ZipFile:
    with unpackable():
        return zipfile.ZipFile(raw)


def _describe_unread(name: str, file: File) -> str:
    is_cut_zip = file.name.lower().endswith(".zip") and file.starts_with(b"PK\x03\x04")
    if is_cut_zip:
        return f"{_printable(name)} (a zip that was cut off)"
    return _printable(name)


@contextmanager
def _errors_named(file: File | PurePath) -> Iterator[None]:
    """Raise faults of a file as a ChatExportError that names it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise ChatExportError(
            f"{file}: not UTF-8 text (byte {error.start:,}: {error.reason}); export it again, or save it as UTF-8"
        ) from error
    except DAMAGED as error:
        raise ChatExportError(f"{file}: the file is damaged or cut off ({error}); export it again") from error
    except OSError as error:
        raise ChatExportError(f"{file}: {error.strerror or error}") from error
    except (pd.errors.ParserError, FormatError) as error:
        raise ChatExportError(f"{file}: {error}") from error
