"""The persona file: all that a bot needs of a trained network, in one safetensors file. The seam between the two.

The header's metadata holds one JSON document beside the arrays. Never pickle and never .keras: loading those can run
code. Knows no Keras and no Discord.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_origin

import numpy as np
from numpy.typing import NDArray

from model.files import Arrays, FileError, load_arrays, save_arrays
from model.recipe import Recipe, RecipeError
from model.vocabulary import Vocabulary

FORMAT = 4
METADATA_KEY = "mimic"
SHORTEST_QUOTE, LONGEST_QUOTE, MOST_QUOTES = 30, 200, 200  # characters of a message, and messages, that may be quoted
PUBLIC_KINDS = ("public-dataset", "public-domain", "fiction")  # which cover everybody in the chat
CONSENT_KINDS = ("own-data", "written-consent", *PUBLIC_KINDS)
EVERYONE = "everyone"  # in place of names
CANARIES = "-canaries"  # ends the name of a persona that learnt invented secrets, and is for measuring alone


class PersonaError(FileError):
    """A file's content is no persona, or not as it has to be; the text says what was found and what to do."""


@dataclass(frozen=True)
class Source:
    """Whose text a persona was made from, and which."""

    author: str
    author_id: str
    files: list[str]  # names without folders: a path can name its owner
    format: str
    messages: int
    characters: int
    first: str  # ISO date, "" where the export doesn't say
    last: str
    sha256: str
    aliases: dict[str, str]  # the author's other ids, joined to theirs, and the names
    community: dict[str, str]  # the others whose text it learnt from too: author_id to name


@dataclass(frozen=True)
class Consent:
    """By what right the text was used."""

    kind: str  # one of CONSENT_KINDS
    by: str
    date: str  # ISO, as the next
    contact: str  # words, a Discord id among them lets them have it forgotten
    expires: str = ""  # the last day; "": none
    quoting: bool = False  # whether messages of theirs may be shown as they are
    community: list[str] = field(default_factory=list)  # the ids of who agreed beside them, or EVERYONE

    def covers(self, author_id: str) -> bool:
        """Say whether somebody else's text may be learnt too."""
        return self.kind in PUBLIC_KINDS or EVERYONE in self.community or author_id in self.community


@dataclass(frozen=True)
class Persona:
    """One person's character network: V characters, L LSTM layers of H units, a dense layer to V logits."""

    name: str
    vocabulary: Vocabulary
    recipe: Recipe
    source: Source
    consent: Consent | None
    quotes: list[str]  # held-out messages, where they may be shown
    metrics: dict[str, float]  # names end in their unit: training_bits, validation_bits (bits per character)
    libraries: dict[str, str]
    created: str  # ISO date and time, UTC
    arrays: Arrays

    @property
    def author(self) -> str:
        """The name of the person imitated."""
        return self.source.author

    def encode(self, prompt: str) -> NDArray[np.uint16]:
        """Return the prompt's ids, shape (T,), in the letter case that the network was trained on."""
        return self.vocabulary.encode(prompt.lower() if self.recipe.case == "lower" else prompt)


def array_shapes(vocabulary_size: int, recipe: Recipe) -> dict[str, tuple[int, ...]]:
    """Name every array of a network with its shape; kernels as Keras keeps them, gates in its order i, f, c, o.

    A stream has rare characters, so its network predicts the unknown one too: V + 1 logits instead of V.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    units, inputs = recipe.units, vocabulary_size
    if recipe.embedding:
        inputs = recipe.embedding
        shapes["embedding"] = (vocabulary_size + 1, inputs)  # (V + 1, E)
    if recipe.ngrams:
        shapes["ngrams"] = (recipe.ngrams, inputs)  # (rows, E)
    for layer in range(recipe.layers):
        shapes[f"lstm_{layer}.kernel"] = (units if layer else inputs, 4 * units)  # (V, E or H, 4H)
        shapes[f"lstm_{layer}.recurrent_kernel"] = (units, 4 * units)  # (H, 4H)
        shapes[f"lstm_{layer}.bias"] = (4 * units,)  # (4H,)
    outputs = vocabulary_size + (recipe.reading == "stream")
    return shapes | {"dense.kernel": (units, outputs), "dense.bias": (outputs,)}  # (H, V), (V,)


def array_type(name: str) -> "np.dtype[Any]":
    """Return how a persona file keeps the numbers of an array: all but biases in half the bytes.

    So much precision is lost that a network's bits per character change in the fourth place.
    """
    return np.dtype(np.float32 if name.endswith("bias") else np.float16)


def is_date(words: str) -> bool:
    """Say whether words are a date in ISO's form."""
    try:
        return date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def check_dates(given: str, expires: str) -> None:
    """Refuse a consent of a later day, and one that has ended.

    Raises:
        PersonaError: one of them, or what is no date; "" is none.
    """
    for words in filter(None, (given, expires)):
        if not is_date(words):
            raise PersonaError(f"{words!r} is no date of a consent; wanted one as 2027-12-31")
    if given > today():
        raise PersonaError(f"the consent is of {given}, and today is {today()}; wanted the day on which it was given")
    if expires and expires < today():
        raise PersonaError(f"the consent ended on {expires}; ask again")


def today() -> str:
    """Return the date in ISO's form, UTC."""
    return datetime.now(UTC).date().isoformat()


