"""The persona file: a trained network and all that a bot needs with it, in one safetensors file.

The header's metadata holds one JSON document. Never pickle and never .keras: loading those can run code. Knows no
Keras and no Discord.

A file outlives the next version. Each has a format, a whole number:

- A file of an older format is upgraded, one format at a time, by `UPGRADES`.
- A field that is missing from a file gets its default. That is neutral: older versions behaved as if it were set.
- A new field (for instance, a knob of the recipe) raises FORMAT by one and declares that number as its `since`.
- A file is written in the lowest format that holds the fields it uses: while new fields are neutral, older versions
  can read it.
- A file of a newer format is refused; the message names the fields that this version doesn't know.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias, get_origin

import numpy as np
from numpy.typing import NDArray

from model.persona.recipe import Recipe, RecipeError, as_document, later_fields, neutral
from model.persona.storage import Arrays, FileError, load_arrays, save_arrays
from model.persona.vocabulary import Vocabulary

FORMAT = 4  # the newest that this version reads
LOWEST_WRITTEN = 4  # the format of a file that uses no field with a later `since`
METADATA_KEY = "mimic"
FOLDER = Path("personas")  # training writes persona files here, the bot reads them
SHORTEST_QUOTE, LONGEST_QUOTE = 30, 200  # characters of a message that may be quoted
MOST_QUOTES = 200
PUBLIC_KINDS = ("public-dataset", "public-domain", "fiction")  # they cover everybody in the chat
CONSENT_KINDS = ("own-data", "written-consent", *PUBLIC_KINDS)
EVERYONE = "everyone"  # stands for all names
CANARIES = "-canaries"  # ends the name of a persona that learnt invented secrets, for measurements only

Document: TypeAlias = dict[str, Any]


class PersonaError(FileError):
    """A file is not a persona, or not a valid one; the text says what was found and what to do."""


@dataclass(frozen=True)
class Source:
    """The text that a persona was made from, and its author."""

    author: str
    author_id: str
    files: list[str]  # names without folders: a path can name its owner
    format: str
    messages: int
    characters: int
    first: str  # ISO date; "" if the export has none
    last: str
    sha256: str
    aliases: dict[str, str] = field(default_factory=dict)  # the author's other ids, to their names
    community: dict[str, str] = field(default_factory=dict)  # ids of other people it learnt from, to their names

    @property
    def author_ids(self) -> frozenset[str]:
        """All ids of the author."""
        return frozenset({self.author_id, *self.aliases})


@dataclass(frozen=True)
class Consent:
    """The right by which the text is used."""

    kind: str  # one of CONSENT_KINDS
    by: str
    date: str  # ISO
    contact: str  # free text; the person with a Discord id in it can withdraw the consent in Discord
    expires: str = ""  # the last day, ISO; "": none
    quoting: bool = False  # whether messages may be shown word for word
    community: list[str] = field(default_factory=list)  # ids of the others who agreed, or EVERYONE

    @property
    def has_ended(self) -> bool:
        """Whether its last day is over."""
        return is_over(self.expires)

    def covers(self, author_id: str) -> bool:
        """Return whether another person's text may be learnt too."""
        if self.kind in PUBLIC_KINDS:
            return True
        return EVERYONE in self.community or author_id in self.community


@dataclass(frozen=True)
class Persona:
    """One person's character network: V characters, L LSTM layers of H units, a dense layer to V logits."""

    name: str
    vocabulary: Vocabulary
    recipe: Recipe
    source: Source
    consent: Consent | None
    quotes: list[str]  # held-out messages that may be shown
    metrics: dict[str, float]  # names end in their unit: training_bits, validation_bits (bits per character)
    libraries: dict[str, str]
    created: str  # ISO date and time, UTC
    arrays: Arrays

    @property
    def author(self) -> str:
        """The name of the person imitated."""
        return self.source.author

    @property
    def has_unrecorded_others(self) -> bool:
        """Whether it learnt from other people that the file doesn't list: files before format 4 don't."""
        return self.recipe.community and not self.source.community

    def encode(self, prompt: str) -> NDArray[np.uint16]:
        """Return the prompt's ids, (T,), in the letter case that the network was trained on."""
        if self.recipe.case == "lower":
            prompt = prompt.lower()
        return self.vocabulary.encode(prompt)


