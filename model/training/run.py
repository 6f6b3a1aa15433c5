"""The settled description of a training run: its parts, its files, and the persona that it makes. Knows no Keras.

If others of the export may be learnt from, a run learns from everybody first (the base network), then from the author.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.measures import Canary
from model.measures.plots import draw_curve
from model.persona.file import (
    Consent,
    Persona,
    PersonaError,
    Source,
    array_shapes,
    array_type,
    load_persona,
)
from model.persona.recipe import Recipe, author_part, community_part
from model.persona.storage import SUFFIX, Arrays, FileError, backup_of, load_arrays, written_aside
from model.persona.vocabulary import Vocabulary
from model.training.checkpoint import FILE as CHECKPOINT
from model.training.checkpoint import Checkpoint, ResumeError, load_checkpoint, refuse_unfinished
from model.training.corpus import Corpus
from model.training.progress import Epoch

PERSONAS = Path("personas")
RUNS = Path("runs")
# A persona's weights are moved this many times as far from the base network's as the author's text moved them. At low
# temperatures what the author shares with everybody drowns the rest. It costs 0.01 bits per character if there is much
# text, and gains as much if there is little.
# Source: Ilharco et al., "Editing models with task arithmetic", 2023.
EMPHASIS = 1.25


def run_folder(name: str) -> Path:
    """Return the folder in which the run of a persona keeps its checkpoint, history and samples."""
    return RUNS / name


def persona_path(name: str) -> Path:
    """Return a persona's file."""
    return PERSONAS / f"{name}{SUFFIX}"


def has_checkpoint(name: str) -> bool:
    """Return whether the run of a persona has left a checkpoint."""
    return (run_folder(name) / CHECKPOINT).exists()


def refuse_to_replace(name: str) -> None:
    """Refuse a new run that would replace a persona or discard an interrupted run.

    Raises:
        ResumeError: there is such a run.
        PersonaError: there is such a persona, damaged or not.
    """
    refuse_unfinished(run_folder(name))
    file = persona_path(name)
    if not file.exists():
        return
    resume = ""
    if has_checkpoint(name):
        resume = "continue its run with --resume, "
    raise PersonaError(
        f"{file} is there already ({describe_value(file)}): {resume}choose another name with --persona NAME, or train "
        f"it anew with --replace, which keeps the file as {backup_of(file).name}"
    )


def describe_value(file: Path) -> str:
    """Say in a few words what a persona's file is worth."""
    try:
        persona = load_persona(file)
    except PersonaError:
        return "damaged, or of another version"
    words = [persona.author]
    if "validation_bits" in persona.metrics:
        words.append(f"{persona.metrics['validation_bits']:.2f} bits per character")
    words.append(f"consent by {persona.consent.by}" if persona.consent else "no consent")
    return ", ".join(words)


