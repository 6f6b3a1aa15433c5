import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reply import (
    LONGEST,
    LONGEST_IN_MESSAGE,
    Prompt,
    ReplyError,
    discord_text,
    escape,
    help_text,
    label,
    parse_prompt,
    plain,
    seed_of,
)
from model.sampler import Request


def parse(words):
    return parse_prompt(words, (0.5,), "!mimic")


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
    "text",
    [
        "**bold** _it_ ~~s~~ `code` ||sp||",
        "# heading\n> quote\n- item\n1. first\n-# small",
        "<@1> <#2> <:e:3> @here https://x.y (a)[b]",
    ],
)
def test_escaped_text_has_no_markup_left_and_shows_as_it_was(text):
    escaped = escape(text)
    assert re.sub(r"\\([^0-9A-Za-z\s])", r"\1", escaped) == text
    assert not re.search(r"(?<!\\)[*_~`|<>@\[\]():#-]", escaped) and "\n1. " not in escaped


# What a network may say, and a person may type: markup in pieces, mentions, links, invites, other letters.
MENTIONS = "@everyone @here <@7> <@!7> <@&100> <#200> <:smile:3> <t:1:R> </mimic:1> <id:guide> a@b.cd"
LINKS = "https://example.org http://a.b discord.gg/abc discord.com/invite/abc [a](https://b.c)"
MARKS = ["```", "**", "__", "~~", "||", "> ", ">>> ", "# ", "-# ", "- ", "1. "]
PIECES = st.sampled_from([*"`_#-\\\n aé😀\u202e", *MARKS, *MENTIONS.split(), *LINKS.split()])
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60)
OURS = re.compile(r"\*\*(.*)\*\*(.*)\n-# (.*)", re.DOTALL)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_said_no_markup_mention_link_or_invite_comes_of_it(seed, sampled, author):
    content = discord_text(seed, sampled, label(author, 1.0))
    assert not re.search(r"<[@#:/]|<t:|https?://|discord(\.gg|\.com/invite)/|```", content)
    # An escaped character has lost its force; with all of them gone, only our own markup is left.
    left = re.sub(r"\\[^0-9A-Za-z\s]", "", content)
    inner = OURS.fullmatch(left)
    assert inner and not re.search(r"[\\*_~`|<>@\[\]()#]", "".join(inner.groups()))
    # And Discord shows what was said.
    shown = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", content)
    assert shown == f"**{plain(seed)}**{plain(sampled)}\n-# {plain(label(author, 1.0))}"


def test_control_and_direction_characters_are_replaced():
    assert plain("a\x1b[31mb\u202ec\nd\te\ud83d") == "a\ufffd[31mb\ufffdc\nd\te\ufffd"


@pytest.mark.parametrize("seed", ["short", "*" * 4000, "\\" * 4000, "a*" * 2000, "ab*" * 2000, "😀" * 4000])
@pytest.mark.parametrize(("length", "limit"), [(LONGEST_IN_MESSAGE, 2000), (LONGEST, 4096)])
def test_a_text_fits_discord_whatever_seed_and_sample_are(seed, length, limit):
    text = discord_text(seed, "`" * length, label("_" * 5000, 1.25), limit)
    assert len(text) <= limit
    assert text.count("\\`") == length
    assert text.endswith("imitation of " + "\\_" * 80 + " by a neural network · temperature 1.25")
    assert text.startswith("**" + ("short" if seed == "short" else "…"))
    shown = text.split("**`")[0].split("\\`")[0].removeprefix("**").removesuffix("**").removeprefix("…\u2060")
    assert seed.endswith(re.sub(r"\\([^0-9A-Za-z\s])", r"\1", shown))  # whole escapes only


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("hello --random-seed 7", Prompt("hello", (0.5,), random_seed=7)),
        ("hello 0.7 --length=200 --PERSONA ada", Prompt("hello", (0.7,), "ada", 200)),
        ("well -- i --think 0.7", Prompt("well -- i --think", (0.7,))),
        ("hello --length 5 there", Prompt("hello --length 5 there", (0.5,))),
    ],
)
def test_options_come_last(words, prompt):
    assert parse(words) == prompt


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("hello --length 0", "the length, in characters, goes from 1 to 1500, not 0"),
        ("hello --length many", "not many"),
        ("hello --random-seed -1", "the random seed goes from 0 to 4294967295, not -1"),
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
    prompt = parse_prompt(words, (0.2, 0.5, 1.0, 1.2), "!temps")
    assert (prompt.seed, prompt.temperatures) == (seed, temperatures)


def test_the_requests_of_a_prompt_differ_by_temperature_alone():
    first, second = Prompt("hello", (0.2, 1.0)).requests(30)
    assert replace(first, temperature=1.0) == second and first.length == 30
    assert Prompt("hello", (0.2,), "", 7, 5).requests(30) == [Request("hello", 0.2, 7, 5)]
    assert Prompt("hello", (0.2,)).requests(1)[0].random_seed != Prompt("hello", (0.2,)).requests(1)[0].random_seed


def test_every_reply_says_that_it_is_an_imitation():
    assert label("Ada", 1.0) == "imitation of Ada by a neural network · temperature 1"
    assert "Ada" in help_text("?", "Ada", 0.5) and "?mimic" in help_text("?", "Ada", 0.5)


@pytest.mark.parametrize("seed", ["hello", "*a* **b** \\*", "two\nlines **", "😀 _x_"])
def test_the_seed_can_be_read_from_the_text_again(seed):
    assert seed_of(discord_text(seed, "** sampled **", "label")) == seed
    assert seed_of(discord_text("x" * 3000, "sampled", "label")) == "x" * (2000 - 2 - len("****sampled\n-# label"))
