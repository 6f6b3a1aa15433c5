"""Each figure against a value worked out by hand, or Keras' own."""

import math
from dataclasses import replace

import numpy as np
import pytest

from model.measures.bits import held_out_bits, ppmd_bits, reference_bits
from model.persona.vocabulary import Vocabulary
from tests.conftest import corpus, make_persona, silent

pytestmark = pytest.mark.numeric

STREAM = {"reading": "stream", "embedding": 4, "ngrams": 50, "batch_size": 3, "sequence_length": 5}


def test_a_blind_network_needs_the_logarithm_of_its_characters():
    text = corpus("abcab " * 20, "abcab abc")
    # Windows know a, b, c and the space; a stream the unknown one too.
    assert held_out_bits(silent(make_persona(" abc")), text) == pytest.approx(2)
    assert held_out_bits(silent(make_persona(" abc", **STREAM)), text) == pytest.approx(math.log2(5))


def test_an_unknown_character_costs_what_it_must_so_that_none_gains_by_leaving_it_out():
    text = corpus("abcab " * 20, "abXab cc")
    stream = silent(make_persona(" abc", **STREAM))
    stream = replace(stream, vocabulary=Vocabulary(" abc", unknown_kinds=7))
    assert held_out_bits(stream, text) == pytest.approx(math.log2(5) + math.log2(7) / 8)
    # 120 characters before it, and 5 kinds in the held-out text: a, b, c, the space, X.
    windows = silent(make_persona(" abc"))
    assert held_out_bits(windows, text) == pytest.approx((7 * 2 + math.log2(121 * 5)) / 8)


def test_the_bits_are_those_that_keras_finds(tmp_path):
    from model.training.loop import Training
    from model.training.network import build_network, import_arrays

    text = corpus("abcab cba " * 30, "abcab bca cab")
    for knobs in ({"batch_size": 4}, STREAM):
        persona = make_persona(" abc", step=1, **knobs)
        run = Training(text, persona.vocabulary, persona.recipe, tmp_path)
        import_arrays(run.network, persona.arrays)
        if knobs is STREAM:
            assert held_out_bits(persona, text) == pytest.approx(run.validate(), abs=1e-4)
        else:  # Keras' validation has no windows that reach back into the training text
            network = build_network(4, persona.recipe)
            import_arrays(network, persona.arrays)
            ids = persona.vocabulary.encode(text.training[-8:] + text.validation)
            windows = np.stack([ids[place : place + 8] for place in range(13)])
            nats = network.evaluate(windows.astype(np.int32), ids[8:].astype(np.int32), verbose=0)
            assert held_out_bits(persona, text) == pytest.approx(nats / math.log(2), abs=1e-4)


def test_references_are_the_entropy_of_frequencies_and_of_nothing_known():
    text = corpus("aaab" * 3, "abz")
    found = reference_bits(text, Vocabulary("ab", unknown_kinds=4))
    # Of 12 characters 9 are a, 3 b; each of the three kinds is counted once more.
    expected = -(math.log2(10 / 15) + math.log2(4 / 15) + math.log2(1 / 15)) / 3 + 2 / 3
    assert found["unigram_bits"] == pytest.approx(expected)
    assert found["uniform_bits"] == pytest.approx(math.log2(3) + 2 / 3)


def test_ppmd_learns_from_the_training_text():
    random = np.random.default_rng(0)
    noise = "".join(map(chr, random.integers(97, 97 + 16, 4000)))
    assert ppmd_bits(noise[:2000], noise[2000:]) == pytest.approx(4, abs=0.35)  # 16 letters, equally likely: 4 bits
    assert ppmd_bits(noise, noise[:2000]) < 0.3  # met before