@dataclass(frozen=True)
class Run:
    """What a training run consists of, settled before the network is built. Never changes during training."""

    name: str
    recipe: Recipe
    corpus: Corpus
    vocabulary: Vocabulary
    source: Source
    consent: Consent | None
    canaries: Sequence[Canary] = ()  # planted in the corpus

    @property
    def folder(self) -> Path:
        """The folder of the run's checkpoint, history and samples."""
        return run_folder(self.name)

    @property
    def has_begun(self) -> bool:
        """Whether there is something to resume."""
        return has_checkpoint(self.name) or self.is_at_the_base

    @property
    def persona_file(self) -> Path:
        """The file of the persona that the run makes."""
        return persona_path(self.name)

    @property
    def backup_file(self) -> Path:
        """The backup of the persona that this run replaces."""
        return backup_of(self.persona_file)

    @property
    def is_replacing(self) -> bool:
        """Whether the persona's file is still the earlier one, and there is a backup of it."""
        try:
            return self.persona_file.read_bytes() == self.backup_file.read_bytes()
        except OSError:
            return False

    def back_up(self) -> None:
        """Back up the persona that this run will replace; the file itself stays in use until the run is finished.

        Raises:
            FileError: the file can't be read, or the copy can't be written.
        """
        if not self.persona_file.exists() or self.is_replacing:
            return
        with written_aside(self.backup_file) as aside:
            aside.write_bytes(self.persona_file.read_bytes())

    def earlier_persona(self, epochs: Sequence[Epoch]) -> Persona | None:
        """Return the persona that this run saved when it was interrupted; None if the file is missing or another run's.

        Args:
            epochs: the finished ones of this run.
        """
        try:
            persona = load_persona(self.persona_file)
        except PersonaError:
            return None
        bits = [epoch.training_bits for epoch in epochs]
        if persona.metrics.get("training_bits") not in bits:
            return None
        return persona

    def load_checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint from which the run resumes; None if it was interrupted at the base network.

        Raises:
            ResumeError: there is nothing to resume.
        """
        if self.is_at_the_base:
            return None
        if self.corpus.community and not self.has_begun and self.other_bases:
            raise ResumeError(
                f"nothing to resume: {', '.join(map(str, self.other_bases))} holds an interrupted run of another size "
                "or other text; resume with the same chat, --community-consent and --minutes, from which the size "
                "follows"
            )
        return load_checkpoint(self.corpus, self.author_recipe, self.folder)

    def settled(self, checkpoint: Checkpoint | None, *, resume: bool, replaces: bool) -> "Run":
        """Make sure that the run loses no persona; return it with a consent that was recorded meanwhile.

        Args:
            checkpoint: the one from which it resumes.
            resume: whether it continues.
            replaces: whether it may replace a persona that it did not make, and start over.

        Raises:
            PersonaError, ResumeError: a persona or an interrupted run would be lost.
            FileError: a backup can't be written.
        """
        epochs = checkpoint.progress.epochs if checkpoint else []
        if not resume and not replaces:
            refuse_to_replace(self.name)
        if replaces and not self.earlier_persona(epochs):
            self.back_up()
        if not resume:
            return self
        return self.resumed(epochs)

    def resumed(self, epochs: Sequence[Epoch]) -> "Run":
        """Return the run with the consent that was recorded in its persona meanwhile, unless it has one already.

        Args:
            epochs: the finished ones of this run.

        Raises:
            PersonaError: the persona's file is another run's, and there is no backup of it.
        """
        earlier = self.earlier_persona(epochs)
        if self.persona_file.exists() and not earlier and not self.is_replacing:
            raise PersonaError(
                f"{self.persona_file} was not made by the run in {self.folder} "
                f"({describe_value(self.persona_file)}): move it away, or add --replace, which keeps it as "
                f"{self.backup_file.name}"
            )
        if self.consent or not earlier or not earlier.consent:
            return self
        return replace(self, consent=earlier.consent)

    @property
    def author_recipe(self) -> Recipe:
        """The recipe of the author's part."""
        return author_part(self.recipe)

    @property
    def community_recipe(self) -> Recipe:
        """The recipe of the base network."""
        return community_part(self.recipe)

    @property
    def community_corpus(self) -> Corpus:
        """Everybody's text, from which the base network learns; the author's held-out messages judge it."""
        return replace(self.corpus, training=self.corpus.community, authors={})

    @cached_property
    def base_folder(self) -> Path:
        """The base network's folder, named after its text and architecture."""
        shapes = array_shapes(len(self.vocabulary), self.recipe)
        key = repr((self.corpus.community, self.vocabulary.characters, shapes)).encode("utf-8", "surrogatepass")
        return RUNS / "bases" / hashlib.sha256(key).hexdigest()[:16]

    @property
    def base_file(self) -> Path:
        """The file of the trained base network."""
        return self.base_folder / f"base{SUFFIX}"

    def read_base(self) -> tuple[Arrays, str]:
        """Return the weights of the trained base network, and its training time in words.

        Raises:
            FileError: the file is damaged, or holds another network.
        """
        arrays, metadata = load_arrays(self.base_file)
        expected = array_shapes(len(self.vocabulary), self.recipe)
        found = {name: array.shape for name, array in arrays.items()}
        if found != expected or not all(np.isfinite(array).all() for array in arrays.values()):
            raise FileError(f"{self.base_file}: not the base network of this text; delete it, and it is trained again")
        return arrays, metadata.get("time", "an unknown time")

    @property
    def is_at_the_base(self) -> bool:
        """Whether the run was interrupted while it trained the base network."""
        if not self.corpus.community:
            return False
        return (self.base_folder / CHECKPOINT).exists() and not self.base_file.exists()

    @property
    def other_bases(self) -> list[Path]:
        """The folders of interrupted base networks, except this run's own."""
        others = []
        for checkpoint in sorted((RUNS / "bases").glob(f"*/{CHECKPOINT}")):
            folder = checkpoint.parent
            is_done = (folder / self.base_file.name).exists()
            if folder != self.base_folder and not is_done:
                others.append(folder)
        return others

    def persona(self, arrays: Arrays, best: Epoch | None, initial: Arrays) -> Persona:
        """Make a persona of these weights, with the measures of the best epoch.

        Args:
            initial: the weights of the base network with which training began; empty if there was none.
        """
        if initial:
            arrays = {name: _emphasise(array, initial[name]) for name, array in arrays.items()}
        metrics = {}
        if best:
            metrics["training_bits"] = best.training_bits
            if best.validation_bits is not None:
                metrics["validation_bits"] = best.validation_bits
        may_quote = self.consent and self.consent.quoting
        return Persona(
            name=self.name,
            vocabulary=self.vocabulary,
            recipe=self.recipe,
            source=self.source,
            consent=self.consent,
            quotes=list(self.corpus.quotes) if may_quote else [],
            metrics=metrics,
            libraries={library: version(library) for library in ("keras", "numpy", "pandas")},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            arrays={name: array.astype(array_type(name), copy=False) for name, array in arrays.items()},
        )


def _emphasise(weights: NDArray[Any], base: NDArray[Any]) -> NDArray[Any]:
    """Move weights farther from the base network's."""
    moved: NDArray[Any] = weights + (EMPHASIS - 1) * (weights - base)
    return moved


def write_history(epochs: Sequence[Epoch], folder: Path) -> None:
    """Write history.csv and curve.png in the run's folder.

    Raises:
        FileError: the disk is full or the folder can't be written.
    """
    with written_aside(folder / "history.csv") as aside, aside.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "training_bits", "validation_bits", "seconds"])
        for epoch in epochs:
            rows.writerow([epoch.number, epoch.training_bits, epoch.validation_bits, round(epoch.seconds, 1)])
    training_bits = [epoch.training_bits for epoch in epochs]
    validation_bits = [epoch.validation_bits for epoch in epochs]
    draw_curve(training_bits, validation_bits, folder / "curve.png")
