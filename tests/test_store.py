"""The real SQLite, and a process that is killed while it writes."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.store import EVERYWHERE, MIGRATIONS, GuildSettings, Rules, Store
from model.persona.forgotten import MANAGER, OWNER, THEMSELVES, Forgotten
from tests import PATIENCE

ROOT = Path(__file__).parent.parent
SETTINGS = GuildSettings("ada", 0.7, 5.0, "- 1 2", "de", False)


@pytest.fixture
async def file(tmp_path):
    return tmp_path / "folder" / "mimic.sqlite"


async def opened(file) -> Store:
    store = Store()
    await store.open(file)
    return store


async def test_what_was_told_is_there_after_a_restart(file):
    store = await opened(file)
    await store.set_guild(7, SETTINGS)
    await store.forget(Forgotten("Ada", ["a1", "a2"], "2026-07-01", MANAGER), 7)
    assert await store.forget(Forgotten("Bob", ["b1"], "2026-07-02", OWNER))
    await store.vote(7, "ada", {1: True, 2: False, 3: False})
    await store.vote(7, "ada", {2: False})
    await store.set_channel_persona(70, "ada")
    await store.set_channel_persona(71, "ada")
    await store.set_channel_persona(71, "")
    await store.close()
    store = await opened(file)
    assert store.votes("ada") == (4, 1) and store.best(7, 1) == [(2, 2)] and store.best(8, 1) == []
    assert store.channel_persona(69, 70) == "ada" and store.channel_persona(71, None) == ""
    assert store.guild(7) == SETTINGS and store.guild(8) == store.guild(None) == GuildSettings()
    assert store.is_forgotten({"a1"}, 7) and not any(store.is_forgotten({"a1"}, guild) for guild in (8, None))
    assert all(store.is_forgotten({"b1", "b2"}, guild) for guild in (7, 8, None, EVERYWHERE))
    await store.close()


@pytest.mark.parametrize(
    ("channels", "answers"), [("", [1, 2, 3]), ("1 3", [1, 3]), ("- 1 3", [2]), ("1", [1]), ("-1", [2, 3])]
)
def test_channels_are_those_alone_or_all_but_those(channels, answers):
    settings = GuildSettings(channels=channels)
    assert [channel for channel in (1, 2, 3) if settings.answers_in(channel)] == answers


def test_the_bots_own_settings_fill_the_gaps_and_a_persona_that_is_gone_is_the_default():
    settings = Settings(temperature=0.9, cooldown=2)
    assert Rules.of(GuildSettings(), settings, ["ada", "bob"], "bob") == Rules("bob", 0.9, 2, "en", True)
    assert Rules.of(SETTINGS, settings, ["ada", "bob"], "bob") == Rules("ada", 0.7, 5.0, "de", False)
    assert Rules.of(SETTINGS, settings, ["bob"], "bob").persona == "bob"


async def test_a_file_without_tables_is_brought_up_to_date_and_a_newer_one_is_left_alone(file, caplog):
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 0")
    store = await opened(file)
    await store.set_guild(7, SETTINGS)
    await store.close()
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        database.execute("PRAGMA user_version = 99")
    store = await opened(file)
    assert store.guild(7) == GuildSettings() and "it has version 99" in caplog.text
    await store.set_guild(7, SETTINGS)
    assert store.guild(7) == SETTINGS  # until the bot stops
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM guild").fetchone() == (1,)


async def test_the_file_of_an_older_version_keeps_what_it_holds(file):
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database:
        database.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1")
        database.execute("INSERT INTO guild VALUES (7, 'ada', 0.7, 5.0, '- 1 2', 'de', 0)")
        database.execute("INSERT INTO forgotten VALUES ('a1', 0)")
        database.commit()
    store = await opened(file)
    await store.set_channel_persona(70, "bob")
    assert store.guild(7) == SETTINGS and store.forgotten == [(EVERYWHERE, Forgotten("", ["a1"]))]
    await store.close()


async def test_a_forgetting_is_undone_where_it_was_asked_for_and_their_own_wish_stays_theirs(file):
    store = await opened(file)
    themselves, owner = (Forgotten("Ada", ["a1"], "2026-07-01", by) for by in (THEMSELVES, OWNER))
    assert await store.forget(themselves) and await store.forget(owner) and await store.forget(owner, 7)
    assert store.forgotten == [(EVERYWHERE, themselves), (7, owner)]
    assert await store.remember({"a1"}) and not store.is_forgotten({"a1"}, 8) and store.is_forgotten({"a1"}, 7)
    assert await store.remember({"a1"}, 7)
    await store.close()
    store = await opened(file)
    assert store.forgotten == []
    await store.close()
    assert not await store.forget(owner) and store.is_forgotten({"a1"}, 8)  # until the process ends


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"no database" * 100), lambda file: file.mkdir()])
async def test_a_file_that_cannot_be_used_is_one_line_and_the_bot_goes_on(file, caplog, damage):
    file.parent.mkdir()
    damage(file)
    store = await opened(file)
    await store.set_guild(7, SETTINGS)
    assert store.guild(7) == SETTINGS and len(caplog.records) == 1 and "until the bot stops" in caplog.text
    async with asyncio.timeout(PATIENCE):  # the library's thread ends by itself, and wants the loop for that
        while any("_connection_worker" in thread.name for thread in threading.enumerate()):
            await asyncio.sleep(0.01)


async def test_a_file_that_can_only_be_read_is_a_line_for_each_change(file, caplog):
    store = await opened(file)
    await store._database.execute("PRAGMA query_only = ON")
    await store.set_guild(7, SETTINGS)
    assert store.guild(7) == SETTINGS and len(caplog.records) == 1 and "could not be stored" in caplog.text
    await store.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from bot.store import GuildSettings, Store

async def main():
    store = Store()
    await store.open(Path(sys.argv[1]))
    for number in range(10**9):
        await store.set_guild(number % 7, GuildSettings(cooldown=float(number)))
        print(number, flush=True)

asyncio.run(main())
"""


def killed_writer(file, seconds: float) -> list[int]:
    """Let a process of its own write until it is killed; return what it said it had kept."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, cwd=ROOT) as writer:
        first = writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        return [int(line) for line in (first + writer.stdout.read()).split(b"\n")[:-1]]


async def test_50_kills_at_random_moments_lose_nothing_that_was_kept(file):
    moments = random.Random(0)
    for _ in range(50):
        kept = killed_writer(file, moments.uniform(0, 0.02))
        store = await opened(file)
        for number in kept[-7:]:
            assert store.guild(number % 7).cooldown >= number
        await store.close()
