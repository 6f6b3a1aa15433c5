"""The hyper-parameters of a training run: one table of knobs, each with its unit, for the trainer and its flags."""

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
TEMPERATURES = (0.2, 0.5, 1.0, 1.2)  # the tutorial's four, at which a network's samples are shown and measured

# A cosine schedule rises to its learning rate in this share of a run and in no fewer batches than these: after three, a
# network of 512 units never left the plateau of single letters.
WARM_UP, WARM_UP_BATCHES = 0.02, 40
# Weights that have learnt already are on no plateau; the optimizer's averages want a few batches all the same.
WARM_UP_BATCHES_OF_LEARNT = 4


class RecipeError(UserError):
    """A hyper-parameter is out of its range; the text says which, what was found and what is possible."""


def _knob(default: Any, limits: tuple[Any, ...], help: str, since: int | None = None) -> Any:
    """Declare a hyper-parameter.

    Args:
        default: must be neutral, that is, describe what networks did before the knob existed: files that lack the knob
            are read with it. What new runs should use instead belongs in `MIMIC`.
        limits: (lowest, highest) of a number, or the choices of a word.
        since: the persona format that introduced the knob; None: it is in every file. A new knob raises
            `file.FORMAT` by one and names that number here. Files leave it out while it is neutral, so that
            older versions can read them.
    """
    return field(default=default, metadata={"limits": limits, "help": help, "since": since})


def neutral(declared: "Field[Any]") -> Any:
    """Return the value that a dataclass's field has where a file lacks it; MISSING if the field is required."""
    return declared.default if declared.default_factory is MISSING else declared.default_factory()


def later_fields(record: Any) -> "list[Field[Any]]":
    """Return the fields of a dataclass that declare a `since` and aren't neutral here."""
    later = [declared for declared in fields(record) if declared.metadata.get("since")]
    return [declared for declared in later if getattr(record, declared.name) != neutral(declared)]


def as_document(record: Any) -> dict[str, Any]:
    """Return a dataclass as it is written to a file: all fields, but later ones only where they aren't neutral."""
    used = {declared.name for declared in later_fields(record)}
    always = {declared.name for declared in fields(record) if not declared.metadata.get("since")}
    return {name: value for name, value in asdict(record).items() if name in always | used}


