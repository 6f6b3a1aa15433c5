"""The terminal chat as people start it: a process of its own, fed through a pipe."""

import os
import re
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.console import Terminal
from bot.imitator import Imitator
from bot.personas import Personas
from bot.settings import Settings
from bot.store import Store
from model.persona.about import describe
from model.persona.file import save_persona
from model.persona.sampler import Request, Sampler
from model.persona.vocabulary import END
from tests import PATIENCE
from tests.conftest import make_persona
from tests.read_only import python_path

ROOT = Path(__file__).parent.parent


def chat(personas_folder, typed: str | bytes, *options: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "MIMIC_PERSONAS": str(personas_folder), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "bot", *options]
    return subprocess.run(
        command,
        input=typed.encode() if isinstance(typed, str) else typed,
        capture_output=True,
        check=False,
        cwd=personas_folder,
        env=environment | variables,
    )


def test_a_piped_command_prints_the_reply_and_exits_0(personas_folder, persona):
    done = chat(personas_folder, "!mimic to be or 0.5\n", "--random-seed", "4")
    reply = "to be or" + Sampler(persona).sample(Request("to be or", 0.5, 400, 4))
    assert done.stdout.decode() == f"{reply}\n(imitation of Ada by a neural network · temperature 0.5)\n"
    assert done.returncode == 0 and done.stderr == b""


def test_temps_prints_four_replies_and_options_work(personas_folder, persona):
    done = chat(personas_folder, "!temps to be --random-seed 4 --length 20\n!mimic hi --persona eve\n")
    requests = [Request("to be", temperature, 20, 4) for temperature in (0.2, 0.5, 1.0, 1.2)]
    expected = [
        f"to be{reply}\n(imitation of Ada by a neural network · temperature {request.temperature:g})\n"
        for request, reply in zip(requests, Sampler(persona).replies(requests), strict=True)
    ]
    assert done.stdout.decode() == "".join(expected) + "I know nobody called eve; I can imitate ada.\n"


def test_a_persona_is_named_as_it_is_shown_in_every_command(personas_folder):
    mara = replace(make_persona(author="Mara K"), name="m1")
    save_persona(mara, personas_folder / "m1.safetensors")
    lines = [
        "!about mara k",
        '!mimic hi --persona "Mara K" --length 5 --random-seed 1',
        "!persona MARA K",
        "!settings persona Ada",
    ]
    said = chat(personas_folder, "\n".join(lines), MIMIC_PERSONA="Mara K").stdout.decode()
    assert said.startswith(
        f"{describe(mara)}\nhi{Sampler(mara).sample(Request('hi', 0.5, 5, 1))}\n(imitation of Mara K"
    )
    assert "I imitate m1" in said and "\npersona: ada\n" in said
    for path in ("../personas/m1", str(personas_folder / "m1.safetensors")):
        assert "I know nobody called" in chat(personas_folder, f"!about {path}\n").stdout.decode()


