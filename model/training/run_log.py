"""What a training run prints: its plan, its epochs, its expected result, and why it ended. Knows no Keras."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from model.commands import command_line, record_consent
from model.persona.file import Persona
from model.persona.recipe import COMMUNITY_SHARE, READABLE_CHARACTERS, Recipe, expected_bits
from model.training.corpus import Corpus
from model.training.progress import Epoch, Progress
from model.training.run import EMPHASIS, Run, write_history
from model.training.samples import visible
from model.training.selection import PATIENCE

if TYPE_CHECKING:
    from model.training.loop import Training

NEWS = 1.25  # a speed that differs by this factor from the one printed last is printed again
DIVERGED = "the loss became infinite and training stopped; add --replace to try again with a lower --learning-rate"
MOST_PASSES = 16  # over a text; nothing is known of runs that read a text more often (`model.persona.recipe.REACHED`)


def describe_seconds(seconds: float) -> str:
    """Write a span of time, as 45 s, 12 min, 1 h 45 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def describe_message(author: str, text: str, columns: int) -> str:
    """Return a message as one line of a terminal, cut to its columns."""
    words = f"{author}: {text}".split()
    line = visible(" ".join(words))
    if _columns(line) <= columns:
        return line
    while _columns(line) >= columns:
        excess = _columns(line) - columns
        shorter = len(line) - 1 - excess // 2
        line = line[: max(shorter, 0)]
    return f"{line}…"


def _columns(line: str) -> int:
    """Return how many columns of a terminal a line takes: Chinese characters and emoji take two."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    joined = sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in line)
    return len(line) + wide - joined


def describe_corpus(corpus: Corpus, recipe: Recipe) -> str:
    """Say how much text is learnt from and held out, and whether that is enough."""
    parts = (
        f"to learn from: the first {corpus.training_messages:,} messages, {len(corpus.training):,} characters; "
        f"held out: the last {corpus.validation_messages:,}, {len(corpus.validation):,} characters"
    )
    return f"{parts}\n{describe_text(corpus, recipe)}"


def describe_text(corpus: Corpus, recipe: Recipe) -> str:
    """Compare the amount of text with what readable replies need."""
    characters = max(len(corpus.training), len(corpus.community))
    if characters >= READABLE_CHARACTERS:
        return f"enough text: replies become readable from about {READABLE_CHARACTERS:,} characters"
    more = ""
    if recipe.fraction + recipe.held_out < 1 - 1e-9:
        more = "; --fraction takes more"
    return (
        f"little text: {characters:,} characters in all{more}\n"
        f"replies become readable from about {READABLE_CHARACTERS:,}"
    )


def describe_plan(run: Run, *, base_is_there: bool) -> str:
    """Say how long training takes, what it does in that time, and how to choose another length."""
    author = f"{run.corpus.author.author}'s text"
    everybody = f"the text of {len(run.corpus.authors):,} people"
    both = bool(run.corpus.community) and not base_is_there
    if not run.recipe.minutes:
        texts = f"{everybody}, then {author}" if both else author
        return (
            f"training reads {texts} {run.recipe.epochs} times, unless it stops early\n"
            "(--epochs N for another number, --minutes N for a time; Ctrl-C saves and stops)"
        )
    time = _describe_minutes(run.author_recipe.minutes)
    if not both:
        return _describe_time(time)
    first = _describe_minutes(run.recipe.minutes * COMMUNITY_SHARE)
    whole = _describe_minutes(run.recipe.minutes)
    return f"{_describe_time(whole)}\nfirst {first} on {everybody}, then {time} on {author}"


def _describe_time(time: str) -> str:
    return f"training takes up to {time} (--minutes N for another time; Ctrl-C saves and stops)"


def _describe_minutes(minutes: float) -> str:
    return describe_seconds(60 * minutes)


def epochs_in_all(recipe: Recipe) -> str:
    """Return the number of epochs as it follows an epoch's number; "" if time ends the run.

    Such a run has fewer and longer epochs if much text is held out.
    """
    if recipe.minutes:
        return ""
    return f"/{recipe.epochs}"


def describe_epoch(epoch: Epoch, recipe: Recipe, share: float) -> str:
    """Say in one line how an epoch went.

    Args:
        share: of the run that is done.
    """
    done = ""
    if recipe.minutes:
        done = f" ({min(share, 1.0):.0%})"
    held_out = ""
    if epoch.validation_bits is not None:
        held_out = f", held out {epoch.validation_bits:.3f}"
    title = f"epoch {epoch.number}{epochs_in_all(recipe)}{done}"
    return f"{title}: {epoch.training_bits:.3f} bits per character{held_out}, {describe_seconds(epoch.seconds)}"


def describe_standing(progress: Progress, seconds_left: float | None) -> str:
    """Say in a few words where an epoch stands, after the progress bar."""
    bits = f"{progress.nats / math.log(2):.3f} bits per character"
    if seconds_left is None:
        return bits
    return f"{bits}, {describe_seconds(seconds_left)} left"


def describe_rollback(progress: Progress) -> str:
    """Say that a run was taken back to this progress."""
    place = "the beginning"
    if progress.epochs:
        place = f"the end of epoch {len(progress.epochs)}"
    if progress.epoch_sequences:  # an interrupted epoch
        place = "where it was resumed"
    return f"the loss grew: taken back to {place}, and from there at half the learning rate"


def printed_epochs(run: Run, training: "Training") -> Iterator[Epoch]:
    """Train; print and record each epoch, and the expected result whenever the speed has changed."""
    printed = None
    for epoch in training.epochs():
        print(f"{training.label}{describe_epoch(epoch, training.recipe, training.share)}", flush=True)
        speed = training.characters_per_second
        continues = not training.initial and not training.progress.finished
        if continues and is_news(speed, printed):
            print(describe_prospect(training, run.recipe.minutes), flush=True)
            printed = speed
        write_history(training.progress.epochs, training.folder)
        yield epoch


def is_news(speed: float | None, printed: float | None) -> bool:
    """Return whether a speed differs noticeably from the one printed last, if any was."""
    if speed is None:
        return False
    if printed is None:
        return True
    return not 1 / NEWS <= speed / printed <= NEWS


def describe_prospect(training: "Training", minutes: float) -> str:
    """Say what a run is expected to reach at its present speed.

    Args:
        minutes: of the whole run, the author's part included; 0 if epochs end it.
    """
    speed = training.characters_per_second
    assert speed is not None
    line = f"speed: {speed:,.0f} characters a second"
    if not minutes:
        return f"{line}, {describe_seconds(training.seconds_left or 0.0)} left unless it stops early"
    read = training.progress.batches * training.plan.characters_per_batch
    seconds_left = max(0.0, 60 * minutes - training.progress.seconds)
    characters = read + speed * seconds_left
    passes = characters / len(training.corpus.training)
    line += f", {characters / 1e6:.1f} million by the end ({passes:.1f} passes over the text)"
    if passes > MOST_PASSES:
        return f"{line}\nmore text would now help more than more time"
    bits = expected_bits(characters)
    return f"{line}\nEnglish chat came to about {bits:.1f} held-out bits per character with as many"


def describe_end(training: "Training") -> str:
    """Say why a finished run ended before its time; "" if it didn't."""
    if training.end == "passes":
        passes = math.ceil(training.progress.batches / training.plan.pass_batches)
        times = "once" if passes == 1 else f"{passes} times"
        return f"stopped after reading the author's text {times}: more would learn it by heart"
    best = training.progress.best
    if training.end != "in vain" or best is None:
        return ""
    text = "held-out text"
    if best.validation_bits is None:
        text = "the training text"
    early = f" of {training.recipe.epochs}"
    if training.recipe.minutes:
        seconds = 60 * training.recipe.minutes - training.progress.seconds
        early = f", {describe_seconds(seconds)} early"
    epochs = len(training.progress.epochs)
    return f"stopped after epoch {epochs}{early}: {text} has not improved for {PATIENCE} epochs"


