import asyncio
import threading

import pytest

from bot import imitator as imitator_module
from bot.imitator import BusyError, Imitator
from model.persona import PersonaError, save_persona
from model.sampler import Request, Sampler
from tests.conftest import make_persona


@pytest.fixture
def imitator(personas_folder):
    imitator = Imitator(personas_folder)
    yield imitator
    imitator.close()


async def test_a_reply_is_the_samplers(imitator, persona):
    request = Request("hello", 1.0, 50, 3)
    assert await imitator.imitate(request) == Sampler(persona).sample(request)


async def test_replies_asked_for_together_are_each_their_own(imitator, persona):
    requests = [Request("hello", 1.0, 50, seed) for seed in range(20)]
    replies = await asyncio.gather(*(imitator.imitate(request) for request in requests))
    assert replies == [Sampler(persona).sample(request) for request in requests]


async def test_when_too_many_wait_the_next_one_is_told_at_once(imitator, monkeypatch):
    monkeypatch.setattr(imitator_module, "PENDING_LIMIT", 2)
    release = threading.Event()
    monkeypatch.setattr(Sampler, "sample", lambda *_: str(release.wait(5)))
    waiting = [asyncio.create_task(imitator.imitate(Request("x", 1.0, 1))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="try again in a few seconds"):
        await imitator.imitate(Request("x", 1.0, 1))
    release.set()
    assert await asyncio.gather(*waiting) == ["True", "True"]
    assert await imitator.imitate(Request("x", 1.0, 1)) == "True"


async def test_the_default_is_the_newest_persona_unless_one_is_named(personas_folder):
    import os

    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    os.utime(personas_folder / "bob.safetensors", (1, 1))
    for imitator, author in ((Imitator(personas_folder), "Ada"), (Imitator(personas_folder, "bob"), "Bob")):
        assert (await imitator.load()).persona.author == author
        imitator.close()


def test_no_personas_and_unknown_ones_are_said(tmp_path, personas_folder):
    with pytest.raises(PersonaError, match=r"no persona file .* train one with train\.py"):
        Imitator(tmp_path / "nowhere")
    with pytest.raises(PersonaError, match="no persona is called 'eve'; there are ada"):
        Imitator(personas_folder, "eve")


async def test_a_persona_without_consent_is_said_in_the_log(tmp_path, caplog):
    from dataclasses import replace

    save_persona(replace(make_persona(), consent=None), tmp_path / "ada.safetensors")
    imitator = Imitator(tmp_path)
    await imitator.load()
    imitator.close()
    assert "records no consent" in caplog.text
