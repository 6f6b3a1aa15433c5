"""Numbers to tables and charts of a web page: HTML and inline SVG, escaped because they are trees and never text.

Charts are as wide as what they stand in: across they are measured in per cent, upwards and in their letters in pixels.
Colours and letters are the style sheet's.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

TOP, HEIGHT, FOOT = 20, 130, 24  # of a chart, in pixels: room for a label, its columns, its scale
GAP = 0.16  # of a column's width


class Tick(NamedTuple):
    """A word under a chart, so many columns from the left."""

    place: float
    text: str


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


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Element | str | int]]) -> Element:
    """Build a table; its rows are headed by their first cell, whole numbers are set to be compared."""
    body = element("tbody", *(_row(row) for row in rows))
    kinds = [cell.get("class", "") for cell in body[0]] if len(body) else [""] * len(head)
    heads = (element("th", text, scope="col", class_=kind) for text, kind in zip(head, kinds, strict=True))
    return element("table", element("caption", caption), element("thead", element("tr", *heads)), body)


def _row(cells: Sequence[Element | str | int]) -> Element:
    first, *others = cells
    return element("tr", element("th", _shown(first), scope="row"), *(_cell(cell) for cell in others))


def _cell(cell: Element | str | int) -> Element:
    kind = "number" if isinstance(cell, int) else "bar" if isinstance(cell, Element) and cell.tag == "svg" else "word"
    return element("td", _shown(cell), class_=kind)


def _shown(cell: Element | str | int) -> Element | str:
    return f"{cell:,}" if isinstance(cell, int) else cell


def bar(share: float, kind: str = "") -> Element:
    """Draw a bar for a table's row, which says the number too; 1 is the whole width."""
    drawn = element("rect", class_=f"column {kind}".strip(), width=f"{100 * share:.2f}%", height="100%")
    return element("svg", drawn, class_="bar", aria_hidden="true")


def columns(name: str, title: str, described: str, counts: Sequence[tuple[str, int]], ticks: Iterable[Tick]) -> Element:
    """Draw columns side by side, each with its label as a tool tip, the highest with its number.

    Args:
        name: of the chart in the page, for the ids of its title and description.
    """
    highest = max(range(len(counts)), key=lambda place: counts[place][1])
    step = nice_step(counts[highest][1])
    scale = HEIGHT / max(counts[highest][1], 1)
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", described, id=f"{name}-desc"),
        *(part for line in range(step, counts[highest][1] + 1, step) for part in _line(line, scale)),
        *(_column(place, len(counts), label, count, scale) for place, (label, count) in enumerate(counts)),
        element("line", class_="base", x1="0", x2="100%", y1=TOP + HEIGHT, y2=TOP + HEIGHT),
        *(_tick(tick, len(counts)) for tick in ticks),
        _text(100 * (highest + 0.5) / len(counts), TOP - 6, f"{counts[highest][1]:,}", "highest"),
        class_="columns",
        height=TOP + HEIGHT + FOOT,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def nice_step(highest: int) -> int:
    """Return the least of 1, 2, 5, 10, ... of which four reach the highest column's number."""
    power = 10 ** max(0, math.floor(math.log10(max(highest, 1))) - 1)
    return next(step for factor in (1, 2, 5, 10, 20, 50) if 4 * (step := factor * power) >= highest)


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


def _tick(tick: Tick, places: int) -> Element:
    return _text(100 * tick.place / places, TOP + HEIGHT + 17, tick.text, "tick")


def _text(across: float, y: float, text: str, kind: str) -> Element:
    """Write a text at so many per cent, over its middle but near the edges."""
    anchor = "start" if across < 4 else "end" if across > 96 else "middle"
    return element("text", text, class_=kind, x=f"{across:.2f}%", y=y, text_anchor=anchor)
