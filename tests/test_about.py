import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.persona.about import describe
from model.persona.file import load_persona, save_persona
from model.persona.storage import backup_of
from tests.conftest import make_persona
from tests.read_only import python_path

ROOT = Path(__file__).parent.parent


def test_about_says_whose_text_by_what_right_and_how_well():
    persona = make_persona()
    assert describe(persona).splitlines() == [
        "I imitate Ada.",
        "Learnt from 10 messages, 400 characters, 2026-01-01 to 2026-02-01 (chat.csv).",
        "Consent: fiction by Ada, 2026-02-02.",
        "Network: 1 LSTM layer of 12 units, 40 characters; of 2026-02-02.",
        "Predicting the person's next letter, it is as unsure as between 5.7 letters: 2.50 bits. Lower is better.",
    ]
    measured = {"unigram_bits": 4.5, "ppmd_bits": 1.9, "copied_0.5": 0.02, "copied_real": 0.04, "told_apart": 0.9}
    assert describe(replace(persona, consent=None, metrics=persona.metrics | measured)).splitlines()[2:] == [
        "No consent is recorded.",
        "Network: 1 LSTM layer of 12 units, 40 characters; of 2026-02-02.",
        "Predicting the person's next letter, it is as unsure as between 5.7 letters: 2.50 bits "
        "(letter frequencies 4.50, a compressor 1.90). Lower is better.",
        "At temperature 0.5, 2.0% of its text repeats the training messages verbatim "
        "(the person's own later messages: 4.0%).",
        "Given one real and one imitated text, a classifier spots the imitation 90% of the time.",
    ]


@pytest.fixture
def file(tmp_path) -> Path:
    save_persona(replace(make_persona(), consent=None), tmp_path / "ada.safetensors")
    return tmp_path / "ada.safetensors"


def run(*words, **variables) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "model.persona", *map(str, words)]
    environment = os.environ | variables
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_a_persona_can_be_shown_checked_completed_and_deleted(file):
    assert run("show", file) == (0, describe(load_persona(file)), "")
    assert run("check", file) == (0, f"{file} is whole, and Ada's", "")
    assert run("consent", file, "--kind", "own-data", "--by", "Ada", "--contact", "7")[0] == 0
    consent = load_persona(file).consent
    assert (consent.kind, consent.by, consent.contact, consent.quoting) == ("own-data", "Ada", "7", False)
    save_persona(replace(load_persona(file), quotes=["hello"]), file)
    for options, quotes in (["--quoting"], ["hello"]), ([], []):
        assert run("consent", file, "--kind", "own-data", "--by", "Ada", *options)[0] == 0
        assert load_persona(file).quotes == quotes
    assert run("consent", file, "--kind", "own-data", "--by", "Bo", "--quoting")[0] == 0
    save_persona(replace(load_persona(file), quotes=["hello"]), file)
    code, printed, _ = run("consent", file, "--kind", "own-data", "--by", "Ada")
    assert code == 0 and printed.endswith(
        "in place of own-data by Bo; 1 messages that might be shown are deleted (--quoting would keep them)"
    )


def test_a_persona_is_forgotten_with_its_backup_and_its_run(file, tmp_path):
    folder, run_folder = tmp_path / "home" / "personas", tmp_path / "home" / "runs" / "ada"
    folder.mkdir(parents=True)
    run_folder.mkdir(parents=True)
    file = file.rename(folder / file.name)
    backup_of(file).write_bytes(b"the one before")
    (run_folder / "checkpoint.safetensors").write_bytes(b"weights")
    code, printed, _ = run("forget", file)
    assert code == 0 and not list(folder.iterdir()) and not run_folder.exists()
    assert "personas/ada.safetensors.old" in printed and "runs/ada" in printed


def test_a_folder_that_is_no_run_is_not_deleted_with_a_persona(file, tmp_path):
    photos = tmp_path.parent / "runs" / "ada"
    photos.mkdir(parents=True)
    (photos / "photo.jpg").write_bytes(b"of a race")
    assert run("forget", file)[0] == 0 and not file.exists()
    assert (photos / "photo.jpg").exists()


