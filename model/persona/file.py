"""The persona file: all that a bot needs of a trained network, in one safetensors file. The seam between the two.

The header's metadata holds one JSON document beside the arrays. Never pickle and never .keras: loading those can run
code. Knows no Keras and no Discord.

A file outlives the next version. Each has a format, a whole number:

- A file of an older format is brought up to date, one format at a time, by `UPGRADES`.
- A field that a file lacks gets its default, which is neutral: it means what the version before the field did.
- A new field (a knob of the recipe, say) raises FORMAT by one and declares that number as its `since`. A file is
  written in the lowest format that holds what it uses, so an older version reads files that leave new fields neutral.
- A file of a newer format is refused, and the fields that this version doesn't know are named.
"""

import functools
import json
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_origin

import numpy as np
from numpy.typing import NDArray

from model.persona.recipe import Recipe, RecipeError, as_document, later_fields, neutral
from model.persona.storage import SUFFIX, Arrays, FileError, load_arrays, load_metadata, save_arrays
from model.persona.vocabulary import Vocabulary

FORMAT = 4  # the newest that this version reads
LOWEST_WRITTEN = 4  # the format of a file that uses no field with a later `since`
METADATA_KEY = "mimic"
FOLDER = Path("personas")  # where training leaves persona files and the bot looks for them
SHORTEST_QUOTE, LONGEST_QUOTE, MOST_QUOTES = 30, 200, 200  # characters of a message, and messages, that may be quoted
PUBLIC_KINDS = ("public-dataset", "public-domain", "fiction")  # which cover everybody in the chat
CONSENT_KINDS = ("own-data", "written-consent", *PUBLIC_KINDS)
EVERYONE = "everyone"  # in place of names
MOST_SUGGESTED = 20  # personas that are listed where none is called as asked
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
    aliases: dict[str, str] = field(default_factory=dict)  # the author's other ids, joined to theirs, and the names
    community: dict[str, str] = field(default_factory=dict)  # others whose text it learnt from too: author_id to name


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

    @property
    def has_unrecorded_others(self) -> bool:
        """Whether it learnt from others too, whom the file doesn't list; so it is before format 4."""
        return self.recipe.community and not self.source.community

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


def persona_names(folder: Path) -> list[str]:
    """List the personas of a folder: the names of their files, without the ending."""
    names = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"[!.]*{SUFFIX}"))
    return sorted(name for name in names if is_name(name))


def matching_personas(folder: Path, wanted: str) -> list[str]:
    """Return the names of the personas of a folder that words mean; none if no persona is called so.

    The first of these that fits decides: a file's name; a file's name in any letter case; the name of the person
    imitated; that name in any letter case. Words never lead out of the folder.
    """
    names = persona_names(folder)
    file = wanted.removesuffix(SUFFIX)
    if file in names:
        return [file]
    folded = file.casefold()
    if found := [name for name in names if name.casefold() in (folded, folded.removesuffix(SUFFIX))]:
        return found
    heads = {name: read_head(folder / f"{name}{SUFFIX}") for name in names}
    authors = {name: head.author if head else "" for name, head in heads.items()}
    if found := [name for name in names if authors[name] == wanted]:
        return found
    spoken = " ".join(wanted.casefold().split())
    return [name for name in names if spoken and " ".join(authors[name].casefold().split()) == spoken]


def find_persona(wanted: str, folder: Path = FOLDER) -> Path:
    """Return the persona file that words mean: its path, or, without a folder, a name as of `matching_personas`.

    Raises:
        PersonaError: no persona is called so, or several are; says what to give instead.
    """
    path = Path(wanted)
    if path.name != wanted or (path.suffix == SUFFIX and path.is_file()):
        return path
    found = matching_personas(folder, wanted)
    if len(found) == 1:
        return folder / f"{found[0]}{SUFFIX}"
    if not found and path.is_file():
        return path
    if found:
        raise PersonaError(f"{len(found)} personas in {folder} are called {wanted!r}; give one of {', '.join(found)}")
    names = ", ".join(persona_names(folder)[:MOST_SUGGESTED]) or "none"
    raise PersonaError(f"no persona in {folder} is called {wanted!r}; there are {names}")


@dataclass(frozen=True)
class Head:
    """What the beginning of a persona file says about people; the rest of the file may still be damaged."""

    author: str
    author_ids: frozenset[str]  # of the person imitated, the joined ones too
    community: frozenset[str]  # the ids of the others whose text it learnt from
    agreed: bool  # a consent is recorded
    expires: str  # the last day of the consent; "": none

    @property
    def allows_imitation(self) -> bool:
        """Whether a consent is recorded and has not ended."""
        return self.agreed and not (self.expires and self.expires < today())


def ids_in(source: Source) -> frozenset[str]:
    """Return all ids of the person imitated."""
    return frozenset({source.author_id, *source.aliases})


def head_of(persona: Persona) -> Head:
    """Return the head of a persona that is loaded."""
    source, consent = persona.source, persona.consent
    expires = consent.expires if consent else ""
    return Head(source.author, ids_in(source), frozenset(source.community), consent is not None, expires)


