"""Numbers to tables and charts of a web page: HTML and inline SVG, escaped because they are trees and never text.

Charts are as wide as what they stand in: across they are measured in per cent, upwards and in their letters in pixels.
Colours and letters are the style sheet's.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias
from xml.etree.ElementTree import Element

TOP, HEIGHT, FOOT = 20, 130, 24  # of a chart, in pixels: room for a label, its columns, its scale
GAP = 0.16  # of a column's width

Cell: TypeAlias = Element | str | int | float


class Tick(NamedTuple):
    """A word under a chart, so many columns from the left."""

    place: float
    text: str


class Columns(NamedTuple):
    """What a chart of columns shows."""

    unit: str  # what a column stands for
    counts: Sequence[tuple[str, int]]  # messages of each, with its name
    ticks: Sequence[Tick]


def element(tag: str, *children: Element | str, **attributes: object) -> Element:
    """Build an element; an attribute is written with _ for -, and with one more where Python has the word."""
    made = Element(tag, {name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + child
        else:
            made.text = (made.text or "") + child
    return made


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Element:
    """Build a table, its rows headed by their first cell; whole numbers are counts and fractions are shares."""
    body = element("tbody", *(_row(row) for row in rows))
    kinds = [cell.get("class", "") for cell in body[0]] if len(body) else [""] * len(head)
    heads = (
        element("th", text, scope="col", class_=kind) if text else element("td")
        for text, kind in zip(head, kinds, strict=True)
    )
    return element("table", element("caption", caption), element("thead", element("tr", *heads)), body)


def _row(cells: Sequence[Cell]) -> Element:
    first, *others = cells
    return element("tr", element("th", _shown(first), scope="row"), *(_cell(cell) for cell in others))


def _cell(cell: Cell) -> Element:
    kind = "number" if isinstance(cell, int | float) else "word" if isinstance(cell, str) else cell.get("class", "word")
    return element("td", _shown(cell), class_=kind)


def _shown(cell: Cell) -> Element | str:
    return f"{cell:,}" if isinstance(cell, int) else percent(cell) if isinstance(cell, float) else cell


def percent(share: float) -> str:
    """Say a share so that a little isn't nothing."""
    return "< 0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def bar(share: float, kind: str = "") -> Element:
    """Draw a bar for a table's row, which says the number too; 1 is the whole width."""
    width = max(100 * share, 0.7) if share else 0  # a little is seen
    drawn = element("rect", class_=f"column {kind}".strip(), width=f"{width:.2f}%", height="100%")
    return element("svg", drawn, class_="bar", aria_hidden="true")


def chart(name: str, title: str, columns: Columns) -> Element:
    """Draw columns, and put their numbers beside them for those who don't see them.

    Args:
        name: of the chart in the page, for the ids of its parts.
    """
    return element(
        "figure",
        element("figcaption", title),
        element("div", _drawn(name, title, columns), class_="plot"),
        element(
            "details",
            element("summary", "The numbers"),
            table(title, (columns.unit, "messages"), columns.counts),
        ),
    )


def _drawn(name: str, title: str, columns: Columns) -> Element:
    """Draw columns side by side, each with its name as a tool tip, the highest with its number."""
    counts = columns.counts
    place, (label, most) = max(enumerate(counts), key=lambda column: column[1][1])
    scale, step = HEIGHT / max(most, 1), nice_step(most)
    described = f"{len(counts)} columns; the highest is {label}: {most:,}. The numbers follow."
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", described, id=f"{name}-desc"),
        *(part for line in range(step, most + 1, step) for part in _line(line, scale)),
        *(_column(place, len(counts), label, count, scale) for place, (label, count) in enumerate(counts)),
        element("line", class_="base", x1="0", x2="100%", y1=TOP + HEIGHT, y2=TOP + HEIGHT),
        *(part for tick in columns.ticks for part in _tick(tick, len(counts))),
        _text(100 * (place + 0.5) / len(counts), TOP - 6, f"{most:,}", "highest"),
        class_="columns",
        height=TOP + HEIGHT + FOOT,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def nice_step(highest: int) -> int:
    """Return the least of 1, 2, 5, 10, ... of which four reach the highest column's number."""
    power: int = 10 ** max(0, len(str(highest)) - 2)
    return next(factor * power for factor in (1, 2, 5, 10, 20, 50) if 4 * factor * power >= highest)


def _line(count: int, scale: float) -> tuple[Element, Element]:
    y = f"{TOP + HEIGHT - count * scale:.1f}"
    shown = f"{count / 1e6:g} M" if count >= 1e6 else f"{count:,}"
    return (
        element("line", class_="grid", x1="0", x2="100%", y1=y, y2=y),
        element("text", shown, class_="scale", x="-8", y=y, dy="0.32em", text_anchor="end"),
    )


def _column(place: int, places: int, label: str, count: int, scale: float) -> Element:
    height = max(count * scale, 1.0) if count else 0.0  # a single message among thousands is seen
    return element(
        "rect",
        element("title", f"{label}: {count:,}"),
        class_="column",
        x=f"{100 * (place + GAP / 2) / places:.2f}%",
        width=f"{100 * (1 - GAP) / places:.2f}%",
        y=f"{TOP + HEIGHT - height:.1f}",
        height=f"{height:.1f}",
    )


def _tick(tick: Tick, places: int) -> tuple[Element, Element]:
    across, base = 100 * tick.place / places, TOP + HEIGHT
    x = f"{across:.2f}%"
    return element("line", class_="base", x1=x, x2=x, y1=base, y2=base + 4), _text(across, base + 18, tick.text, "tick")


def _text(across: float, y: float, text: str, kind: str) -> Element:
    """Write a text at so many per cent, over its middle but near the edges."""
    anchor = "start" if across < 4 else "end" if across > 96 else "middle"
    return element("text", text, class_=kind, x=f"{across:.2f}%", y=y, text_anchor=anchor)
