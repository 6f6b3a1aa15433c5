import re
import sys
from collections import Counter
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import train
from model.chats.messages import COLUMNS
from model.chats.people import Chat
from model.chats.report.histograms import by_hour, by_length, by_period, by_weekday
from model.chats.report.languages import UNSURE, guess_languages
from model.chats.report.page import STYLE, render, write_report
from model.chats.report.survey import take_survey

VOID = {"meta"}
CANARY = "xyzzyplugh"


def chat(*rows, bots=()) -> Chat:
    """A chat of (author, time, text) or with a channel and an id of the author's after these."""
    full = [
        (str(number), author_id or author, author, sent_at, channel, text, False)
        for number, (author, sent_at, text, channel, author_id) in enumerate((*row, "", "")[:5] for row in rows)
    ]
    messages = pd.DataFrame(full, columns=COLUMNS, dtype=object)  # PyArrow's strings hold no half emoji
    messages["sent_at"] = pd.to_datetime(messages["sent_at"], utc=True, format="ISO8601")
    return Chat.of(messages, "invented", bots)


# 2026-03-01 is a Sunday.
SMALL = chat(
    ("Ada", "2026-03-01T10:59", "hi!", "hall"),
    ("Ada", "2026-03-01T11:00", "hi!", "hall"),
    ("Ada", "2026-03-02T10:00", "so long a message, again", "attic"),
    ("Ada", "2026-03-02T23:00", "so long a message, again", "hall"),
    ("Bob", None, "😀", ""),
    ("Robot", "2026-03-04T10:00", "beep; boop", "hall"),
    bots=["Robot"],
)