def array_shapes(vocabulary_size: int, recipe: Recipe) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a network, by name: Keras' layout, with its gates in the order i, f, c, o.

    A stream has rare characters, so its network predicts the unknown one too: V + 1 logits instead of V.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    units = recipe.units
    inputs = vocabulary_size
    if recipe.embedding:
        inputs = recipe.embedding
        shapes["embedding"] = (vocabulary_size + 1, inputs)  # (V + 1, E)
    if recipe.ngrams:
        shapes["ngrams"] = (recipe.ngrams, inputs)  # (rows, E)
    for layer in range(recipe.layers):
        shapes[f"lstm_{layer}.kernel"] = (inputs, 4 * units)  # (V, E or H, 4H)
        shapes[f"lstm_{layer}.recurrent_kernel"] = (units, 4 * units)  # (H, 4H)
        shapes[f"lstm_{layer}.bias"] = (4 * units,)  # (4H,)
        inputs = units  # of the next layer
    outputs = vocabulary_size
    if recipe.reading == "stream":
        outputs += 1
    shapes["dense.kernel"] = (units, outputs)  # (H, V or V + 1)
    shapes["dense.bias"] = (outputs,)  # (V or V + 1,)
    return shapes


def array_type(name: str) -> "np.dtype[Any]":
    """Return the type in which a persona file stores an array: half precision for all but biases.

    That changes a network's bits per character in the fourth decimal place.
    """
    if name.endswith("bias"):
        return np.dtype(np.float32)
    return np.dtype(np.float16)


def is_date(words: str) -> bool:
    """Return whether words are a date in ISO's form."""
    try:
        return date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def is_over(last_day: str) -> bool:
    """Return whether a day, in ISO's form, is past; "" never is."""
    return bool(last_day) and last_day < today()


def check_dates(date: str, expires: str) -> None:
    """Refuse a consent that is dated in the future, or that has ended.

    Args:
        date: the day of the consent; "": not given.
        expires: its last day; "": none.

    Raises:
        PersonaError: the consent is refused, or one of the words is not a date.
    """
    for words in filter(None, (date, expires)):
        if not is_date(words):
            raise PersonaError(f"{words!r} is not a date of a consent; wanted one like 2027-12-31")
    if date > today():
        raise PersonaError(f"the consent is dated {date}, but today is {today()}; wanted the day on which it was given")
    if is_over(expires):
        raise PersonaError(f"the consent ended on {expires}; ask again")


def today() -> str:
    """Return today's date in ISO's form, UTC."""
    return datetime.now(UTC).date().isoformat()


def is_name(name: str) -> bool:
    """Return whether a persona can have this name: letters, digits, dash, underscore and dot."""
    return bool(re.fullmatch(r"\w[\w.-]{0,63}", name))


def check_name(name: str) -> str:
    """Return a persona's name, which its file has too.

    Raises:
        PersonaError: it has other characters than letters, digits, dash, underscore and dot, or too many.
    """
    if not is_name(name):
        raise PersonaError(f"{name!r} can't be a persona's name; wanted at most 64 letters, digits, - _ and .")
    return name


