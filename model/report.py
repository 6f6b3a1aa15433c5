"""The numbers of a chat to one web page that needs nothing else: a look before training. No message is in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

import pandas as pd

from model.charts import Tick, bar, columns, element, table
from model.corpus import READABLE_CHARACTERS
from model.messages import Chat
from model.persona import written_aside
from model.recipe import MIMIC
from model.survey import (
    ENOUGH_CHARACTERS,
    FEWEST_LETTERS,
    LONG,
    SURE,
    UNSURE,
    Survey,
    by_hour,
    by_length,
    by_period,
    by_weekday,
    survey,
)

STYLE = Path(__file__).with_name("report.css")
# Even if a name were taken for a tag, a browser would run and fetch nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
TOP = 10
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEVELS = {
    "plenty": f"{READABLE_CHARACTERS:,} characters or more: replies become readable from the author alone",
    "enough": f"{ENOUGH_CHARACTERS:,} or more, where everybody together has {READABLE_CHARACTERS:,}: the default "
    "recipe learns from everybody first, then from the author",
    "little": "less: replies will sound like the room, if like anything",
}
# Those that are met most; others are shown by their ISO 639 code.
LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovene",
    "sr": "Serbian",
    "sv": "Swedish",
    "ta": "Tamil",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "zxx": "no language",
}


def write_report(chat: Chat, dropped: Mapping[str, int], cleaned: Mapping[str, int], path: Path) -> None:
    """Write the page.

    Args:
        dropped: how many messages were left out in reading, by the reason.
        cleaned: how often cleaning took something away, by its rule.

    Raises:
        PersonaError: the file can't be written.
    """
    page = render(survey(chat), dropped, cleaned)
    with written_aside(path) as aside:
        aside.write_text(page, encoding="utf-8", errors="replace")  # half an emoji in a name


def render(found: Survey, dropped: Mapping[str, int], cleaned: Mapping[str, int]) -> str:
    """Return the page as HTML."""
    sections = [
        _section("authors", "Who writes most", *_most_active(found)),
        _section("text", "Text to learn from", *_text_to_learn_from(found)),
        _section("time", "When they write", *_time(found)),
        _section("length", "How long messages are", *_length(found)),
        _section("characters", "Characters", *_characters(found)),
        _section("languages", "Languages", *_languages(found)),
        _section("channels", "Channels", *_channels(found)),
        _section("left-out", "Left out, and said again", *_left_out(found, dropped, cleaned)),
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
    bots = int(found.authors["is_bot"].sum())
    days = found.moments.dt.date.nunique() if len(found.moments) else 0
    headlines = {
        "messages": f"{found.messages:,}",
        "characters": f"{found.lengths.sum():,}",
        "authors": f"{len(found.authors):,}" + (f", {_count(bots, 'bot')} among them" if bots else ""),
        "time": f"{_span(found)}, messages on {_count(days, 'day')}" if days else "the export doesn't say",
        "channels": f"{len(found.channels):,}" if len(found.channels) else "the export doesn't say",
        "format": found.formats,
    }
    pairs = (element("div", element("dt", name), element("dd", text)) for name, text in headlines.items())
    return element("header", element("h1", "A chat before training"), element("dl", *pairs))


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
    share = top["messages"].sum() / max(found.messages, 1)
    if len(found.authors) > TOP:
        yield _paragraph(f"Ten of {len(found.authors):,} authors wrote {_percent(share)} of the messages.")
    rows = (
        (name, bar(count / most, "bot" if bot else ""), int(count))
        for name, count, bot in zip(_names(found, top), top["messages"], top["is_bot"], strict=True)
    )
    yield table("The most active authors", ("author", "", "messages"), rows)


def _text_to_learn_from(found: Survey) -> Iterator[Element]:
    people = found.authors[~found.authors["is_bot"]]
    yield table(
        "People by how much text there is of them",
        ("text", "what it means", "people"),
        ((level, meaning, int((people["level"] == level).sum())) for level, meaning in LEVELS.items()),
    )
    top = people.sort_values("characters", ascending=False, kind="stable").head(TOP)
    rows = zip(_names(found, top), top["level"], map(int, top["characters"]), strict=True)
    yield table("People with the most text", ("author", "text", "characters"), rows)


def _names(found: Survey, some: pd.DataFrame) -> Iterator[Element]:
    """Yield the names of some authors, with their ids where another's name is the same."""
    names = found.authors["author"]
    same = set(names[names.duplicated()])
    for row in some.itertuples():
        yield element(
            "span",
            element("bdi", str(row.author)),
            *([" ", element("small", element("bdi", str(row.author_id)))] if row.author in same else []),
            *([" ", element("small", "bot", class_="mark")] if row.is_bot else []),
            class_="name",
        )


