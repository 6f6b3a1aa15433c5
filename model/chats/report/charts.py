"""Numbers to tables and charts of a web page: HTML and inline SVG, built as trees, so that every text is escaped.

Charts fill the width of their parent: horizontal positions are percentages, vertical ones are pixels. Colours and
fonts are in the style sheet.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias
from xml.etree.ElementTree import Element

TOP, HEIGHT, FOOT = 20, 130, 24  # of a chart, pixels: room for a label, the columns, the scale
BASE = TOP + HEIGHT
GAP = 0.16  # of a column's width

Cell: TypeAlias = Element | str
Rows: TypeAlias = Iterable[Sequence[Cell]]
Elements: TypeAlias = Iterator[Element]


class Heading(NamedTuple):
    """The head of a table's column, and what its cells hold: a "word", a "number" or a "bar"."""

    text: str
    kind: str = "word"


BAR = Heading("", "bar")


class Column(NamedTuple):
    """A column of a chart."""

    name: str
    messages: int


class Tick(NamedTuple):
    """A word under a chart."""

    place: float  # columns from the left
    text: str


class Columns(NamedTuple):
    """A chart of columns."""

    unit: str  # that one column stands for
    counts: Sequence[Column]
    ticks: Sequence[Tick]


def element(tag: str, *children: Element | str, **attributes: object) -> Element:
    """Build an element. In the names of attributes "_" stands for "-"; one at the end is left out ("class_")."""
    parent = Element(tag)
    for name, value in attributes.items():
        parent.set(name.rstrip("_").replace("_", "-"), str(value))
    for child in children:
        _append(parent, child)
    return parent


def _append(parent: Element, child: Element | str) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        last = parent[-1]
        last.tail = (last.tail or "") + child
    else:
        parent.text = (parent.text or "") + child


def table(caption: str, headings: Sequence[Heading], rows: Rows) -> Element:
    """Build a table; the first cell of each row is its head."""
    head = element("tr")
    for heading in headings:
        head.append(_heading(heading))
    body = element("tbody")
    for cells in rows:
        body.append(_row(headings, cells))
    return element(
        "table",
        element("caption", caption),
        element("thead", head),
        body,
    )


def _heading(heading: Heading) -> Element:
    if not heading.text:
        return element("td")
    return element("th", heading.text, scope="col", class_=heading.kind)


def _row(headings: Sequence[Heading], cells: Sequence[Cell]) -> Element:
    name, *values = cells
    head = element("th", name, scope="row")
    row = element("tr", head)
    for heading, value in zip(headings[1:], values, strict=True):
        cell = element("td", value, class_=heading.kind)
        row.append(cell)
    return row


def percent(share: float) -> str:
    """Write a share as a percentage; a very small one is not written as 0."""
    if 0 < share < 0.001:
        return "< 0.1%"
    return f"{share:.1%}"


def bar(share: float, kind: str = "") -> Element:
    """Draw a bar for a row that also holds the number; a share of 1 fills the width."""
    width = 100 * share
    if share:
        width = max(width, 0.7)  # a small share stays visible
    column = element(
        "rect",
        class_=f"column {kind}".strip(),
        width=f"{width:.2f}%",
        height="100%",
    )
    return element("svg", column, class_="bar", aria_hidden="true")


def chart(name: str, title: str, columns: Columns) -> Element:
    """Draw columns, and list their numbers for readers who don't see them.

    Args:
        name: begins the ids of the chart's parts.
    """
    headings = [
        Heading(columns.unit),
        Heading("messages", "number"),
    ]
    numbers = table(title, headings, _numbers(columns))
    drawing = _drawing(name, title, columns)
    summary = element("summary", "Show the numbers")
    return element(
        "figure",
        element("figcaption", title),
        element("div", drawing, class_="plot"),
        element("details", summary, numbers),
    )


