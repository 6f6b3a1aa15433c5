"""A text's ids to the batches that a network learns from and is judged by. NumPy alone: knows no Keras.

Dimensions: B sequences of a batch, T characters of a sequence, N characters of the longest run that is looked up.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.recipe import Recipe
from model.vocabulary import NGRAM, Ids, ngram_rows


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
    """Batches of (inputs, next ids (B, T)[, weights (B, T)]): each row goes on where it ended the batch before.

    Inputs are ids (B, T) or, with n-grams, each id and the rows of the runs that it ends (B, T, N).
    """

    def __init__(
        self, rows: Ids, recipe: Recipe, first_batch: int = 0, weights: NDArray[np.float32] | None = None
    ) -> None:
        """Take the rows, (B, context + batches * T + 1): each begins with the `context` before its first character."""
        self._recipe = recipe
        self._rows = rows[:, first_batch * recipe.sequence_length :]
        self._weights = weights

    @property
    def before(self) -> Ids:
        """What each row's runs reach back to before its first character, (B, context)."""
        return self._rows[:, : context(self._recipe)]

    def __len__(self) -> int:
        return int(self._rows.shape[1] - context(self._recipe) - 1) // self._recipe.sequence_length

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        length, before = self._recipe.sequence_length, context(self._recipe)
        start, end = batch * length, (batch + 1) * length
        rows = self._rows[:, start : end + before + 1].astype(np.int32)
        inputs, targets = rows[:, before:-1], rows[:, before + 1 :]
        if self._recipe.ngrams:
            latest = sliding_window_view(rows[:, :-1], NGRAM, axis=1)[..., ::-1] + 1
            runs = ngram_rows(latest, self._recipe.ngrams)  # (B, T, N - 1)
            inputs = np.concatenate([inputs[..., np.newaxis], runs], axis=2)
        weights = () if self._weights is None else (self._weights[:, start:end],)
        return inputs, targets, *weights


def context(recipe: Recipe) -> int:
    """Return the number of characters before the one that is read which its runs reach back to."""
    return NGRAM - 1 if recipe.ngrams else 0


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
    before = context(recipe)
    turned = np.concatenate([turned[len(turned) - before :], turned])
    return Stream(sliding_window_view(turned, before + length + 1)[::length][:rows], recipe, first_batch)


def held_out_windows(held_out: Ids, recipe: Recipe, unknown: int) -> Windows:
    """Return the windows of the held-out text whose next character is known."""
    return Windows(held_out, recipe, np.flatnonzero(sequences(held_out, recipe)[:, -1] != unknown))


def held_out_stream(before: Ids, held_out: Ids, recipe: Recipe) -> tuple[Stream, int]:
    """Return the batches of the held-out text, each of its characters weighted 1 once, and the number of their places.

    Each row first reads, weighted 0, the T characters before its own: of the row before it, or of the text before.
    """
    rows, length, reach = recipe.batch_size, recipe.sequence_length, context(recipe)
    first = reach + length + 1  # place of the first held-out character
    before = np.pad(before[-first:], (max(0, first - len(before)), 0))  # a text may be shorter than that
    text = np.concatenate([before, held_out])
    count = math.ceil(len(held_out) / rows / length) * length
    places = np.arange(rows)[:, np.newaxis] * count + np.arange(first + count)  # (B, reach + T + 1 + count)
    targets = places[:, reach + 1 :]
    judged = (targets >= first) & (targets < len(text))
    judged[:, :length] = False
    return Stream(text[places.clip(max=len(text) - 1)], recipe, weights=judged.astype(np.float32)), judged.size
