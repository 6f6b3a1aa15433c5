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

from model.checkpoint import FILE as CHECKPOINT
from model.checkpoint import Epoch
from model.corpus import Corpus
from model.files import SUFFIX, Arrays, written_aside
from model.measures import Canary
from model.persona import Consent, Persona, Source, array_shapes, array_type
from model.plots import draw_curve
from model.recipe import TEMPERATURES, Recipe, author_part, community_part
from model.sampler import Request, sampled_as_trained
from model.vocabulary import Vocabulary

PERSONAS = Path("personas")
RUNS = Path("runs")
SAMPLE_LENGTH = 400
# Times that the weights go as far from everybody's as the author's text moved them. At low temperatures what the author
# shares with everybody drowns the rest; this costs 0.01 bits of much text, and gains as much of little.
# Source: Ilharco et al., "Editing models with task arithmetic", 2023.
EMPHASIS = 1.25


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
        return RUNS / self.name

    @property
    def has_begun(self) -> bool:
        """Whether there is something to go on with."""
        return (self.folder / CHECKPOINT).exists() or self.is_at_the_community

    @property
    def persona_file(self) -> Path:
        """Where the persona goes."""
        return PERSONAS / f"{self.name}{SUFFIX}"

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

    @property
    def is_at_the_community(self) -> bool:
        """Whether the run was interrupted while it learnt from everybody."""
        if not self.corpus.community:
            return False
        return (self.base_folder / CHECKPOINT).exists() and not self.base_file.exists()

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


def write_samples(persona: Persona, prompt: str, epoch: int, folder: Path) -> str:
    """Sample at each temperature and add that to the run's samples.txt; return it."""
    seeds: dict[str, Any] = {"length": SAMPLE_LENGTH, "random_seed": persona.recipe.random_seed}
    requests = [Request(prompt, temperature, **seeds) for temperature in TEMPERATURES]
    replies = sampled_as_trained(persona, requests)
    lines = [f"epoch {epoch}, from {prompt!r}:"]
    lines += [f"temperature {request.temperature}: {reply}" for request, reply in zip(requests, replies, strict=True)]
    text = "\n\n".join(lines) + "\n\n"
    file = folder / "samples.txt"
    before = file.read_text(encoding="utf-8") if epoch > 1 and file.exists() else ""
    with written_aside(file) as aside:
        aside.write_text(before + text, encoding="utf-8")
    return text