class Page(HTMLParser):
    """A page's elements, each closed in its turn, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.open, self.tags, self.attributes, self.tables, self.text = [], [], [], [], ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def values(self, name):
        return [value for key, value in self.attributes if key == name]


def page_of(chat, dropped=None, cleaned=None) -> Page:
    return Page(render(take_survey(chat), dropped or {}, cleaned or {}))


def test_the_numbers_are_those_counted_by_hand():
    page = page_of(SMALL, {"system lines": 1234, "without text": 0}, {"links": 7})
    rows = [row for table in page.tables for row in table]
    assert "messages5characters55people2Time1 March" in page.text  # 3 + 3 + 24 + 24 + 1
    assert (
        "1 March 2026 to 2 March 2026, on 2 days" in page.text
        and "Bots1, with 1 message; only the first chart counts them" in page.text
    )
    assert ["Ada", "", "4"] in rows and ["Bob", "", "1"] in rows and ["Robot bot", "", "1"] in rows
    assert ["Ada", "", "54", "little"] in rows and not any(row[0] == "Robot" for row in rows)
    assert ["hall", "", "3"] in rows and ["attic", "", "1"] in rows
    assert ["1 March 2026", "2"] in rows and ["2 March 2026", "2"] in rows
    assert ["10:00 to 11:00", "2"] in rows and ["23:00 to 24:00", "1"] in rows and ["Sunday", "2"] in rows
    assert ["2 to 3", "2"] in rows and ["8 to 15", "0"] in rows and ["16 to 31", "2"] in rows
    assert ["!", "exclamation mark", "2"] in rows and ["😀", "grinning face", "1"] in rows
    assert not any(row[0] == ";" for row in rows)  # the bot's
    assert ["system lines", "1,234"] in rows and ["links", "7"] in rows and "without text" not in page.text
    assert "Without a time, and not counted here: 1 message." in page.text
    assert "word for word: 2 messages (40.0%), 1 of 20 characters or more" in page.text


def test_the_characters_are_those_that_the_default_recipe_does_not_tell_apart():
    found = take_survey(chat(("Ada", None, "ab" * 19), ("Ada", None, "a")))
    assert found.characters == Counter(a=20, b=19) and found.rare == {"b": 19}


def test_text_is_plenty_enough_or_little():
    def levels(*characters):
        ranked = take_survey(chat(*((f"a{i}", None, "x" * count) for i, count in enumerate(characters)))).authors
        return dict(zip(ranked["characters"], ranked["level"], strict=True))

    assert levels(50_000, 49_999, 10_000, 9_999) == {
        50_000: "plenty",
        49_999: "enough",
        10_000: "enough",
        9_999: "little",
    }
    assert levels(20_000, 29_999) == {20_000: "little", 29_999: "little"}  # too little to learn a language from


@pytest.mark.parametrize(
    ("last", "unit", "columns"),
    [
        ("2020-01-01T23:59", "day", 1),
        ("2020-02-29", "day", 60),
        ("2020-03-01", "week", 9),
        ("2021-12-31", "month", 24),
        ("2029-12-31", "quarter", 40),
        ("2099-01-01", "year", 80),
    ],
)
def test_time_is_cut_as_its_span_asks(last, unit, columns):
    moments = pd.Series(pd.to_datetime(["2020-01-01T00:00", last], utc=True, format="ISO8601"))
    shown = by_period(moments)
    assert (shown.unit, len(shown.counts)) == (unit, columns)
    assert sum(count for _, count in shown.counts) == 2 and shown.counts[-1][1] >= 1
    assert 1 <= len(shown.ticks) <= 6


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.datetimes()), min_size=1))
def test_every_message_is_in_one_column_of_each_chart(messages):
    lengths, moments = zip(*messages, strict=True)
    moments = pd.Series(pd.to_datetime(pd.Series(moments, dtype="datetime64[us]"), utc=True))
    of_all = (by_period(moments), by_hour(moments), by_weekday(moments), by_length(pd.Series(lengths)))
    for columns in of_all:
        assert sum(count for _, count in columns.counts) == len(messages)
        assert all(0 <= tick.place <= len(columns.counts) for tick in columns.ticks)


def test_languages_are_guessed_from_words_alone():
    german = "ich glaub ich komm heute später, muss noch einkaufen gehen und dann kochen"
    french = "je sais pas trop quoi faire ce soir, on pourrait aller au ciné ensemble"
    code = "`return the_value_of_everything_that_was_ever_computed`"
    counted = guess_languages(pd.Series([german] * 3 + [french, "kurz", code, "https://example.org/" + "x" * 60]))
    assert counted == {"German": 3, "French": 1}
    assert guess_languages(pd.Series(["qjx vbz " * 8])).keys() <= {UNSURE, "no language"}
    assert not guess_languages(pd.Series([], dtype=str))


NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title></svg>",
    "&amp;",
    "N" * 200,
    "😀👍🏽🏳️‍🌈",
    "عبد الرحمن",
    "\u202eevil",
    "half \ud83d",
    " ",
]


def test_names_are_shown_as_they_are_and_do_nothing(tmp_path):
    rows = [(name, f"2026-01-0{1 + number % 9}", "hm", name, str(number)) for number, name in enumerate(NAMES)]
    write_report(chat(*rows), {"<b>": 1}, {"<i>": 1}, tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert not {"script", "img", "b", "i"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    shown = {row[0] for table in page.tables for row in table}
    assert {*NAMES[:4], *NAMES[5:8], "<b>", "<i>", "N" * 60 + "…", "half ?"} <= shown


def test_of_two_people_of_one_name_the_ids_are_shown():
    page = page_of(chat(("Sam", None, "x", "", "i1"), ("Sam", None, "y", "", "i2"), ("Ada", None, "z", "", "i3")))
    shown = {row[0] for table in page.tables for row in table}
    assert {"Sam i1", "Sam i2", "Ada"} <= shown and "i3" not in page.text


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("Ada", None, f"{CANARY} once")],
        [("Ada", "2026-03-01", f"{CANARY}")],
        [("Ada", None, f"{CANARY} {n} is said by many people for a long time") for n in range(3)],
        [(f"a{n}", f"{2001 + n}-03-01", f"{CANARY} 😀 {n} and many other words as well, of course") for n in range(25)],
    ],
)
def test_the_page_is_whole_and_holds_no_message_and_nothing_from_elsewhere(rows):
    text = render(take_survey(chat(*rows)), {}, {})
    page = Page(text)
    assert CANARY not in text and "many" not in page.text
    assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("header") == 1
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {name for value in page.values("aria-labelledby") for name in value.split()} <= set(ids)
    assert page.tags.count("details") == sum("columns" in value.split() for value in page.values("class"))
    assert not re.search(r"https?:|//[a-z]|@import|url\(|\bsrc=|\bhref=|nan\b", text)
    assert "default-src 'none'" in text  # and a browser would fetch nothing if it were there


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_and_columns_stand_out_from_the_paper(scheme):
    def luminance(colour):  # WCAG 2.2, relative luminance
        parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    css = STYLE.read_text(encoding="utf-8")
    colours = {
        name: found[scheme]
        for name in ("paper", "ink", "quiet", "column", "bot", "mark")
        if (found := re.findall(rf"--{name}: #(\w{{6}})", css))
    }
    assert contrast(colours["ink"], colours["paper"]) >= 7
    assert min(contrast(colours["quiet"], colours[ground]) for ground in ("paper", "mark")) >= 4.5
    assert min(contrast(colours[kind], colours["paper"]) for kind in ("column", "bot")) >= 3


def test_the_command_writes_the_page_for_its_owner_alone(tmp_path, monkeypatch, capsys, chat_csv):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", str(chat_csv), "--report"])
    assert train.main() == 0
    assert capsys.readouterr().out.endswith("written to runs/report.html: names and counts, no messages\n")
    file = tmp_path / "runs" / "report.html"
    assert ["camperbot bot", "", "120"] in Page(file.read_text(encoding="utf-8")).tables[0]
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]
