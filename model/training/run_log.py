"""What a training run prints: its plan, its epochs, what it will come to, and why it ended. Knows no Keras."""

import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from model.persona.recipe import COMMUNITY_SHARE, READABLE_CHARACTERS, Recipe, expected_bits
from model.training.checkpoint import Epoch
from model.training.corpus import Corpus
from model.training.run import EMPHASIS, Run, visible
from model.training.selection import PATIENCE

if TYPE_CHECKING:
    from model.training.loop import Training

NEWS = 1.25  # times that a speed is higher or lower than the last one printed, and worth a line
MOST_PASSES = 16  # over a text; of runs that read theirs more often nothing is known (`model.persona.recipe.REACHED`)


def describe_seconds(seconds: float) -> str:
    """Write a span of time, as 45 s, 12 min, 1 h 45 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def describe_message(author: str, text: str, columns: int) -> str:
    """Return a message as one line of a terminal, cut to its columns."""
    line = visible(" ".join(f"{author}: {text}".split()))
    if _columns(line) <= columns:
        return line
    while _columns(line) >= columns:
        line = line[: max(len(line) - 1 - (_columns(line) - columns) // 2, 0)]
    return f"{line}…"


def _columns(line: str) -> int:
    """Return how many columns of a terminal a line takes: Chinese characters and emoji take two."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    joined = sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in line)
    return len(line) + wide - joined


def describe_text(corpus: Corpus, recipe: Recipe) -> str:
    """Compare the text that is learnt from with what readable replies need."""
    characters = max(len(corpus.training), len(corpus.community))
    if characters >= READABLE_CHARACTERS:
        return f"enough text: replies become readable from about {READABLE_CHARACTERS:,} characters"
    more = "; --fraction takes more" if recipe.fraction + recipe.held_out < 1 - 1e-9 else ""
    return (
        f"little text: {characters:,} characters in all{more}\n"
        f"replies become readable from about {READABLE_CHARACTERS:,}"
    )


def describe_plan(run: Run, *, base_is_there: bool) -> str:
    """Say how long training takes, what it does in the time, and how to choose another."""
    minutes, author, people = run.recipe.minutes, run.corpus.author.author, len(run.corpus.authors)
    parts = [f"{author}'s text"]
    times = [describe_seconds(60 * run.author_recipe.minutes)]
    if run.corpus.community and not base_is_there:
        parts.insert(0, f"the text of {people:,} people")
        times.insert(0, describe_seconds(60 * minutes * COMMUNITY_SHARE))
    if not minutes:
        return (
            f"training reads {', then '.join(parts)} {run.recipe.epochs} times, unless it stops early\n"
            "(--epochs N for another number, --minutes N for a time; Ctrl-C saves and stops)"
        )
    whole = describe_seconds(60 * (minutes if len(parts) > 1 else run.author_recipe.minutes))
    shares = ", then ".join(f"{time} on {part}" for time, part in zip(times, parts, strict=True))
    return f"training takes up to {whole} (--minutes N for another time; Ctrl-C saves and stops)" + (
        f"\nfirst {shares}" if len(parts) > 1 else ""
    )


def epochs_in_all(recipe: Recipe) -> str:
    """Return what stands behind an epoch's number: how many there are, or "" if time ends the run.

    Such a run is cut into longer and fewer epochs where much is held out.
    """
    return "" if recipe.minutes else f"/{recipe.epochs}"


def describe_epoch(epoch: Epoch, recipe: Recipe, share: float) -> str:
    """Say in one line what an epoch came to.

    Args:
        share: of the run that is done.
    """
    done = f" ({min(share, 1.0):.0%})" if recipe.minutes else ""
    held_out = "" if epoch.validation_bits is None else f", held out {epoch.validation_bits:.3f}"
    return (
        f"epoch {epoch.number}{epochs_in_all(recipe)}{done}: {epoch.training_bits:.3f} bits per character{held_out}, "
        f"{describe_seconds(epoch.seconds)}"
    )


def is_news(speed: float | None, printed: float | None) -> bool:
    """Say whether a speed differs noticeably from the one that was printed last, if any was."""
    return speed is not None and (printed is None or not 1 / NEWS <= speed / printed <= NEWS)


def describe_prospect(training: "Training", minutes: float) -> str:
    """Say what a run is expected to come to at its present speed.

    Args:
        minutes: of the whole run, the author's part too; 0 if its epochs end it.
    """
    speed = training.characters_per_second
    assert speed is not None
    line = f"speed: {speed:,.0f} characters a second"
    if not minutes:
        return f"{line}, {describe_seconds(training.seconds_left or 0.0)} left unless it stops early"
    read = training.progress.batches * training.characters_per_batch
    characters = read + speed * max(0.0, 60 * minutes - training.progress.seconds)
    passes = characters / len(training.corpus.training)
    line += f", {characters / 1e6:.1f} million by the end ({passes:.1f} passes over the text)"
    if passes > MOST_PASSES:
        return f"{line}\nmore text would now help more than more time"
    return (
        f"{line}\nEnglish chat came to about {expected_bits(characters):.1f} held-out bits per character with as many"
    )


def describe_end(training: "Training") -> str:
    """Say why a finished run ended before its time; "" if it didn't."""
    epochs, recipe = len(training.progress.epochs), training.recipe
    if training.end == "passes":
        passes = math.ceil(training.progress.batches / training.pass_batches)
        times = "once" if passes == 1 else f"{passes} times"
        return f"stopped after reading the author's text {times}: more would learn it by heart"
    if training.end != "in vain" or training.progress.best is None:
        return ""
    text = "the training text" if training.progress.best.validation_bits is None else "held-out text"
    early = f" of {recipe.epochs}"
    if recipe.minutes:
        early = f", {describe_seconds(60 * recipe.minutes - training.progress.seconds)} early"
    return f"stopped after epoch {epochs}{early}: {text} has not improved for {PATIENCE} epochs"


def describe_weights(kept: Sequence[int], *, from_base: bool) -> str:
    """Say which epochs' weights a persona has.

    Args:
        kept: the epochs' numbers.
        from_base: whether they began with those of a base network.
    """
    weights = f"the weights of epoch {kept[-1]}"
    if len(kept) > 1:
        weights = f"the mean weights of epochs {', '.join(map(str, kept[:-1]))} and {kept[-1]}"
    return weights + (f", moved {EMPHASIS} times as far from the base network" if from_base else "")
