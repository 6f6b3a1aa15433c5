"""What rounding can change: claims about single precision that hold on every processor.

Processors, BLAS libraries and compilers add up the same products in different orders, so single precision has no one
right result. The tests compare with double precision instead, and allow what the condition of the problem allows: as
much as the exact result moves when each weight moves by the rounding of one sum.

Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 3.1: a sum of n products is the exact sum of
products that are off by n units of rounding at most.
"""

from collections.abc import Callable, Sequence
from copy import copy

import numpy as np

from model.persona.file import Persona
from model.persona.lstm import LSTM, Draws, State
from model.persona.sampler import Request, draws_of

UNIT = 2.0**-24  # of rounding in single precision
TRIALS = 4  # random moves of all weights
SAFETY = 8  # the worst move of all is larger than the worst of the trials; tanh and exp round too
LOGIT_ERROR = 1e-5  # rounding changes a logit of the tests' small networks by 6e-7 at most


def single_precision_error(compute: Callable[[Callable], np.ndarray], terms: int) -> float:
    """Return how far a result may be off in single precision.

    Args:
        compute: computes it in double precision; it gets a function to apply to each array of weights.
        terms: the largest number of products in one sum.
    """
    random = np.random.default_rng(0)

    def moved(array: np.ndarray) -> np.ndarray:
        signs = random.choice([-1, 1], array.shape)
        return array * (1 + terms * UNIT * signs)

    exact = compute(lambda array: array.astype(float))
    moves = [np.abs(compute(moved) - exact).max() for _ in range(TRIALS)]
    return SAFETY * (max(moves) + UNIT * (1 + np.abs(exact).max()))


def in_double(lstm: LSTM, change: Callable = lambda array: array.astype(float)) -> LSTM:
    """Return the network in double precision, each array of weights changed by a function."""
    double = copy(lstm)
    double.inputs = change(lstm.inputs)
    double.kernels = [change(kernel) for kernel in lstm.kernels]
    double.biases = [change(bias) for bias in lstm.biases]
    double.dense_kernel, double.dense_bias = change(lstm.dense_kernel), change(lstm.dense_bias)
    return double


def are_decided(lstm: LSTM, logits, uniforms, draws: Draws, error: float = LOGIT_ERROR) -> np.ndarray:
    """Return for each row whether the same character is drawn however each logit is off by up to `error`."""
    drawn = lstm.draw(logits, uniforms, draws)
    places = np.arange(logits.shape[1])
    decided = np.full(len(logits), True)
    share_error = np.minimum(2 * error * draws.sharpness, 0.5)
    # The worst cases: all characters up to the drawn one are likelier and all others less likely, and the reverse.
    for likelier in (places < drawn[:, np.newaxis], places > drawn[:, np.newaxis]):
        moved = logits + error * np.where(likelier, 1, -1)
        for factor in (1 - share_error, 1, 1 + share_error):
            top_p = np.where(draws.top_p < 1, draws.top_p * factor, 1)
            decided &= lstm.draw(moved, uniforms, Draws(draws.temperatures, top_p)) == drawn
    return decided


def decided(persona: Persona, requests: Sequence[Request]) -> list[Request]:
    """Return the requests whose replies rounding cannot change, most of them: they are the same on every machine."""
    lstm = in_double(LSTM(persona))
    chosen = []
    for request in requests:
        state = lstm.start(1)
        state = State(state.h.astype(float), state.c.astype(float), state.latest)
        for character in persona.encode(request.prompt):
            lstm.step(np.array([character]), state)
        uniforms = np.random.default_rng(request.random_seed).random((request.length, 1), np.float32)
        draws = draws_of([request])
        certain = True
        for uniform in uniforms:
            logits = lstm.logits(state)
            certain = certain and are_decided(lstm, logits, uniform, draws).all()
            lstm.step(lstm.draw(logits, uniform, draws), state)
        if certain:
            chosen.append(request)
    assert len(chosen) > 0.9 * len(requests)
    return chosen
