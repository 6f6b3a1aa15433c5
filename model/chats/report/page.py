"""The numbers of a chat to one web page that needs nothing else: a look before training. No message is in it."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

import pandas as pd

from model.chats.report.charts import bar, chart, element, percent, table
from model.chats.report.histograms import by_hour, by_length, by_period, by_weekday
from model.chats.report.languages import FEWEST_LETTERS, SURE, UNSURE
from model.chats.report.survey import ENOUGH_CHARACTERS, LONG, Survey, survey
from model.corpus import READABLE_CHARACTERS
from model.files import written_aside
from model.people import Chat, aliases
from model.recipe import MIMIC

STYLE = Path(__file__).with_name("report.css")
# A browser runs nothing and fetches nothing, even if a name were ever taken for a tag.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TOP = 10
MOST_LISTED = 20  # bots, and people of several names
LONGEST_NAME = 60  # characters; Discord allows 32
LEVELS = {
    "plenty": f"{READABLE_CHARACTERS:,} characters or more: replies become readable from the author alone",
    "enough": f"{ENOUGH_CHARACTERS:,} or more, where all who may be learnt from have {READABLE_CHARACTERS:,} together: "
    "the default recipe learns from them first, then from the author",
    "little": "less than that: replies will sound like the room, if like anything",
}


def write_report(chat: Chat, dropped: Mapping[str, int], cleaned: Mapping[str, int], path: Path) -> None:
    """Write the page.

    Args:
        dropped: how many messages were left out in reading, by the reason.
        cleaned: how often cleaning took something away, by its rule.

    Raises:
        FileError: the file can't be written.
    """
    page = render(survey(chat), dropped, cleaned)
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8", errors="replace")  # half an emoji in a name


def render(found: Survey, dropped: Mapping[str, int], cleaned: Mapping[str, int]) -> str:
    """Return the page as HTML."""
    sections = [
        _section("authors", "Who writes most", *_most_active(found)),
        _section("text", "Text to learn from", *_text_to_learn_from(found)),
        *([_section("who", "Who is who", *who)] if (who := list(_who_is_who(found))) else []),
        _section("time", "When they write", *_time(found)),
        _section("length", "How long messages are", *_length(found)),
        _section("characters", "Characters", *_characters(found)),
        _section("languages", "Languages", *_languages(found)),
        *([_section("channels", "Channels", *_channels(found))] if len(found.channels) else []),
        _section("left-out", "Left out and repeated", *_left_out(found, dropped, cleaned)),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "A chat before training"),
        element("style", STYLE.read_text(encoding="utf-8")),
    )
    body = element("body", _header(found), element("main", *sections), _footer())
    return "<!doctype html>\n" + tostring(element("html", head, body, lang="en"), "unicode", "html") + "\n"


def _header(found: Survey) -> Element:
    bots = found.bots
    numbers = {
        "messages": f"{found.messages:,}",
        "characters": f"{found.lengths.sum():,}",
        "people": f"{len(found.authors) - len(bots):,}",
    }
    facts = {
        "Time": f"{_span(found)}, on {_count(found.moments.dt.date.nunique(), 'day')}"
        if len(found.moments)
        else "the export doesn't say",
        "Channels": f"{len(found.channels):,}" if len(found.channels) else "the export doesn't say",
        "Format": found.formats,
    }
    if len(bots):
        facts["Bots"] = f"{len(bots):,}, in the first chart alone; {_count(int(bots['messages'].sum()), 'message')}"
    return element(
        "header",
        element("h1", "A chat before training"),
        element("dl", *_pairs(numbers), class_="numbers"),
        element("dl", *_pairs(facts), class_="facts"),
    )


def _pairs(terms: Mapping[str, str]) -> Iterator[Element]:
    return (element("div", element("dt", name), element("dd", text)) for name, text in terms.items())


def _footer() -> Element:
    return element(
        "footer",
        element("p", "No message is in this page; the names are real. Keep it as private as the chat itself."),
    )


def _section(name: str, title: str, *parts: Element) -> Element:
    return element("section", element("h2", title, id=name), *parts, aria_labelledby=name)


def _most_active(found: Survey) -> Iterator[Element]:
    top = found.authors.head(TOP)
    most = max(int(top["messages"].max()), 1) if len(top) else 1
    if len(found.authors) > TOP:
        share = top["messages"].sum() / found.authors["messages"].sum()
        yield _paragraph(
            f"Ten of {len(found.authors):,} authors, bots among them, wrote {percent(share)} of all messages."
        )
    rows = (
        (name, bar(count / most, "bot" if bot else ""), int(count))
        for name, count, bot in zip(_names(found, top), top["messages"], top["bot"], strict=True)
    )
    yield table("The most active authors", ("author", "", "messages"), rows)


def _text_to_learn_from(found: Survey) -> Iterator[Element]:
    people = found.people
    characters = max(int(people["characters"].sum()), 1)
    of = {level: people[people["level"] == level] for level in LEVELS}
    yield table(
        "People by how much text there is of them",
        ("text", "people", "of all text"),
        ((_level(level), len(of[level]), float(of[level]["characters"].sum() / characters)) for level in LEVELS),
    )
    top = people.sort_values("characters", ascending=False, kind="stable").head(TOP)
    rows = (
        (name, bar(count / top["characters"].iloc[0]), int(count), level)
        for name, count, level in zip(_names(found, top), top["characters"], top["level"], strict=True)
    )
    yield table("People with the most text", ("author", "", "characters", "text"), rows)


def _who_is_who(found: Survey) -> Iterator[Element]:
    bots = found.bots
    if len(bots):
        shown = bots.head(MOST_LISTED)
        rows = zip(_names(found, shown), shown["bot"], shown["messages"].astype(int), strict=True)
        yield table("Bots, left out where people are counted or learnt from", ("bot", "as", "messages"), rows)
    one = aliases(found.people)[:MOST_LISTED]
    if one:
        rows_of_names = ((element("span", *_among(_names(found, rows))), int(rows["messages"].sum())) for rows in one)
        yield table("Who may be one person (--same-as joins them)", ("authors", "messages"), rows_of_names)


def _among(names: Iterable[Element]) -> Iterator[Element | str]:
    """Yield names with commas between them."""
    for number, name in enumerate(names):
        if number:
            yield ", "
        yield name


def _level(level: str) -> Element:
    return element("span", element("strong", level), element("small", LEVELS[level]), class_="level")


def _names(found: Survey, some: pd.DataFrame) -> Iterator[Element]:
    """Yield the names of some authors, with their ids where another's name is the same."""
    names = found.authors["author"]
    same = set(names[names.duplicated()])
    for row in some.itertuples():
        parts: list[Element | str] = [_name(row.author)]
        if row.author in same:
            parts += [" ", element("small", _name(row.author_id))]
        if row.bot:
            parts += [" ", element("small", "bot", class_="mark")]
        yield element("span", *parts)


