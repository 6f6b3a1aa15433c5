"""The JSON of chat exports, a value at a time, for files of any length. Knows no format.

Refuses what no exporter writes before ijson sees it. ijson keeps the path of each value, so its memory grows with the
square of the depth, and its C code crashes on integers that Python refuses to convert.
"""

import decimal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

import ijson
import numpy as np

from model.chats.exports.files import File, FormatError

DEEPEST = 100  # exporters write about ten levels
MOST_DIGITS = 1000  # Python converts 4,300
MARKS = b'[]{}"'
ALL_BUT_MARKS = bytes(set(range(256)) - set(MARKS))
ZEROS = bytes.maketrans(b"123456789", b"000000000")  # for digits
STEPS = np.zeros(128, np.int8)  # in depth, by the byte
STEPS[list(b"[{")] = 1
STEPS[list(b"]}")] = -1


class Readable(Protocol):
    """A source of bytes for ijson: some at a time, b"" at the end."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102


def items(file: File, prefix: str) -> Iterator[Any]:
    """Yield a JSON file's values at a place, one at a time: "" is the whole file, "item" each value of a list.

    Raises:
        FormatError: the file isn't JSON, is cut off, or holds what no exporter writes.
    """
    with file.open_text() as text, _json_errors():
        yield from ijson.items(_Checked(Encoded(text)), prefix)


def events(source: Readable) -> Iterator[tuple[str, str, Any]]:
    """Yield place, kind and value of everything in a JSON document. Raises what `items` raises."""
    with _json_errors():
        yield from ijson.parse(_Checked(source))


@contextmanager
def _json_errors() -> Iterator[None]:
    """Turn ijson's errors into a FormatError."""
    try:
        yield
    except ijson.JSONError as error:
        reason = str(error).strip().splitlines()[0]
        if "premature EOF" in reason or "Incomplete JSON" in reason:
            raise FormatError("the file is cut off; export it again") from error
        raise FormatError(f"not JSON ({reason})") from error
    except decimal.InvalidOperation as error:
        raise FormatError("it holds a number that is out of all bounds: the file is damaged") from error


@dataclass
class WrittenBy:
    """Raises a FormatError if a message lacks a key or has a value of another type than its exporter writes.

    A class and not a generator, for speed: it is entered for every message.
    """

    exporter: str
    number: int

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (KeyError, TypeError, AttributeError)):
            text = f"message {self.number:,} isn't as {self.exporter} writes it ({error!r})"
            raise FormatError(text) from error


class Encoded:
    """A text as UTF-8, which ijson wants, in place of the file's own encoding."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def read(self, size: int) -> bytes:
        """Return some bytes, b"" at the end."""
        return self._text.read(size).encode()


class _Checked:
    """JSON that is checked as it is read: its depth, and the length of its numbers."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._in_string = False  # at the beginning of the next part
        self._escaped = False  # likewise
        self._depth = 0

    def read(self, size: int) -> bytes:
        """Return some bytes, b"" at the end.

        Raises:
            FormatError: the JSON is too deep, or a number is too long.
        """
        data = self._source.read(size)
        unescaped = self._without_escapes(data)
        self._count_digits(unescaped)
        marks = unescaped.translate(None, ALL_BUT_MARKS)
        marks = marks.replace(b'""', b"")  # most strings hold no marks
        self._follow(marks.split(b'"'))
        return data

    def _without_escapes(self, data: bytes) -> bytes:
        """Remove escaped quotes, which would look like the end of a string."""
        if b"\\" not in data and not self._escaped:
            return data
        rest = data
        if self._escaped:
            rest = data[1:]
        rest = rest.replace(b"\\\\", b"")
        self._escaped = rest.endswith(b"\\")
        return rest.replace(b'\\"', b"")

    def _count_digits(self, data: bytes) -> None:
        if not _has_long_number(data):
            return
        parts = data.split(b'"')
        outside = b'"'.join(parts[self._in_string :: 2])  # in a string, people may write as many
        if _has_long_number(outside):
            raise FormatError(f"it holds a number of more than {MOST_DIGITS:,} digits: the file is damaged")

    def _follow(self, parts: list[bytes]) -> None:
        """Count the brackets of every second part: the parts between are in strings."""
        brackets = b"".join(parts[self._in_string :: 2])
        odd_number_of_quotes = len(parts) % 2 == 0
        if odd_number_of_quotes:
            self._in_string = not self._in_string
        steps = STEPS[np.frombuffer(brackets, np.uint8)]
        depths = self._depth + steps.cumsum(dtype=np.int64)
        if depths.max(initial=0) > DEEPEST:
            raise FormatError(f"it holds lists in lists more than {DEEPEST} deep: the file is damaged")
        if depths.size:
            self._depth = int(depths[-1])


def _has_long_number(data: bytes) -> bool:
    digits_as_zeros = data.translate(ZEROS)
    return b"0" * MOST_DIGITS in digits_as_zeros
