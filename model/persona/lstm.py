"""A persona's LSTM in NumPy, the readable reference: ids in, logits or drawn ids out, one step a character.

Dimensions: B rows (replies), S steps, T characters of a text, V known characters, E numbers of an embedding, L layers,
H units, N characters of the longest n-gram.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.persona.file import Persona
from model.persona.vocabulary import NGRAM, Ids, ngram_rows

Floats = NDArray[np.float32]
Int32s = NDArray[np.int32]
SHARPEST = 1e30  # stands for 1 / 0, at temperature 0


@dataclass(frozen=True)
class State:
    """The memory of each row. A step changes it in place."""

    h: Floats  # (B, L, H), the hidden state
    c: Floats  # (B, L, H), the cell state
    latest: NDArray[np.int64]  # (B, N), the last ids plus one, newest first; 0: nothing read yet

    @classmethod
    def zeros(cls, batch: int, layers: int, units: int) -> "State":
        """Return the state before the first character."""
        h = np.zeros((batch, layers, units), np.float32)
        c = np.zeros_like(h)
        latest = np.zeros((batch, NGRAM), np.int64)
        return cls(h, c, latest)

    def rows(self, rows: slice) -> "State":
        """Return a view of some rows; stepping the view steps these rows here."""
        h = self.h[rows]
        c = self.c[rows]
        latest = self.latest[rows]
        return State(h, c, latest)

    def clear(self, rows: int | NDArray[np.bool_]) -> None:
        """Reset a row, or all rows of a mask, to the state before the first character."""
        self.h[rows] = 0
        self.c[rows] = 0
        self.latest[rows] = 0

    def copy(self, row: int, other: "State", its: int) -> None:
        """Copy row `its` of another state, or of this one, into `row`."""
        self.h[row] = other.h[its]
        self.c[row] = other.c[its]
        self.latest[row] = other.latest[its]


@dataclass(frozen=True)
class Draws:
    """How each row's characters are drawn."""

    temperatures: Floats  # (B,), 0: always the most likely character; 1: the network's own probabilities
    top_p: Floats  # (B,), draw from the likeliest characters that together have this probability; 1: from all

    @classmethod
    def at(cls, temperatures: Floats) -> "Draws":
        """Return draws at these temperatures, with all else neutral."""
        return cls(temperatures, np.ones_like(temperatures))

    @cached_property
    def sharpness(self) -> Floats:
        """The factors of the logits, 1 / temperature, (B,)."""
        positive = np.maximum(self.temperatures, 1 / SHARPEST)
        return (1 / positive).astype(np.float32)

    @cached_property
    def cut_rows(self) -> NDArray[np.intp]:
        """The rows that draw from the likeliest characters only."""
        return np.flatnonzero(self.top_p < 1)