def test_whom_to_imitate_can_be_an_option_which_outdoes_the_setting(personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    done = chat(personas_folder, "!mimic hi\n", "--persona", "bob", MIMIC_PERSONA="ada")
    assert b"(imitation of Bob" in done.stdout
    done = chat(personas_folder, "!mimic hi\n", "--persona", "eve")
    assert done.returncode == 2 and b"is called 'eve'; there are ada, bob" in done.stderr


def test_heat_saves_a_picture_and_says_where(personas_folder, tmp_path):
    done = chat(personas_folder, "!heat to be\n", TMPDIR=str(tmp_path))
    path, label = done.stdout.decode().splitlines()
    assert Path(path).read_bytes().startswith(b"\x89PNG") and Path(path).parent == tmp_path and "(imitation of" in label


def test_the_personas_are_listed_and_told_about(personas_folder, persona):
    done = chat(personas_folder, "!personas\n!about\n!about eve\n")
    listed = "I can imitate these people (!about <name> for details):\nada (the default)\n"
    expected = f"{listed}{describe(persona)}\nI know nobody called eve; I can imitate ada.\n"
    assert done.stdout.decode() == expected


def test_a_persona_chosen_is_imitated_until_another_is(personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    done = chat(
        personas_folder, "!persona bob\n!mimic hi\n!persona eve\n!mimic hi --persona ada\n", MIMIC_PERSONA="ada"
    )
    said = done.stdout.decode()
    assert said.startswith("By default I imitate bob.\n")
    assert "I know nobody called eve; I can imitate ada, bob." in said
    assert re.findall(r"imitation of (\w+)", said) == ["Bob", "Ada"]


def test_the_game_is_played_with_letters(personas_folder):
    quotes = [f"this is what she said herself, number {letter}" for letter in "abcdefgh"]
    persona = make_persona(f"{END} abcdefghijklmnopqrstuvwxyz,", reading="stream", embedding=4, message_end="character")
    persona = replace(persona, quotes=quotes, consent=replace(persona.consent, quoting=True))
    save_persona(persona, personas_folder / "ada.safetensors")
    done = chat(personas_folder, "!scores\n" + "!guess\nb\n" * 6 + "!scores\nb\n")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "You have not guessed yet."
    rounds = [lines[start : start + 6] for start in range(1, 37, 6)]
    found = [shown[1][2:] in quotes for shown in rounds]
    assert [shown[5].endswith(": you found it.") for shown in rounds] == found
    assert all(sum(line[2:] in quotes for line in shown[:3]) == 1 for shown in rounds)
    assert lines[37] == f"You found {sum(found)} of 6." and lines[38].startswith("Commands begin with")


def test_forgetting_is_asked_about_first_and_then_holds(personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    bob = (personas_folder / "bob.safetensors").read_bytes()
    for answer in ("no", "!persona ada", "", "y"):
        done = chat(personas_folder, f"!forget bob\n{answer}\nyes\n", MIMIC_PERSONA="ada")
        question = done.stdout.decode().splitlines()[0]
        assert question.startswith("Forget Bob for good?") and "training run" in question
        assert (personas_folder / "bob.safetensors").read_bytes() == bob
    done = chat(personas_folder, "!forget bob\nYes\n!mimic hi --persona bob\n!forget\n", MIMIC_PERSONA="ada")
    printed = done.stdout.decode()
    assert "Bob is forgotten, and I won't load another persona of theirs. Deleted: personas/bob.safetensors." in printed
    assert "I know nobody called bob; I can imitate ada." in printed and "Name the person: !forget" in printed
    (personas_folder / "bob-again.safetensors").write_bytes(bob)  # under another name
    done = chat(personas_folder, "!mimic hi --persona bob-again\n!personas\n!mimic hi --length 3\n")
    refused, *listed = done.stdout.decode().splitlines()
    assert refused.startswith("I don't imitate Bob here any more; to undo that: ") and "--remember b1" in refused
    assert not any("bob" in line for line in listed) and "imitation of Ada" in listed[-1]


@pytest.mark.parametrize("lost", ["mimic.sqlite", "forgotten.json"])
def test_a_forgetting_survives_the_loss_of_one_of_its_two_places(personas_folder, lost):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    bob = (personas_folder / "bob.safetensors").read_bytes()
    chat(personas_folder, "!forget bob\nyes\n", MIMIC_PERSONA="ada")
    for path in personas_folder.glob(f"{lost}*"):
        path.unlink()
    (personas_folder / "bob.safetensors").write_bytes(bob)
    done = chat(personas_folder, "!mimic hi --persona bob\n")
    assert "I don't imitate Bob here any more" in done.stdout.decode()


def test_in_a_folder_that_cannot_be_written_a_forgetting_is_a_sentence_and_holds(personas_folder, tmp_path):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    variables = {"MIMIC_PERSONA": "ada", "MIMIC_DATABASE": str(tmp_path / "mimic.sqlite")}
    read_only = {"PYTHONPATH": python_path(personas_folder, tmp_path / "hooks")}
    typed = "!forget bob\nyes\n!mimic hi --persona bob\n!mimic hi --length 3\n"
    done = chat(personas_folder, typed, **variables, **read_only)
    printed = done.stdout.decode()
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert "personas/bob.safetensors could not be deleted (" in printed and "delete it by hand" in printed
    assert "I don't imitate Bob here any more" in printed and "imitation of Ada" in printed
    done = chat(personas_folder, "!mimic hi --persona bob\n", **variables)
    assert "I don't imitate Bob here any more" in done.stdout.decode()


def test_where_nobody_can_type_an_empty_token_is_not_passed_over_in_silence(personas_folder):
    done = chat(personas_folder, "")
    assert (
        done.returncode == 0 and done.stderr.decode() == "mimic: DISCORD_TOKEN is empty, and nothing was typed here\n"
    )
    assert not chat(personas_folder, "", "--console", DISCORD_TOKEN="t").stderr


def test_settings_and_stats_are_said(personas_folder):
    typed = "!settings\n!mimic hi --length 9\n!stats\n"
    said = chat(personas_folder, typed, "--console", MIMIC_TEMPERATURE="0.7", DISCORD_TOKEN="a-secret").stdout.decode()
    assert "MIMIC_TEMPERATURE=0.7\n" in said and "secret" not in said
    assert said.splitlines()[-2] == "1 reply, 9 characters."


def test_what_may_follow_is_offered(personas_folder):
    imitator = Imitator(Personas(personas_folder))
    offered = Terminal(Settings(personas=personas_folder), imitator, Store(), None).completions
    assert offered("!per") == ["!persona ", "!personas "] and offered("hello") == []
    assert offered("!persona a") == offered("!mimic hi --persona a") == ["ada"] and offered("!about b") == []
    assert offered("!mimic hi --l") == ["--length "] and offered("!mimic hi") == []
    imitator.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_a_terminal_completes_and_remembers(personas_folder):
    import pty

    asks = b"\x1b[?2004h"  # for a line: what is pasted is to be marked
    ours, theirs = pty.openpty()
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "MIMIC_PERSONAS": str(personas_folder), "TERM": "xterm"}
    command = [sys.executable, "-m", "bot", "--random-seed", "4"]
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    bot = subprocess.Popen(command, cwd=personas_folder, env=environment | {"MIMIC_LENGTH": "5"}, **ends)
    os.close(theirs)
    try:
        seen = _until(ours, asks)
        os.write(ours, b"!mim\t")
        seen += _until(ours, b"ic")
        os.write(ours, b"hi 0.5\r")
        seen += _until(ours, asks)
        os.write(ours, b"\x1b[A\r")  # up: the line before
        seen += _until(ours, asks)
        os.write(ours, b"\x04")
        assert bot.wait(PATIENCE) == 0
    finally:
        bot.kill()
        bot.wait()
        os.close(ours)
    assert b"Type !quit to leave." in seen and seen.count(b"\x1b[1mhi\x1b[0m") == 2


def _until(terminal: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        assert select.select([terminal], [], [], PATIENCE)[0], seen
        part = os.read(terminal, 4096)
        seen += part
        if b"\x1b[6n" in part:  # asks where the cursor is
            os.write(terminal, b"\x1b[1;1R")
    return seen


def test_mistakes_are_answered_as_in_discord(personas_folder):
    done = chat(personas_folder, "!mimic hi 7\n!mimic\n!help\nhello\n\n!quit\n!mimic never read\n")
    lines = done.stdout.decode().splitlines()
    assert "from 0 (cold, sure) to 2 (hot, wild)" in lines[0] and "Give me a few words" in lines[1]
    assert (
        lines[-1].startswith("Commands begin with !: !about, !forget, !guess, !heat, !help, !mimic")
        and done.returncode == 0
    )


def test_commands_are_as_forgiving_as_in_discord(personas_folder):
    done = chat(personas_folder, "!mimic\thi\n! MIMIC hi\n", MIMIC_LENGTH="1")
    assert done.stdout.decode().count("(imitation of Ada") == 2
    done = chat(
        personas_folder, "hey bot mimic hi\n", MIMIC_LENGTH="1", MIMIC_PREFIX="hey bot", PYTHONIOENCODING="ascii"
    )
    assert done.stdout.decode().count("(imitation of Ada") == 1 and done.returncode == 0


def test_the_settings_hold_in_the_terminal_too(personas_folder):
    done = chat(personas_folder, "?mimic hi\n", "--console", DISCORD_TOKEN="t", MIMIC_PREFIX="?", MIMIC_LENGTH="7")
    reply, label = done.stdout.decode().rsplit("\n", 2)[:2]
    assert len(reply) == len("hi") + 7 and label.endswith("temperature 0.5)")


def test_a_seed_that_steers_terminals_or_is_no_text_is_shown_harmless(personas_folder):
    done = chat(personas_folder, b"!mimic \x1b[31mred\n!mimic \xff\n")
    assert b"\x1b" not in done.stdout and done.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
def test_a_stop_from_outside_is_a_quiet_end(personas_folder):
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "MIMIC_PERSONAS": str(personas_folder), "PYTHONUTF8": "1"}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-m", "bot"], cwd=personas_folder, env=environment, **pipes) as bot:
        bot.stdin.write(b"!help\n")
        bot.stdin.flush()
        assert bot.stdout.readline().startswith(b"I imitate how Ada chats")
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(PATIENCE) == 0 and bot.stderr.read() == b""


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda file: file.unlink(), "no persona file"),
        (lambda file: file.write_bytes(b"half"), "damaged"),
    ],
)
def test_a_start_that_fails_says_why_in_one_line_and_exits_2(personas_folder, damage, sentence):
    damage(personas_folder / "ada.safetensors")
    done = chat(personas_folder, "!mimic hi\n")
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.decode().startswith("mimic: ") and sentence in done.stderr.decode()
    assert done.stderr.decode().count("\n") == 1


