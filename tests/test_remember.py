"""The owner's list of the forgotten, and the way back, as commands of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.store import Store
from model.persona.file import save_persona
from model.persona.forgotten import MANAGER, OWNER, THEMSELVES, Forgotten, find_forgotten, list_forgotten
from tests.conftest import make_persona

ROOT = Path(__file__).parent.parent


def bot(folder, *words, typed="") -> subprocess.CompletedProcess:
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "MIMIC_PERSONAS": str(folder), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(
        command, input=typed, capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


@pytest.fixture
async def folder(personas_folder):
    """Where the owner forgot Bob everywhere, a manager Cleo in server 7, and Dan himself everywhere."""
    store = Store()
    await store.open(personas_folder / Settings().database)
    everywhere = (
        Forgotten("Bob", ["b1", "b2"], "2026-07-01", OWNER),
        Forgotten("Dan", ["d1"], "2026-07-03", THEMSELVES),
    )
    for person in everywhere:
        await store.forget(person)
        list_forgotten(person, personas_folder)
    await store.forget(Forgotten("Cleo", ["c1"], "2026-07-02", MANAGER), 7)
    await store.close()
    return personas_folder


async def test_the_forgotten_are_listed_with_the_place_the_day_and_who_asked(folder):
    assert bot(folder, "--forgotten").stdout.splitlines() == [
        "Bob (b1, b2): everywhere since 2026-07-01, asked by the owner",
        "Dan (d1): everywhere since 2026-07-03, asked by themselves",
        "Cleo (c1): in server 7 since 2026-07-02, asked by a manager",
    ]


@pytest.mark.parametrize("called", ["Bob", "bob", "b2"])
async def test_the_owner_undoes_a_forgetting_by_name_or_id(folder, called):
    save_persona(make_persona(author="Bob"), folder / "bob.safetensors")
    assert "I don't imitate Bob here" in bot(folder, typed="!mimic hi --persona bob\n").stdout
    done = bot(folder, "--remember", called)
    assert done.returncode == 0 and done.stdout.startswith("Bob may be imitated again everywhere.")
    assert "imitation of Bob" in bot(folder, typed="!mimic hi --persona bob\n").stdout
    assert find_forgotten({"b1"}, folder) is None and "Bob" not in bot(folder, "--forgotten").stdout


async def test_what_a_person_asked_for_is_undone_only_when_they_agreed_again(folder):
    done = bot(folder, "--remember", "Dan")
    assert done.returncode == 2 and "Dan asked for it" in done.stderr and "--they-agreed" in done.stderr
    assert "Dan (d1)" in bot(folder, "--forgotten").stdout and done.stderr.count("\n") == 1
    assert bot(folder, "--remember", "Dan", "--they-agreed").returncode == 0
    assert "Dan" not in bot(folder, "--forgotten").stdout


async def test_what_a_server_asked_for_is_undone_for_that_server(folder):
    done = bot(folder, "--remember", "Cleo")
    assert done.returncode == 2 and "in server 7: see --server" in done.stderr
    done = bot(folder, "--remember", "Cleo", "--server", "7")
    assert done.returncode == 0 and "Cleo" not in bot(folder, "--forgotten").stdout


async def test_nobody_of_that_name_is_one_line(folder):
    done = bot(folder, "--remember", "Zoe")
    assert done.returncode == 2 and "nobody called 'Zoe' is forgotten" in done.stderr and done.stderr.count("\n") == 1


async def test_several_people_of_one_name_are_told_apart_by_their_ids(folder):
    list_forgotten(Forgotten("Bob", ["b9"], "2026-07-09", OWNER), folder)
    done = bot(folder, "--remember", "Bob")
    assert done.returncode == 2 and "give one of their ids: b1, b2, b9" in done.stderr
    assert bot(folder, "--remember", "b9").returncode == 0 and "b1" in bot(folder, "--forgotten").stdout


def test_where_nothing_was_ever_forgotten_the_list_is_empty_and_no_database_is_made(personas_folder):
    done = bot(personas_folder, "--forgotten")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nobody is forgotten\n", "")
    assert not list(personas_folder.glob("mimic.sqlite*"))
