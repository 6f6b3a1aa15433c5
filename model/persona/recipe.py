"""The hyper-parameters of a training run: one table of knobs, from which the training command makes its flags."""

import math
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from model import UserError

OPTIMIZERS = ("rmsprop", "adam", "adamw", "muon", "sgd")
CASES = ("lower", "keep")
READINGS = ("windows", "stream")
MESSAGE_ENDS = ("space", "character")
SCHEDULES = ("constant", "cosine")
TEMPERATURES = (0.2, 0.5, 1.0, 1.2)  # the tutorial's four; samples are shown and measured at each

# A cosine schedule warms up for this share of a run, and for at least this many batches: after a warm-up of three, a
# network of 512 units never left the plateau of single letters.
WARM_UP, WARM_UP_BATCHES = 0.02, 40
# Trained weights have left that plateau, but the optimizer's averages still need a few batches.
WARM_UP_BATCHES_OF_TRAINED = 4


class RecipeError(UserError):
    """A hyper-parameter is out of its range; the text says which, what was found and what is possible."""


def _knob(default: Any, limits: tuple[Any, ...], help: str, since: int | None = None) -> Any:
    """Declare a hyper-parameter.

    Args:
        default: must be neutral: it describes networks from before the knob existed, and files without the knob are
            read with it. Put the value for new runs in `MIMIC`.
        limits: (lowest, highest) for a number, or the choices for a word.
        since: the persona format that introduced the knob; None: it is in every file. A new knob raises
            `file.FORMAT` by one and has that number here. Files leave it out while it is neutral, so that older
            versions can read them.
    """
    return field(default=default, metadata={"limits": limits, "help": help, "since": since})


def neutral(declared: "Field[Any]") -> Any:
    """Return the value of a dataclass's field if a file lacks it; MISSING if the field is required."""
    if declared.default_factory is MISSING:
        return declared.default
    return declared.default_factory()


def later_fields(record: Any) -> "list[Field[Any]]":
    """Return the fields of a dataclass that declare a `since` and aren't neutral here."""
    later = []
    for declared in fields(record):
        is_neutral = getattr(record, declared.name) == neutral(declared)
        if declared.metadata.get("since") and not is_neutral:
            later.append(declared)
    return later


def as_document(record: Any) -> dict[str, Any]:
    """Return a dataclass as it is written to a file: all fields, but those with a `since` only if not neutral."""
    written = {declared.name for declared in later_fields(record)}
    written.update(declared.name for declared in fields(record) if not declared.metadata.get("since"))
    return {name: value for name, value in asdict(record).items() if name in written}


