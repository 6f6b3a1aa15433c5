"""A text's ids to the batches that a network learns from and is judged by. NumPy alone: knows no Keras.

Dimensions: B sequences of a batch (a stream's rows), T characters of a sequence, N characters of the longest n-gram.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.persona.recipe import Recipe
from model.persona.vocabulary import NGRAM, Ids, ngram_rows


class Windows:
    """Batches of (ids (B, T), next id (B,)), gathered on demand: memory holds only the ids of the text."""

    def __init__(
        self,
        ids: Ids,  # the text's
        recipe: Recipe,
        order: Ids,  # indices into `sequences`
        first_batch: int = 0,
    ) -> None:
        skipped = first_batch * recipe.batch_size
        self._sequences = sequences(ids, recipe)
        self._order = order[skipped:]
        self._batch_size = recipe.batch_size

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch_size)

    def __getitem__(self, batch: int) -> tuple[Ids, Ids]:
        start = batch * self._batch_size
        chosen = self._order[start : start + self._batch_size]
        gathered = self._sequences[chosen].astype(np.int32)  # (B, T + 1)
        inputs = gathered[:, :-1]
        targets = gathered[:, -1]
        return inputs, targets


class Stream:
    """Batches of (inputs, next ids (B, T)[, weights (B, T)]); each row continues the same row of the batch before.

    Inputs are ids (B, T). With n-grams they are (B, T, N): each id, then the table rows of the n-grams that it ends.
    """

    def __init__(
        self,
        rows: Ids,  # (B, context + batches * T + 1), each with the `context` before its first character
        recipe: Recipe,
        first_batch: int = 0,
        weights: NDArray[np.float32] | None = None,  # (B, batches * T)
    ) -> None:
        skipped = first_batch * recipe.sequence_length
        self._rows = rows[:, skipped:]
        self._weights = weights
        self._context = context(recipe)
        self._length = recipe.sequence_length
        self._ngrams = recipe.ngrams

    @property
    def before(self) -> Ids:
        """The characters before each row's first one, for its n-grams, (B, context)."""
        return self._rows[:, : self._context]

    def __len__(self) -> int:
        width = int(self._rows.shape[1])
        return (width - self._context - 1) // self._length

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        start = batch * self._length
        end = start + self._length
        last = end + self._context + 1
        rows = self._rows[:, start:last].astype(np.int32)  # (B, context + T + 1)
        inputs: Ids = rows[:, self._context : -1]
        targets = rows[:, self._context + 1 :]
        if self._ngrams:
            inputs = self._with_ngrams(inputs, rows[:, :-1])
        if self._weights is None:
            return inputs, targets
        weights = self._weights[:, start:end]
        return inputs, targets, weights

    def _with_ngrams(self, ids: Ids, characters: Ids) -> Ids:
        """Return ids (B, T) with the rows of the n-grams that they end, found in characters (B, context + T)."""
        ends = sliding_window_view(characters, NGRAM, axis=1)  # (B, T, N)
        newest_first = ends[..., ::-1]
        rows = ngram_rows(newest_first + 1, self._ngrams)  # (B, T, N - 1)
        column = ids[..., np.newaxis]
        return np.concatenate([column, rows], axis=2)


def context(recipe: Recipe) -> int:
    """Return how many earlier characters an n-gram needs."""
    if recipe.ngrams:
        return NGRAM - 1
    return 0


def sequences(ids: Ids, recipe: Recipe) -> Ids:
    """Return all windows, `step` characters apart, each with the id after it: a view (windows, T + 1) of the ids."""
    width = recipe.sequence_length + 1
    if len(ids) < width:
        return np.empty((0, width), ids.dtype)
    every = sliding_window_view(ids, width)
    return every[:: recipe.step]


def count_batches(ids: Ids, recipe: Recipe) -> int:
    """Return the number of batches in one pass over the text."""
    if recipe.reading == "windows":
        windows = len(sequences(ids, recipe))
        return math.ceil(windows / recipe.batch_size)
    row = (len(ids) - 1) // recipe.batch_size
    return row // recipe.sequence_length


def training_pass(
    ids: Ids,  # (T,), the text's
    recipe: Recipe,
    number: int,  # the pass's, from 0
    first_batch: int,  # batches before it are left out
) -> Windows | Stream:
    """Return the batches of one pass over the text; the same number gives the same batches."""
    random = np.random.default_rng([recipe.random_seed, number + 1])
    if recipe.reading == "windows":
        windows = len(sequences(ids, recipe))
        order = random.permutation(windows)
        return Windows(ids, recipe, order, first_batch)
    if number > 0:
        # Each pass begins at another character, so that the rows begin and end at other places.
        beginning = int(random.integers(len(ids)))
        ids = np.roll(ids, -beginning)
    length = count_batches(ids, recipe) * recipe.sequence_length
    before = context(recipe)
    end = ids[len(ids) - before :]
    circle = np.concatenate([end, ids])
    every = sliding_window_view(circle, before + length + 1)
    rows = every[::length][: recipe.batch_size]  # (B, context + batches * T + 1)
    return Stream(rows, recipe, first_batch)


def held_out_windows(held_out: Ids, recipe: Recipe, unknown: int) -> Windows:
    """Return the windows of the held-out text whose next character is known."""
    targets = sequences(held_out, recipe)[:, -1]
    order = np.flatnonzero(targets != unknown)
    return Windows(held_out, recipe, order)


def held_out_stream(
    before: Ids,  # the training text's
    held_out: Ids,
    recipe: Recipe,
) -> tuple[Stream, int]:
    """Return the batches of the held-out text, and the number of their targets.

    Each held-out character is a target of weight 1 once. To warm up, each row first reads the T characters before its
    own, with weight 0: they belong to the row above or to the text before.
    """
    rows, length = recipe.batch_size, recipe.sequence_length
    reach = context(recipe)
    first = reach + length + 1  # index of the first held-out character
    before = before[-first:]
    missing = first - len(before)  # characters, if the text before is short
    padding = np.zeros(missing, before.dtype)
    text = np.concatenate([padding, before, held_out])
    row_length = math.ceil(len(held_out) / rows / length) * length
    row_starts = row_length * np.arange(rows)[:, np.newaxis]  # (B, 1)
    indices = row_starts + np.arange(first + row_length)  # (B, reach + T + 1 + row_length)
    targets = indices[:, reach + 1 :]
    judged = (targets >= first) & (targets < len(text))
    judged[:, :length] = False
    within = indices.clip(max=len(text) - 1)
    weights = judged.astype(np.float32)
    batches = Stream(text[within], recipe, weights=weights)
    return batches, judged.size
