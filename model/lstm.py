"""A persona's LSTM in NumPy, the readable reference: ids in, logits or drawn ids out, one step a character.

Dimensions: B rows (replies), S steps, V characters, E of an embedding, L layers, H units, N characters of a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.persona import Persona
from model.vocabulary import NGRAM, Ids, ngram_rows

Floats = NDArray[np.float32]
SHARPEST = 1e30  # instead of 1 / 0, for a temperature of 0


@dataclass(frozen=True)
class State:
    """What each row has read; changed in place by a step."""

    h: Floats  # hidden state of each layer, (B, L, H)
    c: Floats  # cell state, (B, L, H)
    latest: NDArray[np.int64]  # the last N ids, newest first, each plus one; 0: none yet; (B, N)

    @classmethod
    def zeros(cls, batch: int, layers: int, units: int) -> "State":
        """Return the state before any character."""
        shape = (batch, layers, units)
        return cls(np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros((batch, NGRAM), np.int64))

    def rows(self, rows: slice) -> "State":
        """Return some of the rows; a step of theirs is one of this state's."""
        return State(self.h[rows], self.c[rows], self.latest[rows])

    def clear(self, row: int) -> None:
        """Let a row have read nothing."""
        self.h[row], self.c[row], self.latest[row] = 0, 0, 0

    def copy(self, row: int, other: "State", its: int) -> None:
        """Let a row have read what a row of another state has, or of this."""
        self.h[row], self.c[row], self.latest[row] = other.h[its], other.c[its], other.latest[its]


def sharpness(temperatures: Floats) -> Floats:
    """Return what logits are multiplied by at each temperature, (B,)."""
    return (1 / np.maximum(temperatures, 1 / SHARPEST)).astype(np.float32)