def test_a_bad_setting_says_why_in_one_line_and_exits_2(personas_folder):
    done = chat(personas_folder, "", MIMIC_LENGTH="long")
    assert (done.returncode, done.stderr.decode()) == (
        2,
        "mimic: MIMIC_LENGTH is 'long'; wanted a whole number from 1 to 1500\n",
    )


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda file: file.write_bytes(b"half"), "damaged"),
        (lambda file: save_persona(replace(make_persona(author="Bob"), consent=None), file), "records no consent"),
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "damaged"),  # of which the beginning is whole
        (lambda file: (file.unlink(), file.mkdir()), "damaged"),
    ],
)
def test_a_newest_persona_that_cannot_be_imitated_is_skipped_and_said(personas_folder, spoil, reason):
    bob = personas_folder / "bob.safetensors"
    save_persona(make_persona(author="Bob"), bob)
    spoil(bob)
    os.utime(personas_folder / "ada.safetensors", (1, 1))
    done = chat(personas_folder, "!mimic hi --length 9\n!personas\n")
    assert done.returncode == 0 and "imitation of Ada" in done.stdout.decode() and "bob" not in done.stdout.decode()
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"skipped: {bob}") and reason in lines[0]


def test_a_link_that_leads_nowhere_is_no_persona(personas_folder):
    (personas_folder / "bob.safetensors").symlink_to("nowhere")
    done = chat(personas_folder, "!mimic hi --length 9\n!personas\n")
    assert done.returncode == 0 and "imitation of Ada" in done.stdout.decode() and "bob" not in done.stdout.decode()


