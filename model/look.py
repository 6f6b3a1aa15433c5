"""What a network thinks while it writes: a reply with the probabilities that it was drawn from.

Source of the idea that a character's surprise is -log2 of its probability: Shannon (1948).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lstm import LSTM, Floats
from model.persona import Persona
from model.sampler import Request
from model.vocabulary import readable


@dataclass(frozen=True)
class Look:
    """A reply and what was behind it."""

    characters: str  # the V that the network knows
    logits: Floats  # of the first character after the prompt, (V,)
    reply: str
    bits: list[float]  # how surprising each character of the reply was, at temperature 1

    def distribution(self, temperature: float) -> Floats:
        """Return the probabilities of the first character at a temperature above 0, (V,)."""
        return softmax(self.logits / temperature)

    def entropy(self, temperature: float) -> float:
        """Return how open the first character is at a temperature above 0, in bits."""
        probabilities = self.distribution(temperature)
        return float(-(probabilities * np.log2(np.maximum(probabilities, np.finfo(np.float32).tiny))).sum())


def look(persona: Persona, request: Request) -> Look:
    """Sample a reply, the same as `Sampler.sample`, and keep the probabilities."""
    lstm = LSTM(persona)
    state = lstm.read([persona.encode(request.prompt)])
    uniforms = np.random.default_rng(request.random_seed).random(request.length, np.float32)
    temperature = np.array([request.temperature], np.float32)
    ids, bits, first = [], [], lstm.logits(state)[0, : lstm.known]
    for uniform in uniforms:
        logits = lstm.logits(state)
        drawn = lstm.draw(logits, uniform[np.newaxis], temperature)
        ids.append(int(drawn[0]))
        bits.append(float(-np.log2(softmax(logits[0, : lstm.known])[drawn[0]])))
        lstm.step(drawn, state)
    vocabulary = persona.vocabulary
    return Look(vocabulary.characters, first, readable(vocabulary.decode(ids)), bits)


def softmax(logits: NDArray[np.float32]) -> Floats:
    """Return probabilities (V,) of logits (V,)."""
    weights: Floats = np.exp(logits - logits.max())
    weights /= weights.sum()
    return weights
