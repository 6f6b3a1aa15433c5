"""A text's ids to the batches that a network learns from and is judged by. NumPy alone: knows no Keras.

Dimensions: B sequences of a batch, T characters of a sequence.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.recipe import Recipe

Ids = NDArray[np.integer]


class Windows:
    """Batches of (ids (B, T), next id (B,)), gathered when they are asked for: memory holds the text's ids alone."""

    def __init__(self, ids: Ids, recipe: Recipe, order: Ids, first_batch: int = 0) -> None:
        self._windows = sequences(ids, recipe)
        self._order = order[first_batch * recipe.batch_size :]
        self._batch_size = recipe.batch_size

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch_size)

    def __getitem__(self, batch: int) -> tuple[Ids, Ids]:
        chosen = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        windows = self._windows[chosen].astype(np.int32)
        return windows[:, :-1], windows[:, -1]


class Stream:
    """Batches of (ids (B, T), next ids (B, T)[, weights (B, T)]): each row goes on where it ended the batch before."""

    def __init__(
        self, rows: Ids, length: int, first_batch: int = 0, weights: NDArray[np.float32] | None = None
    ) -> None:
        self._rows = rows[:, first_batch * length :]  # (B, batches * T + 1)
        self._length = length
        self._weights = weights

    def __len__(self) -> int:
        return int(self._rows.shape[1] - 1) // self._length

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        start, end = batch * self._length, (batch + 1) * self._length
        rows = self._rows[:, start : end + 1].astype(np.int32)
        weights = () if self._weights is None else (self._weights[:, start:end],)
        return rows[:, :-1], rows[:, 1:], *weights


def sequences(ids: Ids, recipe: Recipe) -> Ids:
    """Return every window with the id after it, `step` characters apart: a view (N, T + 1), nothing copied."""
    if len(ids) <= recipe.sequence_length:
        return np.empty((0, recipe.sequence_length + 1), ids.dtype)
    return sliding_window_view(ids, recipe.sequence_length + 1)[:: recipe.step]


def count_batches(ids: Ids, recipe: Recipe) -> int:
    """Return the number of batches in one pass over the text."""
    if recipe.reading == "windows":
        return math.ceil(len(sequences(ids, recipe)) / recipe.batch_size)
    return (len(ids) - 1) // recipe.batch_size // recipe.sequence_length


def training_pass(ids: Ids, recipe: Recipe, number: int, first_batch: int) -> Windows | Stream:
    """Return the batches of one pass over the text, from 0; the same again when asked again, as the seed says."""
    random = np.random.default_rng([recipe.random_seed, number + 1])
    if recipe.reading == "windows":
        return Windows(ids, recipe, random.permutation(len(sequences(ids, recipe))), first_batch)
    rows, length = recipe.batch_size, count_batches(ids, recipe) * recipe.sequence_length
    # Each pass begins elsewhere, so that the rows begin and end at other places.
    turned = np.roll(ids, -int(random.integers(len(ids)))) if number else ids
    return Stream(sliding_window_view(turned, length + 1)[::length][:rows], recipe.sequence_length, first_batch)


def held_out_windows(held_out: Ids, recipe: Recipe, unknown: int) -> Windows:
    """Return the windows of the held-out text whose next character is known."""
    return Windows(held_out, recipe, np.flatnonzero(sequences(held_out, recipe)[:, -1] != unknown))


def held_out_stream(before: Ids, held_out: Ids, recipe: Recipe) -> tuple[Stream, int]:
    """Return the batches of the held-out text, each of its characters weighted 1 once, and the number of their places.

    Each row first reads, weighted 0, the T characters before its own: of the row before it, or of the text before.
    """
    rows, length = recipe.batch_size, recipe.sequence_length
    text = np.concatenate([before[-length - 1 :], held_out])
    count = math.ceil(len(held_out) / rows / length) * length
    places = np.arange(rows)[:, np.newaxis] * count + np.arange(length + count + 1)  # (B, T + count + 1)
    judged = (places[:, 1:] > length) & (places[:, 1:] < len(text))
    judged[:, :length] = False
    return Stream(text[places.clip(max=len(text) - 1)], length, weights=judged.astype(np.float32)), judged.size
