"""A training run but for its network: what it is made of, its two parts, and what it leaves on disk. Knows no Keras.

Where there are others in the export, a run learns from everybody first (the base network), then from the author.
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
from model.persona.recipe import TEMPERATURES, Recipe, author_part, community_part
from model.persona.sampler import Request, sampled_as_trained
from model.persona.storage import SUFFIX, Arrays, FileError, backup_of, load_arrays, written_aside
from model.persona.vocabulary import Vocabulary, readable
from model.training.checkpoint import FILE as CHECKPOINT
from model.training.checkpoint import Epoch, refuse_unfinished
from model.training.corpus import Corpus

PERSONAS = Path("personas")
RUNS = Path("runs")
SAMPLE_LENGTH = 400
BRIEF_LENGTH, BRIEF_TEMPERATURES = 100, (0.5, 1.0)
# Times that the weights go as far from everybody's as the author's text moved them. At low temperatures what the author
# shares with everybody drowns the rest; this costs 0.01 bits of much text, and gains as much of little.
# Source: Ilharco et al., "Editing models with task arithmetic", 2023.
EMPHASIS = 1.25


def run_folder(name: str) -> Path:
    """Return the folder in which the run of a persona keeps its checkpoint, history and samples."""
    return RUNS / name


def persona_path(name: str) -> Path:
    """Return a persona's file."""
    return PERSONAS / f"{name}{SUFFIX}"


def refuse_to_replace(name: str) -> None:
    """Refuse a new run that would replace a persona, or discard a run that was interrupted.

    Raises:
        ResumeError: there is such a run.
        PersonaError: there is such a persona, damaged or not.
    """
    refuse_unfinished(run_folder(name))
    file = persona_path(name)
    if not file.exists():
        return
    resume = "continue its run with --resume, " if (run_folder(name) / CHECKPOINT).exists() else ""
    raise PersonaError(
        f"{file} is there already ({describe_value(file)}): {resume}choose another name with --persona NAME, or train "
        f"it anew with --replace, which keeps the file as {backup_of(file).name}"
    )


def describe_value(file: Path) -> str:
    """Say in a few words what would be lost with a persona's file."""
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
    """What a training run is made of, settled before the network is."""

    name: str
    recipe: Recipe
    corpus: Corpus
    vocabulary: Vocabulary
    source: Source
    consent: Consent | None
    canaries: Sequence[Canary] = ()  # that the corpus was planted with

    @property
    def folder(self) -> Path:
        """Where the run keeps its checkpoint, history and samples."""
        return run_folder(self.name)

    @property
    def has_begun(self) -> bool:
        """Whether there is something to go on with."""
        return (self.folder / CHECKPOINT).exists() or self.is_at_the_community

    @property
    def persona_file(self) -> Path:
        """Where the persona goes."""
        return persona_path(self.name)

    @property
    def backup_file(self) -> Path:
        """Where the persona is kept that this run replaces."""
        return backup_of(self.persona_file)

    @property
    def is_replacing(self) -> bool:
        """Whether the persona's file is still the one from before the run, of which there is a backup."""
        try:
            return self.persona_file.read_bytes() == self.backup_file.read_bytes()
        except OSError:
            return False

    def back_up(self) -> None:
        """Copy the persona that this run will replace; the file itself stays in use until the run is finished.

        Raises:
            FileError: the file can't be read, or the copy can't be written.
        """
        if not self.persona_file.exists() or self.is_replacing:
            return
        with written_aside(self.backup_file) as aside:
            aside.write_bytes(self.persona_file.read_bytes())

    def earlier_persona(self, epochs: Sequence[Epoch]) -> Persona | None:
        """Return the persona that an earlier part of this run left; None if there is none, or another run's.

        Args:
            epochs: those that the run has done.
        """
        try:
            persona = load_persona(self.persona_file)
        except PersonaError:
            return None
        made_here = persona.metrics.get("training_bits") in [epoch.training_bits for epoch in epochs]
        return persona if made_here else None

    def resumed(self, epochs: Sequence[Epoch]) -> "Run":
        """Return the run with the consent that was recorded in its persona meanwhile, unless it has one.

        Args:
            epochs: those that the run has done.

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
        print(f"the consent in {self.persona_file} is kept: {earlier.consent.kind} by {earlier.consent.by}")
        return replace(self, consent=earlier.consent)

    @property
    def author_recipe(self) -> Recipe:
        """The recipe of what the author's text teaches."""
        return author_part(self.recipe)

    @property
    def community_recipe(self) -> Recipe:
        """The recipe of the base network."""
        return community_part(self.recipe)

    @property
    def community_corpus(self) -> Corpus:
        """What the base network learns from, judged by the author's held-out messages."""
        return replace(self.corpus, training=self.corpus.community, authors={})

    @cached_property
    def base_folder(self) -> Path:
        """The base network's folder: it follows from the text and the architecture."""
        shapes = array_shapes(len(self.vocabulary), self.recipe)
        key = repr((self.corpus.community, self.vocabulary.characters, shapes)).encode("utf-8", "surrogatepass")
        return RUNS / "bases" / hashlib.sha256(key).hexdigest()[:16]

    @property
    def base_file(self) -> Path:
        """The base network, once it is trained."""
        return self.base_folder / f"base{SUFFIX}"

    def read_base(self) -> tuple[Arrays, str]:
        """Return the base network that was trained before, and how long that took, in words.

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
    def is_at_the_community(self) -> bool:
        """Whether the run was interrupted while it learnt from everybody."""
        if not self.corpus.community:
            return False
        return (self.base_folder / CHECKPOINT).exists() and not self.base_file.exists()

    @property
    def other_bases(self) -> list[Path]:
        """The folders in which learning from everybody was interrupted, but for this run's own."""
        folders = [checkpoint.parent for checkpoint in sorted((RUNS / "bases").glob(f"*/{CHECKPOINT}"))]
        interrupted = [folder for folder in folders if not (folder / self.base_file.name).exists()]
        return [folder for folder in interrupted if folder != self.base_folder]

    def persona(self, arrays: Arrays, best: Epoch | None, initial: Arrays) -> Persona:
        """Make a persona of these weights, with the measures of the best epoch so far.

        Args:
            initial: the base network's, from which these were trained; none where there was none.
        """
        if initial:
            arrays = {name: array + (EMPHASIS - 1) * (array - initial[name]) for name, array in arrays.items()}
        metrics = {"training_bits": best.training_bits} if best else {}
        if best and best.validation_bits is not None:
            metrics["validation_bits"] = best.validation_bits
        return Persona(
            name=self.name,
            vocabulary=self.vocabulary,
            recipe=self.recipe,
            source=self.source,
            consent=self.consent,
            quotes=list(self.corpus.quotes) if self.consent and self.consent.quoting else [],
            metrics=metrics,
            libraries={library: version(library) for library in ("keras", "numpy", "pandas")},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            arrays={name: array.astype(array_type(name), copy=False) for name, array in arrays.items()},
        )


