"""The party game, through the real client."""

import asyncio
import re
from dataclasses import replace

import pytest

from bot import round_view
from model.persona.file import save_persona
from model.persona.vocabulary import END
from tests.conftest import make_persona
from tests.discord_server import GUILD_ID
from tests.test_client import buttons, client, server, told, visible  # noqa: F401 - fixtures

QUOTES = [f"this is what she said herself, number {number}" for number in "abcdefgh"]


@pytest.fixture
def quoted(personas_folder):
    persona = make_persona(f"{END} abcdefghijklmnopqrstuvwxyz,", reading="stream", embedding=4, message_end="character")
    consent = replace(persona.consent, quoting=True)
    save_persona(replace(persona, quotes=QUOTES, consent=consent), personas_folder / "ada.safetensors")


def lines(content: str) -> dict[str, str]:
    """The messages by their letters."""
    return dict(re.findall(r"^([ABC]) (.*)$", visible(content), re.MULTILINE))


async def test_one_of_three_is_real_and_who_finds_it_has_a_point(quoted, server, client):  # noqa: F811
    await server.write("!guess")
    sent = await server.reply()
    shown = lines(sent.content)
    (right,) = (letter for letter, message in shown.items() if message in QUOTES)
    assert len(shown) == 3 and "imitation of Ada" in sent.content
    assert "Which one is real? Nobody has chosen yet." in visible(sent.content)
    chosen = await server.press(sent, buttons(sent)[right]["custom_id"])
    assert "1 person has chosen." in visible(chosen.content)
    revealed = await server.press(sent, buttons(sent)["reveal"]["custom_id"])
    assert f"The real message was {right}. Found by <@7>, 1 of 1 who guessed." in visible(revealed.content)
    assert client.store.best(int(GUILD_ID), 5) == [(7, 1)] and client.store.votes("ada") == (1, 0)
    assert await told(server, server.write("!scores")) == "1. <@7>: 1"
    assert (await told(server, server.write("!about"))).endswith(
        "Of 1 guess in the game, 0% mistook an imitation for the real message."
    )


async def test_a_wrong_choice_is_no_point_and_the_end_comes_by_itself(quoted, server, client, monkeypatch):  # noqa: F811
    time_is_up, sleep = asyncio.Event(), asyncio.sleep

    async def wait(seconds):
        await (time_is_up.wait() if seconds == round_view.SECONDS_TO_GUESS else sleep(seconds))

    monkeypatch.setattr(asyncio, "sleep", wait)
    await server.write("!guess ada")
    sent = await server.reply()
    wrong = next(letter for letter, message in lines(sent.content).items() if message not in QUOTES)
    await server.press(sent, buttons(sent)[wrong]["custom_id"])
    edits = len(server.edits)
    time_is_up.set()
    await server.edit(edits)
    assert "Nobody found it in 1 guess." in visible(server.edits[-1].content)
    assert client.store.votes("ada") == (1, 1) and not client.store.best(int(GUILD_ID), 5)


async def test_without_messages_that_may_be_shown_there_is_no_game(server, client):  # noqa: F811
    assert "may be shown, so there is nothing to guess" in await told(server, server.write("!guess"))
    assert await told(server, server.write("!scores")) == "Nobody has found a real message yet."


async def test_a_server_can_switch_it_off(quoted, server, client):  # noqa: F811
    await told(server, server.slash("settings", guess=False))
    assert "switched off in this server" in await told(server, server.write("!guess"))