def _time(found: Survey) -> Iterator[Element]:
    if timeless := found.messages - len(found.moments):
        yield _paragraph(f"{_count(timeless, 'message')} of {found.messages:,} without a time.")
    if not len(found.moments):
        return
    period, counts = by_period(found.moments)
    labelled = [(_period(period, start), int(count)) for start, count in counts.items()]
    yield _chart("period", f"Messages a {period}", period, labelled, _period_ticks(period, counts.index))
    hours = [(f"{hour:02}:00 to {hour + 1:02}:00", int(count)) for hour, count in by_hour(found.moments).items()]
    weekdays = list(zip(WEEKDAYS, map(int, by_weekday(found.moments)), strict=True))
    yield element(
        "div",
        _chart("hour", "By hour of the day, UTC", "hour", hours, [Tick(hour, str(hour)) for hour in range(0, 25, 6)]),
        _chart(
            "weekday",
            "By day of the week, UTC",
            "day",
            weekdays,
            [Tick(place + 0.5, day[:3]) for place, day in enumerate(WEEKDAYS)],
        ),
        class_="pair",
    )


def _period(period: str, start: pd.Period) -> str:
    """Name a period of time as it is read."""
    day = f"{start.start_time.day} {start.start_time:%B %Y}"
    named = {
        "day": day,
        "week": f"week of {day}",
        "month": f"{start.start_time:%B %Y}",
        "quarter": f"{start.year}, quarter {start.quarter}",
    }
    return named.get(period, str(start.year))