def _name(name: object) -> Element:
    """Show a name whichever way it is written, the beginning of a very long one."""
    text = str(name)
    return element("bdi", text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…")


def _time(found: Survey) -> Iterator[Element]:
    timeless = found.messages - len(found.moments)
    if not len(found.moments):
        yield _paragraph("The export says of no message when it was sent.")
        return
    if timeless:
        yield _paragraph(f"Without a time, and not counted here: {_count(timeless, 'message')}.")
    periods = by_period(found.moments)
    yield chart("period", f"Messages a {periods.unit}", periods)
    yield element(
        "div",
        chart("hour", "By hour of the day, UTC", by_hour(found.moments)),
        chart("weekday", "By day of the week, UTC", by_weekday(found.moments)),
        class_="pair",
    )


def _length(found: Survey) -> Iterator[Element]:
    if not found.messages:
        return
    middle, long = (int(found.lengths.quantile(share, "higher")) for share in (0.5, 0.9))
    yield _paragraph(
        f"Half of the messages have {_count(middle, 'character')} or fewer, nine in ten {long:,} or fewer; "
        f"the longest has {found.lengths.max():,}. The scale doubles from column to column."
    )
    yield chart("lengths", "Messages by their length in characters", by_length(found.lengths))


def _characters(found: Survey) -> Iterator[Element]:
    share = sum(found.rare.values()) / max(found.characters.total(), 1)
    yield _paragraph(
        f"People use {_count(len(found.characters), 'different character')}. {len(found.rare):,} of them, "
        f"{percent(share)} of all text, are met fewer than {MIMIC.rare} times: to the default recipe they are all the "
        "same, unknown."
    )
    tables = [
        table(caption, ("", "name", "times"), _signs(signs))
        for caption, signs in (("Signs used most", found.signs), ("Emoji used most", found.emoji))
        if signs
    ]
    if tables:
        yield element("div", *tables, class_="pair")


def _signs(signs: Mapping[str, int]) -> Iterator[tuple[Element, str, int]]:
    for sign, count in list(signs.items())[:TOP]:
        yield element("span", sign, class_="sign"), unicodedata.name(sign, f"U+{ord(sign):04X}").lower(), count


def _languages(found: Survey) -> Iterator[Element]:
    judged = found.languages.total()
    if not judged:
        yield _paragraph(f"No message has the {FEWEST_LETTERS} letters that it takes to tell a language.")
        return
    yield _paragraph(
        f"Guessed from {_count(judged, 'message')} of {FEWEST_LETTERS} letters or more, drawn evenly over the chat. "
        f"Unsure: less than {SURE:.0%} likely. A language of a few messages is often a mistake."
    )
    known = [(name, count) for name, count in found.languages.most_common() if name != UNSURE]
    named = [(name, count) for name, count in known[:TOP] if count >= judged / 1000]
    rest = sum(count for _, count in known) - sum(count for _, count in named)
    named += [(name, count) for name, count in (("others", rest), (UNSURE, found.languages[UNSURE])) if count]
    rows = ((name, bar(count / judged), count / judged) for name, count in named)
    yield table("Messages by language", ("language", "", "share"), rows)


def _channels(found: Survey) -> Iterator[Element]:
    top = found.channels.head(TOP)
    rows = ((_name(name), bar(count / top.iloc[0]), int(count)) for name, count in top.items())
    yield table("The most active channels", ("channel", "", "messages"), rows)


def _left_out(found: Survey, dropped: Mapping[str, int], cleaned: Mapping[str, int]) -> Iterator[Element]:
    yield _paragraph(
        f"Sent before by the same author, word for word: {_count(found.repeated, 'message')} "
        f"({percent(found.repeated / max(found.messages, 1))}), {found.repeated_long:,} of {LONG} characters or more."
    )
    for caption, head, counts in (
        ("Messages dropped in reading", "messages", dropped),
        ("What cleaning took away", "times", cleaned),
    ):
        rows = [(reason, int(count)) for reason, count in counts.items() if count]
        yield table(caption, ("reason", head), rows) if rows else _paragraph(f"{caption}: nothing.")


def _paragraph(text: str) -> Element:
    return element("p", text)


def _span(found: Survey) -> str:
    first, last = (f"{day.day} {day:%B %Y}" for day in (found.moments.min(), found.moments.max()))
    return first if first == last else f"{first} to {last}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
