"""The pictures: numbers in, PNG files out. Draws without a display."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from model.files import written_aside

BLUE, ORANGE, GREY = "#3b6ea8", "#c8641e", "#9a9a9a"


def draw_authors(ranking: pd.DataFrame, bots: "pd.Series[bool]", path: Path) -> None:
    """Draw the ten most active authors of `model.messages.rank_authors` by their messages; bots in grey."""
    top = ranking.head(10)
    figure = Figure(figsize=(8, 1.2 + 0.36 * len(top)), layout="constrained")
    axes = figure.subplots()
    names = [author.replace("$", r"\$") for author in top["author"]]  # no mathematics
    bars = axes.barh(
        [f"{name} (bot)" if bot else name for name, bot in zip(names, bots, strict=False)],
        top["messages"],
        color=[GREY if bot else BLUE for bot in bots.head(10)],
    )
    axes.bar_label(bars, labels=[f"{count:,}" for count in top["messages"]], padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title="The most active authors", xlabel="messages")
    _save(figure, path)


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
