"""The JSON of chat exports, a value at a time, however long the file. Knows no format.

What no exporter writes is refused before ijson sees it: it remembers the place of each value by all the names above
it, so memory grows with the square of the depth, and its C code crashes on integers that Python refuses to convert.
"""

import decimal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

import ijson
import numpy as np

from model.chats.exports.files import File, FormatError

DEEPEST = 100  # what exporters write is some ten deep
MOST_DIGITS = 1000  # Python converts 4,300
ALL_BUT_MARKS = bytes(sorted(set(range(256)) - set(b'[]{}"')))
ZEROS = bytes(ord("0") if chr(byte).isdecimal() else 32 for byte in range(128)) + b" " * 128  # for digits, by the byte
STEPS = np.zeros(128, np.int8)  # in depth, by the byte
STEPS[list(b"[{")], STEPS[list(b"]}")] = 1, -1


class Readable(Protocol):
    """What ijson reads: some bytes at a time, b"" at the end."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102


def items(file: File, prefix: str) -> Iterator[Any]:
    """Yield a JSON file's values at a place, one at a time: "" is the whole, "item" each of a list.

    Raises:
        FormatError: it isn't JSON, is cut off, or holds what no exporter writes.
    """
    with file.open_text() as text, _said():
        yield from ijson.items(_Bounded(Encoded(text)), prefix)


def events(source: Readable) -> Iterator[tuple[str, str, Any]]:
    """Yield the place, kind and value of all that is in a JSON document. Errors are those of `items`."""
    with _said():
        yield from ijson.parse(_Bounded(source))


@contextmanager
def _said() -> Iterator[None]:
    """Say what is wrong with a file that isn't JSON."""
    try:
        yield
    except ijson.JSONError as error:
        reason = str(error).strip().splitlines()[0]
        cut = "premature EOF" in reason or "Incomplete JSON" in reason
        raise FormatError("the file is cut off; export it again" if cut else f"not JSON ({reason})") from error
    except decimal.InvalidOperation as error:
        raise FormatError("it holds a number that is out of all bounds: the file is damaged") from error


@dataclass
class WrittenBy:
    """Says which message isn't what its exporter writes: it lacks a key, or holds another type of value.

    A class, not a generator: it is entered for every message.
    """

    exporter: str
    number: int

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (KeyError, TypeError, AttributeError)):
            found = f"message {self.number:,} isn't as {self.exporter} writes it ({error!r})"
            raise FormatError(found) from error


class Encoded:
    """Passes a text on as the UTF-8 that ijson wants, whatever the file's own encoding and marks."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def read(self, size: int) -> bytes:
        """Return some bytes, b"" at the end."""
        return self._text.read(size).encode()


class _Bounded:
    """Passes JSON on, unless it is deeper or has longer numbers than what exporters write."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._in_string, self._escaped = False, False  # where the next part begins
        self._depth = 0

    def read(self, size: int) -> bytes:
        """Return some bytes, b"" at the end.

        Raises:
            FormatError: it is too deep, or a number too long.
        """
        data = self._source.read(size)
        whole = self._without_escapes(data)
        self._count_digits(whole)
        marks = whole.translate(None, ALL_BUT_MARKS).replace(b'""', b"")  # most strings hold none
        self._follow(marks.split(b'"'))
        return data

    def _without_escapes(self, data: bytes) -> bytes:
        """Drop what could be taken for the end of a string."""
        if b"\\" not in data and not self._escaped:
            return data
        whole = data[self._escaped :].replace(b"\\\\", b"")
        self._escaped = whole.endswith(b"\\")
        return whole.replace(b'\\"', b"")

    def _count_digits(self, whole: bytes) -> None:
        if b"0" * MOST_DIGITS not in whole.translate(ZEROS):
            return
        outside = b'"'.join(whole.split(b'"')[self._in_string :: 2])  # people may write as many
        if b"0" * MOST_DIGITS in outside.translate(ZEROS):
            raise FormatError(f"it holds a number of more than {MOST_DIGITS:,} digits: the file is damaged")

    def _follow(self, parts: list[bytes]) -> None:
        """Count the brackets of every second part: those between are in strings."""
        brackets = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        depths = self._depth + STEPS[np.frombuffer(brackets, np.uint8)].cumsum(dtype=np.int64)
        if depths.max(initial=0) > DEEPEST:
            raise FormatError(f"it holds lists in lists more than {DEEPEST} deep: the file is damaged")
        if depths.size:
            self._depth = int(depths[-1])
