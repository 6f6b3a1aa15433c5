"""The checkpoint of a training run: its progress and its arrays in a file, from which it resumes. Knows no Keras."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from model import UserError
from model.persona.recipe import Recipe
from model.persona.storage import Arrays, FileError, load_arrays, save_arrays
from model.training.corpus import Corpus
from model.training.progress import Epoch, Progress

FILE = "checkpoint.safetensors"
METADATA_KEY = "mimic-run"
MAY_DIFFER = ("epochs", "minutes")  # knobs of a resumed run: its length

Floats = NDArray[np.float32]


class ResumeError(UserError):
    """A run can't begin or resume in its folder; the text says what was found and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """All that a run resumes from."""

    progress: Progress
    state: dict[str, Floats]  # every variable of network and optimizer
    best: dict[str, Floats]  # the weights to keep, under the persona file's names; empty before the first epoch's end
    initial: Arrays  # the base network's weights, under the same names; empty if there is no base network


@contextmanager
def sole_run(folder: Path) -> Iterator[None]:
    """Lock a folder against other runs; the system lifts the lock even if the process is killed.

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
    """Write the checkpoint of a run in its folder, in place of the previous one.

    Raises:
        FileError: the disk is full or the folder can't be written; the previous checkpoint is still there.
    """
    progress = asdict(checkpoint.progress)
    document = {"corpus": corpus.sha256, "recipe": recipe.as_dict(), "progress": progress}
    groups = {"state": checkpoint.state, "best": checkpoint.best, "initial": checkpoint.initial}
    arrays = {}
    for group, members in groups.items():
        for name, array in members.items():
            arrays[f"{group}.{name}"] = array
    save_arrays(arrays, {METADATA_KEY: json.dumps(document)}, folder / FILE)


def load_checkpoint(corpus: Corpus, recipe: Recipe, folder: Path) -> Checkpoint:
    """Read the checkpoint of a run of this text and recipe; only the number of epochs or minutes may differ.

    Raises:
        ResumeError: there is no checkpoint, or it is damaged, of another text or of another recipe.
    """
    try:
        document, arrays = _read(folder)
        progress = _parse_progress(document["progress"])
        saved: dict[str, Any] = document["recipe"]
        same_text = document["corpus"] == corpus.sha256
        unknown = saved.keys() - {knob.name for knob in fields(Recipe)}
        differences = _differences(saved, recipe)
    except (FileError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ResumeError(f"nothing to resume: {error}; train without --resume") from error
    if unknown:
        raise ResumeError(
            f"the run in {folder} was begun by a newer version of Mimic: it uses {', '.join(sorted(unknown))}; "
            f"update Mimic to resume it"
        )
    if differences:
        cause = ""
        if saved.get("minutes") != recipe.minutes:
            cause = "; --minutes has changed, and the size follows from it: resume with the --minutes of before"
        raise ResumeError(f"the run in {folder} is another one: {'; '.join(differences)}{cause}")
    if not same_text:
        raise ResumeError(f"the run in {folder} learnt from other text; train without --resume")
    return Checkpoint(progress, _group(arrays, "state"), _group(arrays, "best"), _group(arrays, "initial"))


def refuse_unfinished(folder: Path) -> None:
    """Refuse to start over if a run was interrupted: hours of work may be lost.

    Raises:
        ResumeError: the folder holds an unfinished run.
    """
    try:
        document, _ = _read(folder)
        progress = document["progress"]
        finished = progress["finished"]
        done = len(progress["epochs"])
        epochs = document["recipe"]["epochs"]
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


def _parse_progress(document: dict[str, Any]) -> Progress:
    epochs = [Epoch(**epoch) for epoch in document["epochs"]]
    best = document["best"]
    if best is not None:
        best = Epoch(**best)
    return Progress(**document | {"epochs": epochs, "best": best})


def _differences(saved: dict[str, Any], recipe: Recipe) -> list[str]:
    """Describe each knob that differs from the saved recipe, unless it may."""
    differences = []
    for knob in fields(Recipe):
        # A knob that was introduced after the run began had its neutral value then.
        before = saved.get(knob.name, knob.default)
        now = getattr(recipe, knob.name)
        if before != now and knob.name not in MAY_DIFFER:
            differences.append(f"{knob.name} was {before!r} and is now {now!r}")
    return differences


def _group(arrays: dict[str, Floats], group: str) -> dict[str, Floats]:
    """Return the arrays that were saved under a group, by their own names."""
    prefix = f"{group}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
