"""A persona's LSTM in NumPy: one step a character, a batch of replies at once. Ids in, characters out.

Dimensions: B replies, T time steps, V characters, H units.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.persona import Persona
from model.vocabulary import END, NGRAM, Ids, ngram_rows

Floats = NDArray[np.float32]
# Yields the logits (B, V) of the next character, takes the characters chosen, (B,).
LogitsOf = Generator[Floats, NDArray[np.integer], None]
# Gumbel noise is drawn this many steps ahead, so that a step adds a row instead of calling the generator.
NOISE_STEPS = 64


@dataclass(frozen=True)
class Request:
    """One reply to sample."""

    prompt: str
    temperature: float  # 0: always the most likely character; 1: as the network says; above: flatter
    length: int  # characters
    random_seed: int | None = (
        None  # the same seed, prompt and temperature give the same reply; None: a new one each time
    )


@dataclass
class State:
    """Hidden and cell state of each layer, each (B, H); changed in place by a step."""

    h: list[Floats]
    c: list[Floats]
    latest: NDArray[np.integer]  # the last NGRAM ids, newest first, each plus one; 0: none yet; (B, NGRAM)


class Sampler:
    """Samples one persona's replies. Holds no state between calls, so threads may share it."""

    def __init__(self, persona: Persona) -> None:
        """Lay the weights out for stepping: about as many bytes again as the persona's arrays."""
        self.persona = persona
        self.units = persona.recipe.units
        self._runs: Floats | None = persona.arrays.get("ngrams")  # (rows, E)
        self._biases: list[Floats] = []
        self._kernels: list[Floats] = []
        for layer in range(persona.recipe.layers):
            kernel, recurrent, bias = (
                self._gates(persona.arrays[f"lstm_{layer}.{part}"]) for part in ("kernel", "recurrent_kernel", "bias")
            )
            if layer == 0:
                # One-hot times kernel is a row of the kernel; the unknown character is all zeros, so the bias alone.
                inputs = persona.arrays.get("embedding", np.eye(len(kernel) + 1, len(kernel), dtype=np.float32))
                self._rows: Floats = inputs @ kernel + bias  # (V + 1, 4H)
                self._input_kernel = kernel  # (E, 4H)
                self._kernels.append(recurrent)  # (H, 4H)
            else:
                self._kernels.append(np.concatenate([kernel, recurrent]))  # (2H, 4H)
            self._biases.append(bias)
        self._dense_kernel: Floats = np.ascontiguousarray(persona.arrays["dense.kernel"])  # (H, V)
        self._dense_bias: Floats = persona.arrays["dense.bias"]  # (V,)

    def _gates(self, array: Floats) -> Floats:
        """Order the gates input, forget, output, candidate (Keras: i, f, c, o) and halve the first three.

        sigmoid(x) = tanh(x / 2) / 2 + 1/2, so one tanh over all 4H replaces three sigmoids: half the calls of a step.
        """
        i, f, candidate, o = np.split(array, 4, axis=-1)
        return np.ascontiguousarray(np.concatenate([i / 2, f / 2, o / 2, candidate], axis=-1), dtype=np.float32)

    def start(self, batch: int, before: Ids | None = None) -> State:
        """Return the state before any character: zeros.

        Args:
            before: ids that runs reach back to though the network has not read them, (B, at most NGRAM - 1).
        """
        layers = range(len(self._kernels))
        zeros = [np.zeros((batch, self.units), np.float32) for _ in range(2 * len(layers))]
        latest = np.zeros((batch, NGRAM), np.int64)
        if before is not None:
            latest[:, : before.shape[1]] = before[:, ::-1].astype(np.int64) + 1
        return State(h=zeros[: len(layers)], c=zeros[len(layers) :], latest=latest)

    def step(self, ids: NDArray[np.integer], state: State) -> None:
        """Let each reply of the batch read one character: ids (B,)."""
        units = self.units
        for layer, kernel in enumerate(self._kernels):
            h, c = state.h[layer], state.c[layer]
            if layer == 0:
                gates = h @ kernel  # (B, 4H)
                gates += self._rows[ids]
                if self._runs is not None:
                    state.latest[:, 1:] = state.latest[:, :-1]
                    state.latest[:, 0] = ids + 1
                    found = self._runs[ngram_rows(state.latest, len(self._runs))]  # (B, N - 1, E)
                    gates += found.sum(axis=1) @ self._input_kernel
            else:
                gates = np.concatenate([state.h[layer - 1], h], axis=1) @ kernel
                gates += self._biases[layer]
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
        logits: Floats = state.h[-1] @ self._dense_kernel
        logits += self._dense_bias
        return logits

    def read(self, texts: Sequence[NDArray[np.integer]]) -> State:
        """Let each reply of the batch read its own ids (T,) from zeros, all ending together; return the state."""
        count = max((len(text) for text in texts), default=0)
        ids = np.zeros((count, len(texts)), np.int64)  # (T, B)
        for column, text in enumerate(texts):
            ids[count - len(text) :, column] = text
        waiting = count - np.array([len(text) for text in texts])  # (B,) steps until a shorter text begins
        state = self.start(len(texts))
        for position, row in enumerate(ids):
            self.step(row, state)
            if position < waiting.max():
                for array in (*state.h, *state.c, state.latest):
                    array[waiting > position] = 0
        return state

    def generate(self, requests: Sequence[Request], *, windowed: bool = False) -> Iterator[list[str]]:
        """Sample all requests in one batch; yield, step by step, one character each ("" once its reply is whole).

        Where messages end, a line does. The unknown character is never sampled.

        Args:
            windowed: read the last `sequence_length` characters afresh for each one, from a state of zeros, as the
                tutorial does and as its network was trained; about as many times slower as the window is long.

        Raises:
            ValueError: a temperature below 0 or not finite, a negative length.
        """
        for request in requests:
            if not (np.isfinite(request.temperature) and request.temperature >= 0 and request.length >= 0):
                raise ValueError(f"no temperature or no length: {request.temperature}, {request.length}")
        temperatures = np.array([[request.temperature] for request in requests], np.float32)  # (B, 1)
        sharpness, randomness = 1 / np.maximum(temperatures, 1), np.minimum(temperatures, 1)
        prompts = [self.persona.encode(request.prompt) for request in requests]
        known = len(self.persona.vocabulary)
        noise = _gumbel_noise([request.random_seed for request in requests], known)
        characters = self.persona.vocabulary.characters.replace(END, "\n")
        steps = self._windowed(prompts) if windowed else self._carried(prompts)
        logits = next(steps)  # (B, V)
        length = max((request.length for request in requests), default=0)
        for position in range(length):
            # Gumbel-max: argmax(logits / T + noise) is a draw from softmax(logits / T). Both sides are divided by
            # max(1, 1 / T), so that no temperature from 0 (the most likely character) to infinity overflows.
            # Source: Gumbel (1954); Maddison, Tarlow and Minka (2014).
            choices = (logits[:, :known] * sharpness + next(noise) * randomness).argmax(axis=1)  # (B,)
            yield [
                characters[choice] if position < request.length else ""
                for choice, request in zip(choices.tolist(), requests, strict=True)
            ]
            if position + 1 < length:
                logits = steps.send(choices)

    def sample(self, request: Request) -> str:
        """Return one whole reply: `length` characters, without the prompt."""
        return "".join(characters[0] for characters in self.generate([request]))

    def replies(self, requests: Sequence[Request]) -> list[str]:
        """Sample all requests whole, each character read as the network was trained to.

        The tutorial's network knows nothing but a window of characters, which is read afresh for each.
        """
        steps = self.generate(requests, windowed=self.persona.recipe.reading == "windows")
        return ["".join(characters) for characters in zip(*steps, strict=True)]

    def _carried(self, prompts: list[NDArray[np.uint16]]) -> LogitsOf:
        """Carry the recurrent state from character to character: one step each."""
        state = self.read(prompts)
        while True:
            choices = yield self.logits(state)
            self.step(choices, state)

    def _windowed(self, prompts: list[NDArray[np.uint16]]) -> LogitsOf:
        """Read each reply's last window afresh for each character; a shorter prompt is a shorter window."""
        length = self.persona.recipe.sequence_length
        windows = [prompt[-length:] for prompt in prompts]
        while True:
            choices = yield self.logits(self.read(windows))
            windows = [np.append(w, choice)[-length:] for w, choice in zip(windows, choices, strict=True)]


def _gumbel_noise(random_seeds: Sequence[int | None], vocabulary_size: int) -> Iterator[Floats]:
    """Yield a row (B, V) of standard Gumbel noise for each step; a reply's noise depends on its own seed alone."""
    generators = [np.random.Generator(np.random.PCG64(random_seed)) for random_seed in random_seeds]
    shape = (NOISE_STEPS, vocabulary_size)
    while True:
        draws = np.stack([each.standard_exponential(shape, np.float32) for each in generators], axis=1)
        # An exponential draw may be 0 in single precision; its logarithm must not be infinite.
        yield from -np.log(np.maximum(draws, np.finfo(np.float32).tiny))
