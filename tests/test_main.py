"""How the bot ends when it can't start in Discord: one sentence, exit code 2."""

import asyncio
import logging
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.__main__ import invite, serve
from bot.imitator import Imitator
from bot.personas import Personas
from bot.settings import Settings, SettingsError
from tests import PATIENCE
from tests.discord_server import TOKEN, DiscordServer


@pytest.fixture
def start_server(monkeypatch):
    """Run the stand-in in a thread of its own, as the bot has the event loop of this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers = []

    def start(**behaviour) -> None:
        servers.append(DiscordServer(**behaviour))
        asyncio.run_coroutine_threadsafe(servers[0].start(monkeypatch), loop).result(PATIENCE)

    yield start
    for server in servers:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(autouse=True)
def _own_logging():
    """Take away the handler that the bot gives the root logger: it writes to this test's terminal."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def run_bot(personas_folder, token) -> int:
    imitator = Imitator(Personas(personas_folder))
    try:
        return serve(
            Settings(token=token, personas=personas_folder, database=personas_folder / "mimic.sqlite"), imitator
        )
    finally:
        imitator.close()


def test_a_wrong_token(start_server, personas_folder, capsys):
    start_server()
    assert run_bot(personas_folder, "wrong") == 2
    complaints = capsys.readouterr().err
    assert "Discord refuses the token; copy a new one" in complaints.splitlines()[-1]
    assert "PyNaCl" not in complaints and "davey" not in complaints  # it has no use for voice


def test_the_message_content_intent_switched_off(start_server, personas_folder, capsys):
    start_server(refuse_with=4014)
    assert run_bot(personas_folder, TOKEN) == 2
    assert "switch on the Message Content Intent" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("code", "sentence"), [(4004, "if you reset the token meanwhile"), (4013, "(4013)")])
def test_a_connection_that_discord_refuses(start_server, personas_folder, capsys, code, sentence):
    start_server(refuse_with=code)
    assert run_bot(personas_folder, TOKEN) == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_no_network(monkeypatch, personas_folder, capsys):
    import discord

    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")
    assert run_bot(personas_folder, TOKEN) == 1
    assert "Discord can't be reached" in capsys.readouterr().err.splitlines()[-1]


def test_the_invitation_asks_for_what_the_bot_needs_and_no_more(start_server, capsys):
    start_server()
    assert invite(Settings(token=TOKEN)) == 0
    query = parse_qs(urlsplit(capsys.readouterr().out.strip()).query)
    assert query["client_id"] == ["1"] and query["scope"] == ["bot applications.commands"]
    # View Channels, Send Messages and in threads, Embed Links, Attach Files, Read Message History: Discord's numbers.
    assert int(query["permissions"][0]) == 1 << 10 | 1 << 11 | 1 << 38 | 1 << 14 | 1 << 15 | 1 << 16
    with pytest.raises(SettingsError, match="DISCORD_TOKEN is empty"):
        invite(Settings())