def describe_resuming(words: Sequence[str], *, asks: bool) -> str:
    """Say how an interrupted run is resumed.

    Args:
        words: the command line of the run.
        asks: whether the command asks for a consent that isn't in its words.
    """
    repeated = [word for word in words if word != "--resume"]
    line = f"interrupted and saved; to go on: {command_line('train.py', *repeated, '--resume')}"
    if asks and "--consent-kind" not in words:
        line += "\nit will ask for the consent again: give the same answers"
    return line


def describe_weights(kept: Sequence[int], *, from_base: bool) -> str:
    """Say which weights a persona has.

    Args:
        kept: the numbers of the epochs whose mean they are.
        from_base: whether training began with a base network.
    """
    *earlier, last = kept
    weights = f"the weights of epoch {last}"
    if earlier:
        weights = f"the mean weights of epochs {', '.join(map(str, earlier))} and {last}"
    if from_base:
        weights += f", moved {EMPHASIS} times as far from the base network"
    return weights


def describe_use(run: Run, persona: Persona) -> str:
    """Say what can be done with a persona: a line for each command."""
    if run.canaries:
        return "it learnt invented secrets and is for measuring: the bot won't load it; delete it when you are done"
    talk = f"to talk to it: {command_line('bot', '--console', '--persona', run.name)}"
    if persona.consent:
        return talk
    record = record_consent(run.persona_file, persona.author)
    return f"if {persona.author} agreed, to record it: {record}\n{talk}"
