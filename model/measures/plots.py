"""The pictures: numbers in, PNG files out. Draws without a display."""

import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.ticker import MaxNLocator

from model.persona.storage import written_aside

BLUE, ORANGE, GREY = "#3b6ea8", "#c8641e", "#9a9a9a"
FONT = "DejaVu Sans"  # comes with matplotlib
# Boxes for every character; coloured pictures, which matplotlib can't draw; TeX's fonts, which have letters elsewhere.
UNFIT = ("Last Resort", "Color", "cmex", "cmsy", "cmmi", "STIXNonUnicode", "STIXSize")
LONGEST_LABEL = 32  # characters


def draw_authors(ranking: pd.DataFrame, bots: "pd.Series[bool]", path: Path) -> None:
    """Draw the ten most active authors of `model.chats.people.rank_authors` by their messages; bots in grey."""
    top = ranking.head(10)
    fonts = [FONT, *fonts_for("".join(top["author"]) + "".join(top["author_id"]))]
    labels = author_labels(top, bots.head(10).tolist(), characters_in(fonts))
    figure = Figure(figsize=(8, 1.2 + 0.36 * len(top)), layout="constrained")
    axes = figure.subplots()
    places = range(len(top))  # not the labels: two people may have the same
    bars = axes.barh(places, top["messages"], color=[GREY if bot else BLUE for bot in bots.head(10)])
    axes.set_yticks(places, [label.replace("$", r"\$") for label in labels], fontfamily=fonts)  # no mathematics
    axes.bar_label(bars, labels=[f"{count:,}" for count in top["messages"]], padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title="The most active authors", xlabel="messages")
    _save(figure, path)


def author_labels(top: pd.DataFrame, bots: Sequence[bool], known: Collection[str]) -> list[str]:
    """Return a label for each author: the name, and the id too where another one's name looks the same.

    Args:
        known: the characters that can be drawn.
    """
    names = [
        drawable(author, known) or drawable(author_id, known) or "?"
        for author, author_id in zip(top["author"], top["author_id"], strict=True)
    ]
    labels = []
    ids = [drawable(author_id, known) for author_id in top["author_id"]]
    for name, author_id, bot in zip(names, ids, bots, strict=True):
        notes = [author_id] if names.count(name) > 1 and author_id not in ("", name) else []
        notes += ["bot"] if bot else []
        labels.append(name + (f" ({', '.join(notes)})" if notes else ""))
    return labels


def drawable(name: str, known: Collection[str]) -> str:
    """Return as much of a name as can be drawn, on one line; "" if no letter of it can.

    A letter that can't becomes "?"; emoji and marks that can't are left out.
    """
    text = ""
    for character in name:
        if character.isspace() or character in known:
            text += character
        elif unicodedata.category(character)[0] in "LN":
            text += "?"
    text = " ".join(text.split())
    if not text.strip("? "):
        return ""
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def fonts_for(text: str) -> list[str]:
    """Return installed fonts for what FONT can't draw of a text, those for most of it first."""
    missing = {character for character in text if character.isprintable()} - characters_in([FONT])
    regular = {font.name for font in fontManager.ttflist if font.weight == 400 and font.style == "normal"}
    families = sorted(family for family in regular if not any(each in family for each in UNFIT))
    has = {family: missing & characters_in([family]) for family in families if missing}
    chosen = []
    while missing and has:
        family = max(has, key=lambda each: len(has[each] & missing))
        if not has[family] & missing:
            break
        chosen.append(family)
        missing -= has.pop(family)
    return chosen


def characters_in(families: Sequence[str]) -> set[str]:
    """Return the characters that any of these fonts has."""
    fonts = [get_font(findfont(FontProperties(family=[family]))) for family in families]
    return {chr(code) for font in fonts if font.scalable for code in font.get_charmap()}


def draw_curve(training_bits: Sequence[float], validation_bits: Sequence[float | None], path: Path) -> None:
    """Draw the bits per character of each epoch, from 1, of the training and the held-out text."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(training_bits) + 1)
    axes.plot(epochs, training_bits, marker="o", color=BLUE, label="training text, while learning")
    if any(bits is not None for bits in validation_bits):
        held_out = [float("nan") if bits is None else bits for bits in validation_bits]
        axes.plot(epochs, held_out, marker="s", color=ORANGE, label="held-out messages, after the epoch")
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
