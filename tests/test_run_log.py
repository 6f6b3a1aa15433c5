"""What a run prints about itself: figures from hand calculations."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from model.persona.recipe import RECIPES, Recipe, author_part, expected_bits
from model.training.progress import Epoch, Progress
from model.training.run_log import (
    MOST_PASSES,
    describe_end,
    describe_epoch,
    describe_message,
    describe_plan,
    describe_prospect,
    describe_seconds,
    describe_text,
    describe_weights,
    is_news,
)
from tests.conftest import corpus

MIMIC, TUTORIAL = RECIPES["mimic"], RECIPES["tutorial"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (45, "45 s"), (99.4, "99 s"), (100, "2 min"), (13.05 * 60, "13 min"), (6300, "1 h 45 min")],
)
def test_a_span_of_time_is_written_in_its_unit(seconds, words):
    assert describe_seconds(seconds) == words


def test_a_message_is_one_line_as_wide_as_the_terminal():
    assert describe_message("Ada", "hello\n there\x1b", 80) == "Ada: hello there\\x1b"
    assert describe_message("Ada", "a" * 80, 20) == f"Ada: {'a' * 14}…"
    # Each of these takes two columns: seven of them, the name and the mark are twenty.
    assert describe_message("Ada", "田" * 80, 20) == f"Ada: {'田' * 7}…"
    assert describe_message("Ada", "a" * 15, 20) == f"Ada: {'a' * 15}"


def test_the_text_is_compared_with_what_readable_replies_need():
    assert describe_text(corpus("a" * 50_000), MIMIC).startswith("enough text: ")
    assert describe_text(corpus("a" * 100, authors={"b": "b" * 50_000}), MIMIC).startswith("enough text: ")
    little = describe_text(corpus("a" * 49_999), MIMIC)
    assert little == (
        "little text: 49,999 characters in all\nreplies become readable from about 50,000"
    )  # 0.9 are learnt and 0.1 held out: a larger fraction has nothing to take
    assert "; --fraction takes more\n" in describe_text(corpus("a" * 49_999), TUTORIAL)


def run(recipe, authors=None):
    return SimpleNamespace(
        recipe=recipe,
        corpus=corpus(authors=authors),
        author_recipe=author_part(replace(recipe, community=bool(authors))),
    )


def test_the_plan_says_how_long_each_part_takes_and_how_to_choose_another_time():
    plan = describe_plan(run(MIMIC, {"a1": "text", "b1": "text"}), base_is_there=False)
    assert plan.splitlines() == [
        "training takes up to 15 min (--minutes N for another time; Ctrl-C saves and stops)",
        "first 13 min on the text of 2 people, then 2 min on Ada's text",  # 0.87 and 0.13 of 15
    ]
    plan = describe_plan(run(MIMIC, {"a1": "text", "b1": "text"}), base_is_there=True)
    assert plan == "training takes up to 2 min (--minutes N for another time; Ctrl-C saves and stops)"
    assert describe_plan(run(MIMIC), base_is_there=False).startswith("training takes up to 15 min (")
    plan = describe_plan(run(TUTORIAL), base_is_there=False)
    assert plan.startswith("training reads Ada's text 15 times, unless it stops early\n")


def test_epochs_are_counted_where_they_end_the_run_and_time_is_where_that_does():
    epoch = Epoch(3, 2.5, 2.75, 7.2)
    assert describe_epoch(epoch, TUTORIAL, 0.2) == "epoch 3/15: 2.500 bits per character, held out 2.750, 7 s"
    assert describe_epoch(epoch, MIMIC, 0.314) == "epoch 3 (31%): 2.500 bits per character, held out 2.750, 7 s"
    # Validation takes a run past its time.
    assert describe_epoch(Epoch(3, 2.5, None, 7.2), MIMIC, 1.02) == "epoch 3 (100%): 2.500 bits per character, 7 s"


def test_a_speed_is_news_where_it_differs_by_a_quarter():
    assert not is_news(None, None) and is_news(100.0, None)
    assert not is_news(124.0, 100.0) and not is_news(81.0, 100.0)
    assert is_news(126.0, 100.0) and is_news(79.0, 100.0)


def prospect(characters: int, seconds_left=90.0):
    """A run that has read 400,000 characters, 10,000 a second, in 60 seconds, 20 of them compiling."""
    return SimpleNamespace(
        characters_per_second=10_000.0,
        plan=SimpleNamespace(characters_per_batch=2_000),
        seconds_left=seconds_left,
        progress=Progress(batches=200, seconds=60.0),
        corpus=corpus("a" * characters),
    )


def test_a_run_says_what_it_expects_to_reach_at_its_present_speed():
    # 0.4 million so far, and 10,000 for each of the 540 seconds left of ten minutes.
    assert describe_prospect(prospect(1_000_000), minutes=10).splitlines() == [
        "speed: 10,000 characters a second, 5.8 million by the end (5.8 passes over the text)",
        f"English chat came to about {expected_bits(5.8e6):.1f} held-out bits per character with as many",
    ]
    few = describe_prospect(prospect(5_800_000 // (MOST_PASSES + 1)), minutes=10)
    assert few.endswith("\nmore text would now help more than more time")
    assert describe_prospect(prospect(1_000), minutes=0) == (
        "speed: 10,000 characters a second, 90 s left unless it stops early"
    )


def ended(end, recipe: Recipe, *, best=6, epochs=11, held_out=2.0, **progress):
    history = [Epoch(number, 2.0, held_out, 1.0) for number in range(1, epochs + 1)]
    return SimpleNamespace(
        end=end,
        recipe=recipe,
        plan=SimpleNamespace(pass_batches=50),
        progress=Progress(history, best=history[best - 1], **progress),
    )


def test_an_early_end_says_that_it_is_one_and_why():
    said = describe_end(ended("in vain", replace(MIMIC, minutes=0.0)))
    assert said == "stopped after epoch 11 of 20: held-out text has not improved for 5 epochs"
    said = describe_end(ended("in vain", MIMIC, seconds=300.0))
    assert said == "stopped after epoch 11, 10 min early: held-out text has not improved for 5 epochs"
    assert "the training text has not improved" in describe_end(ended("in vain", MIMIC, held_out=None))
    said = describe_end(ended("passes", MIMIC, batches=100))
    assert said == "stopped after reading the author's text 2 times: more would learn it by heart"
    assert [describe_end(ended(end, MIMIC)) for end in ("epochs", "minutes")] == ["", ""]


def test_the_weights_that_are_kept_are_named():
    assert describe_weights([5], from_base=False) == "the weights of epoch 5"
    assert describe_weights([7, 8], from_base=True) == (
        "the mean weights of epochs 7 and 8, moved 1.25 times as far from the base network"
    )
    assert describe_weights([7, 8, 10], from_base=False) == "the mean weights of epochs 7, 8 and 10"
