import math
from dataclasses import replace

import pytest

from model.persona.recipe import (
    RECIPES,
    SIZES,
    Recipe,
    RecipeError,
    author_part,
    choose_size,
    community_part,
    expected_bits,
)


def test_the_tutorial_recipe_is_the_tutorials():
    # Every figure from "Applied introduction to LSTMs for text generation" and its notebook.
    tutorial = RECIPES["tutorial"]
    assert (tutorial.sequence_length, tutorial.step, tutorial.units, tutorial.layers) == (40, 3, 128, 1)
    assert (tutorial.optimizer, tutorial.learning_rate, tutorial.batch_size, tutorial.epochs) == (
        "rmsprop",
        0.01,
        128,
        15,
    )
    assert (tutorial.fraction, tutorial.case, tutorial.dropout) == (0.2, "lower", 0.0)
    assert (tutorial.reading, tutorial.embedding, tutorial.rare, tutorial.community) == ("windows", 0, 1, False)


@pytest.mark.parametrize(
    ("knob", "value", "wanted"),
    [
        ("units", 0, "a whole number in 1 to 4096"),
        ("units", 12.5, "a whole number in 1 to 4096"),
        ("units", True, "a whole number in 1 to 4096"),
        ("dropout", 1.0, "a number in 0.0 to 0.9"),
        ("learning_rate", float("nan"), "a number in 1e-07 to 10.0"),
        ("optimizer", "magic", "one of rmsprop, adam, adamw, muon, sgd"),
        ("community", 1, "one of False, True"),
    ],
)
def test_a_knob_out_of_range_is_named_with_what_was_wanted(knob, value, wanted):
    with pytest.raises(RecipeError, match=knob) as error:
        replace(RECIPES["tutorial"], **{knob: value})
    assert wanted in str(error.value)


def test_training_and_held_out_messages_may_not_overlap():
    with pytest.raises(RecipeError, match="overlap"):
        Recipe(fraction=0.95, held_out=0.1)
    assert Recipe(fraction=0.9, held_out=0.1).fraction == 0.9


@pytest.mark.parametrize("knobs", [{"reading": "windows"}, {"embedding": 0}])
def test_runs_are_looked_up_in_a_stream_with_embeddings_alone(knobs):
    with pytest.raises(RecipeError, match=r"ngrams is 131072; wanted 0"):
        replace(RECIPES["mimic"], **knobs)


def test_the_size_follows_text_time_and_device():
    mimic = RECIPES["mimic"]
    assert choose_size(16_000_000, 15, gpu=False) == "small" and SIZES["small"] == {
        "units": mimic.units,
        "ngrams": mimic.ngrams,
    }
    assert choose_size(16_000_000, 0, gpu=False) == "medium"
    assert choose_size(16_000_000, 2, gpu=False) == "tiny"
    assert choose_size(16_000_000, 1, gpu=False) == choose_size(60_000, 1, gpu=False) == "mini"
    assert choose_size(16_000_000, 10, gpu=True) == "large"
    assert choose_size(60_000, 60, gpu=True) == "tiny"  # whatever there is of time


def test_an_authors_text_is_read_in_smaller_batches_than_everybodys():
    large = replace(RECIPES["mimic"], minutes=10.0, **SIZES["large"])
    everybodys, authors = community_part(large), author_part(large)
    assert (everybodys.minutes, everybodys.batch_size) == (pytest.approx(8.7), 256)
    assert (authors.minutes, authors.batch_size) == (pytest.approx(1.3), 64)
    assert authors.learning_rate == pytest.approx(large.learning_rate / 3)
    alone = replace(large, community=False)
    assert author_part(alone) == alone


def test_what_a_run_is_expected_to_reach_lies_between_what_runs_reached():
    assert expected_bits(12e6) == pytest.approx(1.71) and expected_bits(1e9) == pytest.approx(1.6)
    # Halfway between two of them, in doublings: the square root of 0.3 times 2 million.
    assert expected_bits(math.sqrt(0.3 * 2) * 1e6) == pytest.approx(2.25)
