from dataclasses import replace

import numpy as np
import pytest

from model.persona.sampler import Batch, Request, Sampler, sampled_as_trained, windowed_replies
from model.persona.vocabulary import END
from tests.conftest import make_persona
from tests.rounding import decided

pytestmark = pytest.mark.numeric


def constant_persona(biases: dict[str, float]):
    """A persona whose logits are these numbers, whatever it has read."""
    persona = make_persona("".join(biases))
    arrays = {name: np.zeros_like(array) for name, array in persona.arrays.items()}
    arrays["dense.bias"] = np.array([biases[c] for c in persona.vocabulary.characters], np.float32)
    return replace(persona, arrays=arrays)


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


@pytest.mark.parametrize(("temperature", "length"), [(-0.1, 1), (float("nan"), 1), (1.0, -1)])
def test_impossible_requests_are_refused(temperature, length):
    with pytest.raises(ValueError, match="no temperature or no length"):
        Request("a", temperature, length)


def test_a_random_seed_makes_a_reply_repeatable_and_none_does_not(persona):
    sampler = Sampler(persona)
    assert sampler.sample(Request("hi", 1.0, 100, 5)) == sampler.sample(Request("hi", 1.0, 100, 5))
    assert sampler.sample(Request("hi", 1.0, 100, 5)) != sampler.sample(Request("hi", 1.0, 100, 6))
    assert sampler.sample(Request("hi", 1.0, 100)) != sampler.sample(Request("hi", 1.0, 100))


REQUESTS = [Request("hello world", 1.0, 40, 1), Request("x", 0.2, 7, 2), Request("", 2.0, 30, 4), Request("y", 1, 0)]


def test_a_reply_is_the_same_alone_and_in_a_batch(persona):
    sampler = Sampler(persona)
    assert decided(persona, REQUESTS) == REQUESTS
    together = sampler.replies(REQUESTS)
    assert together == [sampler.sample(request) for request in REQUESTS]
    assert [len(reply) for reply in together] == [40, 7, 30, 0]


def test_replies_that_join_and_leave_a_running_batch_are_the_same_as_alone(persona):
    sampler = Sampler(persona)
    batch, texts, requests = Batch(sampler), {}, {}
    random = np.random.default_rng(0)
    for number in range(60):
        if number < 40:
            request = Request("abc " * int(random.integers(8)), 1.0, int(random.integers(40)), number)
            reply = batch.add(request)
            texts[reply], requests[reply] = "", request
        if number == 9:
            gone = next(iter(requests))
            batch.remove(reply)
            del texts[reply], requests[reply]
        for each, text in batch.advance(int(random.integers(1, 9))).items():
            texts[each] += text
    assert not len(batch) and len(texts) == 39 and gone in texts
    same_everywhere = decided(persona, list(requests.values()))
    for reply, request in requests.items():
        assert texts[reply] == sampler.sample(request) or request not in same_everywhere


def test_the_windowed_reading_forgets_what_left_the_window(persona):
    length = persona.recipe.sequence_length
    long, short = "q" * 30 + "window!!"[:length], "window!!"[:length]
    requests = [Request(prompt, 1.0, 20, 1) for prompt in (long, short)]
    assert decided(persona, requests[1:])
    windowed = windowed_replies(persona, requests)
    assert windowed[0] == windowed[1] and windowed[0] == sampled_as_trained(persona, requests[:1])[0]
    carried = Sampler(persona).replies(requests)
    assert carried[0] != carried[1]


def test_a_stream_ends_messages_with_a_line_and_never_samples_the_unknown():
    persona = make_persona(f"{END}ab", reading="stream", embedding=4)
    bias = np.array([0.0, 0.0, 0.0, 50.0], np.float32)  # the unknown is by far the most likely
    reply = Sampler(replace(persona, arrays=persona.arrays | {"dense.bias": bias})).sample(Request("ab", 1.0, 500, 1))
    assert set(reply) == {"\n", "a", "b"}


def test_only_known_characters_are_sampled_whatever_the_seed(persona):
    reply = Sampler(persona).sample(Request("你好\ud83d\x00 Ж", 5.0, 2000, 1))
    assert set(reply) <= set(persona.vocabulary.characters)
