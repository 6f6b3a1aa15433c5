"""Chat exports on disk to one messages table: finds the files, opens them, recognises their format by content."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pandas as pd

from model.chat_exports import gitter, plays
from model.messages import COLUMNS, Dropped, tidy

READABLE = (".csv", ".tsv", ".csv.xz", ".csv.gz", ".tsv.xz", ".tsv.gz", ".whl")
WANTED = (
    "wanted a CSV with the columns fromUser.id and text (Gitter, Kaggle) "
    "or a headerless TSV of seven columns (freeCodeCamp/gitter-history)"
)
HEAD_BYTES = 65_536


class ChatExportError(Exception):
    """A chat export can't be read; the text says which file, what was found and what was expected."""


def read(paths: Sequence[Path]) -> tuple[pd.DataFrame, Dropped, str]:
    """Read files and folders into one messages table in time order, without duplicates.

    Returns:
        The table, the counts of what was dropped, and the names of the formats met, comma-separated.

    Raises:
        ChatExportError: a file is missing, empty, cut off, not text or of no known format.
    """
    read_files = [_read_file(path) for path in {path.resolve(): path for path in _files(paths)}.values()]
    tables, formats = zip(*read_files, strict=True)
    messages, dropped = tidy(pd.concat(tables, ignore_index=True)[COLUMNS])
    return messages, dropped, ", ".join(dict.fromkeys(formats))


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file() and file.name.lower().endswith(READABLE))
            if not inside:
                raise ChatExportError(f"{path}: the folder holds no chat export (*{', *'.join(READABLE)})")
            yield from inside
        else:
            yield path


def _read_file(path: Path) -> tuple[pd.DataFrame, str]:
    """Return the raw table of one file and the name of its format."""
    try:
        if zipfile.is_zipfile(path):
            return plays.read(path), plays.NAME
        with _open_text(path) as file:
            head = file.read(HEAD_BYTES)
            file.seek(0)
            if not head.strip():
                raise ChatExportError(f"{path}: the file is empty; {WANTED}")
            if "\0" in head:
                raise ChatExportError(f"{path}: the file is binary, not text; {WANTED}")
            if gitter.is_history(head):
                return gitter.read_history(file), gitter.HISTORY_NAME
            return gitter.read_csv(file, head), gitter.CSV_NAME
    except UnicodeDecodeError as error:
        raise ChatExportError(f"{path}: not UTF-8 text (byte {error.start:,}: {error.reason}); {WANTED}") from error
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise ChatExportError(
            f"{path}: the compressed file is damaged or cut off ({error}); export it again"
        ) from error
    except OSError as error:
        raise ChatExportError(f"{path}: {error.strerror or error}") from error
    except (pd.errors.ParserError, gitter.FormatError, plays.FormatError) as error:
        raise ChatExportError(f"{path}: {str(error).strip()}") from error


@contextmanager
def _open_text(path: Path) -> Iterator[TextIO]:
    """Open a plain, xz or gzip file as text, told apart by its first bytes; newlines stay as they are."""
    with path.open("rb") as file:
        magic = file.read(6)
    if magic == b"\xfd7zXZ\x00":
        opener: Callable[..., TextIO] = lzma.open
    else:
        opener = gzip.open if magic[:2] == b"\x1f\x8b" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as text:
        yield text