def save_persona(persona: Persona, path: Path) -> None:
    """Write a persona file aside and move it into place: a reader never sees half of one.

    Raises:
        FileError: the disk is full or the folder can't be written; what was there before is still there.
    """
    consent = None
    if persona.consent:
        consent = as_document(persona.consent)
    document = {
        "format": _lowest_format(persona),
        "name": persona.name,
        "vocabulary": persona.vocabulary.characters,
        "unknown_kinds": persona.vocabulary.unknown_kinds,
        "recipe": persona.recipe.as_dict(),
        "source": as_document(persona.source),
        "consent": consent,
        "quotes": persona.quotes,
        "metrics": persona.metrics,
        "libraries": persona.libraries,
        "created": persona.created,
    }
    save_arrays(persona.arrays, {METADATA_KEY: json.dumps(document)}, path)


def _lowest_format(persona: Persona) -> int:
    """Return the lowest format that holds every field that a persona uses."""
    records: list[Any] = [persona.recipe, persona.source]
    if persona.consent:
        records.append(persona.consent)
    formats = [LOWEST_WRITTEN]
    for record in records:
        formats += [declared.metadata["since"] for declared in later_fields(record)]
    return max(formats)


def load_persona(path: Path) -> Persona:
    """Read a persona file and check all of it.

    Raises:
        PersonaError: the file is missing, damaged, of a newer version, or its parts don't fit each other.
    """
    document, arrays = _read(path)
    version = _checked_format(document, path)
    try:
        persona = _persona(*_upgrade(document, arrays, version))
    except KeyError as error:
        raise _unusable(path, f"the metadata lacks {error}") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecipeError, PersonaError) as error:
        raise _unusable(path, f"the metadata doesn't fit a persona ({error})") from error
    _check_arrays(persona, path)
    return persona


def _unusable(path: Path, reason: str) -> PersonaError:
    return PersonaError(f"{path}: {reason}; get the file again, or train the persona anew with train.py")


def _read(path: Path) -> tuple[Any, Arrays]:
    """Return the document of a persona file, which may be anything, and its arrays."""
    try:
        arrays, metadata = load_arrays(path)
        return json.loads(metadata[METADATA_KEY]), arrays
    except FileError as error:
        raise PersonaError(str(error)) from error
    except KeyError:
        raise _unusable(path, f"no {METADATA_KEY!r} metadata, so not a persona file") from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"the metadata is not JSON ({error})") from error


def _checked_format(document: Any, path: Path) -> int:
    version = None
    if isinstance(document, dict):
        version = document.get("format")
    if type(version) is not int or version < 1:
        raise _unusable(path, f"persona format {version!r:.40}, wanted 1 to {FORMAT}")
    if version <= FORMAT:
        return version
    uses = ""
    if unknown := _unknown_fields(document):
        uses = f", and uses {_printable(unknown)}"
    raise PersonaError(
        f"{path}: made by a newer version of Mimic: it has persona format {version}{uses}; this version reads "
        f"formats up to {FORMAT}, so update Mimic"
    )


def _persona(document: Document, arrays: Arrays) -> Persona:
    """Build a persona from a document of the newest format; raises many errors if it doesn't fit."""
    consent = None
    if document["consent"] is not None:
        consent = _consent(document["consent"])
    return Persona(
        name=check_name(document["name"]),
        vocabulary=Vocabulary(document["vocabulary"], int(document["unknown_kinds"])),
        recipe=_record(Recipe, document["recipe"]),
        source=_record(Source, document["source"]),
        consent=consent,
        quotes=list(map(str, document["quotes"])),
        metrics={str(name): float(value) for name, value in document["metrics"].items()},
        libraries={str(name): str(version) for name, version in document["libraries"].items()},
        created=str(document["created"]),
        arrays=arrays,
    )


def _upgrade(document: Document, arrays: Arrays, version: int) -> tuple[Document, Arrays]:
    for older in range(version, FORMAT):
        if older in UPGRADES:
            document, arrays = UPGRADES[older](document, arrays)
    return document, arrays


def _from_1(document: Document, arrays: Arrays) -> tuple[Document, Arrays]:
    """Count no rare characters: the first files knew every character of their text."""
    return {"unknown_kinds": 0} | document, arrays


