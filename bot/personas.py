"""The personas of a folder: loaded when they are asked for, kept as memory allows, read anew when their file changes.

Loading has a thread of its own. Files are read whole: one that is mapped into memory and overwritten in place would end
the process.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bot.errors import RefusedError
from model.commands import command_line, record_consent
from model.persona.file import (
    Persona,
    PersonaError,
    find_persona,
    head_of,
    load_persona,
    matching_personas,
    persona_names,
    read_head,
    today,
)
from model.persona.forgotten import FILE as FORGOTTEN
from model.persona.forgotten import Deletion, Forgotten, delete_person, delete_persona, forgotten_people, list_forgotten
from model.persona.sampler import Batch, Sampler
from model.persona.storage import SUFFIX, FileError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
IsForgotten = Callable[[Collection[str]], bool]


class UnknownPersonaError(RefusedError):
    """No persona has that name."""


class NoConsentError(PersonaError):
    """A persona's file doesn't say by what right it was made."""


@dataclass(frozen=True)
class Version:
    """What tells a file from its next content; all 0 if there is none."""

    size: int = 0
    modified: int = 0  # nanoseconds
    inode: int = 0


def _version(path: Path) -> Version:
    try:
        status = path.stat()
    except OSError:
        return Version()
    return Version(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass(eq=False)
class Loaded:
    """A persona's file as it was when it was read, and the replies that are sampled from it."""

    version: Version
    sampler: Sampler
    batch: Batch

    @property
    def bytes(self) -> int:
        """What it takes of the memory."""
        return self.sampler.lstm.nbytes


