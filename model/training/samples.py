"""Texts that a network writes while it learns. A run prints them and keeps them in its folder."""

from pathlib import Path

import numpy as np

from model.persona.file import Persona
from model.persona.recipe import TEMPERATURES, Recipe
from model.persona.sampler import Request, sampled_as_trained
from model.persona.storage import written_aside
from model.persona.vocabulary import readable
from model.training.corpus import Corpus

SAMPLE_LENGTH = 400  # characters
# A network that has hardly learnt anything shows less.
BRIEF_LENGTH, BRIEF_TEMPERATURES = 100, (0.5, 1.0)


def sample_prompt(corpus: Corpus, recipe: Recipe) -> str:
    """Cut a random window out of the training text, with which every sample of the run begins."""
    random = np.random.default_rng(recipe.random_seed)
    length = recipe.sequence_length
    start = int(random.integers(len(corpus.training) - length))
    return corpus.training[start : start + length]


def draw_samples(persona: Persona, prompt: str, epoch: int, *, briefly: bool = False) -> str:
    """Return a sample at each temperature, under a title.

    Args:
        briefly: one line at two temperatures each.
    """
    length = BRIEF_LENGTH if briefly else SAMPLE_LENGTH
    temperatures = BRIEF_TEMPERATURES if briefly else TEMPERATURES
    requests = []
    for temperature in temperatures:
        request = Request(prompt, temperature, length, random_seed=persona.recipe.random_seed)
        requests.append(request)
    replies = sampled_as_trained(persona, requests)
    write = in_one_line if briefly else visible
    text = f"samples after epoch {epoch}, of how this goes on: {in_one_line(prompt)}\n\n"
    for request, reply in zip(requests, replies, strict=True):
        text += f"temperature {request.temperature}: {write(reply)}\n\n"
    return text


def append_samples(samples: str, epoch: int, folder: Path) -> None:
    """Append samples to the run's samples.txt; those of the first epoch replace what an earlier run left.

    Raises:
        FileError: the disk is full or the folder can't be written.
    """
    file = folder / "samples.txt"
    earlier = ""
    if epoch > 1 and file.exists():
        earlier = file.read_text(encoding="utf-8")
    with written_aside(file) as aside:
        aside.write_text(earlier + samples, encoding="utf-8")


def visible(text: str) -> str:
    """Escape the characters that a terminal would obey or not show, except the ends of lines."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return character.encode("unicode_escape").decode()


def in_one_line(text: str) -> str:
    """Return a text with " / " between its messages and lines."""
    lines = map(str.strip, readable(text).splitlines())
    joined = " / ".join(filter(None, lines))
    return visible(joined)