class LSTM:
    """A persona's network. Holds no state between calls, so threads may share it."""

    def __init__(self, persona: Persona) -> None:
        """Lay the weights out for stepping: about as many bytes again as the persona's arrays, but for the n-grams'."""
        self.known = len(persona.vocabulary)
        self.units, self.layers = persona.recipe.units, persona.recipe.layers
        self.min_p = persona.recipe.min_p
        self.runs: NDArray[np.float16] | None = persona.arrays.get("ngrams")  # (rows, E)
        self.biases: list[Floats] = []  # (4H,)
        self.kernels: list[Floats] = []
        for layer in range(self.layers):
            kernel, recurrent, bias = (
                self._gates(persona.arrays[f"lstm_{layer}.{part}"]) for part in ("kernel", "recurrent_kernel", "bias")
            )
            if layer == 0:
                # One-hot times kernel is a row of the kernel; the unknown character is all zeros, so the bias alone.
                inputs = persona.arrays.get("embedding", np.eye(len(kernel) + 1, len(kernel), dtype=np.float32))
                self.inputs: Floats = inputs.astype(np.float32) @ kernel + bias  # (V + 1, 4H)
                kernel = kernel if self.runs is not None else kernel[:0]
            self.kernels.append(np.concatenate([kernel, recurrent]))  # (E + H, or H + H, 4H)
            self.biases.append(bias)
        self.dense_kernel: Floats = persona.arrays["dense.kernel"].astype(np.float32)  # (H, V), of a stream V + 1
        self.dense_bias: Floats = persona.arrays["dense.bias"]

    @property
    def nbytes(self) -> int:
        """What the weights take of the memory."""
        runs = [] if self.runs is None else [self.runs]
        arrays: list[NDArray[Any]] = [
            *runs,
            self.inputs,
            *self.biases,
            *self.kernels,
            self.dense_kernel,
            self.dense_bias,
        ]
        return sum(array.nbytes for array in arrays)

    @staticmethod
    def _gates(array: Floats) -> Floats:
        """Order the gates input, forget, output, candidate (Keras: i, f, c, o) and halve the first three.

        sigmoid(x) = tanh(x / 2) / 2 + 1/2, so one tanh over all 4H replaces three sigmoids: half the calls of a step.
        """
        i, f, candidate, o = np.split(array.astype(np.float32), 4, axis=-1)
        return np.concatenate([i / 2, f / 2, o / 2, candidate], axis=-1)

    def start(self, batch: int, before: Ids | None = None) -> State:
        """Return the state before any character: zeros.

        Args:
            before: ids that runs reach back to though the network has not read them, (B, at most N - 1).
        """
        state = State.zeros(batch, self.layers, self.units)
        if before is not None:
            state.latest[:, : before.shape[1]] = before[:, ::-1].astype(np.int64) + 1
        return state

    def step(self, ids: NDArray[np.integer], state: State) -> None:
        """Let each row read one character: ids (B,)."""
        units = self.units
        state.latest[:, 1:] = state.latest[:, :-1]
        state.latest[:, 0] = ids
        state.latest[:, 0] += 1
        for layer, kernel in enumerate(self.kernels):
            h, c = state.h[:, layer], state.c[:, layer]
            inputs = h
            if layer > 0:
                inputs = np.concatenate([state.h[:, layer - 1], h], axis=1)
            elif self.runs is not None:
                found = self.runs[ngram_rows(state.latest, len(self.runs))]  # (B, N - 1, E)
                inputs = np.concatenate([found.sum(axis=1, dtype=np.float32), h], axis=1)
            gates = inputs @ kernel  # (B, 4H)
            gates += self.biases[layer] if layer else self.inputs[ids]
            np.tanh(gates, out=gates)
            sigmoids = gates[:, : 3 * units]
            sigmoids *= 0.5
            sigmoids += 0.5
            i, f, o, candidate = (gates[:, k * units : (k + 1) * units] for k in range(4))
            c *= f
            candidate *= i
            c += candidate
            np.tanh(c, out=h)
            h *= o

    def logits(self, state: State) -> Floats:
        """Return the unnormalised log-probabilities of the next character, (B, V); of a stream, (B, V + 1)."""
        logits: Floats = state.h[:, -1] @ self.dense_kernel
        logits += self.dense_bias
        return logits

    def read(self, texts: Sequence[Ids]) -> State:
        """Let each row read its own ids (T,) from zeros, all ending together; return the state."""
        count = max((len(text) for text in texts), default=0)
        ids = np.zeros((count, len(texts)), np.int64)  # (T, B)
        for column, text in enumerate(texts):
            ids[count - len(text) :, column] = text
        waiting = count - np.array([len(text) for text in texts])  # (B,) steps until a shorter text begins
        state = self.start(len(texts))
        for position, row in enumerate(ids):
            self.step(row, state)
            if position < waiting.max():
                for array in (state.h, state.c, state.latest):
                    array[waiting > position] = 0
        return state

    def advance(
        self, state: State, given: NDArray[np.int32], uniforms: Floats, temperatures: Floats
    ) -> NDArray[np.int32]:
        """Let each row go on by so many characters; return their ids, (B, S).

        Args:
            given: ids to read, (B, S); negative where one is to be drawn.
            uniforms: what they are drawn with, in [0, 1), (B, S).
            temperatures: of each row, (B,); 0: always the most likely character; 1: as the network says.
        """
        ids = given.copy()
        for step in range(ids.shape[1]):
            drawn = ids[:, step] < 0
            if drawn.any():
                ids[drawn, step] = self.draw(self.logits(state), uniforms[:, step], temperatures)[drawn]
            self.step(ids[:, step], state)
        return ids

    def draw(self, logits: Floats, uniforms: Floats, temperatures: Floats) -> Ids:
        """Draw a known character for each row from softmax(logits / temperature), by its cumulative distribution.

        A character less likely than `min_p` of the likeliest one is left out.

        One random number a character, so that rows with the same ones differ by temperature alone; Gumbel noise, the
        other way, wants V of them and took a fifth of a small network's step.
        """
        known = logits[:, : self.known]
        weights = np.exp((known - known.max(axis=1, keepdims=True)) * sharpness(temperatures)[:, np.newaxis])
        weights[weights < self.min_p] = 0  # the likeliest one's is 1
        cumulative = weights.cumsum(axis=1)
        drawn = (cumulative <= uniforms[:, np.newaxis] * cumulative[:, -1:]).sum(axis=1)
        # Where rounding left a little over: the most likely one.
        ids: Ids = np.where(drawn < self.known, drawn, known.argmax(axis=1))
        return ids


def cross_entropy(logits: Floats, targets: NDArray[np.integer]) -> Floats:
    """Return what each row's next character costs, in nats: logits (B, V), targets (B,)."""
    highest = logits.max(axis=1)
    normaliser = np.log(np.exp(logits - highest[:, np.newaxis]).sum(axis=1)) + highest
    nats: Floats = normaliser - logits[np.arange(len(targets)), targets]
    return nats
