"""Chat exports on disk to one messages table: finds the files, recognises each one's format by content, reads it."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import pandas as pd

from model import UserError
from model.chats.exports import discord_chat_exporter, discord_package, gitter, irc, plays, slack, telegram, whatsapp
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

FORMATS: tuple[Format, ...] = (  # the first that recognises a file reads it; those that look least closely come last
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
MOST_FILES = 200_000  # of a folder or a zip; an account of ten years has some ten thousand


class ChatExportError(UserError):
    """A chat export can't be read; the text says which file, what was found and what was expected.

    It is one line that any terminal shows, whatever files are called and hold.
    """

    def __init__(self, text: str) -> None:
        super().__init__(_printable(text))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()


@dataclass
class Export:
    """What the files held."""

    messages: pd.DataFrame = field(default_factory=no_messages)  # in time order
    formats: str = ""  # those met, comma-separated
    dropped: Counter[str] = field(default_factory=Counter)  # rows that no table keeps, by the reason
    unread: list[str] = field(default_factory=list)  # files in folders and zips, of no known format or there twice


def read(
    paths: Sequence[Path], *, progress: Callable[[int], None] | None = None, plain: Format | None = None
) -> Export:
    """Read files, folders and zips into one messages table, without duplicates.

    Args:
        progress: is told of bytes as they are read from the disk.
        plain: reads all single files, of which only the caller can know the format: `tables.table`, `lines.lines`.

    Raises:
        ChatExportError: a file is missing, empty, cut off, not text or of no known format.
    """
    reading = _Reading(progress, (plain, *FORMATS) if plain else FORMATS)
    for path in paths:
        reading.read(path)
    export = reading.export
    table = pd.concat(reading.parts or [reading.labelled(no_messages(), "")], ignore_index=True)
    reading.parts.clear()  # held no longer than needed: a chat may fill half of the memory
    export.messages = in_order(table, export.dropped)
    export.formats = ", ".join(reading.formats)
    return export


class _Reading:
    """Exports as they are read, one after the other."""

    def __init__(self, progress: Callable[[int], None] | None, known: tuple[Format, ...]) -> None:
        self.export = Export()
        self.parts: list[pd.DataFrame] = []
        self.formats: dict[str, None] = {}
        self._seen: set[Path] = set()
        self._known_chats = _KnownChats()
        self._progress, self._known = progress, known
        # One byte a message; all parts need the same categories.
        self._format_type = pd.CategoricalDtype(
            [*(single.name for single in known), *(folder.name for folder in FOLDER_FORMATS)]
        )

    def read(self, path: Path) -> None:
        """Read whatever is there."""
        with _said(path):
            if self._is_known(path):
                return
            if path.is_dir():
                inside = {file.relative_to(path).as_posix(): File(file, "", self._progress) for file in _inside(path)}
                self._read_folder(path, inside)
            elif zipfile.is_zipfile(path):
                limit = UnpackLimit(path)
                with ExitStack() as stack:
                    raw = stack.enter_context(watched(path.open("rb"), self._progress))
                    with unpackable():
                        archive = stack.enter_context(zipfile.ZipFile(raw))
                    names = Counter(name for name in archive.namelist() if name and not name.endswith("/"))
                    files = {name: File(path, name, archive=archive, limit=limit) for name in names}
                    self._read_folder(path, files)
                twice = sorted(name for name, count in names.items() if count > 1)
                self.export.unread += map(_printable, twice)  # all but the last of each
            else:
                file = File(path, "", self._progress)
                if kind := binary_kind(file):
                    raise FormatError(kind)
                if not self._read_file(file):
                    raise FormatError(describe(file))

    def _read_folder(self, path: Path, files: dict[str, File]) -> None:
        if len(files) > MOST_FILES:
            raise FormatError(f"it holds {len(files):,} files; {MOST_FILES:,} are as many as any export has")
        left, read = dict(files), 0
        for known in FOLDER_FORMATS:
            claimed = known.claims(left)
            own = {name: left.pop(name) for name in sorted(claimed)}
            if own:
                read += 1
                self._add(known.name, known.read(own, self.export.dropped))
        for name, file in sorted(left.items()):
            if not file.member and zipfile.is_zipfile(file.path):
                self.read(file.path)
            elif not file.member and self._is_known(file.path):
                pass
            elif not self._read_file(file, among_others=True):
                self.export.unread.append(_printable(name) + (" (a zip that was cut off)" if _is_cut(file) else ""))
                continue
            read += 1
        if not read:
            raise FormatError(describe_folder(files))

    def _is_known(self, path: Path) -> bool:
        """Say whether a path was read before, and remember it."""
        known = path.resolve() in self._seen
        self._seen.add(path.resolve())
        return known

    def _read_file(self, file: File, *, among_others: bool = False) -> bool:
        """Read one file; False: it is of no known format."""
        with _said(file):
            try:
                head = file.head()
            except (UnicodeDecodeError, *DAMAGED):
                if among_others:
                    return False
                raise
            for known in self._known:
                if known.recognises(head):
                    self._add(known.name, known.read(file, self.export.dropped))
                    return True
        return False

    def _add(self, name: str, tables: Iterator[pd.DataFrame]) -> None:
        self.formats[name] = None
        if parts := [tidy(table, self.export.dropped) for table in tables]:
            table = self._known_chats.named_alike(pd.concat(parts, ignore_index=True)[COLUMNS])
            self.parts.append(self.labelled(_numbered(table), name))

    def labelled(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return a table with its format's name on each row."""
        return table.assign(format=pd.Series(name, table.index, self._format_type))


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but for links that lead out of it."""
    root = folder.resolve()
    return (file for file in folder.rglob("*") if file.is_file() and file.resolve().is_relative_to(root))


class _KnownChats:
    """Recognises a chat that was read before under another name, as a copy of its file may have.

    It is for formats whose messages have no ids. There a message is known by its author, time and text and by the
    name of its chat, for people send the same words to several chats at once.
    """

    SHARED, SHARE = 10, 0.5  # messages, and of the shorter chat, that two files of one chat have in common at least

    def __init__(self) -> None:
        self._channels: dict[int, str] = {}  # in which each message was read first
        self._sizes: Counter[str] = Counter()  # messages of each

    def named_alike(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a file's messages, under the name that their chat had when it was read before."""
        told_by_words = table[(table["message_id"] == "") & table["sent_at"].notna()]
        if told_by_words.empty or told_by_words["channel"].nunique() > 1:
            return table
        words = told_by_words[["author_id", "sent_at", "text"]]
        number = words.groupby(list(words.columns)).cumcount()
        keys = pd.util.hash_pandas_object(words.assign(number=number), index=False)
        channel = str(told_by_words["channel"].iloc[0])
        known_as = Counter(keys.map(self._channels).dropna().tolist())
        for known, shared in known_as.most_common(1):
            shorter = min(len(words), self._sizes[known])
            if shared >= self.SHARED and shared >= self.SHARE * shorter:
                channel = known
        for key in keys:
            self._channels.setdefault(key, channel)
        self._sizes[channel] += len(words)
        return table.assign(channel=channel)


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Give messages an id where the format has none but their time: alike in two exports, they are the same.

    Of several that are alike in one file, each has its number.
    """
    without = (table["message_id"] == "") & table["sent_at"].notna()
    if without.any():
        alike = table.loc[without, ["author_id", "sent_at", "channel", "text"]]
        number = alike.groupby(list(alike.columns)).cumcount()
        table.loc[without, "message_id"] = pd.util.hash_pandas_object(alike.assign(number=number), index=False).astype(
            str
        )
    return table


def _is_cut(file: File) -> bool:
    """Whether a file that isn't a whole zip begins as one."""
    return file.name.lower().endswith(".zip") and file.starts_with(b"PK\x03\x04")


@contextmanager
def _said(file: File | PurePath) -> Iterator[None]:
    """Say which file is at fault, and how."""
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
