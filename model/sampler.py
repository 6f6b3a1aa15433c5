"""A persona's LSTM in NumPy: one step a character, a batch of replies at once. Ids in, characters out.

Dimensions: B replies, T time steps, V characters, H units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.persona import Persona

Floats = NDArray[np.float32]
# Gumbel noise is drawn this many steps ahead, so that a step adds a row instead of calling the generator.
NOISE_STEPS = 64


@dataclass(frozen=True)
class Request:
    """One reply to sample."""

    prompt: str
    temperature: float  # 0: always the most likely character; 1: as the network says; above: flatter
    length: int  # characters
    random_seed: int | None = None  # the same seed, prompt and temperature give the same reply; None: a new one each time


@dataclass
class State:
    """Hidden and cell state of each layer, each (B, H); changed in place by a step."""

    h: list[Floats]
    c: list[Floats]


class Sampler:
    """Samples one persona's replies. Holds no state between calls, so threads may share it."""

    def __init__(self, persona: Persona) -> None:
        """Lay the weights out for stepping: about as many bytes again as the persona's arrays."""
        self.persona = persona
        self.units = persona.recipe.units
        self._biases: list[Floats] = []
        self._kernels: list[Floats] = []
        for layer in range(persona.recipe.layers):
            kernel, recurrent, bias = (
                self._gates(persona.arrays[f"lstm_{layer}.{part}"]) for part in ("kernel", "recurrent_kernel", "bias")
            )
            if layer == 0:
                # One-hot times kernel is a row of the kernel; the unknown character is all zeros, so the bias alone.
                self._rows: Floats = np.concatenate([kernel + bias, bias[np.newaxis]])  # (V + 1, 4H)
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

    def start(self, batch: int) -> State:
        """Return the state before any character: zeros."""
        layers = range(len(self._kernels))
        zeros = [np.zeros((batch, self.units), np.float32) for _ in range(2 * len(layers))]
        return State(h=zeros[: len(layers)], c=zeros[len(layers) :])

    def step(self, ids: NDArray[np.integer], state: State) -> None:
        """Let each reply of the batch read one character: ids (B,)."""
        units = self.units
        for layer, kernel in enumerate(self._kernels):
            h, c = state.h[layer], state.c[layer]
            if layer == 0:
                gates = h @ kernel  # (B, 4H)
                gates += self._rows[ids]
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
        """Return the unnormalised log-probabilities of the next character, (B, V)."""
        logits: Floats = state.h[-1] @ self._dense_kernel
        logits += self._dense_bias
        return logits

    def read(self, ids: NDArray[np.integer], state: State) -> State:
        """Let every reply of the batch read the same text, ids (T,), and return the state."""
        for character_id in ids:
            self.step(np.full(state.h[0].shape[0], character_id), state)
        return state

    def generate(self, requests: Sequence[Request], *, windowed: bool = False) -> Iterator[list[str]]:
        """Sample all requests in one batch; yield, step by step, one character each ("" once its reply is whole).

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
        prompts = [self.persona.encode(request.prompt) for request in requests]
        noise = _noise([request.random_seed for request in requests], len(self.persona.vocabulary))
        characters = self.persona.vocabulary.characters
        logits = self._windowed(prompts) if windowed else self._carried(prompts)
        choices = None
        for position in range(max((request.length for request in requests), default=0)):
            # Gumbel-max: argmax(logits + T * noise) is a draw from softmax(logits / T), for T = 0 the most likely
            # character, without a division that could overflow. Source: Gumbel (1954); Maddison et al. (2014).
            choices = (logits.send(choices) + temperatures * next(noise)).argmax(axis=1)  # (B,)
            yield [
                characters[choice] if position < request.length else ""
                for choice, request in zip(choices.tolist(), requests, strict=True)
            ]

    def sample(self, request: Request) -> str:
        """Return one whole reply: `length` characters, without the prompt."""
        return "".join(characters[0] for characters in self.generate([request]))

    def _carried(self, prompts: list[NDArray[np.uint16]]) -> "LogitsOf":
        """Carry the recurrent state from character to character: one step each."""
        states = [self.read(prompt, self.start(1)) for prompt in prompts]
        layers = range(len(self._kernels))
        state = State(
            h=[np.concatenate([each.h[layer] for each in states]) for layer in layers],
            c=[np.concatenate([each.c[layer] for each in states]) for layer in layers],
        )
        while True:
            choices = yield self.logits(state)
            self.step(choices, state)

    def _windowed(self, prompts: list[NDArray[np.uint16]]) -> "LogitsOf":
        """Read each reply's last window afresh for each character; a shorter prompt is a shorter window."""
        length = self.persona.recipe.sequence_length
        windows = [prompt[-length:] for prompt in prompts]
        while True:
            states = [self.read(window, self.start(1)) for window in windows]
            choices = yield np.concatenate([self.logits(state) for state in states])
            windows = [np.append(w, choice)[-length:] for w, choice in zip(windows, choices, strict=True)]
