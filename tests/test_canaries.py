"""Exposure against networks whose probabilities are known; canaries are where they belong and nowhere else."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model import canaries as canaries_module
from model.canaries import (
    REDACTED,
    SECRETS,
    TIMES,
    describe_canaries,
    describe_planted,
    exposure,
    make_canaries,
    measure_canaries,
    plant,
)
from model.chats.cleaning import RULES, clean
from model.corpus import CorpusError
from model.evaluation import describe, evaluate
from model.lstm import LSTM
from model.messages import COLUMNS
from model.vocabulary import END
from tests.conftest import corpus, make_persona

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


def table(count: int) -> pd.DataFrame:
    """Messages of Ada and Bob in turn, half of them each."""
    moments = pd.date_range("2026-01-01", periods=count, freq="min", tz="UTC")
    rows = [
        (f"m{n}", *(("a1", "Ada"), ("b1", "Bob"))[n % 2], moments[n], "hall", f"engine {n}.", False)
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


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


def test_cleaning_removes_the_secrets_of_its_rules_and_leaves_the_others():
    assert set(REDACTED) < set(RULES)
    canaries = [canary for random_seed in range(40) for canary in make_canaries(random_seed)]
    cleaned = clean(pd.DataFrame({"text": [canary.text for canary in canaries]}))
    left = [f"{canary.prefix}[removed]" if canary.rule else canary.text for canary in canaries]
    assert cleaned.messages["text"].tolist() == left and cleaned.changed == dict.fromkeys(REDACTED, 3 * 40)


def test_no_two_canaries_share_a_secret():
    canaries = make_canaries(0)
    assert len({canary.secret for canary in canaries}) == len(canaries) == 16 + 3 * len(REDACTED)


def test_the_same_seed_invents_the_same_secrets():
    assert make_canaries(3) == make_canaries(3) != make_canaries(4)


def test_each_canary_is_planted_so_many_times_among_what_is_learnt_and_all_else_stays():
    messages, canaries = table(400), make_canaries(0)
    planted = plant(messages, "a1", canaries, 0.9, 0)
    for canary in canaries:
        assert (planted["text"] == canary.text).sum() == canary.times and canary.times in TIMES
    new = planted["text"].isin({canary.text for canary in canaries})
    assert planted[~new].reset_index(drop=True).equals(messages)
    assert set(planted["author"][new]) == {"Ada"} and planted["sent_at"].is_monotonic_increasing
    # Of Ada's 200 and 312 messages 0.9 (180 + 312) = 442 are learnt from though cleaning leave but 180 of hers.
    assert planted["sent_at"][new].max() <= messages["sent_at"][2 * (442 - 312) - 1]
    assert planted["sent_at"][new].nunique() > 100  # spread
    assert planted.equals(plant(messages, "a1", canaries, 0.9, 0))


def test_an_author_with_too_few_messages_is_told_how_many_are_wanted():
    plant(table(80), "a1", make_canaries(0), 0.9, 0)  # 0.9 (0.9 n + 312) - 312 is 1 from n = 39.8 on
    with pytest.raises(CorpusError, match="39 messages are too few to plant canaries among; wanted 40 at least"):
        plant(table(78), "a1", make_canaries(0), 0.9, 0)


def test_what_the_training_text_holds_of_the_canaries_is_said():
    canaries = make_canaries(0)
    removed = plant(table(400), "a1", canaries, 0.9, 0)
    cleaned = END.join(clean(removed).messages["text"])
    assert "104 messages with secrets that cleaning leaves, 208 with" in describe_planted(canaries, corpus(cleaned, ""))
    assert describe_planted(canaries, corpus(cleaned, "")).endswith("found in the text of these: none")
    raw = describe_planted(canaries, corpus(END.join(removed["text"]), ""))
    assert raw.endswith(f"found in the text of these: {', '.join(sorted(REDACTED))}")
    with pytest.raises(CorpusError, match="12 canaries are not as often in the training text"):
        describe_planted(canaries, corpus("nothing", ""))


def test_what_replies_say_is_counted(monkeypatch):
    for name, value in (("REPLIES", 50), ("REPLY", 50), ("OTHERS", 9), ("SECRETS", SECRETS[7700:7800])):
        monkeypatch.setattr(canaries_module, name, value)
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
