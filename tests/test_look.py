import numpy as np
import pytest

from model.persona.look import look
from model.persona.sampler import Request, Sampler
from tests.conftest import make_persona
from tests.rounding import decided
from tests.test_sampler import constant_persona

pytestmark = pytest.mark.numeric


def test_the_reply_is_the_samplers():
    persona = make_persona(reading="stream", embedding=4, ngrams=50)
    (request,) = decided(persona, [Request("hello there", 0.8, 60, 6)])
    behind = look(persona, request)
    assert behind.reply == Sampler(persona).sample(request) and len(behind.bits) == 60


def test_bits_distribution_and_entropy_are_those_of_the_logits():
    # Probabilities of 1/2, 1/4 and 1/4; squared, of 2/3, 1/6 and 1/6.
    behind = look(constant_persona({"a": np.log(2), "b": 0.0, "c": 0.0}), Request("a", 1.0, 200, 1))
    assert behind.bits == pytest.approx([1.0 if c == "a" else 2.0 for c in behind.reply], abs=1e-5)
    assert behind.distribution(1.0) == pytest.approx([0.5, 0.25, 0.25]) and behind.entropy(1.0) == pytest.approx(1.5)
    assert behind.distribution(0.5) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert behind.entropy(0.01) == pytest.approx(0, abs=1e-6)
