from collections import Counter

import pandas as pd
import pytest

from model.messages import COLUMNS, AuthorError, Chat, find_author, in_order, is_named, rank_authors
from model.messages import tidy as tidy_part


def table(*rows) -> pd.DataFrame:
    messages = pd.DataFrame([(*row, False) for row in rows], columns=COLUMNS)
    messages["sent_at"] = pd.to_datetime(messages["sent_at"], utc=True)
    return messages


MESSAGES = table(
    ("m1", "a1", "Ada", "2026-01-02", "", "second"),
    ("m2", "a1", "Ada", "2026-01-01", "", "first"),
    ("m2", "a1", "Ada", "2026-01-01", "", "first"),
    ("m3", "", "", "2026-01-01", "", "by nobody"),
    ("m4", "b1", "Bob", "2026-01-03", "", " \n"),
    ("m5", "b1", "Bob", None, "", "nan"),
    ("", "b1", "Bobby", "2026-01-04", "", "no id"),
    ("", "b1", "Bobby", "2026-01-04", "", "no id either"),
)


def tidy(messages, dropped):
    return in_order(tidy_part(messages, dropped).reset_index(drop=True), dropped)


def test_tidying_drops_counts_and_sorts():
    dropped = Counter()
    messages = tidy(MESSAGES, dropped)
    assert messages["text"].tolist() == ["first", "second", "no id", "no id either", "nan"]
    assert dropped == {"by deleted authors": 1, "without text": 1, "duplicates": 1}


def test_lines_end_in_one_way_and_control_characters_go():
    messages = tidy(table(("m1", "a1", "A\nda\x1b", None, "", "a\r\nb\rc\nd\te\x00\x1b[1m\x85")), Counter())
    assert messages["author"].tolist() == ["A da"]
    assert messages["text"].tolist() == ["a\nb\nc\nd\te[1m"]


def test_authors_are_ranked_by_messages_under_their_latest_name():
    ranking = rank_authors(tidy(MESSAGES, Counter()))
    assert ranking[["author_id", "messages", "characters"]].values.tolist() == [["b1", 3, 20], ["a1", 2, 11]]
    assert ranking["first"].dt.day.tolist() == [4, 1] and ranking["last"].dt.day.tolist() == [4, 2]


def test_authors_are_found_by_name_in_any_letter_case_and_by_id():
    ranking = rank_authors(tidy(MESSAGES, Counter()))
    assert find_author(ranking, None).author_id == "b1"
    assert find_author(ranking, "ADA").author_id == find_author(ranking, "a1").author_id == "a1"
    assert is_named(ranking, ["A1", "nobody"]).tolist() == [False, True]


def test_an_unknown_author_gets_the_nearest_names():
    ranking = rank_authors(table(*((f"m{i}", f"i{i}", name, None, "", "x") for i, name in enumerate(("Ada", "Bob")))))
    with pytest.raises(AuthorError, match=r"nearest names are Ada$"):
        find_author(ranking, "adda")
    with pytest.raises(AuthorError, match="no message by anyone"):
        find_author(ranking.head(0), None)


def test_two_people_of_one_name_are_told_apart_by_id():
    ranking = rank_authors(table(("1", "i1", "Sam", None, "", "x"), ("2", "i2", "Sam", None, "", "y")))
    with pytest.raises(AuthorError, match="2 authors are called 'Sam'; give one of their ids: i1, i2"):
        find_author(ranking, "Sam")


def test_bots_are_those_named_and_those_that_the_export_marks():
    messages = tidy(MESSAGES, Counter())
    marked = messages.assign(is_bot=messages["author_id"] == "b1")
    assert set(Chat.of(messages, "", []).bots) == set() and set(Chat.of(marked, "", []).bots) == {"b1"}
    assert set(Chat.of(marked, "", ["Ada"]).bots) == {"a1", "b1"}
