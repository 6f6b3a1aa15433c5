"""Find personas in a folder: by the names of their files, and by the people they imitate.

Reads only the beginning of a file, which is fast.
"""

import functools
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model.persona.file import FOLDER, METADATA_KEY, Persona, PersonaError, is_name, is_over
from model.persona.storage import SUFFIX, FileError, load_metadata

MOST_SUGGESTED = 20  # personas that are listed if none has the wanted name


@dataclass(frozen=True)
class Head:
    """The people named in the beginning of a persona file; the rest of the file may still be damaged."""

    author: str
    author_ids: frozenset[str]  # of the person imitated
    other_ids: frozenset[str]  # of other people it learnt from
    has_consent: bool
    expires: str  # the last day of the consent; "": none

    @property
    def allows_imitation(self) -> bool:
        """Whether a consent is recorded and has not ended."""
        return self.has_consent and not is_over(self.expires)


def head_of(persona: Persona) -> Head:
    """Return the head of a loaded persona."""
    expires = ""
    if persona.consent:
        expires = persona.consent.expires
    return Head(
        author=persona.author,
        author_ids=persona.source.author_ids,
        other_ids=frozenset(persona.source.community),
        has_consent=persona.consent is not None,
        expires=expires,
    )


def read_head(path: Path) -> Head | None:
    """Read the head of a persona file; None if it can't be read."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its writer
        return None
    return _read_version(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _read_version(path: Path, size: int, modified: int) -> Head | None:
    """Read the head of a file; remember it as long as the file has this size and time."""
    try:
        document = json.loads(load_metadata(path)[METADATA_KEY])
        source = document["source"]
        consent = document.get("consent") or {}
        return Head(
            author=str(source["author"]),
            author_ids=frozenset({str(source["author_id"]), *source.get("aliases", {})}),
            other_ids=frozenset(source.get("community", {})),
            has_consent=bool(consent),
            expires=str(consent.get("expires", "")),
        )
    except (FileError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def persona_file(folder: Path, name: str) -> Path:
    """Return the path of the file of the persona with this name."""
    return folder / f"{name}{SUFFIX}"


def persona_names(folder: Path) -> list[str]:
    """List the personas of a folder: the names of their files, without the ending."""
    names = [path.name.removesuffix(SUFFIX) for path in folder.glob(f"[!.]*{SUFFIX}")]
    return sorted(filter(is_name, names))


def matching_personas(folder: Path, wanted: str) -> list[str]:
    """Return the names of the personas of a folder with this name, none if there are none.

    The first of these that fits decides: a file's name; a file's name in any letter case; the name of the person
    imitated; that name in any letter case. The name never leads out of the folder.
    """
    names = persona_names(folder)
    file = wanted.removesuffix(SUFFIX)
    if file in names:
        return [file]
    folded = file.casefold()
    alike = (folded, folded.removesuffix(SUFFIX))
    matches = [name for name in names if name.casefold() in alike]
    return matches or _imitating(wanted, _authors(folder, names))


def _authors(folder: Path, names: list[str]) -> dict[str, str]:
    """Return the name of the person imitated by each persona, "" if its file can't be read."""
    authors = {}
    for name in names:
        head = read_head(persona_file(folder, name))
        authors[name] = head.author if head else ""
    return authors


def _imitating(wanted: str, authors: Mapping[str, str]) -> list[str]:
    """Return the names of the personas that imitate a person of this name."""
    exact = [name for name, author in authors.items() if author == wanted]
    folded = _folded(wanted)
    if exact or not folded:
        return exact
    return [name for name, author in authors.items() if _folded(author) == folded]


def _folded(author: str) -> str:
    return " ".join(author.casefold().split())


def find_persona(wanted: str, folder: Path = FOLDER) -> Path:
    """Return a persona file by its path, or, without a folder, by a name as in `matching_personas`.

    Raises:
        PersonaError: no persona has this name, or several have; says what to give instead.
    """
    path = Path(wanted)
    is_in_a_folder = path.name != wanted
    if is_in_a_folder or (path.suffix == SUFFIX and path.is_file()):
        return path
    matches = matching_personas(folder, wanted)
    if len(matches) == 1:
        return persona_file(folder, matches[0])
    if matches:
        names = ", ".join(matches)
        raise PersonaError(f"{len(matches)} personas in {folder} are called {wanted!r}; give one of {names}")
    if path.is_file():
        return path
    names = ", ".join(persona_names(folder)[:MOST_SUGGESTED]) or "none"
    raise PersonaError(f"no persona in {folder} is called {wanted!r}; there are {names}")
