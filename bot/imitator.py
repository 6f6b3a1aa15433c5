"""The async front of the sampler: persona files and requests in, replies out; the event loop is never held up."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model.persona import SUFFIX, PersonaError, load_persona
from model.sampler import Request, Sampler

PENDING_LIMIT = 64  # requests; a reply takes some 20 ms, so nobody in the queue waits much above a second

log = logging.getLogger(__name__)


class BusyError(Exception):
    """Too many replies are waiting; the text is one sentence for the person who asked."""


class Imitator:
    """Imitates one persona of a folder; loads and samples in an executor thread."""

    def __init__(self, folder: Path, default: str = "") -> None:
        """Choose the persona: the one of that name, or the newest file for "".

        Raises:
            PersonaError: the folder holds no persona, or not that one.
        """
        self._folder = folder
        self._sampler: Sampler | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="imitator")
        self._pending = 0
        names = self.names()
        if not names:
            raise PersonaError(f"{folder}: no persona file (*{SUFFIX}) is there; train one with train.py")
        if default and default not in names:
            raise PersonaError(f"{folder}: no persona is called {default!r}; there are {', '.join(names)}")
        self.default = default or max(names, key=lambda name: (folder / f"{name}{SUFFIX}").stat().st_mtime)

    def names(self) -> list[str]:
        """List the personas of the folder."""
        return sorted(path.name.removesuffix(SUFFIX) for path in self._folder.glob(f"[!.]*{SUFFIX}"))

    async def load(self) -> Sampler:
        """Return the default persona's sampler, loaded at the first call.

        Raises:
            PersonaError: the file is missing or damaged.
        """
        if self._sampler is None:
            self._sampler = await asyncio.get_running_loop().run_in_executor(self._executor, self._load)
        return self._sampler

    def _load(self) -> Sampler:
        persona = load_persona(self._folder / f"{self.default}{SUFFIX}")
        if persona.consent is None:
            log.warning("persona %s records no consent: imitate only people who agreed", self.default)
        return Sampler(persona)

    async def imitate(self, request: Request) -> str:
        """Sample one reply.

        Raises:
            BusyError: too many are waiting.
            PersonaError: the persona's file is missing or damaged.
        """
        if self._pending >= PENDING_LIMIT:
            raise BusyError("I'm busy with many replies just now; try again in a few seconds.")
        self._pending += 1
        try:
            sampler = await self.load()
            return await asyncio.get_running_loop().run_in_executor(self._executor, sampler.sample, request)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Give the thread back; what it has begun is finished, what waits is not."""
        self._executor.shutdown(wait=False, cancel_futures=True)