def write_history(epochs: Sequence[Epoch], folder: Path) -> None:
    """Write history.csv and curve.png, anew after each epoch.

    Raises:
        FileError: the disk is full or the folder can't be written.
    """
    with written_aside(folder / "history.csv") as aside, aside.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "training_bits", "validation_bits", "seconds"])
        for epoch in epochs:
            rows.writerow([epoch.number, epoch.training_bits, epoch.validation_bits, round(epoch.seconds, 1)])
    draw_curve(
        [epoch.training_bits for epoch in epochs], [epoch.validation_bits for epoch in epochs], folder / "curve.png"
    )


def sample_prompt(corpus: Corpus, recipe: Recipe) -> str:
    """Cut one random window out of the training text: every sample of the run begins with it."""
    starts = len(corpus.training) - recipe.sequence_length
    start = int(np.random.default_rng(recipe.random_seed).integers(starts))
    return corpus.training[start : start + recipe.sequence_length]


def visible(text: str) -> str:
    """Escape the characters that a terminal would obey or not show, but for the ends of lines."""
    return "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text
    )


def in_one_line(text: str) -> str:
    """Return a text with " / " where messages and lines end."""
    return visible(" / ".join(filter(None, map(str.strip, readable(text).splitlines()))))


def write_samples(persona: Persona, prompt: str, epoch: int, folder: Path, *, briefly: bool = False) -> str:
    """Sample at each temperature and add that to the run's samples.txt; return it.

    Args:
        briefly: a line each at two temperatures: a network that has hardly learnt anything has nothing more to show.
    """
    length, temperatures = (BRIEF_LENGTH, BRIEF_TEMPERATURES) if briefly else (SAMPLE_LENGTH, TEMPERATURES)
    seeds: dict[str, Any] = {"length": length, "random_seed": persona.recipe.random_seed}
    requests = [Request(prompt, temperature, **seeds) for temperature in temperatures]
    replies = sampled_as_trained(persona, requests)
    if briefly:
        replies = [in_one_line(reply) for reply in replies]
    lines = [f"samples after epoch {epoch}, of how this goes on: {in_one_line(prompt)}"]
    lines += [
        f"temperature {request.temperature}: {visible(reply)}" for request, reply in zip(requests, replies, strict=True)
    ]
    text = "\n\n".join(lines) + "\n\n"
    file = folder / "samples.txt"
    before = file.read_text(encoding="utf-8") if epoch > 1 and file.exists() else ""
    with written_aside(file) as aside:
        aside.write_text(before + text, encoding="utf-8")
    return text
