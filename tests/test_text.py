import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cogs.help import help_text
from bot.settings import LONGEST_REPLY
from bot.text import LABELS, LONGEST_IN_MESSAGE, discord_text, escape, label, plain, seed_of


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
@pytest.mark.parametrize(("length", "limit"), [(LONGEST_IN_MESSAGE, 2000), (LONGEST_REPLY, 4096)])
def test_a_text_fits_discord_whatever_seed_and_sample_are(seed, length, limit):
    text = discord_text(seed, "`" * length, label("_" * 5000, 1.25), limit)
    assert len(text) <= limit
    assert text.count("\\`") == length
    assert text.endswith("imitation of " + "\\_" * 80 + " by a neural network · temperature 1.25")
    assert text.startswith("**" + ("short" if seed == "short" else "…"))
    shown = text.split("**`")[0].split("\\`")[0].removeprefix("**").removesuffix("**").removeprefix("…\u2060")
    assert seed.endswith(re.sub(r"\\([^0-9A-Za-z\s])", r"\1", shown))  # whole escapes only


def test_every_reply_says_that_it_is_an_imitation():
    assert label("Ada", 1.0) == "imitation of Ada by a neural network · temperature 1"
    assert "Ada" in help_text("?", "Ada", 0.5) and "?mimic" in help_text("?", "Ada", 0.5)


@pytest.mark.parametrize("seed", ["hello", "*a* **b** \\*", "two\nlines **", "😀 _x_"])
def test_the_seed_can_be_read_from_the_text_again(seed):
    assert seed_of(discord_text(seed, "** sampled **", "label")) == seed
    assert seed_of(discord_text("x" * 3000, "sampled", "label")) == "x" * (2000 - 2 - len("****sampled\n-# label"))


def test_every_label_names_the_person_and_ends_with_the_temperature():
    for language in LABELS:
        assert "Ada" in label("Ada", 0.7, language) and label("Ada", 0.7, language).endswith(" 0.7")
