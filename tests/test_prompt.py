from dataclasses import replace

import pytest

from bot.errors import ReplyError
from bot.options import PERSONA, SAMPLING, TEMPERATURE
from bot.prompt import Prompt, parse_prompt
from model.persona.sampler import Request

OPTIONS = (TEMPERATURE, PERSONA, *SAMPLING)


def parse(words):
    return parse_prompt(words, (0.5,), "!mimic", OPTIONS)


@pytest.mark.parametrize(
    ("words", "seed", "temperature"),
    [
        ("hello", "hello", 0.5),
        ("hello 0.7", "hello", 0.7),
        ("hello 0,7", "hello", 0.7),
        ("hello .7", "hello", 0.7),
        ("hello +1.", "hello", 1.0),
        ("hello 0", "hello", 0.0),
        ("hello -0", "hello", 0.0),
        ("hello 2", "hello", 2.0),
        ("i have 2 dogs", "i have 2 dogs", 0.5),
        ("1 1", "1", 1.0),
        ("hello nan", "hello nan", 0.5),
        ("hello 1e1", "hello 1e1", 0.5),
        ("hello 1.2.3", "hello 1.2.3", 0.5),
        ("hello ٢", "hello ٢", 0.5),
        ("two\n\nlines\n1.5", "two\n\nlines", 1.5),
        ("  kept  inner   spaces  ", "kept  inner   spaces", 0.5),
    ],
)
def test_the_last_word_is_the_temperature_if_it_is_a_number(words, seed, temperature):
    assert parse(words) == Prompt(seed, (temperature,))


@pytest.mark.parametrize("words", ["", "  \n", "0.5", "1"])
def test_no_seed_asks_for_one(words):
    with pytest.raises(ReplyError, match=r"Give me a few words .* !mimic i think that"):
        parse(words)


@pytest.mark.parametrize("words", ["hello 2.01", "hello -0.1", "hello 1984", "9" * 400])
def test_a_number_out_of_range_gets_one_short_sentence(words):
    with pytest.raises(ReplyError, match=r"from 0 .* to 2") as error:
        parse(words)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("hello --random-seed 7", Prompt("hello", (0.5,), {"random_seed": 7})),
        ("hello 0.7 --length=200 --PERSONA ada", Prompt("hello", (0.7,), {"persona": "ada", "length": 200})),
        ("hello --temperature 0.3", Prompt("hello", (0.3,))),
        ("well -- i --think 0.7", Prompt("well -- i --think", (0.7,))),
        ("hello --length 5 there", Prompt("hello --length 5 there", (0.5,))),
    ],
)
def test_options_come_last(words, prompt):
    assert parse(words) == prompt


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("hello --length 0", "--length must be between 1 and 1500 characters, not 0"),
        ("hello --length many", "not many"),
        ("hello --random-seed -1", "--random-seed must be between 0 and 4294967295, not -1"),
    ],
)
def test_an_option_out_of_range_gets_one_sentence(words, sentence):
    with pytest.raises(ReplyError, match=sentence):
        parse(words)


@pytest.mark.parametrize(
    ("words", "seed", "temperatures"),
    [
        ("hello", "hello", (0.2, 0.5, 1.0, 1.2)),
        ("hello 0.1 2", "hello", (0.1, 2.0)),
        ("i am 1 2 0.3 0.4 1", "i am 1", (2.0, 0.3, 0.4, 1.0)),
        ("1 is it 1", "1 is it", (1.0,)),
    ],
)
def test_several_numbers_are_several_temperatures(words, seed, temperatures):
    prompt = parse_prompt(words, (0.2, 0.5, 1.0, 1.2), "!temps", OPTIONS)
    assert (prompt.seed, prompt.temperatures) == (seed, temperatures)


def test_the_requests_of_a_prompt_differ_by_temperature_alone():
    first, second = Prompt("hello", (0.2, 1.0)).requests(30)
    assert replace(first, temperature=1.0) == second and first.length == 30
    assert Prompt("hello", (0.2,), {"length": 7, "random_seed": 5}).requests(30) == [Request("hello", 0.2, 7, 5)]
    assert Prompt("hello", (0.2,)).requests(1)[0].random_seed != Prompt("hello", (0.2,)).requests(1)[0].random_seed
