"""Requests in, characters out while they are sampled. Knows no Discord.

Sampling runs in a thread, so the event loop never waits for it. All replies of one persona run as one batch: every few
characters new replies join it and finished ones leave it.
"""

import asyncio
import bisect
import math
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from bot.errors import RefusedError
from bot.personas import LoadedPersona, Personas
from model.persona.file import Persona
from model.persona.look import Look, look
from model.persona.sampler import Batch, Reply, Request

CHARACTERS_AT_A_TIME = 16  # a new reply waits this long to join: a millisecond, or 20 beside 64 running replies
RUNNING_LIMIT = 64  # replies that run at once; with more, no more of them would finish in a second
WAITING_LIMIT = 256  # waiting replies of all people together
LIMIT_OF_ONE_PERSON = 16  # waiting and running replies of one person
LONGEST_WAIT = 60.0  # seconds from the request to the last character

BUCKETS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)  # upper bounds of the tally's waits, in seconds


class BusyError(RefusedError):
    """A reply can't be sampled soon enough: too many are waiting, or it takes too long."""


@dataclass(eq=False)
class Ticket:
    """A reply that somebody waits for."""

    person: int
    request: Request
    loaded: LoadedPersona
    # The sampled characters, part by part; then None, or the error that ended the reply.
    parts: "asyncio.Queue[str | Exception | None]" = field(default_factory=asyncio.Queue)
    began: float = 0.0  # time at which it joined the batch, in seconds of the monotonic clock
    given_up: bool = False


@dataclass
class Tally:
    """Numbers of replies, characters and seconds since the start. Holds nothing that people typed."""

    outcomes: Counter[str] = field(default_factory=Counter)  # replies by outcome: finished, given up, refused, failed
    characters: int = 0
    seconds: float = 0.0  # waiting time of all finished replies together
    waits: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))  # finished replies by waiting time

    def finish(self, seconds: float) -> None:
        """Count a finished reply.

        Args:
            seconds: time from the request to the last character.
        """
        self.outcomes["finished"] += 1
        self.seconds += seconds
        self.waits[bisect.bisect_left(BUCKETS, seconds)] += 1