def _from_3(document: Document, arrays: Arrays) -> tuple[Document, Arrays]:
    """Store in half precision the arrays that format 4 does; a file without quotes gets an empty list."""
    halved = dict(arrays)
    with np.errstate(over="ignore"):  # a number that is too large becomes infinite, and is refused later
        for name, array in arrays.items():
            if array.dtype == np.float32:
                halved[name] = array.astype(array_type(name))
    return {"quotes": []} | document, halved


# Functions that bring a document and its arrays from a format to the next one. A format that only introduced fields
# needs none: the fields get their defaults.
UPGRADES: dict[int, Callable[[Document, Arrays], tuple[Document, Arrays]]] = {1: _from_1, 3: _from_3}


def _unknown_fields(document: Document) -> list[str]:
    """Return the fields of a document that this version doesn't know, like `recipe.units`."""
    unknown = []
    for key, kind in {"recipe": Recipe, "source": Source, "consent": Consent}.items():
        values = document.get(key)
        if not isinstance(values, dict):
            continue
        known = {declared.name for declared in fields(kind)}
        unknown += [f"{key}.{name}" for name in values if name not in known]
    return sorted(unknown)


def _printable(names: list[str]) -> str:
    """Join names that come from a file: they may be long and hold any character."""
    text = ", ".join(names)[:200]
    return "".join(character if character.isprintable() else "?" for character in text)


def _consent(values: Mapping[str, Any]) -> Consent:
    consent: Consent = _record(Consent, values)
    if consent.kind not in CONSENT_KINDS:
        raise ValueError(f"consent.kind is {consent.kind!r}, wanted one of {', '.join(CONSENT_KINDS)}")
    return consent


def _record(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """Build a dataclass from JSON: a missing field gets its neutral default.

    Raises:
        ValueError: a field without a default is missing, one is unknown, or a value has the wrong type.
    """
    record = kind.__name__.lower()
    types: dict[str, Any] = {declared.name: declared.type for declared in fields(kind)}
    required = {declared.name for declared in fields(kind) if neutral(declared) is MISSING}
    missing = required - set(values)
    unknown = set(values) - set(types)
    if missing or unknown:
        raise ValueError(f"{record}: missing or unknown {_printable(sorted(missing | unknown))}")
    for name, value in values.items():
        _check_value(f"{record}.{name}", value, types[name])
    return kind(**values)


def _check_value(name: str, value: Any, declared: Any) -> None:
    wanted = get_origin(declared) or declared  # list for list[str]
    if not _has_type(value, wanted):
        raise ValueError(f"{name} is {value!r:.60}, wanted {wanted.__name__}")
    contents: list[Any] = []
    if isinstance(value, dict):
        contents = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        contents = value
    for content in contents:
        if not isinstance(content, str):
            raise ValueError(f"{name} holds {content!r:.60}, wanted words")


def _has_type(value: Any, wanted: type[Any]) -> bool:
    """Return whether a value has a type; unlike in Python, a bool is not an int, and an int is also a float."""
    if isinstance(value, bool):
        return wanted is bool
    if wanted is float:
        return isinstance(value, int | float)
    return isinstance(value, wanted)


def _check_arrays(persona: Persona, path: Path) -> None:
    expected = array_shapes(len(persona.vocabulary), persona.recipe)
    different = set(persona.arrays) ^ set(expected)
    if different:
        raise _unusable(path, f"missing or unknown arrays: {_printable(sorted(different))}")
    for name, shape in expected.items():
        array = persona.arrays[name]
        if array.shape != shape:
            raise _unusable(path, f"{name} has the shape {array.shape}, the recipe wants {shape}")
        if array.dtype != array_type(name):
            raise _unusable(path, f"{name} is {array.dtype}, wanted {array_type(name)}")
        if not np.isfinite(array).all():
            raise _unusable(path, f"{name} holds numbers that are not finite")
