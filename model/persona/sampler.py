"""Prompts, temperatures and lengths in, characters out: replies join and leave one running batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.persona.file import Persona
from model.persona.kernel import CompiledLSTM, load_kernel
from model.persona.lstm import LSTM, Draws, Floats, Int32s
from model.persona.vocabulary import Ids, readable

STEPS = 512  # characters an advance, for a caller that wants whole replies


@dataclass(frozen=True)
class Request:
    """One reply to sample.

    Raises:
        ValueError: a temperature below 0 or not finite, a negative length, a top_p outside (0, 1].
    """

    prompt: str
    temperature: float  # 0: always the most likely character; 1: the network's own probabilities; above: flatter
    length: int  # characters
    # The same seed, prompt and temperature give the same reply; None: a new one each time.
    random_seed: int | None = None
    top_p: float = 1.0  # draw from the likeliest characters that together have this probability; 1: from all

    def __post_init__(self) -> None:
        is_share = 0 < self.top_p <= 1
        if not is_share:
            raise ValueError(f"no share of the probability: {self.top_p}")
        is_finite = np.isfinite(self.temperature)
        is_temperature = is_finite and self.temperature >= 0
        if not is_temperature or self.length < 0:
            raise ValueError(f"no temperature or no length: {self.temperature}, {self.length}")


def draws_of(requests: Sequence[Request]) -> Draws:
    """Return how the characters of each request are drawn."""
    temperatures = [request.temperature for request in requests]
    top_p = [request.top_p for request in requests]
    return Draws(
        temperatures=np.array(temperatures, np.float32),
        top_p=np.array(top_p, np.float32),
    )


@dataclass(eq=False)
class Reply:
    """A reply in progress: a row of a batch."""

    request: Request
    unread: Ids  # the rest of the prompt, (T,)
    left: int  # characters to draw
    random: np.random.Generator


class Batch:
    """Replies of one persona, sampled together. They join and leave between advances. For one thread at a time."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._replies: list[Reply] = []
        self._state = sampler.lstm.start(1)

    def __len__(self) -> int:
        return len(self._replies)

    def add(self, request: Request) -> Reply:
        """Let a reply join: it reads its prompt while the others continue."""
        row = len(self._replies)
        capacity = len(self._state.h)
        if row == capacity:
            self._grow()
        self._state.clear(row)
        reply = Reply(
            request=request,
            unread=self._sampler.persona.encode(request.prompt),
            left=request.length,
            random=np.random.default_rng(request.random_seed),
        )
        self._replies.append(reply)
        return reply

    def _grow(self) -> None:
        """Double the rows of the state."""
        small = self._state
        count = len(small.h)
        self._state = self._sampler.lstm.start(2 * count)
        for row in range(count):
            self._state.copy(row, small, row)

    def remove(self, reply: Reply) -> None:
        """Take a reply out of the batch; the last reply moves into its row."""
        row = self._replies.index(reply)
        last = self._replies.pop()
        last_row = len(self._replies)
        if last is not reply:
            self._replies[row] = last
            self._state.copy(row, self._state, last_row)

    def advance(self, steps: int) -> dict[Reply, str]:
        """Read or draw `steps` characters of each reply; return the drawn ones. Finished replies leave the batch."""
        replies = list(self._replies)
        requests = [reply.request for reply in replies]
        occupied = slice(len(replies))
        rows = self._state.rows(occupied)
        draws = draws_of(requests)
        given, uniforms = self._next_inputs(steps)
        sampler = self._sampler
        ids = sampler.lstm.advance(rows, given, uniforms, draws)  # (B, S)
        vocabulary = sampler.persona.vocabulary
        texts = {}
        for reply, row in zip(replies, ids.tolist(), strict=True):
            start = len(reply.unread)
            end = start + reply.left
            drawn = row[start:end]
            reply.unread = reply.unread[steps:]
            reply.left -= len(drawn)
            text = vocabulary.decode(drawn)
            texts[reply] = readable(text)
            if reply.left == 0:
                self.remove(reply)
        return texts

    def _next_inputs(self, steps: int) -> tuple[Int32s, Floats]:
        """Return the ids that each reply still has to read, -1 where one is drawn, and the random numbers, (B, S)."""
        shape = (len(self), steps)
        given = np.full(shape, -1, np.int32)
        uniforms = np.zeros(shape, np.float32)
        for row, reply in enumerate(self._replies):
            prompt = reply.unread[:steps]
            count = len(prompt)
            draws = steps - count
            given[row, :count] = prompt
            uniforms[row, count:] = reply.random.random(draws, np.float32)
        return given, uniforms


class Sampler:
    """One persona's replies. Holds no state between calls, so threads may share it."""

    def __init__(self, persona: Persona, *, compiled: bool = True) -> None:
        """Lay the weights out for the compiled kernel; for NumPy if there is no kernel or `compiled` is False."""
        self.lstm: LSTM | CompiledLSTM = LSTM(persona)
        if compiled and (library := load_kernel()):
            self.lstm = CompiledLSTM(self.lstm, library)
        self.persona = replace(persona, arrays={})  # self.lstm holds a copy: once in memory is enough

    def replies(self, requests: Sequence[Request]) -> list[str]:
        """Return whole replies, sampled together: each request's `length` characters, without its prompt."""
        batch = Batch(self)
        replies = [batch.add(request) for request in requests]
        texts = dict.fromkeys(replies, "")  # in the order of the requests
        while len(batch):
            advanced = batch.advance(STEPS)
            for reply, text in advanced.items():
                texts[reply] += text
        return list(texts.values())

    def sample(self, request: Request) -> str:
        """Return one whole reply."""
        return self.replies([request])[0]


def sampled_as_trained(persona: Persona, requests: Sequence[Request]) -> list[str]:
    """Return whole replies, read the way the persona's network was trained: as a stream or in windows."""
    if persona.recipe.reading == "windows":
        return windowed_replies(persona, requests)
    return Sampler(persona).replies(requests)


def windowed_replies(persona: Persona, requests: Sequence[Request]) -> list[str]:
    """Return whole replies; for each character the last `sequence_length` ones are read anew, from a state of zeros.

    The tutorial samples so, and its network was trained so. It is slower by about the length of the window.
    """
    lstm = LSTM(persona)
    length = persona.recipe.sequence_length
    longest = max((request.length for request in requests), default=0)
    shape = (len(requests), longest)
    uniforms = np.empty(shape, np.float32)
    draws = draws_of(requests)
    windows = []
    for row, request in enumerate(requests):
        random = np.random.default_rng(request.random_seed)
        uniforms[row] = random.random(longest, np.float32)
        prompt = persona.encode(request.prompt)
        windows.append(prompt[-length:])
    drawn = np.empty(shape, np.int64)
    for step in range(longest):
        state = lstm.read(windows)
        logits = lstm.logits(state)
        ids = lstm.draw(logits, uniforms[:, step], draws)  # (B,)
        drawn[:, step] = ids
        for row, window in enumerate(windows):
            longer = np.append(window, ids[row])
            windows[row] = longer[-length:]
    replies = []
    for row, request in enumerate(requests):
        ids = drawn[row, : request.length]
        text = persona.vocabulary.decode(ids.tolist())
        replies.append(readable(text))
    return replies
