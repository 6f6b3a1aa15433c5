"""Prompts, temperatures and lengths in, characters out: replies that come and go in one running batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.kernel import CompiledLSTM, load_kernel
from model.lstm import LSTM
from model.persona import Persona
from model.vocabulary import Ids, readable

STEPS = 512  # characters at a time where nobody waits for the first ones


@dataclass(frozen=True)
class Request:
    """One reply to sample.

    Raises:
        ValueError: a temperature below 0 or not finite, a negative length.
    """

    prompt: str
    temperature: float  # 0: always the most likely character; 1: as the network says; above: flatter
    length: int  # characters
    # The same seed, prompt and temperature give the same reply; None: a new one each time.
    random_seed: int | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.temperature) and self.temperature >= 0 and self.length >= 0):
            raise ValueError(f"no temperature or no length: {self.temperature}, {self.length}")


@dataclass(eq=False)
class Reply:
    """A place in a batch: what is still to be read and to be drawn."""

    temperature: float
    unread: Ids  # of the prompt, (T,)
    left: int  # characters to draw
    random: np.random.Generator


class Batch:
    """Replies of one persona, sampled together; they join and leave between advances. For one thread at a time."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._replies: list[Reply] = []
        self._state = sampler.lstm.start(1)

    def __len__(self) -> int:
        return len(self._replies)

    def add(self, request: Request) -> Reply:
        """Let a reply join: it reads its prompt while the others go on."""
        row, places = len(self._replies), len(self._state.h)
        if row == places:
            state, self._state = self._state, self._sampler.lstm.start(2 * places)
            for place in range(places):
                self._state.copy(place, state, place)
        self._state.clear(row)
        prompt = self._sampler.persona.encode(request.prompt)
        reply = Reply(request.temperature, prompt, request.length, np.random.default_rng(request.random_seed))
        self._replies.append(reply)
        return reply

    def remove(self, reply: Reply) -> None:
        """Free a reply's place; the last one moves there."""
        row = self._replies.index(reply)
        last = self._replies.pop()
        if last is not reply:
            self._replies[row] = last
            self._state.copy(row, self._state, len(self._replies))

    def advance(self, steps: int) -> dict[Reply, str]:
        """Go on by so many characters, read or drawn; return what was drawn. Replies that are whole leave."""
        shape = (len(self._replies), steps)
        given, uniforms = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
        for row, reply in enumerate(self._replies):
            read = reply.unread[:steps]
            given[row, : len(read)] = read
            uniforms[row, len(read) :] = reply.random.random(steps - len(read), np.float32)
        temperatures = np.array([reply.temperature for reply in self._replies], np.float32)
        ids = self._sampler.lstm.advance(self._state.rows(slice(len(self))), given, uniforms, temperatures)
        drawn = {}
        for row, reply in zip(ids.tolist(), list(self._replies), strict=True):
            new = row[len(reply.unread) :][: reply.left]
            reply.unread = reply.unread[steps:]
            reply.left -= len(new)
            drawn[reply] = readable(self._sampler.persona.vocabulary.decode(new))
            if reply.left == 0:
                self.remove(reply)
        return drawn


class Sampler:
    """One persona's replies. Holds no state between calls, so threads may share it."""

    def __init__(self, persona: Persona, *, compiled: bool = True) -> None:
        """Lay the weights out, for the compiled kernel where there is one and it is wanted, else for NumPy."""
        library = load_kernel() if compiled else None
        lstm = LSTM(persona)
        self.lstm = CompiledLSTM(lstm, library) if library else lstm
        self.persona = replace(persona, arrays={})  # laid out by now: once in memory is enough

    def replies(self, requests: Sequence[Request]) -> list[str]:
        """Return whole replies, sampled together: each request's `length` characters, without its prompt."""
        batch = Batch(self)
        replies = [batch.add(request) for request in requests]
        texts = dict.fromkeys(replies, "")
        while len(batch):
            for reply, text in batch.advance(STEPS).items():
                texts[reply] += text
        return [texts[reply] for reply in replies]

    def sample(self, request: Request) -> str:
        """Return one whole reply."""
        return self.replies([request])[0]


def sampled_as_trained(persona: Persona, requests: Sequence[Request]) -> list[str]:
    """Return whole replies, read as the persona's network learnt to: as a stream, or by windows."""
    if persona.recipe.reading == "windows":
        return windowed_replies(persona, requests)
    return Sampler(persona).replies(requests)


def windowed_replies(persona: Persona, requests: Sequence[Request]) -> list[str]:
    """Return whole replies, the last `sequence_length` characters read afresh for each one, from a state of zeros.

    So the tutorial does, and so its network was trained; about as many times slower as the window is long.
    """
    lstm, length = LSTM(persona), persona.recipe.sequence_length
    windows = [persona.encode(request.prompt)[-length:] for request in requests]
    temperatures = np.array([request.temperature for request in requests], np.float32)
    longest = max((request.length for request in requests), default=0)
    uniforms = [np.random.default_rng(request.random_seed).random(longest, np.float32) for request in requests]
    drawn = np.empty((len(requests), longest), np.int64)
    for place in range(longest):
        now = np.array([row[place] for row in uniforms])
        drawn[:, place] = lstm.draw(lstm.logits(lstm.read(windows)), now, temperatures)
        windows = [np.append(window, new)[-length:] for window, new in zip(windows, drawn[:, place], strict=True)]
    return [
        readable(persona.vocabulary.decode(row[: request.length]))
        for row, request in zip(drawn.tolist(), requests, strict=True)
    ]
