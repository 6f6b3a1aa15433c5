"""Forgetting a person: a list beside the persona files that training and the bot obey, and what is deleted.

Knows no Keras and no Discord, and not where anybody asked for it.
"""

import json
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from model.commands import command_line
from model.persona.file import PersonaError
from model.persona.find import persona_names, read_head
from model.persona.storage import SUFFIX, FileError, backup_of, written_aside

FILE = "forgotten.json"  # in the folder of the personas
RUNS = "runs"  # beside that folder
BASES = "bases"  # in RUNS: what was learnt from everybody
RUN_FILES = ("checkpoint.safetensors", "history.csv", "samples.txt")  # no other folder of that name is touched
THEMSELVES, OWNER, MANAGER = "themselves", "the owner", "a manager"  # who asked


@dataclass(frozen=True)
class Forgotten:
    """A person who must not be imitated any more."""

    author: str
    author_ids: list[str]
    date: str = ""  # ISO; "": unknown
    by: str = ""  # THEMSELVES, OWNER or MANAGER; "": unknown


@dataclass(frozen=True)
class Deletion:
    """What was deleted of a person's, what could not be, and what else was learnt from them."""

    deleted: list[Path] = field(default_factory=list)
    left: dict[Path, str] = field(default_factory=dict)  # with the reason
    taught: list[str] = field(default_factory=list)  # other people's personas that learnt from them too
    bases: Path | None = None  # base networks, which may have

    def __str__(self) -> str:
        lines = []
        if self.deleted:
            files = ", ".join(map(_short, self.deleted))
            lines.append(f"Deleted: {files}.")
        else:
            lines.append("No file was there.")
        for path, reason in self.left.items():
            lines.append(f"{_short(path)} could not be deleted ({reason}): delete it by hand.")
        if self.taught:
            names = ", ".join(self.taught)
            lines.append(f"Their messages also taught {names}, which stays.")
        if self.bases:
            bases = _short(self.bases)
            lines.append(f"{bases} may hold what was learnt from them among everybody: delete it too.")
        return " ".join(lines)


def forgotten_people(folder: Path) -> list[Forgotten]:
    """Return the people on the list of a folder of personas; none if there is no list.

    Raises:
        FileError: the list can't be read.
    """
    path = folder / FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [Forgotten(**entry) for entry in entries]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise FileError(
            f"{path} can't be read ({error}): it lists the people who are not to be imitated; mend it by hand"
        ) from error


def find_forgotten(author_ids: Collection[str], folder: Path) -> Forgotten | None:
    """Return the entry of the person with these ids; None if they are not on the list. Errors as of the list's."""
    for person in forgotten_people(folder):
        if _is_one_of(person, author_ids):
            return person
    return None


def _is_one_of(person: Forgotten, author_ids: Collection[str]) -> bool:
    """Return whether any of these ids is the person's."""
    return not set(person.author_ids).isdisjoint(author_ids)


def refuse_forgotten(author_ids: Collection[str], folder: Path) -> None:
    """Refuse to make a persona of a person who is on the list.

    Raises:
        PersonaError: they are; says how that is undone.
        FileError: the list can't be read.
    """
    person = find_forgotten(author_ids, folder)
    if not person:
        return
    by = person.by or "somebody"
    when = f" on {person.date}" if person.date else ""
    remember = command_line("bot", "--remember", person.author_ids[0])
    raise PersonaError(
        f"{person.author} is not to be imitated any more (asked for by {by}{when}); if they agree again: {remember}"
    )


def list_forgotten(person: Forgotten, folder: Path) -> None:
    """Put a person on the list.

    Raises:
        FileError: the list can't be read or written.
    """
    others = _without(person.author_ids, folder)
    _write(folder, [*others, person])


def unlist_forgotten(author_ids: Collection[str], folder: Path) -> None:
    """Take a person off the list; errors as of `list_forgotten`."""
    if find_forgotten(author_ids, folder):
        others = _without(author_ids, folder)
        _write(folder, others)


def _without(author_ids: Collection[str], folder: Path) -> list[Forgotten]:
    others = []
    for person in forgotten_people(folder):
        if not _is_one_of(person, author_ids):
            others.append(person)
    return others


def _write(folder: Path, entries: list[Forgotten]) -> None:
    objects = [asdict(entry) for entry in entries]
    text = json.dumps(objects, indent=2, ensure_ascii=False)
    with written_aside(folder / FILE) as aside:
        aside.write_text(text + "\n", encoding="utf-8")


def delete_persona(file: Path) -> Deletion:
    """Delete a persona's file, its backup and the run of its name: all that could bring it back."""
    deletion = Deletion()
    half_written = sorted(file.parent.glob(f".{file.name}*.part"))
    for path in (file, backup_of(file), *half_written):
        _delete(path, deletion)
    runs = file.absolute().parent.parent / RUNS
    run = runs / file.name.removesuffix(SUFFIX)
    if any((run / name).exists() for name in RUN_FILES):
        _delete(run, deletion)
    bases = runs / BASES
    if bases.is_dir():
        return replace(deletion, bases=bases)
    return deletion


def delete_person(author_ids: Collection[str], folder: Path, known: Collection[str] = ()) -> Deletion:
    """Delete every persona of a person; name those of others that learnt from theirs too.

    Args:
        known: names of personas that are theirs, whatever their files say by now.
    """
    heads = {}
    for name in persona_names(folder):
        heads[name] = read_head(folder / f"{name}{SUFFIX}")
    whole = Deletion()
    for name, head in heads.items():
        is_theirs = head and not head.author_ids.isdisjoint(author_ids)
        taught_by_them = head and not head.other_ids.isdisjoint(author_ids)
        if name in known or is_theirs:
            part = delete_persona(folder / f"{name}{SUFFIX}")
            whole = Deletion(
                deleted=whole.deleted + part.deleted,
                left=whole.left | part.left,
                taught=whole.taught,
                bases=part.bases,
            )
        elif taught_by_them:
            whole.taught.append(name)
    return whole


def _delete(path: Path, deletion: Deletion) -> None:
    """Delete a file or a folder if it is there; note in `deletion` what came of it."""
    if not path.exists() and not path.is_symlink():
        return
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        deletion.left[path] = error.strerror or str(error)
    else:
        deletion.deleted.append(path)


def _short(path: Path) -> str:
    """Return a path without the folders above the project's: people in a channel read it too."""
    return f"{path.parent.name}/{path.name}"