class LSTM:
    """A persona's network. Holds no state between calls, so threads may share it."""

    def __init__(self, persona: Persona) -> None:
        """Lay the weights out for stepping. This copies all arrays of the persona except the n-grams."""
        recipe = persona.recipe
        arrays = persona.arrays
        self.known = len(persona.vocabulary)
        self.units = recipe.units
        self.layers = recipe.layers
        self.min_p = recipe.min_p
        self.ngrams: NDArray[np.float16] | None = arrays.get("ngrams")  # (rows, E)
        self.dense_kernel: Floats = arrays["dense.kernel"].astype(np.float32)  # (H, V); a stream: (H, V + 1)
        self.dense_bias: Floats = arrays["dense.bias"]
        self.kernels: list[Floats] = []  # (H, 4H), (E + H, 4H) or (H + H, 4H)
        self.biases: list[Floats] = []  # (4H,)
        for layer in range(self.layers):
            kernel = _gates(arrays[f"lstm_{layer}.kernel"])  # (V, E or H, 4H)
            recurrent = _gates(arrays[f"lstm_{layer}.recurrent_kernel"])  # (H, 4H)
            bias = _gates(arrays[f"lstm_{layer}.bias"])
            if layer == 0:
                # An id times the kernel is a row of a table. The unknown character is all zeros: the bias alone.
                self.inputs: Floats = _embedding(persona) @ kernel + bias  # (V + 1, 4H)
                if self.ngrams is None:
                    kernel = kernel[:0]
            both = np.concatenate([kernel, recurrent])
            self.kernels.append(both)
            self.biases.append(bias)

    @property
    def nbytes(self) -> int:
        """The memory that the weights take."""
        arrays: list[NDArray[Any]] = [
            self.inputs,
            *self.kernels,
            *self.biases,
            self.dense_kernel,
            self.dense_bias,
        ]
        if self.ngrams is not None:
            arrays.append(self.ngrams)
        return sum(array.nbytes for array in arrays)

    def start(self, batch: int, before: Ids | None = None) -> State:
        """Return the state before the first character.

        Args:
            before: ids that n-grams reach back to although the network has not read them, (B, at most N - 1).
        """
        state = State.zeros(batch, self.layers, self.units)
        if before is not None:
            newest_first = before[:, ::-1]
            count = newest_first.shape[1]
            state.latest[:, :count] = newest_first.astype(np.int64)
            state.latest[:, :count] += 1
        return state

    def step(
        self,
        ids: NDArray[np.integer],  # (B,)
        state: State,
    ) -> None:
        """Read one character in each row."""
        latest = state.latest
        latest[:, 1:] = latest[:, :-1]
        latest[:, 0] = ids
        latest[:, 0] += 1
        for layer, kernel in enumerate(self.kernels):
            gates = self._layer_input(layer, state) @ kernel  # (B, 4H)
            if layer == 0:
                gates += self.inputs[ids]
            else:
                gates += self.biases[layer]
            h = state.h[:, layer]
            c = state.c[:, layer]
            _update_cell(gates, h, c)

    def _layer_input(self, layer: int, state: State) -> Floats:
        """Return the input that a layer's kernel multiplies, (B, rows of the kernel)."""
        own = state.h[:, layer]  # (B, H)
        if layer > 0:
            below = state.h[:, layer - 1]
            return np.concatenate([below, own], axis=1)
        if self.ngrams is None:
            return own
        rows = ngram_rows(state.latest, len(self.ngrams))  # (B, N - 1)
        embeddings = self.ngrams[rows]  # (B, N - 1, E)
        embedding = embeddings.sum(axis=1, dtype=np.float32)
        return np.concatenate([embedding, own], axis=1)

    def logits(self, state: State) -> Floats:
        """Return the unnormalised log-probabilities of the next character, (B, V); of a stream, (B, V + 1)."""
        last = state.h[:, -1]  # (B, H)
        logits: Floats = last @ self.dense_kernel
        logits += self.dense_bias
        return logits

    def read(self, texts: Sequence[Ids]) -> State:
        """Read a text (T,) in each row, from zeros; return the state. Shorter texts begin later: all end together."""
        lengths = np.array([len(text) for text in texts], np.int64)  # (B,)
        longest = lengths.max(initial=0)
        waits = longest - lengths  # (B,), steps before a row's text begins
        ids = np.zeros((longest, len(texts)), np.int64)  # (T, B)
        for row, text in enumerate(texts):
            ids[waits[row] :, row] = text
        state = self.start(len(texts))
        for step, column in enumerate(ids):
            self.step(column, state)
            if step < waits.max():
                state.clear(waits > step)
        return state

    def advance(
        self,
        state: State,
        given: Int32s,  # (B, S)
        uniforms: Floats,  # (B, S)
        draws: Draws,
    ) -> Int32s:
        """Read or draw S characters in each row; return their ids, (B, S).

        Args:
            state: changed in place.
            given: ids to read; a negative one is drawn.
            uniforms: random numbers in [0, 1), one a draw.
        """
        ids = given.copy()
        for step in range(ids.shape[1]):
            column = ids[:, step]  # (B,)
            drawn = column < 0
            if drawn.any():
                logits = self.logits(state)
                characters = self.draw(logits, uniforms[:, step], draws)
                column[drawn] = characters[drawn]
            self.step(column, state)
        return ids

    def draw(
        self,
        logits: Floats,  # (B, V) or (B, V + 1)
        uniforms: Floats,  # (B,)
        draws: Draws,
    ) -> Ids:
        """Draw a known character for each row from softmax(logits / temperature), by its cumulative distribution.

        A character less likely than `min_p` of the likeliest one is left out.

        It takes one random number a character, so that rows with the same numbers differ by temperature alone. Gumbel
        noise, the alternative, needs V of them, which took a fifth of a small network's step.
        """
        known = logits[:, : self.known]  # (B, V)
        likeliest = known.max(axis=1, keepdims=True)  # (B, 1)
        sharpness = draws.sharpness[:, np.newaxis]  # (B, 1)
        weights = np.exp((known - likeliest) * sharpness)  # (B, V), 1 for the likeliest
        weights[weights < self.min_p] = 0
        for row in draws.cut_rows:
            keep_likeliest(weights[row], draws.top_p[row])
        cumulative = weights.cumsum(axis=1)
        totals = cumulative[:, -1:]  # (B, 1)
        thresholds = uniforms[:, np.newaxis] * totals
        drawn = (cumulative <= thresholds).sum(axis=1)  # (B,)
        # If rounding leaves a little of the distribution over, take the likeliest.
        fallback = known.argmax(axis=1)
        ids: Ids = np.where(drawn < self.known, drawn, fallback)
        return ids


