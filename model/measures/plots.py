"""Draw numbers as charts, in PNG files. Needs no display."""

import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ticker import MaxNLocator

from model.persona.storage import written_aside

BLUE, ORANGE, GREY = "#3b6ea8", "#c8641e", "#9a9a9a"
FONT = "DejaVu Sans"  # comes with matplotlib
UNUSABLE_FONTS = (
    "Last Resort",  # draws a box for every character
    "Color",  # matplotlib can't draw coloured pictures
    # TeX's fonts have other letters at these places
    "cmex",
    "cmsy",
    "cmmi",
    "STIXNonUnicode",
    "STIXSize",
)
MOST_AUTHORS = 10
LONGEST_LABEL = 32  # characters


def draw_authors(ranking: pd.DataFrame, bots: "pd.Series[bool]", path: Path) -> None:
    """Draw the messages of the most active authors of a ranking (`model.chats.people.rank_authors`); bots in grey."""
    top = ranking.head(MOST_AUTHORS)
    top_bots = bots.head(MOST_AUTHORS)
    text = "".join(top["author"]) + "".join(top["author_id"])
    fonts = [FONT, *fonts_for(text)]
    known = characters_in(fonts)
    labels = author_labels(top, top_bots.tolist(), known)
    height = 1.2 + 0.36 * len(top)
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots()
    places = range(len(top))  # not the labels: two people may have the same
    colours = top_bots.map({True: GREY, False: BLUE})
    bars = axes.barh(places, top["messages"], color=colours.tolist())
    without_formulas = [label.replace("$", r"\$") for label in labels]
    axes.set_yticks(places, without_formulas, fontfamily=fonts)
    axes.bar_label(bars, fmt="{:,.0f}", padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title="The most active authors", xlabel="messages")
    _save(figure, path)


def author_labels(top: pd.DataFrame, bots: Sequence[bool], known: Collection[str]) -> list[str]:
    """Return a label for each author: the name, and the id too if another author's name looks the same.

    Args:
        known: the characters that can be drawn.
    """
    ids = [drawable(author_id, known) for author_id in top["author_id"]]
    names = []
    for author, author_id in zip(top["author"], ids, strict=True):
        names.append(drawable(author, known) or author_id or "?")
    labels = []
    for name, author_id, is_bot in zip(names, ids, bots, strict=True):
        notes = []
        is_shared = names.count(name) > 1
        if is_shared and author_id not in ("", name):
            notes.append(author_id)
        if is_bot:
            notes.append("bot")
        label = name
        if notes:
            in_brackets = ", ".join(notes)
            label = f"{name} ({in_brackets})"
        labels.append(label)
    return labels


def drawable(name: str, known: Collection[str]) -> str:
    """Return a name as it can be drawn, on one line; "" if none of its letters can.

    Other letters become "?"; emoji and marks that can't be drawn are left out.
    """
    text = ""
    for character in name:
        category = unicodedata.category(character)
        if character.isspace() or character in known:
            text += character
        elif category.startswith(("L", "N")):
            text += "?"
    words = text.split()
    text = " ".join(words)
    if not text.strip("? "):
        return ""
    if len(text) > LONGEST_LABEL:
        beginning = text[: LONGEST_LABEL - 1]
        text = f"{beginning}…"
    return text


def fonts_for(text: str) -> list[str]:
    """Return installed fonts for the characters of a text that FONT lacks, those with most of them first."""
    printable = set(filter(str.isprintable, text))
    missing = printable - characters_in([FONT])
    if not missing:
        return []
    has = {}
    for family in _installed_fonts():
        has[family] = characters_in([family])

    def usefulness(family: str) -> int:
        useful = has[family] & missing
        return len(useful)

    chosen = []
    while has:
        best = max(has, key=usefulness)
        if usefulness(best) == 0:
            break
        chosen.append(best)
        missing -= has.pop(best)
    return chosen


def _installed_fonts() -> list[str]:
    """Return the names of the regular fonts that matplotlib can use, sorted."""
    families = set()
    for font in fontManager.ttflist:
        is_regular = font.weight == 400 and font.style == "normal"
        is_usable = not any(words in font.name for words in UNUSABLE_FONTS)
        if is_regular and is_usable:
            families.add(font.name)
    return sorted(families)


def characters_in(families: Sequence[str]) -> set[str]:
    """Return the characters that any of these fonts has."""
    characters: set[str] = set()
    for family in families:
        file = findfont(FontProperties(family=[family]))
        font = get_font(file)
        if font.scalable:
            code_points = font.get_charmap()
            characters.update(map(chr, code_points))
    return characters


def draw_curve(training_bits: Sequence[float], validation_bits: Sequence[float | None], path: Path) -> None:
    """Draw the bits per character of each epoch, for the training and the held-out text."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(training_bits) + 1)
    axes.plot(
        epochs,
        training_bits,
        marker="o",
        color=BLUE,
        label="training text, while learning",
    )
    if any(bits is not None for bits in validation_bits):
        held_out = np.array(validation_bits, dtype=float)  # None becomes NaN, a gap in the line
        axes.plot(
            epochs,
            held_out,
            marker="s",
            color=ORANGE,
            label="held-out messages, after the epoch",
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(title="Learning curve", xlabel="epoch", ylabel="bits per character")
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    with written_aside(path) as aside:
        figure.savefig(aside, format="png", dpi=120)