class Imitator:
    """Imitates the personas of a folder; samples in a thread of its own."""

    def __init__(self, personas: Personas) -> None:
        self.personas = personas
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="imitator")
        self._coming: Counter[int] = Counter()  # waiting and running replies of each person
        self._waiting: list[Ticket] = []  # oldest first
        self._running: dict[LoadedPersona, dict[Reply, Ticket]] = {}
        self._turns: asyncio.Task[None] | None = None
        self._seconds_of_a_reply = 0.5  # running mean of recent replies, without their waiting time
        self.tally = Tally()

    @property
    def queue_length(self) -> int:
        """The number of replies that wait for others to finish."""
        return len(self._waiting)

    async def persona(self, name: str = "") -> Persona:
        """Return a persona, without its arrays, as its file is now; "" is the default. Errors as of `Personas.load`."""
        loaded = await self.personas.load(name)
        return loaded.sampler.persona

    async def imitate(self, request: Request, person: int = 0, name: str = "") -> str:
        """Sample one whole reply; arguments and errors are those of `stream`."""
        async with aclosing(self.stream(request, person, name)) as parts:
            return "".join([part async for part in parts])

    async def imitate_all(self, requests: Sequence[Request], person: int = 0, name: str = "") -> list[str]:
        """Sample several whole replies, in one batch; arguments and errors are those of `stream`."""
        tasks = []
        try:
            async with asyncio.TaskGroup() as group:
                for request in requests:
                    reply = self.imitate(request, person, name)
                    tasks.append(group.create_task(reply))
        except ExceptionGroup as errors:
            first = errors.exceptions[0]  # it ended the others
            raise first from None
        return [task.result() for task in tasks]

    async def look(self, request: Request, person: int = 0, name: str = "") -> Look:
        """Sample one reply and keep its probabilities, outside the batch; errors are those of `stream`."""
        with self._counted(person):
            return await self.personas.read(name, lambda persona: look(persona, request))

    async def stream(self, request: Request, person: int = 0, name: str = "") -> AsyncGenerator[str]:
        """Sample one reply, yielding its characters as they are drawn; closed early, it frees its place.

        Args:
            person: id of the person who asks; many requests of one person don't delay another's.
            name: the persona; "": the default.

        Raises:
            BusyError: too many replies are waiting, or this one waited too long.
            UnknownPersonaError: no persona has that name.
            PersonaError: the persona's file is missing or damaged.
        """
        deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
        with self._outcome_counted(), self._counted(person):
            loaded = await self.personas.load(name)
            ticket = Ticket(person, request, loaded)
            self._enqueue(ticket)
            try:
                while (part := await _next_part(ticket, deadline)) is not None:
                    yield part
            finally:
                ticket.given_up = True

    @contextmanager
    def _outcome_counted(self) -> Iterator[None]:
        """Count in the tally how a request ends; left early, it was given up."""
        began = time.monotonic()
        outcome = "given up"
        try:
            yield
            outcome = "finished"
            self.tally.finish(time.monotonic() - began)
        except BusyError:
            outcome = "refused"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            if outcome != "finished":
                self.tally.outcomes[outcome] += 1

    @contextmanager
    def _counted(self, person: int) -> Iterator[None]:
        """Count one more reply of a person while it waits and runs.

        Raises:
            BusyError: the person or the queue has reached its limit.
        """
        self._coming[person] += 1
        try:
            self._refuse_too_many(person)
            yield
        finally:
            self._coming -= Counter([person])  # a subtraction also drops a person whose count is 0

    def _refuse_too_many(self, person: int) -> None:
        if self._coming[person] > LIMIT_OF_ONE_PERSON:
            raise BusyError(f"I'm already writing {LIMIT_OF_ONE_PERSON} replies for you; wait until one is finished.")
        if len(self._waiting) >= WAITING_LIMIT:
            batches = len(self._waiting) / RUNNING_LIMIT + 1
            seconds = math.ceil(batches * self._seconds_of_a_reply)
            raise BusyError(f"I'm busy with many replies just now; try again in {seconds} s.")

    def _enqueue(self, ticket: Ticket) -> None:
        self._waiting.append(ticket)
        if self._turns is None or self._turns.done():
            self._turns = asyncio.create_task(self._take_turns())

    async def _take_turns(self) -> None:
        """Advance the personas' batches in turn until no reply is left."""
        self._admit()
        while self._running:
            for loaded in list(self._running):
                await self._advance(loaded)
                self._admit()

    def _admit(self) -> None:
        """Start waiting replies while there are free places.

        The person with the fewest running replies comes first; among equals, the oldest request.
        """
        self._waiting = [ticket for ticket in self._waiting if not ticket.given_up]
        if not self._waiting:
            return
        running = self._running_by_person()
        while self._waiting and running.total() < RUNNING_LIMIT:
            ticket = min(self._waiting, key=lambda ticket: running[ticket.person])
            self._waiting.remove(ticket)
            running[ticket.person] += 1
            self._start(ticket)

    def _running_by_person(self) -> Counter[int]:
        running: Counter[int] = Counter()
        for tickets in self._running.values():
            running.update(ticket.person for ticket in tickets.values())
        return running

    def _start(self, ticket: Ticket) -> None:
        ticket.began = time.monotonic()
        reply = ticket.loaded.batch.add(ticket.request)
        tickets = self._running.setdefault(ticket.loaded, {})
        tickets[reply] = ticket

    async def _advance(self, loaded: LoadedPersona) -> None:
        """Sample a few characters of each reply of a batch and pass them on."""
        tickets = self._running[loaded]
        _drop_given_up(loaded.batch, tickets)
        if tickets:
            await self._draw(loaded, tickets)
        if not tickets:
            del self._running[loaded]

    async def _draw(self, loaded: LoadedPersona, tickets: dict[Reply, Ticket]) -> None:
        loop = asyncio.get_running_loop()
        try:
            drawn = await loop.run_in_executor(self._executor, loaded.batch.advance, CHARACTERS_AT_A_TIME)
        except Exception as error:  # it reaches everybody who waits; later requests get a new batch
            loaded.batch = Batch(loaded.sampler)
            for ticket in tickets.values():
                ticket.parts.put_nowait(error)
            tickets.clear()
            return
        for reply, text in drawn.items():
            self._pass_on(tickets, reply, text)

    def _pass_on(self, tickets: dict[Reply, Ticket], reply: Reply, text: str) -> None:
        ticket = tickets[reply]
        ticket.parts.put_nowait(text)
        self.tally.characters += len(text)
        if reply.left == 0:
            ticket.parts.put_nowait(None)
            del tickets[reply]
            seconds = time.monotonic() - ticket.began
            self._seconds_of_a_reply += (seconds - self._seconds_of_a_reply) / 16

    def close(self) -> None:
        """End the threads: what they are doing is finished, what waits is dropped."""
        self.personas.close()
        self._executor.shutdown(wait=False, cancel_futures=True)


def _drop_given_up(batch: Batch, tickets: dict[Reply, Ticket]) -> None:
    """Take replies that nobody waits for any more out of a batch and its tickets."""
    for reply, ticket in list(tickets.items()):
        if ticket.given_up:
            batch.remove(reply)
            del tickets[reply]


async def _next_part(ticket: Ticket, deadline: float) -> str | None:
    """Wait for a reply's next characters; return None when it is complete."""
    try:
        async with asyncio.timeout_at(deadline):
            part = await ticket.parts.get()
    except TimeoutError:
        raise BusyError("That took too long; try again later.") from None
    if isinstance(part, Exception):
        raise part
    return part