def keep_likeliest(weights: Floats, share: np.float32) -> None:
    """Set to 0 in (V,) weights all but the likeliest ones that together reach a share of their sum.

    Source: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020 (nucleus sampling).
    """
    order = np.argsort(-weights, kind="stable")
    cumulative = weights[order].cumsum()
    wanted = share * cumulative[-1]
    short = cumulative < wanted
    enough = int(short.sum()) + 1
    weights[order[enough:]] = 0


def cross_entropy(
    logits: Floats,  # (B, V)
    targets: NDArray[np.integer],  # (B,)
) -> Floats:
    """Return the cost of each row's next character, (B,), in nats."""
    highest = logits.max(axis=1)
    weights = np.exp(logits - highest[:, np.newaxis])
    normaliser = np.log(weights.sum(axis=1))  # (B,)
    normaliser += highest
    rows = np.arange(len(targets))
    nats: Floats = normaliser - logits[rows, targets]
    return nats


def _embedding(persona: Persona) -> Floats:
    """Return the first layer's input for each id, (V + 1, E); one-hot if the persona has no embedding."""
    embedding = persona.arrays.get("embedding")
    if embedding is not None:
        return embedding.astype(np.float32)
    known = len(persona.vocabulary)
    return np.eye(known + 1, known, dtype=np.float32)


def _gates(array: Floats) -> Floats:
    """Reorder the gates from Keras' i, f, c, o to input, forget, output, candidate, and halve the first three.

    sigmoid(x) = tanh(x / 2) / 2 + 1/2, so one tanh over all 4H replaces three sigmoids: half the calls of a step.
    """
    array = array.astype(np.float32)
    i, f, candidate, o = np.split(array, 4, axis=-1)
    sigmoids = [i / 2, f / 2, o / 2]
    return np.concatenate([*sigmoids, candidate], axis=-1)


def _update_cell(
    gates: Floats,  # (B, 4H), in the order of `_gates`; overwritten
    h: Floats,  # (B, H)
    c: Floats,  # (B, H)
) -> None:
    """Compute the next hidden and cell state in place."""
    batch, units = h.shape
    np.tanh(gates, out=gates)
    sigmoids = gates[:, : 3 * units]
    sigmoids *= 0.5
    sigmoids += 0.5
    by_kind = gates.reshape(batch, 4, units).swapaxes(0, 1)  # (4, B, H), a view
    i, f, o, candidate = by_kind
    c *= f
    candidate *= i
    c += candidate
    np.tanh(c, out=h)
    h *= o
