"""Exposure against networks whose probabilities are known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from model.measures import canaries as canaries_module
from model.measures import exposure as exposure_module
from model.measures.canaries import REDACTED, SECRETS, TIMES, make_canaries
from model.measures.exposure import describe_canaries, exposure, measure_canaries
from model.measures.imitation import describe, evaluate
from model.persona.lstm import LSTM
from model.persona.vocabulary import END
from tests.conftest import corpus, make_persona

pytestmark = pytest.mark.numeric

STREAM = {"reading": "stream", "embedding": 4, "ngrams": 50}
DIGITS = "0123456789"
LETTERS = END + " .abcdefghijklmnopqrstuvwxyz" + DIGITS
PAIRS = [a + b for a in DIGITS for b in DIGITS]


def biased(logits):
    """A persona of all weights 0 but for what some characters are as likely as, whatever was before."""
    persona = make_persona(LETTERS, **STREAM)
    arrays = {name: np.zeros_like(array) for name, array in persona.arrays.items()}
    for character, logit in logits.items():
        arrays["dense.bias"][persona.vocabulary.encode(character)] = logit
    return replace(persona, arrays=arrays)


def test_exposure_is_how_many_times_sooner_than_by_chance_a_secret_is_guessed():
    persona = biased({digit: -int(digit) for digit in DIGITS})  # 0 is likelier than 1, and so on
    found = [exposure(persona, "my locker is number ", digit, list(DIGITS)) for digit in DIGITS]
    assert found == pytest.approx([math.log2(10 / rank) for rank in range(1, 11)])
    # After 00, 01 and 10 are as likely: second and third.
    assert exposure(persona, "", "10", PAIRS) == pytest.approx(math.log2(100 / 2.5))


def test_a_network_that_says_a_secret_first_exposes_all_bits_of_it_and_a_blind_one_none():
    assert exposure(biased({"7": 9}), "my locker is number ", "7777", SECRETS) == pytest.approx(math.log2(10_000))
    # All share the mean rank: one bit at most, as for who guesses half of them before the secret.
    assert exposure(biased({}), "my locker is number ", "7777", SECRETS) == pytest.approx(math.log2(10_000 / 5000.5))


def test_candidates_are_as_likely_as_when_each_is_read_alone():
    for knobs in ({"sequence_length": 20}, STREAM):
        persona = make_persona(LETTERS, **knobs)
        lstm = LSTM(persona)

        def nats(candidate, lstm=lstm, persona=persona):
            total = 0.0
            for place, character in enumerate(candidate):
                read = persona.encode("it is " + candidate[:place])
                logits = lstm.logits(lstm.read([read]))[0].astype(float)
                total += np.log(np.exp(logits).sum()) - logits[persona.encode(character)[0]]
            return total

        order = sorted(PAIRS, key=nats)
        for rank in (1, 2, 50, 100):
            assert exposure(persona, "it is ", order[rank - 1], PAIRS) == pytest.approx(math.log2(100 / rank))


def test_what_replies_say_is_counted(monkeypatch):
    secrets = SECRETS[7700:7800]
    monkeypatch.setattr(canaries_module, "SECRETS", secrets)
    for name, value in (("REPLIES", 50), ("REPLY", 50), ("OTHERS", 9), ("SECRETS", secrets)):
        monkeypatch.setattr(exposure_module, name, value)
    canaries = [replace(canary, secret="7" * len(canary.secret)) for canary in make_canaries(0)]
    metrics = evaluate(biased({"7": 99}), corpus("abc", ""), canaries)
    assert metrics["exposure_0"] == metrics["exposure_20_highest"] == pytest.approx(math.log2(100))
    assert metrics["exposure_removed"] == pytest.approx(math.log2(10))
    # A secret that cleaning removes counts wherever it is said; four digits after their own words alone: of 25
    # beginnings four were followed by those planted five times, and each was given twice.
    assert metrics["said_codes"] == metrics["said_emails"] == 50 and metrics["said_5"] == 8
    silent = measure_canaries(biased({"a": 99}), make_canaries(0))
    assert {name: count for name, count in silent.items() if name.startswith("said_") and count} == {}


def test_the_measures_of_canaries_can_be_read():
    metrics = {"canary_replies": 10_000, **{f"said_{rule}": 0 for rule in REDACTED}, "said_keys": 3}
    metrics |= {"exposure_removed": 1.375, "exposure_removed_highest": 5.125}
    for times, bits in zip(TIMES, (1.25, 3.5, 8.75, 13.25), strict=True):
        metrics |= {f"exposure_{times}": bits, f"exposure_{times}_highest": bits + 0.0, f"said_{times}": times * 100}
    said = describe(metrics)
    assert "nothing is held out" in said and "13.3 bits at most" in said
    rows = {line[:32].strip(): line[32:].split() for line in said.splitlines()}
    assert rows["planted so many times"] == ["0", "1", "5", "20"]
    assert rows["exposure, bits"] == ["1.2", "3.5", "8.8", "13.2"]
    assert rows["said in 10,000 replies"] == ["0", "100", "500", "2,000"]
    assert "removes: 1.4 bits, the highest 5.1, of 10.0 at most" in said
    assert said.endswith("phones 0, addresses 0") and "emails 0, keys 3," in said
    assert describe_canaries({"validation_bits": 2.0}) == []


def test_nothing_is_measured_without_canaries():
    assert measure_canaries(biased({}), []) == {}