def _period_ticks(period: str, periods: pd.PeriodIndex) -> list[Tick]:
    """Mark the years where there are several, and else some of the periods; five or so."""
    years = [place for place, start in enumerate(periods) if place == 0 or start.year != periods[place - 1].year]
    if len(years) > 2:
        return [Tick(place, str(periods[place].year)) for place in years[:: -(-len(years) // 6)]]
    form = "%b %Y" if period in ("month", "quarter") else "%d %b"
    return [
        Tick(place, f"{periods[place].start_time:{form}}") for place in range(0, len(periods), -(-len(periods) // 5))
    ]


def _length(found: Survey) -> Iterator[Element]:
    if not found.messages:
        return
    middle, long = (int(found.lengths.quantile(share)) for share in (0.5, 0.9))
    yield _paragraph(
        f"Half of the messages have {_count(middle, 'character')} or fewer, nine in ten {long:,} or fewer; "
        f"the longest has {found.lengths.max():,}. Each column is twice as wide as the one before."
    )
    counts = by_length(found.lengths)
    labelled = [(_range(2**place, 2 ** (place + 1) - 1), count) for place, count in enumerate(counts)]
    ticks = [Tick(place, f"{2**place:,}") for place in range(0, len(counts) + 1, 2)]
    yield _chart("lengths", "Messages by their length in characters", "characters", labelled, ticks)


def _range(lowest: int, highest: int) -> str:
    return f"{lowest:,}" if lowest == highest else f"{lowest:,} to {highest:,}"


def _characters(found: Survey) -> Iterator[Element]:
    total = found.characters.total()
    yield _paragraph(
        f"People use {_count(len(found.characters), 'different character')}. {len(found.rare):,} of them are met fewer "
        f"than {MIMIC.rare} times, {_percent(sum(found.rare.values()) / max(total, 1))} of all text: the default recipe "
        "counts these as one, unknown."
    )
    tables = [
        table(caption, (head, "", "times"), _signs(list(signs.items())[:TOP]))
        for caption, head, signs in (("Signs used most", "sign", found.signs), ("Emoji used most", "emoji", found.emoji))
        if signs
    ]
    if tables:
        yield element("div", *tables, class_="pair")


def _signs(signs: Sequence[tuple[str, int]]) -> Iterator[tuple[Element, Element, int]]:
    for sign, count in signs:
        yield element("span", sign, class_="sign"), bar(count / signs[0][1]), count


def _languages(found: Survey) -> Iterator[Element]:
    judged = found.languages.total()
    if not judged:
        yield _paragraph(f"No message has the {FEWEST_LETTERS} letters that it takes to tell a language.")
        return
    yield _paragraph(
        f"Guessed from {_count(judged, 'message')} of {FEWEST_LETTERS} letters or more, drawn evenly over the chat. "
        f"Unsure: less than {SURE:.0%} likely. A language of a few messages is often a mistake."
    )
    known = [(code, count) for code, count in found.languages.most_common() if code != UNSURE]
    shown = [(code, count) for code, count in known[:TOP] if count / judged >= 0.001]
    named = [(LANGUAGES.get(code, code), count) for code, count in shown]
    rest = judged - found.languages[UNSURE] - sum(count for _, count in shown)
    named += [(name, count) for name, count in (("others", rest), ("unsure", found.languages[UNSURE])) if count]
    rows = ((name, bar(count / judged), element("span", _percent(count / judged))) for name, count in named)
    yield table("Messages by language", ("language", "", "share"), rows)


def _channels(found: Survey) -> Iterator[Element]:
    if found.channels.empty:
        yield _paragraph("The export doesn't say.")
        return
    top = found.channels.head(TOP)
    rows = (
        (element("bdi", str(name), class_="name"), bar(count / top.iloc[0]), int(count)) for name, count in top.items()
    )
    yield table("The most active channels", ("channel", "", "messages"), rows)


def _left_out(found: Survey, dropped: Mapping[str, int], cleaned: Mapping[str, int]) -> Iterator[Element]:
    yield _paragraph(
        f"{_count(found.repeated, 'message')} ({_percent(found.repeated / max(found.messages, 1))}) had been sent by "
        f"the same author before, word for word; {found.repeated_long:,} of them have {LONG} characters or more. "
        "They are kept."
    )
    for caption, head, counts in (
        ("Messages dropped in reading", "messages", dropped),
        ("What cleaning took away", "times", cleaned),
    ):
        rows = [(reason, count) for reason, count in counts.items() if count]
        yield table(caption, ("reason", head), rows) if rows else _paragraph(f"{caption}: nothing.")


def _chart(name: str, title: str, unit: str, counts: list[tuple[str, int]], ticks: Iterable[Tick]) -> Element:
    """Draw columns, and put their numbers beside them for those who don't see them."""
    label, most = max(counts, key=lambda pair: pair[1])
    described = f"{len(counts)} columns; the highest is {label} with {_count(most, 'message')}. The numbers follow."
    return element(
        "figure",
        element("figcaption", title),
        element("div", columns(name, title, described, counts, ticks), class_="plot"),
        element("details", element("summary", "The numbers"), table(title, (unit, "messages"), counts)),
    )


def _paragraph(text: str) -> Element:
    return element("p", text)


def _span(found: Survey) -> str:
    first, last = (f"{day.day} {day:%B %Y}" for day in (found.moments.min(), found.moments.max()))
    return first if first == last else f"{first} to {last}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _percent(share: float) -> str:
    return "less than 0.1%" if 0 < share < 0.001 else f"{share:.1%}"
