"""The personas of a folder: loaded when they are asked for, kept as memory allows, read anew when their file changes.

Loading has a thread of its own. Files are read whole: one that is mapped into memory and overwritten in place would end
the process.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bot.errors import RefusedError
from model.commands import record_consent
from model.files import SUFFIX
from model.persona import (
    Persona,
    PersonaError,
    find_persona,
    load_persona,
    matching_personas,
    persona_names,
    today,
)
from model.sampler import Batch, Sampler

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class UnknownPersonaError(RefusedError):
    """No persona has that name."""


class NoConsentError(PersonaError):
    """A persona's file doesn't say by what right it was made."""


@dataclass(eq=False)
class Loaded:
    """A persona's file as it was when it was read, and the replies that are sampled from it."""

    version: tuple[int, ...]  # what tells it from the file's next content
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

    def check(self, wanted: str) -> str:
        """Return the name of the persona that words mean, as of `matching_personas`.

        Raises:
            UnknownPersonaError: no persona is called so, or several are.
        """
        found = matching_personas(self._folder, wanted)
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownPersonaError(f"{len(found)} are called {wanted[:40]}; say one of {', '.join(found)[:400]}.")
        names = self.names()
        if not names:
            raise UnknownPersonaError("Nobody is here to be imitated.")
        raise UnknownPersonaError(f"I know nobody called {wanted[:40]}; there are {', '.join(names)[:400]}.")

    @property
    def default(self) -> str:
        """The persona that was chosen; the newest where none was, or where that one is gone."""
        names = self.names()
        if self._chosen in names or not names:
            return self._chosen
        return max(names, key=lambda name: self._file(name).stat().st_mtime)

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

    async def read(self, name: str, use: Callable[[Persona], Result]) -> Result:
        """Return what a function makes of a persona with its arrays, read for it alone; errors as of `load`."""
        return await self._in_thread(lambda name: use(load_persona(self._file(name))), name, self._reader)

    async def peek(self, name: str) -> Persona:
        """Return a persona without its arrays, consented to or not; errors as of `read`."""
        return await self.read(name, lambda persona: replace(persona, arrays={}))

    async def delete(self, name: str) -> None:
        """Delete a persona's file; replies that are running still finish."""
        await self._in_thread(self._delete, name)

    async def _in_thread(
        self, work: Callable[[str], Result], name: str, thread: ThreadPoolExecutor | None = None
    ) -> Result:
        name = self.check(name or self.default)
        return await asyncio.get_running_loop().run_in_executor(thread or self._thread, work, name)

    def _load(self, name: str) -> Loaded:
        path, known = self._file(name), self._kept.pop(name, None)
        try:
            status = path.stat()
        except OSError as error:
            raise PersonaError(f"{path}: {error.strerror}") from None
        version = (status.st_size, status.st_mtime_ns, status.st_ino)
        if known is None or known.version != version:
            try:
                sampler = Sampler(load_persona(path))
            except PersonaError as error:
                if known is None:
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

    def _delete(self, name: str) -> None:
        self._kept.pop(name, None)
        self._file(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Give the threads back."""
        for thread in (self._thread, self._reader):
            thread.shutdown(wait=False, cancel_futures=True)