@dataclass(frozen=True)
class Recipe:
    """A training recipe. The defaults are the tutorial's, each of them.

    Source: "Applied introduction to LSTMs for text generation", freeCodeCamp News, 2018, and its notebook.
    """

    fraction: float = _knob(0.2, (0.001, 1.0), "share of the author's messages to train on, counted from the first")
    held_out: float = _knob(0.1, (0.0, 0.5), "share of the author's last messages kept for validation; 0: none")
    case: str = _knob("lower", CASES, "lower-case the text, or keep it as it is")
    message_end: str = _knob("space", MESSAGE_ENDS, "what ends a message: a space, or a character of its own")
    rare: int = _knob(1, (1, 100_000), "characters seen fewer times than this are treated as unknown; 1 keeps all")
    community: bool = _knob(False, (False, True), "learn first from all who may be learnt from, then from the author")
    reading: str = _knob("windows", READINGS, "windows: learn the character after each; stream: learn every character")
    sequence_length: int = _knob(40, (1, 1000), "characters of a sequence, as far as learning looks back")
    step: int = _knob(3, (1, 1000), "characters from one window to the next; a stream has no gaps")
    embedding: int = _knob(0, (0, 4096), "numbers that stand for a character; 0: one-hot")
    ngrams: int = _knob(0, (0, 2**22), "rows of the table in which runs of 2 to 6 characters are looked up; 0: none")
    units: int = _knob(128, (1, 4096), "units of each LSTM layer")
    layers: int = _knob(1, (1, 8), "LSTM layers")
    dropout: float = _knob(0.0, (0.0, 0.9), "share of embeddings, runs and the LSTMs' outputs dropped in training")
    batch_size: int = _knob(128, (1, 65536), "sequences per update of the weights")
    optimizer: str = _knob("rmsprop", OPTIMIZERS, "optimizer")
    # The article's prose says 0.1; its code, which made its samples, says 0.01.
    learning_rate: float = _knob(0.01, (1e-7, 10.0), "learning rate of the optimizer")
    schedule: str = _knob("constant", SCHEDULES, "constant: the same learning rate; cosine: warm up, then down to zero")
    clip_norm: float = _knob(0.0, (0.0, 1e6), "longest gradient, as a norm; 0: any")
    epochs: int = _knob(15, (1, 100_000), "passes over the text; with minutes, the parts they are cut into")
    minutes: float = _knob(0.0, (0.0, 100_000.0), "time for learning; 0: as long as the epochs take")
    # Source: Nguyen et al., "Turning up the heat: min-p sampling", 2024.
    min_p: float = _knob(0.0, (0.0, 1.0), "characters less likely than this share of the likeliest are never drawn")
    random_seed: int = _knob(0, (0, 2**32 - 1), "makes a run repeatable on the same machine")

    def __post_init__(self) -> None:
        for knob in fields(self):
            value, limits = getattr(self, knob.name), knob.metadata["limits"]
            if isinstance(knob.default, str | bool):
                fits = value in limits and type(value) is type(knob.default)
                wanted = f"one of {', '.join(map(str, limits))}"
            else:
                fits = (
                    isinstance(value, int | float) and not isinstance(value, bool) and limits[0] <= value <= limits[1]
                )
                fits = fits and (isinstance(knob.default, float) or isinstance(value, int))
                wanted = (
                    f"{'a whole number' if isinstance(knob.default, int) else 'a number'} in {limits[0]} to {limits[1]}"
                )
            if not fits:
                raise RecipeError(f"{knob.name} is {value!r:.60}; wanted {wanted}")
        if self.fraction + self.held_out > 1 + 1e-9:
            raise RecipeError(
                f"fraction {self.fraction} and held_out {self.held_out} overlap: together they may be 1 at most"
            )
        if self.ngrams and (self.reading == "windows" or not self.embedding):
            raise RecipeError(
                f"ngrams is {self.ngrams}, and runs are looked up where reading is stream and embedding above 0; "
                f"here it has to be 0"
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the knobs by name, as they are written to a file."""
        return as_document(self)


# What two cores can learn in a quarter of an hour, each number tried against others at equal time.
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

# What a size sets. More units learn more from each character and read fewer of them in the same time: on two cores 384
# did better than 256 and 512 in two minutes. Twice the rows of n-grams: 0.02 to 0.03 bits.
SIZES: dict[str, dict[str, Any]] = {
    "mini": {"units": 128, "ngrams": 65_536},
    "tiny": {"units": 192, "ngrams": 65_536},
    "small": {"units": 384, "ngrams": 131_072},
    "medium": {"units": 512, "ngrams": 131_072},
    # A GPU reads a chat ten times and more, and learns it by heart without dropout. At a learning rate of 0.008 the
    # loss grew again after 1,400 batches.
    "large": {
        "units": 1024,
        "layers": 2,
        "ngrams": 524_288,
        "dropout": 0.25,
        "batch_size": 256,
        "learning_rate": 0.003,
    },
}
# Below this the network learns words at best; said to the user, never enforced.
READABLE_CHARACTERS = 50_000
LITTLE_TEXT = 300_000  # characters; a larger network than the tiny one learns so few by heart


# A run of fewer minutes wants many small batches: 2.07 bits after one minute, where 384 units and 64 x 64 reach 2.5.
SHORT, SHORT_BATCH, SHORT_SEQUENCE = 4.0, 32, 32
VERY_SHORT = 1.5  # minutes; after one, 128 units had reached 2.00 bits and 192 2.03; after two, both 1.90

COMMUNITY_SHARE = 0.87  # of the time; a few passes over the author's text are enough, and more would be too much
AUTHOR_LEARNING_RATE = 1 / 3  # of the recipe's, so that what was learnt from everybody stays
AUTHOR_BATCH = 64  # sequences at most: one author's text is too short for the batches of everybody's


def choose_size(characters: int, minutes: float, gpu: bool) -> str:
    """Return the name of the size that learns most from so many characters in the time; 0 minutes: there is enough."""
    if 0 < minutes < VERY_SHORT and not gpu:
        return "mini"
    if characters < LITTLE_TEXT:
        return "tiny"
    if gpu:
        return "large"
    if 0 < minutes < SHORT:
        return "tiny"
    return "small" if 0 < minutes < 40 else "medium"


def community_part(recipe: Recipe) -> Recipe:
    """Return the recipe of the base network, which learns from everybody."""
    return replace(recipe, minutes=recipe.minutes * COMMUNITY_SHARE)


def author_part(recipe: Recipe) -> Recipe:
    """Return the recipe of what follows the community: a small part of the time, at a lower learning rate."""
    if not recipe.community:
        return recipe
    return replace(
        recipe,
        minutes=recipe.minutes * (1 - COMMUNITY_SHARE),
        learning_rate=recipe.learning_rate * AUTHOR_LEARNING_RATE,
        batch_size=min(recipe.batch_size, AUTHOR_BATCH),
    )


# Characters that runs on freeCodeCamp's chat had read and the held-out bits per character that they came to: of less
# than a minute, one, 15 and 60 on two cores, and four on a GPU.
REACHED = ((0.3e6, 2.5), (2e6, 2.0), (12e6, 1.71), (43e6, 1.69), (170e6, 1.6))


def expected_bits(characters: float) -> float:
    """Return about what held-out bits per character the whole run will reach when it has read so many characters."""
    read, bits = zip(*REACHED, strict=True)
    return float(np.interp(math.log(max(characters, 1.0)), np.log(read), bits))


def learning_rate(recipe: Recipe, share: float, batches: int, *, learnt: bool = False) -> float:
    """Return the learning rate when this share of the run, and so many batches, are done.

    Args:
        learnt: whether the run began with weights that had learnt something.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    fewest = WARM_UP_BATCHES_OF_LEARNT if learnt else WARM_UP_BATCHES
    warm_up = min(1.0, share / WARM_UP + 0.01, (batches + 1) / fewest)
    return recipe.learning_rate * warm_up * (1 + math.cos(math.pi * min(share, 1.0))) / 2