def read_head(path: Path) -> Head | None:
    """Read whom a persona file imitates, from its beginning alone; None if that can't be read."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its writer
        return None
    return _head_of_version(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _head_of_version(path: Path, size: int, modified: int) -> Head | None:
    """Return the head of a file as it was when it had this size and was modified then."""
    try:
        document = json.loads(load_metadata(path)[METADATA_KEY])
        source, consent = document["source"], document.get("consent")
        author_ids = frozenset({str(source["author_id"]), *source.get("aliases", {})})
        expires = str(consent.get("expires", "")) if consent else ""
        return Head(str(source["author"]), author_ids, frozenset(source.get("community", {})), bool(consent), expires)
    except (FileError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def save_persona(persona: Persona, path: Path) -> None:
    """Write a persona file aside and move it into place: a reader never sees half of one.

    Raises:
        FileError: the disk is full or the folder can't be written; what was there before is still there.
    """
    records = [persona.recipe, persona.source, *([persona.consent] if persona.consent else [])]
    later = [declared.metadata["since"] for record in records for declared in later_fields(record)]
    document = {
        "format": max([LOWEST_WRITTEN, *later]),
        "name": persona.name,
        "vocabulary": persona.vocabulary.characters,
        "unknown_kinds": persona.vocabulary.unknown_kinds,
        "recipe": persona.recipe.as_dict(),
        "source": as_document(persona.source),
        "consent": as_document(persona.consent) if persona.consent else None,
        "quotes": persona.quotes,
        "metrics": persona.metrics,
        "libraries": persona.libraries,
        "created": persona.created,
    }
    save_arrays(persona.arrays, {METADATA_KEY: json.dumps(document)}, path)


def load_persona(path: Path) -> Persona:
    """Read a persona file and check all of it.

    Raises:
        PersonaError: the file is missing, damaged, of a newer version, or its parts don't fit each other.
    """
    try:
        arrays: Arrays
        arrays, metadata = load_arrays(path)
        document = json.loads(metadata[METADATA_KEY])
    except FileError as error:
        raise PersonaError(str(error)) from error
    except KeyError:
        raise PersonaError(f"{path}: no {METADATA_KEY!r} metadata, so not a persona file; {_RETRAIN}") from None
    except (ValueError, RecursionError) as error:
        raise PersonaError(f"{path}: the metadata is not JSON ({error}); {_RETRAIN}") from error
    version = document.get("format") if isinstance(document, dict) else None
    if type(version) is not int or version < 1:
        raise PersonaError(f"{path}: persona format {version!r:.40}, wanted 1 to {FORMAT}; {_RETRAIN}")
    if version > FORMAT:
        unknown = _unknown_fields(document)
        uses = f", and uses {_printable(unknown)}" if unknown else ""
        raise PersonaError(
            f"{path}: made by a newer version of Mimic: it has persona format {version}{uses}; this version reads "
            f"formats up to {FORMAT}, so update Mimic"
        )
    try:
        for number in range(version, FORMAT):
            if number in UPGRADES:
                document, arrays = UPGRADES[number](document, arrays)
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


def _from_1(document: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Count no rare characters: the first files knew every character of their text."""
    return {"unknown_kinds": 0} | document, arrays


def _from_3(document: dict[str, Any], arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """Halve the numbers that format 4 keeps in half precision, and quote nothing where no quotes were kept."""
    with np.errstate(over="ignore"):  # a number that is too large becomes infinite, and is refused as such
        halved = {
            name: array.astype(array_type(name)) if array.dtype == np.float32 else array
            for name, array in arrays.items()
        }
    return {"quotes": []} | document, halved


# What brings a document and its arrays from a format to the next one. Where that one only introduced fields, there is
# no entry: they get their defaults.
UPGRADES: dict[int, Callable[[dict[str, Any], Arrays], tuple[dict[str, Any], Arrays]]] = {1: _from_1, 3: _from_3}


def _unknown_fields(document: Mapping[str, Any]) -> list[str]:
    """Name the fields of a document that this version doesn't know, as `recipe.units`."""
    unknown = []
    for key, kind in {"recipe": Recipe, "source": Source, "consent": Consent}.items():
        values = document.get(key)
        known = {declared.name for declared in fields(kind)}
        unknown += [f"{key}.{name}" for name in values if name not in known] if isinstance(values, dict) else []
    return sorted(unknown)


def _printable(names: list[str]) -> str:
    """List names that come from a file, which may be long and hold anything."""
    return "".join(character if character.isprintable() else "?" for character in ", ".join(names)[:200])


def _consent(values: Mapping[str, Any]) -> Consent:
    consent: Consent = _record(Consent, values)
    if consent.kind not in CONSENT_KINDS:
        raise ValueError(f"consent.kind is {consent.kind!r}, wanted one of {', '.join(CONSENT_KINDS)}")
    return consent


def _record(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """Build a dataclass from JSON: a missing field gets its neutral default.

    Raises:
        ValueError: a field without a default is missing, one is unknown, or a value is of another type.
    """
    names: dict[str, Any] = {declared.name: declared.type for declared in fields(kind)}
    required = {declared.name for declared in fields(kind) if neutral(declared) is MISSING}
    if odd := (required - set(values)) | (set(values) - set(names)):
        raise ValueError(f"{kind.__name__.lower()}: missing or unknown {_printable(sorted(odd))}")
    for name, value in values.items():
        wanted = names[name]
        plain = get_origin(wanted) or wanted
        fits = isinstance(value, plain) or (plain is float and isinstance(value, int))
        if not fits or (isinstance(value, bool) and plain is not bool):
            raise ValueError(f"{kind.__name__.lower()}.{name} is {value!r:.60}, wanted {plain.__name__}")
        held = [*value, *value.values()] if plain is dict else value if plain is list else []
        if others := [each for each in held if not isinstance(each, str)]:
            raise ValueError(f"{kind.__name__.lower()}.{name} holds {others[0]!r:.60}, wanted words")
    return kind(**values)


def _check_arrays(persona: Persona, path: Path) -> None:
    expected = array_shapes(len(persona.vocabulary), persona.recipe)
    if set(persona.arrays) != set(expected):
        odd = _printable(sorted(set(persona.arrays) ^ set(expected)))
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
