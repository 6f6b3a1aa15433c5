from dataclasses import replace

import numpy as np
import pytest

from model.persona.lstm import LSTM, Draws
from model.persona.vocabulary import ngram_rows
from tests.conftest import make_persona
from tests.rounding import single_precision_error

pytestmark = pytest.mark.numeric


def naive_step(persona, ids):
    """The LSTM from its textbook equations in double precision, one character at a time; returns the logits.

    Source: Hochreiter and Schmidhuber (1997) with forget gates, gate order of Keras: i, f, c, o.
    """
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    weights = {name: array.astype(float) for name, array in persona.arrays.items()}
    units, layers = persona.recipe.units, persona.recipe.layers
    h, c, x = np.zeros((layers, units)), np.zeros((layers, units)), np.zeros(units)
    for character in ids:
        x = np.eye(len(persona.vocabulary) + 1)[character][:-1]
        for layer in range(layers):
            z = x @ weights[f"lstm_{layer}.kernel"] + h[layer] @ weights[f"lstm_{layer}.recurrent_kernel"]
            i, f, g, o = np.split(z + weights[f"lstm_{layer}.bias"], 4)
            c[layer] = sigmoid(f) * c[layer] + sigmoid(i) * np.tanh(g)
            x = h[layer] = sigmoid(o) * np.tanh(c[layer])
    return x @ weights["dense.kernel"] + weights["dense.bias"]


def error_in_logits(persona, text) -> float:
    """How far the logits after a text may be off in single precision."""

    def logits(change):
        return naive_step(replace(persona, arrays={name: change(a) for name, a in persona.arrays.items()}), text)

    return single_precision_error(logits, 2 * persona.recipe.units + 1)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_reading_gives_the_logits_of_the_textbook_equations(layers):
    persona = make_persona(layers=layers)
    lstm = LSTM(persona)
    texts = [persona.encode(text) for text in ("hello there", "x", "", "été 😀 unknown Ж characters")]
    logits = lstm.logits(lstm.read(texts))
    for row, text in zip(logits, texts, strict=True):
        assert np.abs(row - naive_step(persona, text)).max() <= error_in_logits(persona, text)


def test_the_runs_that_a_character_ends_are_added_to_its_embedding():
    persona = make_persona("abc", reading="stream", embedding=4, ngrams=50)
    latest = np.zeros((1, 6), np.int64)
    latest[0, :2] = 2, 1  # "ab", newest first, each plus one
    runs = persona.arrays["ngrams"][ngram_rows(latest, 50)[0]].sum(axis=0)
    # The same as a network without n-grams whose embedding of "b" holds them already, once "a" was read.
    embedding = persona.arrays["embedding"].copy()
    embedding[1] += runs
    embedding[0] += persona.arrays["ngrams"][ngram_rows(np.array([[1, 0, 0, 0, 0, 0]]), 50)[0]].sum(axis=0)
    arrays = {name: array for name, array in persona.arrays.items() if name != "ngrams"} | {"embedding": embedding}
    plain = LSTM(replace(persona, arrays=arrays))
    ids = [persona.encode("ab")]
    lstm = LSTM(persona)
    assert np.allclose(lstm.logits(lstm.read(ids)), plain.logits(plain.read(ids)), atol=1e-2)  # half precision


def test_a_draw_is_where_the_cumulative_distribution_passes_the_random_number():
    lstm = LSTM(make_persona("abcd"))
    # Of 0.1, 0.2, 0.3 and 0.4; squared at temperature 0.5: 1, 4, 9 and 16 of 30.
    logits = np.log(np.tile(np.array([0.1, 0.2, 0.3, 0.4], np.float32), (5, 1)))
    uniforms = np.array([0.0, 0.099, 0.101, 0.599, 0.999], np.float32)
    assert lstm.draw(logits, uniforms, Draws.at(np.ones(5, np.float32))).tolist() == [0, 0, 1, 2, 3]
    assert lstm.draw(logits, uniforms, Draws.at(np.full(5, 0.5, np.float32))).tolist() == [0, 1, 1, 3, 3]
    assert lstm.draw(logits, uniforms, Draws.at(np.zeros(5, np.float32))).tolist() == [3] * 5
    # At least 0.16: 0.2, 0.3 and 0.4 of 0.9; squared, 9 and 16 of 25.
    lstm = LSTM(make_persona("abcd", min_p=0.4))
    assert lstm.draw(logits, uniforms, Draws.at(np.ones(5, np.float32))).tolist() == [1, 1, 1, 3, 3]
    assert lstm.draw(logits, uniforms, Draws.at(np.full(5, 0.5, np.float32))).tolist() == [2, 2, 2, 3, 3]


def test_top_p_keeps_the_likeliest_characters_that_together_have_that_probability():
    lstm = LSTM(make_persona("abcd"))
    logits = np.log(np.tile(np.array([0.1, 0.2, 0.3, 0.4], np.float32), (4, 1)))
    ones = np.ones(4, np.float32)
    # 0.6 takes 0.4 and 0.3, and draws from 0.3 and 0.4 of 0.7; 0.35 takes 0.4 alone.
    uniforms = np.array([0.0, 0.42, 0.44, 0.999], np.float32)
    assert lstm.draw(logits, uniforms, Draws(ones, 0.6 * ones)).tolist() == [2, 2, 3, 3]
    assert lstm.draw(logits, uniforms, Draws(ones, 0.35 * ones)).tolist() == [3] * 4
    # Squared, 16 of 30 and 9 of 30: 0.5 takes the likeliest alone at temperature 0.5.
    assert lstm.draw(logits, uniforms, Draws(0.5 * ones, 0.5 * ones)).tolist() == [3] * 4
