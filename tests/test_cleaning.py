import unicodedata
from collections import Counter

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.chats.cleaning import RULES, clean
from model.chats.cleaning.characters import LONGEST
from model.chats.cleaning.patterns import REMOVED
from model.chats.cleaning.stages import OTHER_TEXT, PASTES, SECRETS
from model.chats.messages import SOMEONE
from tests.cleaning_cases import (
    KINDS,
    harmless_by_hand,
    harmless_from_templates,
    planted_by_hand,
    planted_from_templates,
)

quick = settings(deadline=None, derandomize=True, max_examples=100)


def cleaned(*texts: str, rules=tuple(RULES)) -> list[str]:
    """Each text cleaned, "" where it went."""
    table = pd.DataFrame({"text": list(texts), "row": range(len(texts))})
    left = clean(table, rules).messages
    return left.set_index("row")["text"].reindex(range(len(texts)), fill_value="").tolist()


def leaks(secret: str, text: str) -> bool:
    """Whether any five characters of it are left, or all of a shorter one."""
    size = min(5, len(secret))
    return any(secret[start : start + size] in text for start in range(len(secret) - size + 1))


@pytest.mark.parametrize(
    ("planted", "harmless"),
    [(planted_by_hand(), harmless_by_hand()), (planted_from_templates(), harmless_from_templates())],
    ids=["by hand", "from templates"],
)
def test_secrets_go_and_what_only_looks_like_one_stays(planted, harmless):
    left = cleaned(*(sentence for _, sentence, _ in planted))
    missed = [case for case, text in zip(planted, left, strict=True) if leaks(case[2], text)]
    all_of, missed_of = Counter(kind for kind, _, _ in planted), Counter(kind for kind, _, _ in missed)
    recall = {kind: 1 - missed_of[kind] / all_of[kind] for kind in KINDS}
    wrong = [(one, other) for one, other in zip(harmless, cleaned(*harmless), strict=True) if one != other]
    precision = 1 - len(wrong) / (len(planted) - len(missed) + len(wrong))
    assert min(recall.values()) >= 0.98, missed
    assert precision >= 0.95, wrong


def test_there_are_enough_sentences():
    assert len(planted_by_hand()) + len(planted_from_templates()) >= 400
    assert len({*harmless_by_hand(), *harmless_from_templates()}) >= 600


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@ada hi", f"{SOMEONE} hi"),
        ("hi @ada-b_2, and <@!123>bob", f"hi {SOMEONE}, and {SOMEONE} bob"),
        ("@everyone @here @someone @all", "@everyone @here @someone @all"),
        ("thanks @ada's idea.@bob", f"thanks {SOMEONE}'s idea.{SOMEONE}"),
        ("@property and @app.route('/') of @angular/core", "@property and @app.route('/') of @angular/core"),
        ("see https://www.example.org/a?b=c.", "see example.org."),
        ("(http://u:pw@example.org:8080/x)", "(example.org)"),
        ("WWW.Example.org/a, [x](https://sub.example.org/y)", "Example.org, [x](sub.example.org)"),
        ("> their words\nmine\n>> theirs\n> ", "mine"),
        ("mine\n>>> theirs\nand theirs", "mine"),
        ("ok\n--- Forwarded message ---\nby ada", "ok"),
        (">.< and >_> stay, x > y", ">.< and >_> stay, x > y"),
        ("see\n```js\nlet x\n```\nok ```never closed", "see\nok"),
        ("!play a song", ""),
        ("/roll 2d6", ""),
        ("...ok", "...ok"),
        ("/me waves", "/me waves"),
        ("-1 for that", "-1 for that"),
        ("$5 says no", "$5 says no"),
        ("!important; and .net", "!important; and .net"),
        ("ada has joined the channel", ""),
        ("*** bob [b@host] has quit (Ping timeout)", ""),
        ("she left the room", "she left the room"),
        ("e\u0301 a\u200bb\x00\u202ec", "é abc"),
        ("👩\u200d💻 ❤\ufe0f می\u200cخواهم a\u200db", "👩\u200d💻 ❤\ufe0f می\u200cخواهم ab"),
        ("call 555-012-3456", f"call {REMOVED}"),
        ("", ""),
    ],
)
def test_each_rule_does_what_it_says(text, left):
    assert cleaned(text) == [left]


def test_an_overlong_message_ends_after_a_whole_word():
    (left,) = cleaned("word " * LONGEST)
    assert left == ("word " * LONGEST)[: len(left)] and left.endswith("word") and LONGEST - 5 <= len(left) <= LONGEST
    assert cleaned("x" * LONGEST * 2) == ["x" * LONGEST]


@pytest.mark.parametrize("token", [SOMEONE, REMOVED])
def test_an_overlong_message_without_gaps_does_not_end_inside_a_token(token):
    for ahead in range(LONGEST - len(token), LONGEST + 1):
        (left,) = cleaned("." * ahead + token + "." * 9)
        assert left == ("." * ahead + token if ahead == LONGEST - len(token) else "." * ahead)


def test_digits_called_a_code_go_all_at_once():
    assert cleaned("my pin: " + "1234 " * 7 + "ok", rules=["codes"]) == [f"my pin: {REMOVED} ok"]


