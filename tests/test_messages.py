from collections import Counter

import pandas as pd

from model.chats.messages import COLUMNS, in_order
from model.chats.messages import tidy as tidy_part


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
