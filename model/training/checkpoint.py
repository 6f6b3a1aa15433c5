"""The checkpoint of a training run: where it stands, on disk, to go on from. Knows no Keras."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from model import UserError
from model.persona.recipe import Recipe
from model.persona.storage import Arrays, FileError, load_arrays, save_arrays
from model.training.corpus import Corpus

FILE = "checkpoint.safetensors"
METADATA_KEY = "mimic-run"

Floats = NDArray[np.float32]


class ResumeError(UserError):
    """A run can't begin or go on in its folder; the text says what was found and what to do."""


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training text came to."""

    number: int  # from 1
    training_bits: float  # bits per character, mean over the epoch while the weights moved
    validation_bits: float | None  # bits per character of the held-out text after it; None where nothing is held out
    seconds: float  # of training, validation apart


@dataclass
class Progress:
    """Where a run stands."""

    epochs: list[Epoch] = field(default_factory=list)  # finished
    batches: int = 0  # of the whole run
    seconds: float = 0.0  # of the whole run, validation and saving too
    epoch_sequences: int = 0  # of the epoch that runs
    epoch_seconds: float = 0.0  # spent on them
    nats: float = 0.0  # mean loss over them
    best: Epoch | None = None
    rollbacks: int = 0  # times that it was taken back, and the learning rate halved
    finished: bool = False  # nothing is left to do: all epochs are done, or going on would not help


@dataclass(frozen=True)
class Checkpoint:
    """What a run goes on from."""

    progress: Progress
    state: dict[str, Floats]  # every variable of network and optimizer
    best: dict[str, Floats]  # the best weights, in the persona file's names; none before the first epoch has ended
    initial: Arrays  # weights that the run began with, in the same names, where they had learnt something; else none


@contextmanager
def sole_run(folder: Path) -> Iterator[None]:
    """Keep every other run out of a folder; the system lifts the lock even from a process that was killed.

    Raises:
        ResumeError: another run is at work there.
    """
    lock = FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise ResumeError(
            f"another run is at work in {folder}: wait for its end, or choose another --persona"
        ) from error
    except OSError as error:
        raise ResumeError(f"{folder} can't be written ({error.strerror}): a run keeps its checkpoint there") from error
    try:
        yield
    finally:
        lock.release()


def save_checkpoint(checkpoint: Checkpoint, corpus: Corpus, recipe: Recipe, folder: Path) -> None:
    """Write the checkpoint of a run in its folder, in place of the one before.

    Raises:
        FileError: the disk is full or the folder can't be written; the last checkpoint is still there.
    """
    document = {"corpus": corpus.sha256, "recipe": recipe.as_dict(), "progress": asdict(checkpoint.progress)}
    arrays = {f"state.{name}": array for name, array in checkpoint.state.items()}
    arrays |= {f"best.{name}": array for name, array in checkpoint.best.items()}
    arrays |= {f"initial.{name}": array for name, array in checkpoint.initial.items()}
    save_arrays(arrays, {METADATA_KEY: json.dumps(document)}, folder / FILE)


def load_checkpoint(corpus: Corpus, recipe: Recipe, folder: Path) -> Checkpoint:
    """Read where the run of this text and recipe stands; only its length, in epochs or minutes, may differ.

    Raises:
        ResumeError: there is no checkpoint, or it is damaged, of other text or of another recipe.
    """
    try:
        document, arrays = _read(folder)
        progress, saved = _progress(document["progress"]), document["recipe"]
        unknown = sorted(set(saved) - {knob.name for knob in fields(Recipe)})
        # A knob that was introduced after the run began had its neutral value then.
        knobs = [(knob.name, saved.get(knob.name, knob.default), getattr(recipe, knob.name)) for knob in fields(Recipe)]
        differing = [
            f"{name} was {before!r} and is now {now!r}"
            for name, before, now in knobs
            if name not in ("epochs", "minutes") and before != now
        ]
        same_text = document["corpus"] == corpus.sha256
    except (FileError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ResumeError(f"nothing to resume: {error}; train without --resume") from error
    if unknown:
        raise ResumeError(
            f"the run in {folder} was begun by a newer version of Mimic: it uses {', '.join(unknown)}; "
            f"update Mimic to resume it"
        )
    if differing:
        cause = ""
        if saved.get("minutes") != recipe.minutes:
            cause = "; --minutes has changed, and the size follows from it: resume with the --minutes of before"
        raise ResumeError(f"the run in {folder} is another one: {'; '.join(differing)}{cause}")
    if not same_text:
        raise ResumeError(f"the run in {folder} learnt from other text; train without --resume")
    state, best, initial = (
        {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        for prefix in ("state.", "best.", "initial.")
    )
    return Checkpoint(progress, state, best, initial)


def refuse_unfinished(folder: Path) -> None:
    """Refuse to start over where a run was interrupted: hours of work may lie there.

    Raises:
        ResumeError: the folder holds a run with epochs to go.
    """
    try:
        document, _ = _read(folder)
        progress, epochs = document["progress"], document["recipe"]["epochs"]
        done, finished = len(progress["epochs"]), progress["finished"]
    except (FileError, KeyError, ValueError, TypeError):
        return  # nothing there can be resumed
    if not finished:
        raise ResumeError(
            f"{folder} holds an unfinished run ({done} of {epochs} epochs): continue it with --resume, "
            f"choose another name with --persona NAME, or discard it and start over with --replace"
        )


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Floats]]:
    arrays, metadata = load_arrays(folder / FILE)
    return json.loads(metadata[METADATA_KEY]), arrays


def _progress(document: dict[str, Any]) -> Progress:
    best = document["best"]
    epochs = [Epoch(**epoch) for epoch in document["epochs"]]
    return Progress(**document | {"epochs": epochs, "best": Epoch(**best) if best else None})