def test_a_persona_is_named_as_it_is_shown_or_as_its_file_is_called():
    expected = describe(load_persona(ROOT / "personas" / "falstaff.safetensors"))
    for called in ("Falstaff", "falstaff", "FALSTAFF", "falstaff.safetensors", "personas/falstaff.safetensors"):
        assert run("show", called) == (0, expected, "")
    code, _, complaint = run("show", "Hamlet")
    assert code == 2 and complaint.startswith("model.persona: no persona in personas is called 'Hamlet'; there are ")


def test_a_damaged_file_is_one_line_and_exit_code_2(file):
    file.write_bytes(b"half")
    for command in ("show", "check", "forget"):
        code, said, problem = run(command, file)
        assert code == 2 and not said and problem.startswith(f"model.persona: {file}: damaged") and "\n" not in problem
    assert file.exists()


def test_a_persona_says_whose_text_it_holds(file):
    source = replace(make_persona().source, aliases={"a2": "ada_"}, community={"b1": "Bob", "b2": "bob", "e1": "Eve"})
    save_persona(replace(make_persona(), source=source), file)
    assert run("show", file)[1].splitlines()[1].endswith("(chat.csv). It also learnt from 3 other people.")
    whole = f"{file} is whole, and Ada's\n"
    assert run("check", file, "--person", "BOB") == (0, f"{whole}it holds text of Bob (b1), bob (b2)", "")
    assert run("check", file, "--person", "ada_") == (0, f"{whole}it holds text of ada_ (a2)", "")
    assert "2 people called 'bob'" in run("consent", file, "--kind", "own-data", "--by", "A", "--community", "bob")[2]
    assert run("check", file, "--person", "e1") == (0, f"{whole}it holds text of Eve (e1)", "")
    assert run("check", file, "--person", "Dan") == (0, f"{whole}it holds no text of anybody called 'Dan'", "")


def test_a_consent_that_is_recorded_later_covers_the_others_too(file):
    source = replace(make_persona().source, community={"b1": "Bob", "e1": "Eve"})
    save_persona(replace(make_persona(), source=source, consent=None), file)
    given = ["consent", file, "--kind", "written-consent", "--by", "Ada", "--date", "2026-01-02"]
    for named, silent in ([], 2), (["--community", "bob"], 1):
        code, _, complaint = run(*given, *named)
        assert code == 2 and f"holds text of others too ({silent}; {'Eve' if named else 'Bob'}, for one)" in complaint
    assert load_persona(file).consent is None
    assert run(*given, "--community", "bob", "--community", "E1")[0] == 0
    assert load_persona(file).consent.community == ["b1", "e1"]
    for named, sentence in ("Zoe", "no text of anybody called 'Zoe'"), ("Bo", "no text of anybody called 'Bo'"):
        assert sentence in run(*given, "--community", named)[2]
    assert run(*given, "--community", "everyone")[0] == 0
    assert run("consent", file, "--kind", "public-dataset", "--by", "its publisher")[0] == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--expires", "2020-01-01"], "the consent ended on 2020-01-01"),
        (["--date", "2999-01-01"], "is dated 2999-01-01"),
    ],
)
def test_a_consent_that_does_not_hold_today_is_not_recorded(file, options, sentence):
    code, _, complaint = run("consent", file, "--kind", "own-data", "--by", "Ada", *options)
    assert code == 2 and sentence in complaint and load_persona(file).consent is None


def test_a_persona_that_learnt_canaries_is_never_made_loadable(file):
    save_persona(replace(make_persona(), name="ada-canaries", consent=None), file)
    code, _, complaint = run("consent", file, "--kind", "own-data", "--by", "Ada")
    assert code == 2 and "is for measuring alone" in complaint and load_persona(file).consent is None


def test_a_consent_by_nobody_in_particular_is_said_without_a_name():
    consent = replace(make_persona().consent, kind="public-dataset", by="")
    assert "Consent: public-dataset, 2026-02-02." in describe(replace(make_persona(), consent=consent))


@pytest.mark.parametrize("error", ["ENOSPC", "EROFS"])
def test_a_consent_that_cannot_be_written_leaves_the_file_as_it_was(file, tmp_path, error):
    before = file.read_bytes()
    words = ["consent", file, "--kind", "own-data", "--by", "Ada"]
    code, _, complaint = run(*words, PYTHONPATH=python_path(file.parent, tmp_path.parent / f"hooks-{error}", error))
    assert code == 2 and "could not be written" in complaint and complaint.count("\n") == 0
    assert file.read_bytes() == before and list(file.parent.iterdir()) == [file]
