"""A folder's persona files become loaded personas: read when asked for and after a change, kept while memory allows.

Loading runs in a thread of its own. Files are read whole: if a file that is mapped into memory were overwritten in
place, the process would crash.
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
from model.persona.file import Persona, PersonaError, load_persona
from model.persona.find import find_persona, head_of, matching_personas, persona_names, read_head
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
    """A persona's file records no consent, or one that has ended."""


@dataclass(frozen=True)
class Version:
    """The state by which a change of a file is noticed; all 0 if the file does not exist."""

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
class LoadedPersona:
    """A persona as its file was when it was read, and the replies that are sampled from it."""

    version: Version
    sampler: Sampler
    batch: Batch

    @property
    def bytes(self) -> int:
        """The memory that its weights take."""
        return self.sampler.lstm.nbytes


class Personas:
    """The personas of a folder, and the default one."""

    def __init__(self, folder: Path, default: str = "", memory: int = 200) -> None:
        """Choose the default persona.

        Args:
            default: its name or file; "": the newest.
            memory: megabytes of personas that stay loaded; the one used last always does.

        Raises:
            PersonaError: the folder holds no persona, or not that one.
        """
        self._folder = folder
        self._memory = memory * 2**20
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="personas")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")  # for `read`, so that it delays no `load`
        self._kept: OrderedDict[str, LoadedPersona] = OrderedDict()  # by name, least recently used first
        self._list_version = Version()  # version of the list of forgotten people that was read last
        self._listed: set[str] = set()  # ids of the people on that list
        self._faults: dict[str, Version] = {}  # versions of files that could not be loaded, by name
        if not self.names():
            raise PersonaError(f"{folder}: no persona file (*{SUFFIX}) is there; train one with train.py")
        self._chosen = default and self._name_of(default)

    def names(self) -> list[str]:
        """List the personas of the folder."""
        return persona_names(self._folder)

    def _name_of(self, wanted: str) -> str:
        """Return the name of the persona that the settings give as a name or a path; errors as of `find_persona`."""
        names = self.names()
        if wanted in names:
            return wanted
        path = find_persona(wanted, self._folder)
        name = path.name.removesuffix(SUFFIX)
        is_inside = path.resolve().parent == self._folder.resolve()
        if is_inside and name in names:
            return name
        raise PersonaError(f"{path}: no persona file of the folder {self._folder}, which MIMIC_PERSONAS names")

    def offered(self, is_forgotten: IsForgotten = lambda _: False) -> list[str]:
        """List the personas that may be imitated: readable, consented to and not forgotten.

        Args:
            is_forgotten: returns whether the person with these ids must not be imitated.
        """
        return [name for name in self.names() if self._may_be_offered(name, is_forgotten)]

    def _may_be_offered(self, name: str, is_forgotten: IsForgotten) -> bool:
        path = self._file(name)
        head = read_head(path)
        kept = self._kept.get(name)
        if head is None and kept:
            head = head_of(kept.sampler.persona)
        if head is None or not head.allows_imitation:
            return False
        if is_forgotten(head.author_ids):
            return False
        return self._faults.get(name) != _version(path)

    def default_among(self, offered: Sequence[str]) -> str:
        """Return the chosen persona if it is offered, else the newest of the offered ones.

        If none is offered: the chosen one, or the newest of all, so that loading it tells the reason.
        """
        if self._chosen in offered:
            return self._chosen
        if offered:
            return self._newest_first(offered)[0]
        if self._chosen:
            return self._chosen
        newest = self._newest_first(self.names())
        return newest[0] if newest else ""

    def _newest_first(self, names: Iterable[str]) -> list[str]:
        def modified(name: str) -> int:
            return _version(self._file(name)).modified

        return sorted(names, key=modified, reverse=True)

    def check(self, wanted: str, offered: Sequence[str] | None = None) -> str:
        """Return the name of the persona that words name in one of the ways of `matching_personas`.

        Args:
            offered: the names to suggest; None: all.

        Raises:
            UnknownPersonaError: no persona has that name, or several have.
        """
        matches = matching_personas(self._folder, wanted)
        if len(matches) == 1:
            return matches[0]
        typed = wanted[:40]
        if matches:
            choices = ", ".join(matches)[:400]
            raise UnknownPersonaError(f"{len(matches)} personas are called {typed}; choose one of {choices}.")
        suggestions = self.names() if offered is None else offered
        if not suggestions:
            raise UnknownPersonaError("There is nobody I can imitate.")
        choices = ", ".join(suggestions)[:400]
        raise UnknownPersonaError(f"I know nobody called {typed}; I can imitate {choices}.")

    @property
    def default(self) -> str:
        """The default persona among all that may be imitated."""
        return self.default_among(self.offered())

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"

    async def load(self, name: str = "") -> LoadedPersona:
        """Return a persona as its file is now; "" is the default. A damaged file leaves its last version in use.

        Raises:
            UnknownPersonaError: no persona has that name.
            NoConsentError: no consent is recorded, or it has ended.
            PersonaError: the file is missing or damaged.
        """
        return await self._in_thread(self._load, name)

    async def load_default(self, is_forgotten: IsForgotten = lambda _: False) -> LoadedPersona:
        """Return the persona that the settings name; if they name none, the newest that can be imitated.

        Newer personas that can't be imitated are skipped, and the log says why.

        Raises:
            PersonaError: the named persona can't be imitated, or none can.
        """
        candidates = [self._chosen]
        if not self._chosen:
            candidates = self._newest_first(self.names())
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
        """Read a persona with its arrays and return a function's result for it; errors as of `load`."""

        def work(name: str) -> Result:
            persona = load_persona(self._file(name))
            return use(persona)

        return await self._in_thread(work, name, self._reader)

    async def peek(self, name: str) -> Persona:
        """Return a persona without its arrays, with or without consent; errors as of `read`.

        If its file is damaged, return the version that is in use.
        """
        name = self.check(name)
        try:
            return await self.read(name, lambda persona: replace(persona, arrays={}))
        except PersonaError:
            if name in self._kept:
                return self._kept[name].sampler.persona
            raise

    async def delete(self, name: str) -> Deletion:
        """Delete a persona's file and its training run; running replies still finish."""
        return await self._in_thread(self._delete, name)

    async def forget(self, person: Forgotten) -> Deletion:
        """Put a person on the folder's list of forgotten people, and delete all their personas and training runs."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._forget, person)

    def is_listed(self, author_ids: Collection[str]) -> bool:
        """Return whether the person with these ids is on the folder's list of forgotten people."""
        version = _version(self._folder / FORGOTTEN)
        if version != self._list_version:
            self._list_version = version
            self._read_list()
        return not self._listed.isdisjoint(author_ids)

    def _read_list(self) -> None:
        """Read the list of forgotten people; if it can't be read, the earlier one still holds."""
        try:
            people = forgotten_people(self._folder)
        except FileError as error:
            log.error("%s", error)
            return
        self._listed = set()
        for person in people:
            self._listed.update(person.author_ids)

    async def _in_thread(
        self,
        work: Callable[[str], Result],
        name: str,
        thread: ThreadPoolExecutor | None = None,
    ) -> Result:
        """Run `work` with a persona's own name, in the thread that loads or in another."""
        name = self.check(name or self.default)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread or self._thread, work, name)

    def _load(self, name: str) -> LoadedPersona:
        loaded = self._up_to_date(name)
        self._keep(name, loaded)
        _check_consent(loaded.sampler.persona, self._file(name))
        return loaded

    def _up_to_date(self, name: str) -> LoadedPersona:
        """Take a persona out of the kept ones, or read its file if that has changed since."""
        path = self._file(name)
        kept = self._kept.pop(name, None)
        version = _version(path)
        if version == Version():
            raise PersonaError(f"{path}: no such file, or it can't be opened")
        if kept and kept.version == version:
            return kept
        try:
            sampler = Sampler(load_persona(path))
        except PersonaError as error:
            if kept is None:
                self._faults[name] = version
                raise
            log.warning("%s; its last version stays in use", error)
            kept.version = version  # so that the warning is logged once
            return kept
        return LoadedPersona(version, sampler, Batch(sampler))

    def _keep(self, name: str, loaded: LoadedPersona) -> None:
        """Keep a persona, and drop the least recently used ones if they take too much memory."""
        self._kept[name] = loaded
        used = sum(each.bytes for each in self._kept.values())
        while len(self._kept) > 1 and used > self._memory:
            _, dropped = self._kept.popitem(last=False)
            used -= dropped.bytes

    def _delete(self, name: str) -> Deletion:
        self._kept.pop(name, None)
        return delete_persona(self._file(name))

    def _forget(self, person: Forgotten) -> Deletion:
        try:
            list_forgotten(person, self._folder)
        except FileError as error:
            log.warning("training does not know that %s is forgotten: %s", person.author, error)
        names = []
        for name, loaded in self._kept.items():
            head = head_of(loaded.sampler.persona)
            if not head.author_ids.isdisjoint(person.author_ids):
                names.append(name)
        for name in names:
            del self._kept[name]
        return delete_person(person.author_ids, self._folder, names)

    def close(self) -> None:
        """End the threads."""
        for thread in (self._thread, self._reader):
            thread.shutdown(wait=False, cancel_futures=True)


def _check_consent(persona: Persona, path: Path) -> None:
    """Raise NoConsentError unless a persona's consent is recorded and has not ended."""
    consent = persona.consent
    if consent is None:
        raise NoConsentError(
            f"{path} records no consent, so that person is not imitated; if they agreed: "
            f"{record_consent(path, persona.author)}"
        )
    if consent.has_ended:
        raise NoConsentError(f"{path}: the consent ended on {consent.expires}; ask again, or delete the file")
