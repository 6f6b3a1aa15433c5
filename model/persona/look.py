"""A reply with the probabilities that it was drawn from: how sure the network is while it writes.

Source of the idea that a character's surprise is -log2 of its probability: Shannon (1948).
"""

from dataclasses import dataclass

import numpy as np

from model.persona.file import Persona
from model.persona.lstm import LSTM, Floats
from model.persona.sampler import Request, draws_of
from model.persona.vocabulary import readable


@dataclass(frozen=True)
class Look:
    """A reply and the probabilities behind it."""

    characters: str  # the V that the network knows
    logits: Floats  # (V,), for the first character after the prompt
    reply: str
    bits: list[float]  # the surprise of each character of the reply, at temperature 1

    def distribution(self, temperature: float) -> Floats:
        """Return the probabilities of the first character at a temperature above 0, (V,)."""
        return softmax(self.logits / temperature)

    def entropy(self, temperature: float) -> float:
        """Return how open the first character is at a temperature above 0, in bits."""
        probabilities = self.distribution(temperature)
        smallest = np.finfo(np.float32).tiny
        logarithms = np.log2(np.maximum(probabilities, smallest))
        return float(-(probabilities * logarithms).sum())


def look(persona: Persona, request: Request) -> Look:
    """Sample the same reply as `Sampler.sample`, and keep the probabilities."""
    lstm = LSTM(persona)
    vocabulary = persona.vocabulary
    prompt = persona.encode(request.prompt)
    uniforms = np.random.default_rng(request.random_seed).random(request.length, np.float32)
    draws = draws_of([request])
    state = lstm.read([prompt])
    first = lstm.logits(state)[0, : lstm.known]
    ids = []
    bits = []
    for uniform in uniforms:
        logits = lstm.logits(state)  # (1, V) or (1, V + 1)
        drawn = lstm.draw(logits, uniform[np.newaxis], draws)
        probabilities = softmax(logits[0, : lstm.known])
        surprise = -np.log2(probabilities[drawn[0]])
        ids.append(int(drawn[0]))
        bits.append(float(surprise))
        lstm.step(drawn, state)
    return Look(
        characters=vocabulary.characters,
        logits=first,
        reply=readable(vocabulary.decode(ids)),
        bits=bits,
    )


def softmax(logits: Floats) -> Floats:
    """Return probabilities (V,) of logits (V,)."""
    weights: Floats = np.exp(logits - logits.max())
    weights /= weights.sum()
    return weights
