from dataclasses import replace

import numpy as np
import pytest

from model.sampler import Request, Sampler
from model.vocabulary import END
from tests.conftest import make_persona


def constant_persona(biases: dict[str, float]):
    """A persona whose logits are these numbers, whatever it has read."""
    persona = make_persona("".join(biases))
    arrays = {name: np.zeros_like(array) for name, array in persona.arrays.items()}
    arrays["dense.bias"] = np.array([biases[c] for c in persona.vocabulary.characters], np.float32)
    return replace(persona, arrays=arrays)


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


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_reading_gives_the_logits_of_the_textbook_equations(layers):
    persona = make_persona(layers=layers)
    sampler = Sampler(persona)
    texts = [persona.encode(text) for text in ("hello there", "x", "", "été 😀 unknown Ж characters")]
    logits = sampler.logits(sampler.read(texts))
    for row, text in zip(logits, texts, strict=True):
        assert np.allclose(row, naive_step(persona, text), atol=1e-5)


def test_draws_follow_the_softmax_at_each_temperature():
    persona = constant_persona({"a": 0.0, "b": 1.0, "c": 2.0})
    for temperature in (0.5, 1.0, 2.0):
        expected = np.exp(np.array([0.0, 1.0, 2.0]) / temperature)
        expected /= expected.sum()
        text = Sampler(persona).sample(Request("a", temperature, 20_000, 7))
        drawn = np.array([text.count(c) for c in "abc"]) / len(text)
        assert np.allclose(drawn, expected, atol=4 * np.sqrt(0.25 / len(text)))


def test_temperature_zero_takes_the_most_likely_character_and_no_temperature_overflows():
    persona = constant_persona({"a": 0.0, "b": 1000.0, "c": -1000.0})
    sampler = Sampler(persona)
    assert sampler.sample(Request("c", 0.0, 50, 1)) == "b" * 50
    assert sampler.sample(Request("c", 1e-30, 50, 1)) == "b" * 50
    with np.errstate(all="raise", under="ignore"):
        hottest = sampler.sample(Request("c", 1e30, 3000, 1))
    assert all(900 < hottest.count(c) < 1100 for c in "abc")


@pytest.mark.parametrize("request_", [Request("a", -0.1, 1), Request("a", float("nan"), 1), Request("a", 1.0, -1)])
def test_impossible_requests_are_refused(request_, persona):
    with pytest.raises(ValueError, match="no temperature or no length"):
        Sampler(persona).sample(request_)


def test_a_random_seed_makes_a_reply_repeatable_and_none_does_not(persona):
    sampler = Sampler(persona)
    assert sampler.sample(Request("hi", 1.0, 100, 5)) == sampler.sample(Request("hi", 1.0, 100, 5))
    assert sampler.sample(Request("hi", 1.0, 100, 5)) != sampler.sample(Request("hi", 1.0, 100, 6))
    assert sampler.sample(Request("hi", 1.0, 100)) != sampler.sample(Request("hi", 1.0, 100))


@pytest.mark.parametrize("windowed", [False, True])
def test_a_reply_is_the_same_alone_and_in_a_batch(persona, windowed):
    sampler = Sampler(persona)
    requests = [Request("hello world", 1.0, 40, 1), Request("x", 0.2, 7, 2), Request("", 2.0, 30, 3)]
    together = ["".join(parts) for parts in zip(*sampler.generate(requests, windowed=windowed), strict=True)]
    alone = ["".join(c for (c,) in sampler.generate([request], windowed=windowed)) for request in requests]
    assert together == alone and [len(reply) for reply in together] == [40, 7, 30]


def test_the_windowed_reading_forgets_what_left_the_window(persona):
    sampler = Sampler(persona)
    length = persona.recipe.sequence_length
    long, short = "q" * 30 + "window!!"[:length], "window!!"[:length]
    windowed = [list(sampler.generate([Request(prompt, 1.0, 20, 1)], windowed=True)) for prompt in (long, short)]
    assert windowed[0] == windowed[1]
    carried = sampler.logits(sampler.read([persona.encode(long), persona.encode(short)]))
    assert not np.allclose(carried[0], carried[1], atol=1e-4)


def test_a_stream_ends_messages_with_a_line_and_never_samples_the_unknown():
    persona = make_persona(f"{END}ab", reading="stream", embedding=4)
    bias = np.array([0.0, 0.0, 0.0, 50.0], np.float32)  # the unknown is by far the most likely
    reply = Sampler(replace(persona, arrays=persona.arrays | {"dense.bias": bias})).sample(Request("ab", 1.0, 500, 1))
    assert set(reply) == {"\n", "a", "b"}


def test_only_known_characters_are_sampled_whatever_the_seed(persona):
    reply = Sampler(persona).sample(Request("你好\ud83d\x00 Ж", 5.0, 2000, 1))
    assert set(reply) <= set(persona.vocabulary.characters)