def is_name(name: str) -> bool:
    """Say whether a persona can be called so: letters, digits, dash, underscore and dot."""
    return bool(re.fullmatch(r"\w[\w.-]{0,63}", name))


def check_name(name: str) -> str:
    """Return a persona's name, which is its file's name too.

    Raises:
        PersonaError: it has other characters than letters, digits, dash, underscore and dot.
    """
    if not is_name(name):
        raise PersonaError(f"{name!r} can't be a persona's name; wanted letters, digits, - _ . and 64 of them at most")
    return name


def save_persona(persona: Persona, path: Path) -> None:
    """Write a persona file aside and move it into place: a reader never sees half of one.

    Raises:
        FileError: the disk is full or the folder can't be written; what was there before is still there.
    """
    document = {
        "format": FORMAT,
        "name": persona.name,
        "vocabulary": persona.vocabulary.characters,
        "unknown_kinds": persona.vocabulary.unknown_kinds,
        "recipe": persona.recipe.as_dict(),
        "source": asdict(persona.source),
        "consent": asdict(persona.consent) if persona.consent else None,
        "quotes": persona.quotes,
        "metrics": persona.metrics,
        "libraries": persona.libraries,
        "created": persona.created,
    }
    save_arrays(persona.arrays, {METADATA_KEY: json.dumps(document)}, path)


def load_persona(path: Path) -> Persona:
    """Read a persona file and check all of it.

    Raises:
        PersonaError: the file is missing, damaged, of another version, or its parts don't fit each other.
    """
    try:
        arrays, metadata = load_arrays(path)
        document = json.loads(metadata[METADATA_KEY])
    except FileError as error:
        raise PersonaError(str(error)) from error
    except KeyError:
        raise PersonaError(f"{path}: no {METADATA_KEY!r} metadata, so not a persona file; {_RETRAIN}") from None
    except (ValueError, RecursionError) as error:
        raise PersonaError(f"{path}: the metadata is not JSON ({error}); {_RETRAIN}") from error
    version = document.get("format") if isinstance(document, dict) else None
    if version != FORMAT:
        raise PersonaError(f"{path}: persona format {version!r}, this version reads {FORMAT}; {_RETRAIN}")
    try:
        persona = Persona(
            name=check_name(document["name"]),
            vocabulary=Vocabulary(document["vocabulary"], int(document["unknown_kinds"])),
            recipe=_record(Recipe, document["recipe"]),
            source=_record(Source, document["source"]),
            consent=_consent(document["consent"]) if document["consent"] is not None else None,
            quotes=[str(quote) for quote in document["quotes"]],
            metrics={str(key): float(value) for key, value in document["metrics"].items()},
            libraries={str(key): str(value) for key, value in document["libraries"].items()},
            created=str(document["created"]),
            arrays=arrays,
        )
    except KeyError as error:
        raise PersonaError(f"{path}: the metadata lacks {error}; {_RETRAIN}") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecipeError, PersonaError) as error:
        raise PersonaError(f"{path}: the metadata doesn't fit a persona ({error}); {_RETRAIN}") from error
    _check_arrays(persona, path)
    return persona


_RETRAIN = "get the file again, or train the persona anew with train.py"


def _consent(values: Mapping[str, Any]) -> Consent:
    consent: Consent = _record(Consent, values)
    if consent.kind not in CONSENT_KINDS:
        raise ValueError(f"consent.kind is {consent.kind!r}, wanted one of {', '.join(CONSENT_KINDS)}")
    return consent


def _record(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """Build a dataclass from JSON, refusing fields it lacks or doesn't know and values of another type."""
    names: dict[str, Any] = {field.name: field.type for field in fields(kind)}
    if set(values) != set(names):
        odd = ", ".join(sorted(set(values) ^ set(names)))
        raise ValueError(f"{kind.__name__.lower()}: missing or unknown {odd}")
    for name, value in values.items():
        wanted = names[name]
        plain = get_origin(wanted) or wanted
        if not isinstance(value, plain) and not (plain is float and isinstance(value, int)):
            raise ValueError(f"{kind.__name__.lower()}.{name} is {value!r}, wanted {plain.__name__}")
        held = [*value, *value.values()] if plain is dict else value if plain is list else []
        if others := [each for each in held if not isinstance(each, str)]:
            raise ValueError(f"{kind.__name__.lower()}.{name} holds {others[0]!r}, wanted words")
    return kind(**values)


def _check_arrays(persona: Persona, path: Path) -> None:
    expected = array_shapes(len(persona.vocabulary), persona.recipe)
    if set(persona.arrays) != set(expected):
        odd = ", ".join(sorted(set(persona.arrays) ^ set(expected)))
        raise PersonaError(f"{path}: missing or unknown arrays: {odd}; {_RETRAIN}")
    for name, shape in expected.items():
        array = persona.arrays[name]
        if array.shape != shape:
            raise PersonaError(f"{path}: {name} has the shape {array.shape}, the recipe wants {shape}; {_RETRAIN}")
        wanted = array_type(name)
        if array.dtype != wanted:
            raise PersonaError(f"{path}: {name} is {array.dtype}, wanted {wanted}; {_RETRAIN}")
        if not np.isfinite(array).all():
            raise PersonaError(f"{path}: {name} holds numbers that are not finite; {_RETRAIN}")


if __name__ == "__main__":
    import sys

    from model.persona_command import main

    sys.exit(main())
