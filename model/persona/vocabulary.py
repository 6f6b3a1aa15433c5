"""Characters to ids and back, and n-grams to rows of a table.

All unknown characters share one id. No network ever draws it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.integer]

END = "\x03"  # the end of a message, in recipes with a character for it (Unicode: end of text)

NGRAM = 6  # characters in the longest n-gram; 5 did as well, 8 worse in a table of the same size
# A polynomial hash modulo 2^64, spread by 2^64 over the golden ratio (Knuth, The Art of Computer Programming, 6.4).
EXPONENTS = np.arange(NGRAM, dtype=np.uint64)
POWERS = np.power(np.uint64(1_000_003), EXPONENTS)  # (N,), modulo 2^64
SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Vocabulary:
    """The V characters that a network knows, sorted by code point; a character's id is its index."""

    characters: str
    unknown_kinds: int = 0  # number of different characters too rare to be known
    _ids: NDArray[np.uint16] = field(init=False, repr=False, compare=False)  # by code point

    def __post_init__(self) -> None:
        codes = _code_points(self.characters)
        gaps = np.diff(codes.astype(np.int64))
        is_sorted = (gaps > 0).all()
        if codes.size == 0 or not is_sorted:
            raise ValueError("a vocabulary is one or more distinct characters, sorted by code point")
        highest = int(codes[-1])
        # An id for each code point; the last entry stands for all higher ones.
        ids = np.full(highest + 2, self.unknown, np.uint16)
        ids[codes] = np.arange(len(self))
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def of(cls, text: str, rare: int = 1) -> "Vocabulary":
        """Collect the characters that occur at least `rare` times in a text."""
        counts = Counter(text)
        known = []
        for character, count in counts.items():
            if count >= rare:
                known.append(character)
        return cls(
            characters="".join(sorted(known)),
            unknown_kinds=len(counts) - len(known),
        )

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def unknown(self) -> int:
        """The id of every character outside the vocabulary: V, one past the last."""
        return len(self.characters)

    def encode(self, text: str) -> NDArray[np.uint16]:
        """Return the ids of a text's characters, (T,)."""
        last = len(self._ids) - 1
        codes = np.minimum(_code_points(text), last)
        return self._ids[codes]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the characters of known ids."""
        return "".join(self.characters[i] for i in ids)


def readable(text: str) -> str:
    """Return a text for a person to read: each message on a line of its own."""
    return text.replace(END, "\n")


def ngram_rows(latest: Ids, rows: int) -> NDArray[np.int32]:
    """Return the table rows of the last 2, 3, ... N characters, (..., N - 1).

    N-grams may share a row: there are far more of them than rows, and only the frequent ones matter.

    Args:
        latest: the last N ids plus one, newest first; 0: no character yet; (..., N).
        rows: of the table.

    Source: the hash n-gram embeddings of Pagnoni et al., "Byte Latent Transformer" (2024).
    """
    terms = latest.astype(np.uint64) * POWERS
    hashes = terms.cumsum(axis=-1, dtype=np.uint64)
    hashes = hashes[..., 1:] * SPREAD  # (..., N - 1): without the single character
    hashes = hashes >> np.uint64(32)
    indices = hashes % np.uint64(rows)
    return indices.astype(np.int32)


def _code_points(text: str) -> NDArray[np.uint32]:
    # surrogatepass: half an emoji, from a cut-off export or a terminal, is an unknown character, not an error.
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype="<u4")
