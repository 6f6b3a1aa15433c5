"""Each measure against a value worked out by hand, or a text built so that the answer is known."""

import math

import numpy as np
import pytest

from model.measures import imitation
from model.measures.imitation import Attribution, describe, evaluate
from model.persona.vocabulary import END
from tests.conftest import corpus, make_persona, silent

pytestmark = pytest.mark.numeric

STREAM = {"reading": "stream", "embedding": 4, "ngrams": 50, "batch_size": 3, "sequence_length": 5}


def test_the_share_copied_counts_runs_of_forty_and_no_shorter_ones():
    learnt = "".join(map(chr, np.random.default_rng(1).integers(97, 123, 3000)))
    fresh = "".join(map(chr, np.random.default_rng(2).integers(97, 123, 100)))
    half, run, too_short = (
        learnt[100:150] + fresh[:50],
        fresh[:30] + learnt[100:140] + fresh[30:60],
        fresh[:30] + learnt[100:139] + fresh[30:61],
    )
    found = imitation.found_in(learnt, [half, run, too_short])
    shares = [imitation.share_copied([part], found) for part in (half, run, too_short)]
    assert shares == pytest.approx([0.5, 0.4, 0]) and imitation.share_copied([half, run], found) == pytest.approx(0.45)


def test_a_run_of_blanks_is_nobodys_words():
    words = chatter(ADA, 0)
    text = corpus(words[:2000] + " " * 400 + "\n\t" * 40, "")
    copy, blanks, fresh = words[100:500], words[100:110] + " " * 380 + "\n\t" * 10, chatter(BOB, 1)[:400]
    metrics = imitation.measure_replies({"copy": [copy], "blanks": [blanks], "fresh": [fresh]}, text)
    assert [metrics[f"copied_{name}"] for name in ("copy", "blanks", "fresh")] == [1, 0, 0]
    # The same words over other blanks are the same words.
    assert imitation.measure_replies({"copy": [copy.replace(" ", "\n  ")]}, text)["copied_copy"] == 1


def test_a_run_that_lies_across_two_pieces_is_found():
    learnt = "".join(map(chr, np.random.default_rng(1).integers(97, 123, 300)))
    pieces = np.concatenate(list(imitation._in_pieces(learnt, size=64)))
    assert sorted(pieces) == sorted(imitation._fingerprints(learnt))


def test_words_are_known_when_people_used_them_three_times():
    words = {"hello": 3, "there": 2, "don't": 9}
    assert imitation.share_known(["cut Hello there DON'T x7y cut"], words) == pytest.approx(2 / 4)


def chatter(words: str, seed: int, count: int = 4000) -> str:
    return " ".join(np.random.default_rng(seed).choice(words.split(), count))


ADA, BOB = "engine gears steam turning wheels brass", "kitten purrs milk sofa naps whiskers"


def test_style_is_attributed_to_whose_words_they_are():
    authors = {"a1": chatter(ADA, 0), "b1": chatter(BOB, 1)}
    attribution = Attribution.of(corpus(authors["a1"], "", authors))
    assert attribution.share(imitation.blocks(chatter(ADA, 2, 400))) == 1
    assert attribution.share(imitation.blocks(chatter(BOB, 3, 400))) == 0
    assert Attribution.of(corpus(authors["a1"], "")) is None  # nobody to be confused with


def test_what_is_alike_is_not_told_apart_and_what_differs_is():
    ada = imitation.blocks(chatter(ADA, 4, 6000))
    assert len(ada) >= 80
    assert imitation.told_apart(ada[:40], ada[40:80]) == pytest.approx(0.5, abs=0.2)
    assert imitation.told_apart(ada[:40], imitation.blocks(chatter(BOB, 5))[:40]) > 0.99


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
