"""Canaries are where they belong and nowhere else."""

import pandas as pd
import pytest

from model.chats.cleaning import RULES, clean
from model.chats.messages import COLUMNS
from model.measures.canaries import REDACTED, TIMES, check_planted, describe_planted, make_canaries, plant
from model.persona.vocabulary import END
from model.training.corpus import CorpusError
from tests.conftest import corpus

pytestmark = pytest.mark.numeric


def table(count: int) -> pd.DataFrame:
    """Messages of Ada and Bob in turn, half of them each."""
    moments = pd.date_range("2026-01-01", periods=count, freq="min", tz="UTC")
    rows = [
        (f"m{n}", *(("a1", "Ada"), ("b1", "Bob"))[n % 2], moments[n], "hall", f"engine {n}.", False)
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


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
        check_planted(canaries, corpus("nothing", ""))
