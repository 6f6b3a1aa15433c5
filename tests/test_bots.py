import random

import pandas as pd
import pytest

from model.chats.bots import FEWEST, by_the_clock, in_set_phrases, recognise
from model.chats.people import rank_authors
from tests.test_messages import table

WORDS = [
    "well",
    "the",
    "engines",
    "turn",
    "and",
    "nobody",
    "knows",
    "why",
    "they",
    "stopped",
    "before",
    "lunch",
    "again",
]


def sentences(count: int) -> list[str]:
    choice = random.Random(0)
    return [" ".join(choice.sample(WORDS, 8)) for _ in range(count)]


def test_what_the_export_marks_and_what_has_a_bots_name_is_a_bot():
    messages = table(
        ("1", "1", "MEE6", None, "", "x"), ("2", "2", "Ada", None, "", "x"), ("3", "3", "R2", None, "", "x")
    )
    ranking = rank_authors(messages.assign(is_bot=messages["author"] == "R2"))
    assert recognise(messages, ranking).tolist() == ["a known bot", "", "marked in the export"]


def test_regularity_is_told_from_thirty_messages():
    rows = [(f"{each}", "1", "Herald", f"2026-01-01T{each % 24:02}:00", "", "good morning all") for each in range(24)]
    rows += [(f"n{each}", "1", "Herald", f"2026-01-02T{each:02}:00", "", "good morning all") for each in range(6)]
    messages = table(*rows, ("m", "2", "Ada", None, "", "hm"))
    assert recognise(messages, rank_authors(messages)).tolist() == ["writes by the clock", ""]
    fewer = messages.tail(FEWEST)
    assert recognise(fewer, rank_authors(fewer)).tolist() == ["", ""]


def test_the_only_author_and_the_owner_of_a_data_package_are_no_bots():
    texts = [f"good morning all, it is day {number}" for number in range(40)]
    rows = [(f"{name}{number}", name, name, None, "", text) for name in "ab" for number, text in enumerate(texts)]
    alone, both = table(*rows[:40]), table(*rows)
    assert recognise(both, rank_authors(both)).tolist() == ["writes in set phrases"] * 2
    assert recognise(alone, rank_authors(alone)).tolist() == [""]
    own = both.assign(format=["discord-package"] * 40 + ["irc"] * 40)
    assert recognise(own, rank_authors(own)).tolist() == ["", "writes in set phrases"]


def by_ada(texts) -> pd.DataFrame:
    return table(*((str(number), "a1", "Ada", None, "", text) for number, text in enumerate(texts)))


def test_set_phrases_are_seen_whatever_names_and_numbers_are_in_them():
    points = [f"@user{number} you now have {number} points" for number in range(100)]
    assert in_set_phrases(by_ada(points)) == {"a1"}
    assert not in_set_phrases(by_ada(points[: FEWEST - 1]))
    assert not in_set_phrases(by_ada(sentences(100)))


def test_a_habit_of_some_weeks_and_short_messages_make_no_bot():
    notice = ["This room is closed, please move on"] * 500
    assert not in_set_phrases(by_ada([*sentences(4500), *notice]))
    assert not in_set_phrases(by_ada(["lol", "ok then"] * 500))


@pytest.mark.parametrize(
    ("seconds", "regular"),
    [([3600] * 40, True), ([3600, 3700] * 20, True), ([3600, 1800] * 20, False), ([10] * 40, False), ([], False)],
)
def test_the_clock_is_kept_where_the_time_between_messages_hardly_changes(seconds, regular):
    moments = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(pd.Series([0, *seconds]).cumsum(), unit="s")
    messages = pd.DataFrame({"author_id": "a1", "sent_at": moments})
    assert by_the_clock(messages) == ({"a1"} if regular else set())