class Personas:
    """The personas of a folder, and the default one."""

    def __init__(self, folder: Path, default: str = "", memory: int = 200) -> None:
        """Choose the default persona: the one of that name, or the newest file for "".

        Args:
            memory: megabytes of persona files that are kept loaded; the one asked for last always is.

        Raises:
            PersonaError: the folder holds no persona, or not that one.
        """
        self._folder = folder
        self._memory = memory * 2**20
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="personas")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")  # what is looked at holds up no loading
        self._kept: OrderedDict[str, Loaded] = OrderedDict()  # by name, used last last; the thread's alone
        self._list_version = Version()  # of the list of the forgotten, as it was read last
        self._listed: set[str] = set()  # their ids
        self._faults: dict[str, Version] = {}  # of files that could not be loaded, by name
        if not self.names():
            raise PersonaError(f"{folder}: no persona file (*{SUFFIX}) is there; train one with train.py")
        self._chosen = self._name_of(default) if default else ""

    def names(self) -> list[str]:
        """List the personas of the folder."""
        return persona_names(self._folder)

    def _name_of(self, wanted: str) -> str:
        """Return the name of the persona that the settings name, by a path too; errors as of `find_persona`."""
        if wanted in self.names():
            return wanted
        path = find_persona(wanted, self._folder)
        if path.resolve().parent != self._folder.resolve() or path.name.removesuffix(SUFFIX) not in self.names():
            raise PersonaError(f"{path}: no persona file of the folder {self._folder}, which MIMIC_PERSONAS names")
        return path.name.removesuffix(SUFFIX)

    def offered(self, is_forgotten: IsForgotten = lambda _: False) -> list[str]:
        """List the personas that may be imitated: readable, consented to and not forgotten.

        Args:
            is_forgotten: whether the person with these ids is not to be imitated.
        """
        return [name for name in self.names() if self._may_be_offered(name, is_forgotten)]

    def _may_be_offered(self, name: str, is_forgotten: IsForgotten) -> bool:
        kept = self._kept.get(name)
        head = read_head(self._file(name)) or (head_of(kept.sampler.persona) if kept else None)
        if head is None or not head.allows_imitation or is_forgotten(head.author_ids):
            return False
        return self._faults.get(name) != _version(self._file(name))

    def default_among(self, offered: Sequence[str]) -> str:
        """Return the persona that was chosen if it is offered, else the newest of the offered.

        If none is offered: the one that was chosen, or the newest, to say why it is not.
        """
        if self._chosen in offered:
            return self._chosen
        candidates = self._newest_first(offered) or [self._chosen]
        if not candidates[0]:
            candidates = self._newest_first(self.names()) or [""]
        return candidates[0]

    def _newest_first(self, names: Iterable[str]) -> list[str]:
        versions = {name: _version(self._file(name)) for name in names}
        return sorted(versions, key=lambda name: versions[name].modified, reverse=True)

    def check(self, wanted: str, offered: Sequence[str] | None = None) -> str:
        """Return the name of the persona that words mean, as of `matching_personas`.

        Args:
            offered: the names to suggest; None: all.

        Raises:
            UnknownPersonaError: no persona is called so, or several are.
        """
        found = matching_personas(self._folder, wanted)
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownPersonaError(f"{len(found)} are called {wanted[:40]}; say one of {', '.join(found)[:400]}.")
        names = self.names() if offered is None else offered
        if not names:
            raise UnknownPersonaError("Nobody is here to be imitated.")
        raise UnknownPersonaError(f"I know nobody called {wanted[:40]}; there are {', '.join(names)[:400]}.")

    @property
    def default(self) -> str:
        """The default persona as `default_among` all that may be imitated."""
        return self.default_among(self.offered())

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"

    async def load(self, name: str = "") -> Loaded:
        """Return a persona as its file is now; "" is the default. A damaged file leaves the one before it in use.

        Raises:
            UnknownPersonaError: no persona has that name.
            NoConsentError: nothing says that the person agreed.
            PersonaError: the file is missing or damaged.
        """
        return await self._in_thread(self._load, name)

    async def load_default(self, is_forgotten: IsForgotten = lambda _: False) -> Loaded:
        """Return the persona that the settings name; if they name none, the newest that can be imitated.

        What is newer and can't be imitated is skipped, with its reason in the log.

        Raises:
            PersonaError: the named one can't be imitated, or none can; says why.
        """
        candidates = [self._chosen] if self._chosen else self._newest_first(self.names())
        problems: list[str] = []
        for name in candidates:
            try:
                loaded = await self.load(name)
                persona = loaded.sampler.persona
                if not is_forgotten(head_of(persona).author_ids):
                    for problem in problems:
                        log.warning("skipped: %s", problem)
                    return loaded
                undo = command_line("bot", "--remember", persona.source.author_id)
                problems.append(f"{self._file(name)}: {persona.author} is forgotten, which {undo} undoes")
            except (PersonaError, UnknownPersonaError) as error:
                problems.append(str(error))
        raise PersonaError("; ".join(problems) or f"{self._folder}: no persona file is there")

    async def read(self, name: str, use: Callable[[Persona], Result]) -> Result:
        """Return what a function makes of a persona with its arrays, read for it alone; errors as of `load`."""
        return await self._in_thread(lambda name: use(load_persona(self._file(name))), name, self._reader)

    async def peek(self, name: str) -> Persona:
        """Return a persona without its arrays, consented to or not: the one in use if its file is damaged by now.

        Errors are those of `read`.
        """
        name = self.check(name)
        try:
            return await self.read(name, lambda persona: replace(persona, arrays={}))
        except PersonaError:
            if name in self._kept:
                return self._kept[name].sampler.persona
            raise

    async def delete(self, name: str) -> Deletion:
        """Delete a persona's file and its run; replies that are running still finish."""
        return await self._in_thread(self._delete, name)

    async def forget(self, person: Forgotten) -> Deletion:
        """Put a person on the folder's list of the forgotten, and delete every persona of theirs, and their runs."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._forget, person)

    def is_listed(self, author_ids: Collection[str]) -> bool:
        """Return whether the person with these ids is on the folder's list of the forgotten."""
        version = _version(self._folder / FORGOTTEN)
        if version != self._list_version:
            self._list_version = version
            try:
                listed = forgotten_people(self._folder)
                self._listed = {author_id for person in listed for author_id in person.author_ids}
            except FileError as error:  # what it said before still holds
                log.error("%s", error)
        return not self._listed.isdisjoint(author_ids)

    async def _in_thread(
        self, work: Callable[[str], Result], name: str, thread: ThreadPoolExecutor | None = None
    ) -> Result:
        name = self.check(name or self.default)
        return await asyncio.get_running_loop().run_in_executor(thread or self._thread, work, name)

    def _load(self, name: str) -> Loaded:
        path, known = self._file(name), self._kept.pop(name, None)
        version = _version(path)
        if version == Version():
            raise PersonaError(f"{path}: no such file, or it can't be opened")
        if known is None or known.version != version:
            try:
                sampler = Sampler(load_persona(path))
            except PersonaError as error:
                if known is None:
                    self._faults[name] = version
                    raise
                log.warning("%s; the one before it stays in use", error)
                known.version = version  # said once
            else:
                known = Loaded(version, sampler, Batch(sampler))
        self._keep(name, known)
        consent = known.sampler.persona.consent
        if consent and consent.expires and consent.expires < today():
            raise NoConsentError(f"{path}: the consent ended on {consent.expires}; ask again, or delete the file")
        if consent is None:
            raise NoConsentError(
                f"{path} records no consent, and nobody is imitated without; if they agreed: "
                f"{record_consent(path, known.sampler.persona.author)}"
            )
        return known

    def _keep(self, name: str, loaded: Loaded) -> None:
        self._kept[name] = loaded
        while len(self._kept) > 1 and sum(each.bytes for each in self._kept.values()) > self._memory:
            self._kept.popitem(last=False)

    def _delete(self, name: str) -> Deletion:
        self._kept.pop(name, None)
        return delete_persona(self._file(name))

    def _forget(self, person: Forgotten) -> Deletion:
        try:
            list_forgotten(person, self._folder)
        except FileError as error:
            log.warning("training does not know that %s is forgotten: %s", person.author, error)
        heads = {name: head_of(loaded.sampler.persona) for name, loaded in self._kept.items()}
        known = [name for name, head in heads.items() if not head.author_ids.isdisjoint(person.author_ids)]
        for name in known:
            del self._kept[name]
        return delete_person(person.author_ids, self._folder, known)

    def close(self) -> None:
        """Give the threads back."""
        for thread in (self._thread, self._reader):
            thread.shutdown(wait=False, cancel_futures=True)
