import asyncio
import threading
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from bot import imitator as imitator_module
from bot.imitator import BusyError, Imitator
from bot.personas import Personas
from model.persona.file import save_persona
from model.persona.sampler import Batch, Request, Sampler
from tests import PATIENCE
from tests.conftest import make_persona
from tests.rounding import decided

pytestmark = pytest.mark.numeric


@pytest.fixture
def imitator(personas_folder):
    imitator = Imitator(Personas(personas_folder))
    yield imitator
    imitator.close()


@pytest.fixture
def held(monkeypatch):
    """Hold the sampler's thread before each of its turns until the test lets it go on; a semaphore counts the turns."""
    turns, advance = threading.Semaphore(0), Batch.advance

    def wait_and_advance(batch, steps):
        assert turns.acquire(timeout=PATIENCE)
        return advance(batch, steps)

    monkeypatch.setattr(Batch, "advance", wait_and_advance)
    return turns


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_reply_is_the_samplers_and_comes_in_parts(imitator, persona):
    (request,) = decided(persona, [Request("hello", 1.0, 50, 3)])
    expected = Sampler(persona).sample(request)
    assert await imitator.imitate(request) == expected
    async with aclosing(imitator.stream(request)) as stream:
        parts = [part async for part in stream]
    assert "".join(parts) == expected and len(parts) > 3


async def test_replies_asked_for_together_are_each_their_own(imitator, persona):
    requests = decided(persona, [Request("hello", 1.0, 50, seed) for seed in range(100)])
    replies = await asyncio.gather(*(imitator.imitate(request, seed) for seed, request in enumerate(requests)))
    assert replies == [Sampler(persona).sample(request) for request in requests]


async def test_a_newcomer_joins_the_running_batch(imitator, held):
    long = asyncio.create_task(imitator.imitate(Request("x", 1.0, 400)))
    await until(lambda: imitator._running)
    short = asyncio.create_task(imitator.imitate(Request("x", 1.0, 1)))
    await until(lambda: imitator._waiting)
    held.release(3)  # one turn without it, and at most two with it
    assert len(await asyncio.wait_for(short, PATIENCE)) == 1 and not long.done()
    held.release(100)
    assert len(await long) == 400


async def test_one_persons_many_do_not_hold_up_another(imitator, held, monkeypatch):
    monkeypatch.setattr(imitator_module, "RUNNING_LIMIT", 2)
    done = []

    async def ask(person):
        await imitator.imitate(Request("x", 1.0, 1), person)
        done.append(person)

    many = [asyncio.create_task(ask(1)) for _ in range(10)]
    await until(lambda: len(imitator._waiting) >= 8)
    one = asyncio.create_task(ask(2))
    await until(lambda: imitator._coming[2] and imitator._waiting[-1].person == 2)
    held.release(100)
    await asyncio.gather(*many, one)
    assert 2 in done[:4] and len(done) == 11  # at most two of the first person's were running already


async def test_a_person_and_a_queue_have_their_limits_and_the_next_is_told_at_once(imitator, held, monkeypatch):
    monkeypatch.setattr(imitator_module, "LIMIT_OF_ONE_PERSON", 2)
    monkeypatch.setattr(imitator_module, "WAITING_LIMIT", 3)
    coming = [asyncio.create_task(imitator.imitate(Request("x", 1.0, 1), 1))]
    await until(lambda: imitator._running)
    coming += [asyncio.create_task(imitator.imitate(Request("x", 1.0, 1), person)) for person in (1, 2, 3)]
    await until(lambda: len(imitator._waiting) == 3)
    with pytest.raises(BusyError, match="already writing 2 replies for you"):
        await imitator.imitate(Request("x", 1.0, 1), 1)
    with pytest.raises(BusyError, match=r"try again in 1 s\."):
        await imitator.imitate(Request("x", 1.0, 1), 4)
    held.release(100)
    assert [len(reply) for reply in await asyncio.gather(*coming)] == [1] * 4
    assert len(await imitator.imitate(Request("x", 1.0, 1), 1)) == 1 and not imitator._coming


async def test_a_reply_given_up_leaves_its_place_at_the_next_turn(imitator, held):
    given_up = asyncio.create_task(imitator.imitate(Request("x", 1.0, 400)))
    await until(lambda: imitator._running)
    (loaded,) = imitator._running
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    other = asyncio.create_task(imitator.imitate(Request("x", 1.0, 40)))
    await until(lambda: imitator._waiting)
    assert len(loaded.batch) == 1
    held.release(1)
    await until(lambda: not imitator._waiting)
    held.release(1)
    await until(lambda: len(loaded.batch) == 1 and next(iter(imitator._running[loaded])).left < 40)
    held.release(100)
    assert len(await other) == 40 and not imitator._running and not imitator._coming


async def test_a_reply_that_takes_too_long_is_given_up_in_one_sentence(imitator, held, monkeypatch):
    monkeypatch.setattr(imitator_module, "LONGEST_WAIT", 0.02)
    with pytest.raises(BusyError, match="took too long"):
        await imitator.imitate(Request("x", 1.0, 1))
    held.release(100)
    await until(lambda: not imitator._running)


async def test_an_error_reaches_everybody_who_waits_and_the_next_ones_are_answered(imitator, monkeypatch):
    advance = Batch.advance
    monkeypatch.setattr(Batch, "advance", lambda *_: 1 / 0)
    waiting = [imitator.imitate(Request("x", 1.0, 1)) for _ in range(3)]
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, ZeroDivisionError) for outcome in outcomes)
    monkeypatch.setattr(Batch, "advance", advance)
    assert len(await imitator.imitate(Request("x", 1.0, 7))) == 7


async def test_a_file_replaced_while_replies_run_leaves_each_of_one_version(personas_folder, held):
    """Each version of the persona knows one character only, so a reply of two would show both."""
    letters = "abcdefgh"

    def write(letter):
        persona = make_persona(letter + "z", scale=0.1)
        bias = {"dense.bias": persona.arrays["dense.bias"] + np.array([50, -50], np.float32)}
        save_persona(replace(persona, arrays=dict(persona.arrays) | bias), personas_folder / "ada.safetensors")

    write(letters[0])
    imitator, replies, streams = Imitator(Personas(personas_folder)), [], []
    for number, letter in enumerate(letters):
        await asyncio.to_thread(write, letter)
        streams.append(imitator.stream(Request("z", 1.0, 400), number))
        beginning = asyncio.create_task(anext(streams[-1]))
        await until(lambda: len(imitator._waiting) + sum(map(len, imitator._running.values())) == len(streams))
        held.release(2 * len(streams))  # the turns of the others until it joins, and of all: 2 of the 25 that each has
        replies.append(await beginning)
    assert len(imitator._running) == len(letters)  # none of them is whole yet
    held.release(1000)
    for number, stream in enumerate(streams):
        replies[number] += "".join([part async for part in stream])
    imitator.close()
    assert replies == [letter * 400 for letter in letters]
    assert len(imitator.personas._kept) == 1