SWITCHES = {
    "unicode": "a\u200bb",
    "code": "see ```x```",
    "links": "see https://example.org/x",
    "quotes": "> hers\nmine",
    "commands": "!roll",
    "mentions": "@ada hi",
    "emails": "ada@example.org",
    "keys": "AKIA" + "IOSFODNN7EXAMPLE",
    "passwords": "password: hunter2",
    "codes": "my pin is 4291",
    "ibans": "GB82 WEST 1234 5698 7654 32",
    "cards": "4111 1111 1111 1111",
    "phones": "+44 7700 900123",
    "addresses": "203.0.113.77",
    "joins": "ada has joined the room",
    "pastes": "word " * 1000,
}


def matches(pattern: str, texts: list[str]) -> list[bool]:
    return pc.match_substring_regex(pa.array(texts), pattern).to_pylist()


@pytest.mark.parametrize("sweep", [OTHER_TEXT, SECRETS], ids=["other text", "secrets"])
def test_every_text_that_a_rule_changes_passes_the_filters_of_the_rule(sweep):
    planted = [sentence for _, sentence, _ in planted_by_hand() + planted_from_templates()]
    texts = [*planted, *harmless_by_hand(), *harmless_from_templates(), *list(SWITCHES.values())[:-1]]
    candidates = matches(sweep.pattern, texts)
    for stage in sweep.stages:
        suspects = matches(stage.filter.fine, texts)
        changed = 0
        for place, text in enumerate(texts):
            for rule in stage.rules:
                texts[place] = rule.clean(texts[place])
            if texts[place] != text:
                assert candidates[place] and suspects[place], (stage.rules, text)
                changed += 1
        assert changed


def test_each_rule_is_described_and_each_description_has_a_rule():
    rules = [rule for sweep in (OTHER_TEXT, SECRETS) for stage in sweep.stages for rule in stage.rules]
    assert {rule.name for rule in (*rules, PASTES)} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_switched_off_changes_nothing_and_is_the_only_one_that_did(rule):
    text = SWITCHES[rule]
    assert cleaned(text, rules=[rule]) != [text]
    assert cleaned(text, rules=[name for name in RULES if name != rule]) == [text]


def test_what_was_changed_and_what_was_dropped_is_counted_by_rule():
    table = pd.DataFrame({"text": ["hm", "@ada", "!roll", "```x```", "@bob https://a.example", "ok"], "author": "a"})
    done = clean(table)
    assert done.messages["text"].tolist() == ["hm", SOMEONE, f"{SOMEONE} a.example", "ok"]
    assert done.messages.index.tolist() == [0, 1, 2, 3]
    assert done.changed == {"mentions": 2, "links": 1}
    assert done.dropped == {"commands": 1, "code": 1}
    assert table["text"].tolist()[1] == "@ada"  # the caller's table is left as it is


def test_a_table_without_messages_is_cleaned_too():
    assert clean(pd.DataFrame({"text": []})).messages.empty


pieces = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.text("@<>!`.:/-+ \n0123456789ab", max_size=12),
        st.sampled_from(list(SWITCHES.values())[:-1]),
        st.sampled_from(
            ["```", ">>> ", "> ", "\n", "http://", "www.", "<@1>", "pin", "pass:", "\u200d", "\u0301", "::"]
        ),
    ),
    max_size=8,
).map("".join)


@given(st.lists(pieces, min_size=1, max_size=5))
@example(["http://www.)", "<@1>bob", "a@b.co@c", "www.www.x.y", "e```x```\u0301", "/`//www.:/a://x"])
@quick
def test_cleaning_twice_is_cleaning_once(texts):
    once = cleaned(*texts)
    assert cleaned(*once) == once


@given(st.lists(pieces, min_size=1, max_size=5))
@quick
def test_a_text_grows_by_no_more_than_its_tokens(texts):
    for text, left in zip(texts, cleaned(*texts), strict=True):
        tokens = left.count(REMOVED) * len(REMOVED) + left.count(SOMEONE) * (len(SOMEONE) + 1)
        assert len(left) <= len(unicodedata.normalize("NFC", text)) + tokens


@given(st.text("abcXYZ ,'\n", min_size=1).filter(str.strip))
@quick
def test_plain_words_are_left_as_they_are(text):
    assert cleaned(text) == [text]


PIECES = (
    "a|A|1|@|1 |http|http://|://|-|`|>|> |<@|\n| |.|:|!|1.|a.|a@|@a.|+1|0 |a1|aA1|A1 |F:|sk-|-eyJ|xoxb-|SG.|pw "
    "|password |password=|pin |code is |www.|www.a|at dot |(at)|é|\u0301|👩\u200d|DE89|-----BEGIN |/|call 1|_|="
    "|user |user/|login a1b2c3 |a1B2c3! |x@y.z a1b2c3 |password is a |mysql -p|curl -u |:a@|seed phrase a "
    "|code 1234 |1234 code |enter 1234 |1-|door is |a at b dot |00:|AB12-"
    "|pw in a |use a1b22 |a1b22 at work |set to |unlock the b with |1 2 3 |a.1|a_1 at gmail|door 1234 |was sent 1"
)


@pytest.mark.parametrize("piece", PIECES.split("|"))
def test_one_piece_over_and_over_is_cleaned_too(piece):
    for end in ("", "\n!", "@x"):
        (left,) = cleaned(piece * 3_000 + end)
        assert len(left) <= LONGEST
