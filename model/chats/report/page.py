"""The survey of a chat to one web page that needs no other file and holds no message."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, tostring

import pandas as pd

from model.chats.people import Chat, aliases
from model.chats.report.charts import BAR, Elements, Heading, Rows, bar, chart, element, percent, table
from model.chats.report.histograms import by_hour, by_length, by_period, by_weekday
from model.chats.report.languages import FEWEST_LETTERS, SURE, UNSURE
from model.chats.report.survey import ENOUGH_CHARACTERS, LONG, Survey, take_survey
from model.persona.recipe import MIMIC, READABLE_CHARACTERS
from model.persona.storage import written_aside

Counts: TypeAlias = Mapping[str, int]

TITLE = "Chat report"
STYLE = Path(__file__).with_name("report.css")
# A browser runs nothing and fetches nothing, even if it ever took a name for a tag.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TOP = 10
MOST_LISTED = 20  # bots, and people with several names
LONGEST_NAME = 60  # characters; Discord allows 32
LEVELS = {
    "plenty": f"{READABLE_CHARACTERS:,} characters or more: enough for readable replies without anyone else's text",
    "enough": f"{ENOUGH_CHARACTERS:,} or more, if everyone the network may learn from wrote {READABLE_CHARACTERS:,} "
    "in all: the default recipe learns from everyone first, then from the author",
    "little": "less than that: replies will sound like the chat as a whole at best",
}
AUTHOR = Heading("author")
TEXT = Heading("text")
MESSAGES = Heading("messages", "number")


def write_report(chat: Chat, dropped: Counts, cleaned: Counts, path: Path) -> None:
    """Write the page.

    Args:
        dropped: how often a message was dropped while reading, by the reason.
        cleaned: how often cleaning changed a message, by its rule.

    Raises:
        FileError: the file can't be written.
    """
    page = render(take_survey(chat), dropped, cleaned)
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8", errors="replace")  # half an emoji in a name


def render(survey: Survey, dropped: Counts, cleaned: Counts) -> str:
    """Return the page as HTML."""
    sections = [
        _section("authors", "Most active authors", _authors(survey)),
        _section("text", "Text to learn from", _text_to_learn_from(survey)),
        _section("who", "Bots and people with several names", _who_is_who(survey)),
        _section("time", "Activity over time", _time(survey)),
        _section("length", "Message length", _lengths(survey)),
        _section("characters", "Characters", _characters(survey)),
        _section("languages", "Languages", _languages(survey)),
        _section("channels", "Channels", _channels(survey)),
        _section("left-out", "Repeated, dropped and cleaned", _left_out(survey, dropped, cleaned)),
    ]
    main = element("main", *filter(len, sections))
    footer = element(
        "footer",
        _paragraph("This page holds real names, but no messages. Keep it as private as the chat itself."),
    )
    body = element("body", _header(survey), main, footer)
    page = element("html", _head(), body, lang="en")
    return "<!doctype html>\n" + tostring(page, "unicode", "html") + "\n"


def _head() -> Element:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", TITLE),
        element("style", STYLE.read_text(encoding="utf-8")),
    )


def _header(survey: Survey) -> Element:
    numbers = {
        "messages": f"{survey.messages:,}",
        "characters": f"{survey.lengths.sum():,}",
        "people": f"{len(survey.people):,}",
    }
    return element(
        "header",
        element("h1", TITLE),
        element("dl", *_terms(numbers), class_="numbers"),
        element("dl", *_terms(_facts(survey)), class_="facts"),
    )


def _facts(survey: Survey) -> dict[str, str]:
    facts = {
        "Time": "not in the export",
        "Channels": "not in the export",
        "Format": survey.formats,
    }
    if len(survey.moments):
        days = survey.moments.dt.date.nunique()
        facts["Time"] = f"{_span(survey)}, on {_count(days, 'day')}"
    if len(survey.channels):
        facts["Channels"] = f"{len(survey.channels):,}"
    if len(survey.bots):
        messages = int(survey.bots["messages"].sum())
        facts["Bots"] = f"{len(survey.bots):,}, with {_count(messages, 'message')}; only the first chart counts them"
    return facts


def _span(survey: Survey) -> str:
    first = _date(survey.moments.min())
    last = _date(survey.moments.max())
    if first == last:
        return first
    return f"{first} to {last}"


def _date(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%B %Y}"


def _terms(terms: Mapping[str, str]) -> Elements:
    for term, text in terms.items():
        yield element("div", element("dt", term), element("dd", text))


def _section(name: str, title: str, parts: Iterable[Element]) -> Element:
    """Build a section with a title; an empty one without parts."""
    section = element("section", aria_labelledby=name)
    for part in parts:
        if not len(section):
            section.append(element("h2", title, id=name))
        section.append(part)
    return section


def _authors(survey: Survey) -> Elements:
    top = survey.authors.head(TOP)
    if len(survey.authors) > TOP:
        share = top["messages"].sum() / survey.authors["messages"].sum()
        yield _paragraph(
            f"The {TOP} most active of {len(survey.authors):,} authors, bots included, wrote {percent(share)} "
            "of all messages."
        )
    yield table("The most active authors", (AUTHOR, BAR, MESSAGES), _author_rows(survey, top))


def _author_rows(survey: Survey, top: pd.DataFrame) -> Rows:
    most = max(top["messages"].max(), 1)
    for author in top.itertuples():
        kind = "bot" if author.bot else ""
        share = author.messages / most
        yield _author(author, survey), bar(share, kind), f"{author.messages:,}"


def _text_to_learn_from(survey: Survey) -> Elements:
    yield table(
        "People by amount of text",
        (TEXT, Heading("people", "number"), Heading("share of all text", "number")),
        _level_rows(survey.people),
    )
    top = survey.people.sort_values("characters", ascending=False, kind="stable").head(TOP)
    yield table(
        "People with the most text",
        (AUTHOR, BAR, Heading("characters", "number"), TEXT),
        _text_rows(survey, top),
    )


def _level_rows(people: pd.DataFrame) -> Rows:
    characters = max(int(people["characters"].sum()), 1)
    for level, meaning in LEVELS.items():
        some = people[people["level"] == level]
        name = element("span", element("strong", level), element("small", meaning), class_="level")
        share = some["characters"].sum() / characters
        yield name, f"{len(some):,}", percent(share)


def _text_rows(survey: Survey, top: pd.DataFrame) -> Rows:
    most = top["characters"].max()
    for author in top.itertuples():
        share = author.characters / most
        yield _author(author, survey), bar(share), f"{author.characters:,}", str(author.level)


def _who_is_who(survey: Survey) -> Elements:
    if len(survey.bots):
        yield table(
            "Bots, which are not counted as people and never learnt from",
            (Heading("bot"), Heading("reason"), MESSAGES),
            _bot_rows(survey),
        )
    groups = aliases(survey.people)[:MOST_LISTED]
    if groups:
        yield table(
            "Authors who may be the same person (merge them with --same-as)",
            (Heading("authors"), MESSAGES),
            _alias_rows(survey, groups),
        )


def _bot_rows(survey: Survey) -> Rows:
    for author in survey.bots.head(MOST_LISTED).itertuples():
        yield _author(author, survey), str(author.bot), f"{author.messages:,}"


def _alias_rows(survey: Survey, groups: Iterable[pd.DataFrame]) -> Rows:
    for group in groups:
        names = element("span")
        for author in group.itertuples():
            if len(names):
                names[-1].tail = ", "
            names.append(_author(author, survey))
        yield names, f"{group['messages'].sum():,}"


def _author(author: Any, survey: Survey) -> Element:
    """Write the name of a row of authors; with the id if others have the same name."""
    parts: list[Element | str] = [_name(author.author)]
    if author.author in survey.ambiguous_names:
        parts += [" ", element("small", _name(author.author_id))]
    if author.bot:
        parts += [" ", element("small", "bot", class_="mark")]
    return element("span", *parts)


def _name(name: object) -> Element:
    """Write a name of any script, and only the beginning of a very long one."""
    text = str(name)
    if len(text) > LONGEST_NAME:
        text = f"{text[:LONGEST_NAME]}…"
    return element("bdi", text)


def _time(survey: Survey) -> Elements:
    if not len(survey.moments):
        yield _paragraph("The export does not say when messages were sent.")
        return
    timeless = survey.messages - len(survey.moments)
    if timeless:
        yield _paragraph(f"Without a time, and not counted here: {_count(timeless, 'message')}.")
    periods = by_period(survey.moments)
    yield chart("period", f"Messages per {periods.unit}", periods)
    yield element(
        "div",
        chart("hour", "Messages by hour of the day, UTC", by_hour(survey.moments)),
        chart("weekday", "Messages by day of the week, UTC", by_weekday(survey.moments)),
        class_="pair",
    )


def _lengths(survey: Survey) -> Elements:
    if not survey.messages:
        return
    median = int(survey.lengths.quantile(0.5, "higher"))
    long = int(survey.lengths.quantile(0.9, "higher"))
    yield _paragraph(
        f"Half of the messages have {_count(median, 'character')} or fewer, nine in ten have {long:,} or fewer; "
        f"the longest has {survey.lengths.max():,}. Each column covers twice the range of the one before."
    )
    yield chart("lengths", "Messages by length in characters", by_length(survey.lengths))


def _characters(survey: Survey) -> Elements:
    rare = sum(survey.rare.values())
    total = survey.characters.total()
    share = rare / max(total, 1)
    yield _paragraph(
        f"People use {_count(len(survey.characters), 'different character')}. {len(survey.rare):,} of them, "
        f"{percent(share)} of all text, appear fewer than {MIMIC.rare} times: the default recipe treats them all "
        "as one unknown character."
    )
    headings = [
        Heading(""),
        Heading("name"),
        Heading("times", "number"),
    ]
    captions = {
        "Most used signs": survey.signs,
        "Most used emoji": survey.emoji,
    }
    tables = []
    for caption, signs in captions.items():
        if signs:
            rows = _sign_rows(signs)
            tables.append(table(caption, headings, rows))
    if tables:
        yield element("div", *tables, class_="pair")


def _sign_rows(signs: Counts) -> Rows:
    top = list(signs.items())[:TOP]
    for sign, count in top:
        name = unicodedata.name(sign, f"U+{ord(sign):04X}")
        yield element("span", sign, class_="sign"), name.lower(), f"{count:,}"


def _languages(survey: Survey) -> Elements:
    total = survey.languages.total()
    if not total:
        yield _paragraph(f"No message has the {FEWEST_LETTERS} letters needed to guess its language.")
        return
    yield _paragraph(
        f"Guessed from {_count(total, 'message')} of {FEWEST_LETTERS} letters or more, spread evenly over the chat. "
        f"“{UNSURE}” means that no language is {SURE:.0%} likely. A language with only a few messages is often "
        "a wrong guess."
    )
    headings = Heading("language"), BAR, Heading("share", "number")
    yield table("Messages by language", headings, _language_rows(survey))


def _language_rows(survey: Survey) -> Rows:
    total = survey.languages.total()
    for language, count in _common_languages(survey):
        share = count / total
        yield language, bar(share), percent(share)


def _common_languages(survey: Survey) -> Iterator[tuple[str, int]]:
    """Yield the common languages, then all others together, then the messages whose language is not sure."""
    total = survey.languages.total()
    unsure = survey.languages[UNSURE]
    others = total - unsure
    languages = survey.languages.copy()
    del languages[UNSURE]
    for language, count in languages.most_common(TOP):
        if count >= total / 1000:
            others -= count
            yield language, count
    if others:
        yield "others", others
    if unsure:
        yield UNSURE, unsure


def _channels(survey: Survey) -> Elements:
    if len(survey.channels):
        yield table("The most active channels", (Heading("channel"), BAR, MESSAGES), _channel_rows(survey))


def _channel_rows(survey: Survey) -> Rows:
    most = survey.channels.max()
    for name, count in survey.channels.head(TOP).items():
        yield _name(name), bar(count / most), f"{count:,}"


def _left_out(survey: Survey, dropped: Counts, cleaned: Counts) -> Elements:
    share = survey.repeated / max(survey.messages, 1)
    yield _paragraph(
        f"Repeated by the same author, word for word: {_count(survey.repeated, 'message')} ({percent(share)}), "
        f"{survey.repeated_long:,} of {LONG} characters or more."
    )
    yield _counts("Messages dropped while reading", (Heading("reason"), MESSAGES), dropped)
    yield _counts("Messages changed or removed by cleaning", (Heading("rule"), Heading("times", "number")), cleaned)


def _counts(caption: str, headings: tuple[Heading, Heading], counts: Counts) -> Element:
    rows = []
    for name, count in counts.items():
        if count:
            rows.append((name, f"{count:,}"))
    if not rows:
        return _paragraph(f"{caption}: none.")
    return table(caption, headings, rows)


def _paragraph(text: str) -> Element:
    return element("p", text)


def _count(count: int, noun: str) -> str:
    ending = "" if count == 1 else "s"
    return f"{count:,} {noun}{ending}"