def _numbers(columns: Columns) -> Rows:
    for column in columns.counts:
        yield column.name, f"{column.messages:,}"


def _drawing(name: str, title: str, columns: Columns) -> Element:
    """Draw the columns, a scale on the left, ticks below, and a number over the highest."""
    highest = max(columns.counts, key=lambda column: column.messages)
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", _description(columns, highest), id=f"{name}-desc"),
        *_scale(highest.messages),
        *_bars(columns, highest.messages),
        _line("base", ("0", BASE), ("100%", BASE)),
        *_ticks(columns),
        _highest(columns, highest),
        class_="columns",
        height=BASE + FOOT,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def _description(columns: Columns, highest: Column) -> str:
    count = len(columns.counts)
    number = f"{highest.messages:,}"
    return f"{count} columns; the highest is {highest.name}: {number}. A table of all numbers follows."


def nice_step(highest: int) -> int:
    """Return the smallest of 1, 2, 5, 10, ... of which four steps reach the highest column's number."""
    digits = len(str(highest))
    power: int = 10 ** max(0, digits - 2)
    step = power
    for factor in (1, 2, 5, 10, 20, 50):
        step = factor * power
        if 4 * step >= highest:
            break
    return step


def _scale(most: int) -> Elements:
    """Draw a line for each step, with its number."""
    step = nice_step(most)
    for count in range(step, most + 1, step):
        height = _height(count, most)
        y = f"{BASE - height:.1f}"
        yield _line("grid", ("0", y), ("100%", y))
        yield element(
            "text",
            _scale_text(count),
            class_="scale",
            x="-8",
            y=y,
            dy="0.32em",
            text_anchor="end",
        )


def _scale_text(count: int) -> str:
    if count < 1_000_000:
        return f"{count:,}"
    millions = count / 1e6
    return f"{millions:g} M"


def _line(kind: str, start: tuple[str, object], end: tuple[str, object]) -> Element:
    x1, y1 = start
    x2, y2 = end
    return element("line", class_=kind, x1=x1, x2=x2, y1=y1, y2=y2)


def _height(count: int, most: int) -> float:
    return count * HEIGHT / max(most, 1)


def _bars(columns: Columns, most: int) -> Elements:
    """Draw the columns side by side, each with its name and number as a tool tip."""
    width = 100 / len(columns.counts)
    bar_width = width * (1 - GAP)
    for place, column in enumerate(columns.counts):
        height = _height(column.messages, most)
        if column.messages:
            height = max(height, 1.0)  # one message among thousands stays visible
        left = width * (place + GAP / 2)
        top = BASE - height
        tool_tip = f"{column.name}: {column.messages:,}"
        yield element(
            "rect",
            element("title", tool_tip),
            class_="column",
            x=f"{left:.2f}%",
            width=f"{bar_width:.2f}%",
            y=f"{top:.1f}",
            height=f"{height:.1f}",
        )


def _ticks(columns: Columns) -> Elements:
    for tick in columns.ticks:
        percentage = 100 * tick.place / len(columns.counts)
        x = f"{percentage:.2f}%"
        yield _line("base", (x, BASE), (x, BASE + 4))
        yield _text(tick.text, "tick", percentage, BASE + 18)


def _highest(columns: Columns, highest: Column) -> Element:
    """Write the number of the highest column over it."""
    middle = columns.counts.index(highest) + 0.5
    percentage = 100 * middle / len(columns.counts)
    return _text(f"{highest.messages:,}", "highest", percentage, TOP - 6)


def _text(text: str, kind: str, percentage: float, y: float) -> Element:
    """Write a text with its middle at a place; near the edges, with its beginning or its end there."""
    anchor = "middle"
    if percentage < 4:
        anchor = "start"
    elif percentage > 96:
        anchor = "end"
    return element(
        "text",
        text,
        class_=kind,
        x=f"{percentage:.2f}%",
        y=y,
        text_anchor=anchor,
    )
