"""Read and write files. Each is written aside and then moved into place: no reader sees half of one."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from model import UserError

SUFFIX = ".safetensors"
BACKUP = ".old"  # ends the name of the last file that was replaced

LONGEST_HEADER = 10_000_000  # bytes read for the metadata alone; a persona with 100,000 people in it has 6 million

Arrays = Mapping[str, NDArray[Any]]


class FileError(UserError):
    """A file can't be read or written; the text says which, what was found and what to do."""


def save_arrays(arrays: Arrays, metadata: dict[str, str], path: Path) -> None:
    """Write arrays and metadata to a safetensors file.

    Raises:
        FileError: the disk is full or the folder can't be written.
        TypeError: an array holds something other than truth values, whole or floating-point numbers.
    """
    # Without this, safetensors 0.8.0 silently writes the memory behind a transposed or sliced array.
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    for name, array in contiguous.items():
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise TypeError(f"{name} is of type {array.dtype}, which a safetensors file can't hold")
    with written_aside(path) as aside:
        save_file(contiguous, aside, metadata)


def load_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read a safetensors file: its arrays and its metadata.

    Raises:
        FileError: there is no such file, or it is damaged.
    """
    try:
        # Read whole: a file that is mapped into memory, as safe_open does, and then overwritten ends the process.
        content = path.read_bytes()
        arrays = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return arrays, header.get("__metadata__", {})
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, SafetensorError, TypeError, ValueError, AttributeError) as error:
        raise FileError(
            f"{path}: damaged or not a safetensors file ({error}); get it again, or delete it and train anew"
        ) from error


def load_metadata(path: Path) -> dict[str, str]:
    """Read the metadata of a safetensors file without its arrays.

    Raises:
        FileError: there is no such file, or its header is damaged.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, LONGEST_HEADER)))
        return dict(header.get("__metadata__", {}))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"{path}: damaged or not a safetensors file ({error})") from error


def backup_of(path: Path) -> Path:
    """Return the path of the backup of a file that was replaced."""
    return path.with_name(path.name + BACKUP)


def _flush_folder(folder: Path) -> None:
    """Write a folder's names to the disk: after a power cut a file that was moved into place is still there."""
    if os.name == "nt":  # folders can't be opened there, and the system does it itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a temporary path; move it to `path` after the block, or remove it if the block fails.

    Only the owner can read the file: personas and samples are as private as the chat.

    Raises:
        FileError: the disk is full or the folder can't be written; what was there before is still there.
    """
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(descriptor)
        aside = Path(name)
        yield aside
        with aside.open("r+b") as file:  # Windows flushes only what is open for writing
            os.fsync(file.fileno())
        aside.replace(path)
        _flush_folder(path.parent)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(
            f"{path}: could not be written ({reason}); what was there is still there: free some space or choose "
            f"another folder"
        ) from error
    finally:
        if aside:
            aside.unlink(missing_ok=True)
