"""Characters to ids and back, and the runs that they make to rows of a table.

An unknown character has an id of its own that no network ever answers with.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.integer]

END = "\x03"  # ends a message, where a recipe gives it a character of its own (Unicode: end of text)

NGRAM = 6  # characters of the longest run that is looked up; 5 did as well, 8 worse in a table of the same size
# A polynomial hash modulo 2^64, spread by 2^64 over the golden ratio (Knuth, The Art of Computer Programming, 6.4).
POWERS = np.array([pow(1_000_003, place, 2**64) for place in range(NGRAM)], np.uint64)
SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Vocabulary:
    """The V characters a network knows, sorted by code point: the id of a character is its place among them."""

    characters: str
    unknown_kinds: int = 0  # different characters of the text that were too rare to be known
    _ids: NDArray[np.uint16] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = _code_points(self.characters)
        if codes.size == 0 or (np.diff(codes.astype(np.int64)) <= 0).any():
            raise ValueError("a vocabulary is one or more distinct characters, sorted by code point")
        ids = np.full(int(codes[-1]) + 2, len(self), np.uint16)  # of each code point; the last one is of all beyond
        ids[codes] = np.arange(len(self))
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def of(cls, text: str, rare: int = 1) -> "Vocabulary":
        """Collect the characters that a text holds at least `rare` times."""
        counts = Counter(text)
        known = sorted(character for character, count in counts.items() if count >= rare)
        return cls("".join(known), len(counts) - len(known))

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def unknown(self) -> int:
        """The id of every character outside the vocabulary: V, one past the last."""
        return len(self.characters)

    def encode(self, text: str) -> NDArray[np.uint16]:
        """Return the ids of the text's characters, shape (T,)."""
        return self._ids[np.minimum(_code_points(text), len(self._ids) - 1)]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the characters of known ids."""
        return "".join(self.characters[i] for i in ids)


def readable(text: str) -> str:
    """Return a text as a person reads it: a line ends where a message does."""
    return text.replace(END, "\n")


def ngram_rows(latest: Ids, rows: int) -> NDArray[np.int32]:
    """Return the row of the last 2, 3, ... NGRAM characters, (..., NGRAM - 1), in a table of so many rows.

    Runs may share a row: the table is far smaller than the number of runs, and what matters are the frequent ones.

    Args:
        latest: the last NGRAM ids, newest first, each plus one; 0 where there was none yet: (..., NGRAM).

    Source: the hash n-gram embeddings of Pagnoni et al., "Byte Latent Transformer" (2024).
    """
    hashes = (latest.astype(np.uint64) * POWERS).cumsum(axis=-1, dtype=np.uint64)[..., 1:]
    return ((hashes * SPREAD >> np.uint64(32)) % np.uint64(rows)).astype(np.int32)


def _code_points(text: str) -> NDArray[np.uint32]:
    # surrogatepass: half an emoji, as cut-off exports and terminals give it, is an unknown character and no error.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
