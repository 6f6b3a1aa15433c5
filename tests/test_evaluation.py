"""Each measure against a value worked out by hand, or a text built so that the answer is known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from model import evaluation
from model.corpus import Corpus
from model.evaluation import Attribution, describe, evaluate, held_out_bits, ppmd_bits, reference_bits
from model.people import Author
from model.vocabulary import END, Vocabulary
from tests.conftest import make_persona


def corpus(training: str, validation: str, authors=None) -> Corpus:
    return Corpus(Author("a1", "Ada", 1, 1), training, validation, authors or {}, 1, 1, "", "")


def silent(persona):
    """The persona with all weights 0: every character is as likely as the others."""
    return replace(persona, arrays={name: np.zeros_like(array) for name, array in persona.arrays.items()})


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
    from model.network import build_network, import_arrays
    from model.training import Training

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


def test_the_share_copied_counts_runs_of_forty_and_no_shorter_ones():
    learnt = "".join(map(chr, np.random.default_rng(1).integers(97, 123, 3000)))
    fresh = "".join(map(chr, np.random.default_rng(2).integers(97, 123, 100)))
    half, run, too_short = (
        learnt[100:150] + fresh[:50],
        fresh[:30] + learnt[100:140] + fresh[30:60],
        fresh[:30] + learnt[100:139] + fresh[30:61],
    )
    found = evaluation.found_in(learnt, [half, run, too_short])
    shares = [evaluation.share_copied([part], found) for part in (half, run, too_short)]
    assert shares == pytest.approx([0.5, 0.4, 0]) and evaluation.share_copied([half, run], found) == pytest.approx(0.45)


def test_a_run_of_blanks_is_nobodys_words():
    words = chatter(ADA, 0)
    text = corpus(words[:2000] + " " * 400 + "\n\t" * 40, "")
    copy, blanks, fresh = words[100:500], words[100:110] + " " * 380 + "\n\t" * 10, chatter(BOB, 1)[:400]
    metrics = evaluation.measure_replies({"copy": [copy], "blanks": [blanks], "fresh": [fresh]}, text)
    assert [metrics[f"copied_{name}"] for name in ("copy", "blanks", "fresh")] == [1, 0, 0]
    # The same words over other blanks are the same words.
    assert evaluation.measure_replies({"copy": [copy.replace(" ", "\n  ")]}, text)["copied_copy"] == 1


def test_a_run_that_lies_across_two_pieces_is_found():
    learnt = "".join(map(chr, np.random.default_rng(1).integers(97, 123, 300)))
    pieces = np.concatenate(list(evaluation._in_pieces(learnt, size=64)))
    assert sorted(pieces) == sorted(evaluation._fingerprints(learnt))


def test_words_are_known_when_people_used_them_three_times():
    words = {"hello": 3, "there": 2, "don't": 9}
    assert evaluation.share_known(["cut Hello there DON'T x7y cut"], words) == pytest.approx(2 / 4)


def chatter(words: str, seed: int, count: int = 4000) -> str:
    return " ".join(np.random.default_rng(seed).choice(words.split(), count))


ADA, BOB = "engine gears steam turning wheels brass", "kitten purrs milk sofa naps whiskers"


def test_style_is_attributed_to_whose_words_they_are():
    authors = {"a1": chatter(ADA, 0), "b1": chatter(BOB, 1)}
    attribution = Attribution.of(corpus(authors["a1"], "", authors))
    assert attribution.share(evaluation.blocks(chatter(ADA, 2, 400))) == 1
    assert attribution.share(evaluation.blocks(chatter(BOB, 3, 400))) == 0
    assert Attribution.of(corpus(authors["a1"], "")) is None  # nobody to be confused with


def test_what_is_alike_is_not_told_apart_and_what_differs_is():
    ada = evaluation.blocks(chatter(ADA, 4, 6000))
    assert len(ada) >= 80
    assert evaluation.told_apart(ada[:40], ada[40:80]) == pytest.approx(0.5, abs=0.2)
    assert evaluation.told_apart(ada[:40], evaluation.blocks(chatter(BOB, 5))[:40]) > 0.99


def test_everything_is_measured_and_can_be_read():
    letters = " " + END + "abcdefghijklmnopqrstuvwxyz"
    persona = silent(make_persona(letters, **STREAM | {"sequence_length": 20}))
    authors = {"a1": chatter(ADA, 0), "b1": chatter(BOB, 1)}
    metrics = evaluate(persona, corpus(authors["a1"], chatter(ADA, 6, 2000), authors))
    assert metrics["validation_bits"] == pytest.approx(math.log2(29)) and metrics["ppmd_bits"] < metrics["unigram_bits"]
    assert metrics["attributed_real"] == 1 and metrics["known_words_real"] == 1
    assert metrics["known_words_1.0"] < 0.2 and metrics["told_apart"] > 0.99
    said = describe(metrics)
    assert f"held out: {metrics['validation_bits']:.3f} bits per character, a perplexity of 29.00" in said
    assert "0.2     0.5     1.0     1.2    real" in said and "told from real text: 1.00" in said


def test_little_text_leaves_out_what_it_cannot_show():
    persona = silent(make_persona(" abc", **STREAM))
    metrics = evaluate(persona, corpus("abcab " * 20, "abcab abc"))
    assert "told_apart" not in metrics and "attributed_0.5" not in metrics and "copied_real" not in metrics
    assert "copied word for word" in describe(metrics)
    assert evaluate(persona, corpus("abcab " * 20, "")) == {} and "nothing is held out" in describe({})