def test_a_persona_that_was_asked_for_is_not_skipped(personas_folder):
    save_persona(replace(make_persona(author="Bob"), consent=None), personas_folder / "bob.safetensors")
    done = chat(personas_folder, "!mimic hi\n", MIMIC_PERSONA="bob")
    assert done.returncode == 2 and "records no consent" in done.stderr.decode() and done.stderr.count(b"\n") == 1


def test_where_no_persona_can_be_imitated_each_reason_is_in_the_one_line(personas_folder):
    save_persona(replace(make_persona(author="Bob"), consent=None), personas_folder / "bob.safetensors")
    (personas_folder / "ada.safetensors").write_bytes(b"half")
    done = chat(personas_folder, "!mimic hi\n")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert "records no consent" in done.stderr.decode() and "ada.safetensors: damaged" in done.stderr.decode()


def test_a_report_holds_the_words_that_were_continued_too(personas_folder):
    done = chat(personas_folder, "!report\n!mimic well hello --length 5\n!report\n!temps hi --length 5\n!report\n")
    lines = done.stdout.decode()
    assert lines.startswith("There is no reply to report yet.\n")
    reports = lines.split("You run this bot, so the report comes to you:\n")[1:]
    assert reports[0].startswith("well hello") and reports[1].startswith("hi")
