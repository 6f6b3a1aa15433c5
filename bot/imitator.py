"""The async front of the sampler: requests in, characters out as they are drawn; the event loop is never held up.

Replies of one persona run as one batch, which newcomers join and finished ones leave every few characters.
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
from bot.personas import Loaded, Personas
from model.look import Look, look
from model.persona import Persona
from model.sampler import Batch, Reply, Request

CHARACTERS_AT_A_TIME = 16  # what a newcomer waits for: a millisecond, or 20 where 64 replies are running
RUNNING_LIMIT = 64  # replies; more at once would not finish more of them in a second
WAITING_LIMIT = 256  # replies, of all people
LIMIT_OF_ONE_PERSON = 16  # replies, waiting or running
LONGEST_WAIT = 60.0  # seconds from the request to the last character

BUCKETS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)  # seconds: bounds of the tally of waits


class BusyError(RefusedError):
    """Too many replies are waiting."""


@dataclass(eq=False)
class Ticket:
    """A reply that somebody waits for."""

    person: int
    request: Request
    loaded: Loaded
    # Its characters as they are drawn; then None, or what went wrong.
    parts: "asyncio.Queue[str | Exception | None]" = field(default_factory=asyncio.Queue)
    began: float = 0.0  # to run, by the monotonic clock, seconds
    given_up: bool = False


@dataclass
class Tally:
    """What was done since the start: numbers, and nothing of what was typed."""

    outcomes: Counter[str] = field(default_factory=Counter)  # finished, given up, refused, failed
    characters: int = 0
    seconds: float = 0.0  # of all the finished, from request to last character
    waits: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))  # finished, by their seconds

    def finish(self, seconds: float) -> None:
        """Count a reply that took so long."""
        self.outcomes["finished"] += 1
        self.seconds += seconds
        self.waits[bisect.bisect_left(BUCKETS, seconds)] += 1

    def __str__(self) -> str:
        finished = self.outcomes["finished"]
        mean = f"A reply took {self.seconds / finished:.2f} s on average." if finished else "Nobody has asked yet."
        return f"{finished:,} replies, {self.characters:,} characters.\n{mean}"


class Imitator:
    """Imitates the personas of a folder; samples in threads of its own."""

    def __init__(self, personas: Personas) -> None:
        self.personas = personas
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="imitator")
        self._coming: Counter[int] = Counter()  # replies of each person, waiting or running
        self._waiting: list[Ticket] = []  # in the order in which they came
        self._running: dict[Loaded, dict[Reply, Ticket]] = {}
        self._turns: asyncio.Task[None] | None = None
        self._seconds_of_a_reply = 0.5  # to run, lately
        self.tally = Tally()

    @property
    def queue_length(self) -> int:
        """The number of replies that wait for others to finish."""
        return len(self._waiting)

    async def persona(self, name: str = "") -> Persona:
        """Return a persona, without its arrays, as its file is now; "" is the default. Errors as of `Personas.load`."""
        return (await self.personas.load(name)).sampler.persona

    async def imitate(self, request: Request, person: int = 0, name: str = "") -> str:
        """Sample one whole reply; arguments and errors are those of `stream`."""
        async with aclosing(self.stream(request, person, name)) as parts:
            return "".join([part async for part in parts])

    async def imitate_all(self, requests: Sequence[Request], person: int = 0, name: str = "") -> list[str]:
        """Sample several whole replies, in one batch; arguments and errors are those of `stream`."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.imitate(request, person, name)) for request in requests]
        except ExceptionGroup as errors:  # the first of them ended the others
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def look(self, request: Request, person: int = 0, name: str = "") -> Look:
        """Sample one reply and keep the probabilities behind it, aside from the others; errors as of `stream`."""
        with self._counted(person):
            return await self.personas.read(name, lambda persona: look(persona, request))

    async def stream(self, request: Request, person: int = 0, name: str = "") -> AsyncGenerator[str]:
        """Sample one reply, yielding its characters as they are drawn; closed early it gives its place back.

        Args:
            person: who asks; the many of one don't hold up the others'.
            name: the persona; "": the default.

        Raises:
            BusyError: too many are waiting, or this one waited too long.
            UnknownPersonaError: no persona has that name.
            PersonaError: the persona's file is missing or damaged.
        """
        outcome, ticket, began = "given up", None, time.monotonic()
        deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
        try:
            with self._counted(person):
                ticket = Ticket(person, request, await self.personas.load(name))
                self._waiting.append(ticket)
                if self._turns is None or self._turns.done():
                    self._turns = asyncio.create_task(self._take_turns())
                while (part := await _part(ticket, deadline)) is not None:
                    yield part
            outcome = "finished"
            self.tally.finish(time.monotonic() - began)
        except BusyError:
            outcome = "refused"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            if ticket:
                ticket.given_up = True
            if outcome != "finished":
                self.tally.outcomes[outcome] += 1

    @contextmanager
    def _counted(self, person: int) -> Iterator[None]:
        """Count one more of a person's, or refuse it."""
        self._coming[person] += 1
        try:
            self._refuse_too_many(person)
            yield
        finally:
            self._coming -= Counter([person])  # forgets who has none left

    def _refuse_too_many(self, person: int) -> None:
        if self._coming[person] > LIMIT_OF_ONE_PERSON:
            raise BusyError(f"I'm at {LIMIT_OF_ONE_PERSON} replies for you already; let me finish one first.")
        if len(self._waiting) >= WAITING_LIMIT:
            seconds = math.ceil((len(self._waiting) / RUNNING_LIMIT + 1) * self._seconds_of_a_reply)
            raise BusyError(f"I'm busy with many replies just now; try again in {seconds} s.")

    async def _take_turns(self) -> None:
        """Let the personas' batches go on, one after the other, until nobody waits any more."""
        self._admit()
        while self._running:
            for loaded in list(self._running):
                await self._advance(loaded)
                self._admit()

    def _admit(self) -> None:
        """Let the waiting in as places are free: who has the fewest running comes first, then who came first."""
        self._waiting = [ticket for ticket in self._waiting if not ticket.given_up]
        running = Counter(ticket.person for tickets in self._running.values() for ticket in tickets.values())
        while self._waiting and running.total() < RUNNING_LIMIT:
            ticket = min(self._waiting, key=lambda ticket: running[ticket.person])
            self._waiting.remove(ticket)
            running[ticket.person] += 1
            ticket.began = time.monotonic()
            self._running.setdefault(ticket.loaded, {})[ticket.loaded.batch.add(ticket.request)] = ticket

    async def _advance(self, loaded: Loaded) -> None:
        """Let a batch go on by a few characters and hand them out."""
        tickets = self._running[loaded]
        for reply in [reply for reply, ticket in tickets.items() if ticket.given_up]:
            loaded.batch.remove(reply)
            del tickets[reply]
        if tickets:
            advance = asyncio.get_running_loop().run_in_executor
            try:
                drawn = await advance(self._executor, loaded.batch.advance, CHARACTERS_AT_A_TIME)
            except Exception as error:  # whoever waits learns of it; the next ones begin with a batch of their own
                loaded.batch = Batch(loaded.sampler)
                for ticket in tickets.values():
                    ticket.parts.put_nowait(error)
                tickets.clear()
            else:
                for reply, text in drawn.items():
                    self._hand_out(tickets, reply, text)
        if not tickets:
            del self._running[loaded]

    def _hand_out(self, tickets: dict[Reply, Ticket], reply: Reply, text: str) -> None:
        ticket = tickets[reply]
        ticket.parts.put_nowait(text)
        self.tally.characters += len(text)
        if reply.left == 0:
            ticket.parts.put_nowait(None)
            del tickets[reply]
            self._seconds_of_a_reply += (time.monotonic() - ticket.began - self._seconds_of_a_reply) / 16

    def close(self) -> None:
        """Give the threads back; what they have begun is finished, what waits is not."""
        self.personas.close()
        self._executor.shutdown(wait=False, cancel_futures=True)


async def _part(ticket: Ticket, deadline: float) -> str | None:
    """Wait for a reply's next characters; None when it is whole."""
    try:
        async with asyncio.timeout_at(deadline):
            part = await ticket.parts.get()
    except TimeoutError:
        raise BusyError("I'm too slow with that just now; try again later.") from None
    if isinstance(part, Exception):
        raise part
    return part
