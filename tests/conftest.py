"""Toys for all tests: invented people, small networks with random weights."""

import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.chats.people import Author
from model.persona.file import Consent, Persona, Source, array_shapes, array_type, save_persona
from model.persona.recipe import RECIPES
from model.persona.vocabulary import Vocabulary
from model.training.corpus import Corpus
from model.training.device import settle_tensorflow

settle_tensorflow()  # the kernels that train.py computes with, before any test imports Keras

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The real exports, beside the repository where they are."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real exports are not beside the repository ({SHARED_DATA})")
    return SHARED_DATA


def make_persona(
    characters="\n abcdefghijklmnopqrstuvwxyz.!?*_`@<>:#😀", *, author="Ada", scale=0.5, **knobs
) -> Persona:
    """A persona with random weights, the same ones each time."""
    recipe = replace(RECIPES["tutorial"], **({"units": 12, "sequence_length": 8} | knobs))
    vocabulary = Vocabulary("".join(sorted(characters)))
    random = np.random.default_rng(0)
    shapes = array_shapes(len(vocabulary), recipe)
    arrays = {name: random.normal(0, scale, shape).astype(array_type(name)) for name, shape in shapes.items()}
    author_id = f"{author[0].lower()}1"
    source = Source(
        author, author_id, ["chat.csv"], "gitter-csv", 10, 400, "2026-01-01", "2026-02-01", "0" * 64, {}, {}
    )
    consent = Consent("fiction", author, "2026-02-02", "")
    return Persona(
        name=author.lower(),
        vocabulary=vocabulary,
        recipe=recipe,
        source=source,
        consent=consent,
        quotes=[],
        metrics={"training_bits": 2.0, "validation_bits": 2.5},
        libraries={"keras": "3"},
        created="2026-02-02T00:00:00+00:00",
        arrays=arrays,
    )


def corpus(training="abcab " * 20, validation="abcab abc", authors=None) -> Corpus:
    """Ada's text, and that of all authors by their ids."""
    return Corpus(Author("a1", "Ada", 1, 1), training, validation, authors or {}, 1, 1, "", "")


def silent(persona: Persona) -> Persona:
    """The persona with all weights 0: every character is as likely as the others."""
    return replace(persona, arrays={name: np.zeros_like(array) for name, array in persona.arrays.items()})


@pytest.fixture
def linear_time():
    """End a test that takes a minute of the processor.

    A million characters take a twentieth of a second in time that grows with the length, hours with its square.
    """

    def stop(*_):
        raise TimeoutError("a minute of the processor is up")

    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, 60)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.fixture
def persona() -> Persona:
    return make_persona()


@pytest.fixture
def personas_folder(tmp_path, persona) -> Path:
    """A folder with one persona file, ada.safetensors."""
    folder = tmp_path / "personas"
    save_persona(persona, folder / "ada.safetensors")
    return folder


@pytest.fixture
def chat_csv(tmp_path) -> Path:
    """A chat of invented people in the tutorial's columns: Ada writes most, CamperBot more than she, Bob little."""
    rows = ["id,fromUser.id,fromUser.username,sent,text"]
    for number in range(60):
        seconds = number**2  # a person writes now and then, and begins differently
        minute = f"2026-01-01T10:{seconds // 60:02}:{seconds % 60:02}.000Z"
        first, second = ("well", "then", "soon", "also", "when", "once"), ("the", "our", "two", "her", "his")
        beginning = f"{first[number % 6]} {second[number % 5]}"
        rows.append(f"m{number},a1,Ada,{minute},{beginning} {number} engines turn and Turn again ok")
        rows += [f"c{number}{part},55b977f00fc9f982beab7883,camperbot,{minute},points!" for part in "ab"]
        if number % 10 == 0:
            rows.append(f"b{number},b1,Bob,{minute},hm")
    path = tmp_path / "chat.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