@dataclass(frozen=True)
class Recipe:
    """A training recipe. The defaults are the tutorial's, each of them.

    Source: "Applied introduction to LSTMs for text generation", freeCodeCamp News, 2018, and its notebook.
    """

    fraction: float = _knob(0.2, (0.001, 1.0), "share of the author's messages to train on, starting with the first")
    held_out: float = _knob(
        0.1, (0.0, 0.5), "share of the author's messages kept for validation, the last ones; 0: none"
    )
    case: str = _knob("lower", CASES, "lower: train on lower-case text; keep: on the text as it is")
    message_end: str = _knob(
        "space", MESSAGE_ENDS, "mark the end of a message with a space, or with a special character"
    )
    rare: int = _knob(1, (1, 100_000), "characters seen fewer times than this are treated as unknown; 1 keeps all")
    community: bool = _knob(
        False, (False, True), "learn first from everybody whose text may be used, then from the author"
    )
    reading: str = _knob(
        "windows", READINGS, "windows: predict the character after each window; stream: predict every character"
    )
    sequence_length: int = _knob(40, (1, 1000), "characters in a sequence; learning looks no further back")
    step: int = _knob(3, (1, 1000), "characters from the start of one window to the next; unused in a stream")
    embedding: int = _knob(0, (0, 4096), "numbers that represent a character; 0: one-hot")
    ngrams: int = _knob(0, (0, 2**22), "rows in the table of n-grams (2 to 6 characters); 0: no table")
    units: int = _knob(128, (1, 4096), "units in each LSTM layer")
    layers: int = _knob(1, (1, 8), "number of LSTM layers")
    dropout: float = _knob(0.0, (0.0, 0.9), "share of embeddings, n-grams and LSTM outputs dropped in training")
    batch_size: int = _knob(128, (1, 65536), "sequences per update of the weights")
    optimizer: str = _knob("rmsprop", OPTIMIZERS, "optimizer that updates the weights")
    # The article's prose says 0.1; its code, which made its samples, says 0.01.
    learning_rate: float = _knob(0.01, (1e-7, 10.0), "learning rate of the optimizer")
    schedule: str = _knob("constant", SCHEDULES, "constant: one learning rate; cosine: warm up, then fall to zero")
    clip_norm: float = _knob(0.0, (0.0, 1e6), "largest norm of a gradient; 0: no limit")
    epochs: int = _knob(15, (1, 100_000), "passes over the text; with --minutes, parts into which the time is divided")
    minutes: float = _knob(0.0, (0.0, 100_000.0), "minutes to train; 0: as long as the epochs take")
    # Source: Nguyen et al., "Turning up the heat: min-p sampling", 2024.
    min_p: float = _knob(0.0, (0.0, 1.0), "never draw a character less likely than this share of the likeliest one")
    random_seed: int = _knob(0, (0, 2**32 - 1), "makes a run repeatable on the same machine")

    def __post_init__(self) -> None:
        for knob in fields(self):
            value = getattr(self, knob.name)
            if not _is_possible(knob, value):
                raise RecipeError(f"{knob.name} is {value!r:.60}; wanted {_possible_values(knob)}")
        if self.fraction + self.held_out > 1 + 1e-9:
            raise RecipeError(
                f"fraction {self.fraction} and held_out {self.held_out} overlap: together they may be at most 1"
            )
        if self.ngrams and (self.reading == "windows" or not self.embedding):
            raise RecipeError(
                f"ngrams is {self.ngrams}; wanted 0, as n-grams need reading to be stream and embedding above 0"
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the knobs by name, as they are written to a file."""
        return as_document(self)


def _is_possible(knob: "Field[Any]", value: Any) -> bool:
    """Return whether a knob can have this value."""
    limits = knob.metadata["limits"]
    if isinstance(knob.default, str | bool):
        return type(value) is type(knob.default) and value in limits
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(knob.default, int) and isinstance(value, float):
        return False
    lowest, highest = limits
    return bool(lowest <= value <= highest)


def _possible_values(knob: "Field[Any]") -> str:
    limits = knob.metadata["limits"]
    if isinstance(knob.default, str | bool):
        return f"one of {', '.join(map(str, limits))}"
    lowest, highest = limits
    if isinstance(knob.default, int):
        return f"a whole number in {lowest} to {highest}"
    return f"a number in {lowest} to {highest}"


# The best use of a quarter of an hour on two cores; each number was compared with others at equal time.
MIMIC = Recipe(
    fraction=0.9,
    case="keep",
    message_end="character",
    rare=20,
    community=True,
    reading="stream",
    sequence_length=64,
    embedding=32,
    ngrams=131_072,
    units=384,
    batch_size=64,
    optimizer="muon",
    learning_rate=0.008,
    schedule="cosine",
    clip_norm=1.0,
    epochs=20,
    minutes=15.0,
    min_p=0.01,
)
RECIPES = {"mimic": MIMIC, "tutorial": Recipe()}

# The knobs that a size sets. More units learn more from each character, but read fewer in the same time: on two cores
# 384 did better than 256 and 512 in two minutes. Twice the rows of n-grams gain 0.02 to 0.03 bits.
SIZES: dict[str, dict[str, Any]] = {
    "mini": {"units": 128, "ngrams": 65_536},
    "tiny": {"units": 192, "ngrams": 65_536},
    "small": {"units": 384, "ngrams": 131_072},
    "medium": {"units": 512, "ngrams": 131_072},
    # A GPU reads a chat ten times or more, and learns it by heart without dropout. With a learning rate of 0.008 the
    # loss rose again after 1,400 batches.
    "large": {
        "units": 1024,
        "layers": 2,
        "ngrams": 524_288,
        "dropout": 0.25,
        "batch_size": 256,
        "learning_rate": 0.003,
    },
}
# With less text a network learns words at best. The user gets a warning; it is never enforced.
READABLE_CHARACTERS = 50_000
LITTLE_TEXT = 300_000  # characters; a network larger than the tiny one learns them by heart


# A run of fewer minutes needs many small batches: 2.07 bits after one minute, while 384 units and 64 x 64 reach 2.5.
SHORT, SHORT_BATCH, SHORT_SEQUENCE = 4.0, 32, 32
VERY_SHORT = 1.5  # minutes; after one, 128 units had reached 2.00 bits and 192 2.03; after two, both 1.90
MEDIUM_TIME = 40.0  # minutes from which 512 units are worth it

COMMUNITY_SHARE = 0.87  # of the time; the author's text is short, and a few passes over it are best
AUTHOR_LEARNING_RATE = 1 / 3  # of the recipe's, so that the network doesn't forget what everybody taught it
AUTHOR_BATCH = 64  # sequences at most: one author's text is too short for larger batches


def choose_size(characters: int, minutes: float, gpu: bool) -> str:
    """Return the name of the size that learns most from this amount of text in the time; 0 minutes: no limit."""
    time = minutes or math.inf
    if time < VERY_SHORT and not gpu:
        return "mini"
    if characters < LITTLE_TEXT:
        return "tiny"
    if gpu:
        return "large"
    if time < SHORT:
        return "tiny"
    if time < MEDIUM_TIME:
        return "small"
    return "medium"


def community_part(recipe: Recipe) -> Recipe:
    """Return the recipe of the first part of a run, on everybody's text."""
    return replace(recipe, minutes=recipe.minutes * COMMUNITY_SHARE)


def author_part(recipe: Recipe) -> Recipe:
    """Return the recipe of the second part of a run, on the author's text: short, at a lower learning rate."""
    if not recipe.community:
        return recipe
    return replace(
        recipe,
        minutes=recipe.minutes * (1 - COMMUNITY_SHARE),
        learning_rate=recipe.learning_rate * AUTHOR_LEARNING_RATE,
        batch_size=min(recipe.batch_size, AUTHOR_BATCH),
    )


# Measured on freeCodeCamp's chat: the characters that a run had read, and the held-out bits per character it reached.
REACHED = (
    (0.3e6, 2.5),  # less than a minute on two cores
    (2e6, 2.0),  # 1 minute
    (12e6, 1.71),  # 15 minutes
    (43e6, 1.69),  # 60 minutes
    (170e6, 1.6),  # 4 minutes on a GPU
)


def expected_bits(characters: float) -> float:
    """Estimate the held-out bits per character that a run reaches if it reads this number of characters."""
    read, bits = zip(*REACHED, strict=True)
    log_characters = math.log(max(characters, 1.0))
    return float(np.interp(log_characters, np.log(read), bits))


def learning_rate(recipe: Recipe, share: float, batches: int, *, learnt: bool = False) -> float:
    """Return the learning rate after this share of the run and this number of batches.

    Args:
        learnt: whether the run began with trained weights.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    fewest = WARM_UP_BATCHES
    if learnt:
        fewest = WARM_UP_BATCHES_OF_TRAINED
    warm_up = min(1.0, share / WARM_UP + 0.01, (batches + 1) / fewest)
    decay = (1 + math.cos(math.pi * min(share, 1.0))) / 2
    return recipe.learning_rate * warm_up * decay
