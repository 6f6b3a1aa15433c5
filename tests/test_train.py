"""The training command from end to end, on a small chat of invented people."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import train
from model.commands import pip_install
from model.measures import canaries, exposure
from model.persona import storage as files
from model.persona.file import load_persona, save_persona
from model.persona.recipe import RECIPES, Recipe
from model.persona.sampler import Request, Sampler
from model.persona.vocabulary import END
from model.training.checkpoint import sole_run

SMALL = [
    "--recipe",
    "tutorial",
    "--fraction",
    "0.9",
    "--units",
    "8",
    "--sequence-length",
    "6",
    "--batch-size",
    "16",
    "--epochs",
    "2",
]
SMALL_MIMIC = ["--units", "8", "--embedding", "4", "--ngrams", "50", "--sequence-length", "8", "--batch-size", "4"]
SMALL_MIMIC += ["--minutes", "0"]
INVENTED = ["--consent-kind", "fiction", "--consent-by", "its author"]
PNG = b"\x89PNG"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in an empty folder; return its exit code, what it said and what it complained of."""
    monkeypatch.chdir(tmp_path)

    def run(*words) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO())  # no terminal, which would be asked
        code = train.main()
        return code, *capsys.readouterr()

    return run


def test_a_chat_becomes_a_persona_that_can_be_talked_to(run, chat_csv, tmp_path):
    consent = ["--consent-kind", "fiction", "--consent-by", "its author", "--consent-contact", "ada@example.org"]
    code, said, _ = run(chat_csv, *SMALL, *consent)
    assert code == 0
    # What the tutorial prints: the most prolific author but for the bot, counts, samples after first and last epoch.
    assert "Ada: 60 messages, 2,510 characters" in said and "well the 0 engines turn" in said
    assert "distinct characters: " in said and "sequences: " in said and "device: " in said
    assert "epoch 1/2: " in said and "epoch 2/2: " in said
    for temperature in ("0.2", "0.5", "1.0", "1.2"):
        assert said.count(f"temperature {temperature}: ") == 2
    assert said.splitlines()[-1].startswith("to talk to it: ") and "agreed, to record it" not in said

    persona = load_persona(tmp_path / "personas" / "ada.safetensors")
    assert persona.recipe == Recipe(fraction=0.9, units=8, sequence_length=6, batch_size=16, epochs=2)
    assert (persona.source.author, persona.source.messages, persona.source.files) == ("Ada", 54, ["chat.csv"])
    assert (persona.consent.kind, persona.consent.by) == ("fiction", "its author")
    assert "E" not in persona.vocabulary.characters and "w" in persona.vocabulary.characters  # lower case, "Turn" too
    assert len(Sampler(persona).sample(Request("well", 0.5, 30))) == 30

    folder = tmp_path / "runs" / "ada"
    with (folder / "history.csv").open(encoding="utf-8") as file:
        history = list(csv.DictReader(file))
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert persona.metrics["training_bits"] == min(float(row["training_bits"]) for row in history)
    assert all((folder / name).read_bytes().startswith(PNG) for name in ("curve.png", "authors.png"))
    samples = (folder / "samples.txt").read_text(encoding="utf-8")
    assert samples.count("temperature 1.2: ") == 2 and all(line in said for line in samples.splitlines())


def test_the_default_recipe_learns_from_everybody_first_and_uses_that_again(run, chat_csv, tmp_path):
    small = [*SMALL_MIMIC, *INVENTED, "--rare", "2", "--epochs", "2"]
    code, said, _ = run(chat_csv, *small)
    assert code == 0 and "characters by 2 people, learnt first" in said
    assert "community, epoch 2/2: " in said and said.index("community, epoch 2/2") < said.index("\nepoch 1/2: ")
    (base,) = (tmp_path / "runs" / "bases").glob("*/base.safetensors")
    persona = load_persona(tmp_path / "personas" / "ada.safetensors")
    assert persona.recipe.reading == "stream" and "T" in persona.vocabulary.characters  # letter case is kept
    assert END in persona.vocabulary.characters and "validation_bits" in persona.metrics

    assert persona.source.community == {"b1": "Bob"}

    code, said, _ = run(chat_csv, *small, "--persona", "again")
    assert code == 0 and f"taken from {base.relative_to(tmp_path)}" in said and "community, epoch" not in said
    code, said, _ = run(chat_csv, *small, "--persona", "alone", "--no-community")
    assert code == 0 and "community" not in said


def test_a_reader_who_has_had_enough_gets_no_traceback(chat_csv, tmp_path):
    command = [sys.executable, "-u", train.__file__, str(chat_csv), "--list-authors"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as listing:
        listing.stdout.close()
        assert listing.stderr.read() == b"" and listing.wait(60) == 130


def test_who_did_not_agree_teaches_nothing(run, chat_csv, tmp_path):
    words = [*SMALL_MIMIC, "--epochs", "1", "--consent-kind", "written-consent", "--consent-by", "Ada"]
    code, said, _ = run(chat_csv, *words)
    assert (
        code == 0
        and "learnt from 1 of 2 people; no consent is recorded for the others" in said
        and "learnt first" not in said
    )
    alone = load_persona(tmp_path / "personas" / "ada.safetensors")
    assert alone.source.community == {} and alone.consent.community == []
    code, said, _ = run(chat_csv, *words, "--replace", "--community-consent", "bob", "--consent-date", "2026-01-02")
    both = load_persona(tmp_path / "personas" / "ada.safetensors")
    assert code == 0 and both.source.community == {"b1": "Bob"}
    assert (both.consent.community, both.consent.date) == (["b1"], "2026-01-02")
    code, said, _ = run(chat_csv, "--evaluate", tmp_path / "personas" / "ada.safetensors")
    assert code == 0 and "not the text" not in said
    with pytest.raises(SystemExit):
        train.parse_arguments([str(chat_csv), "--community-consent", "everyone"])


def test_authors_are_listed_however_little_they_wrote(run, chat_csv, tmp_path):
    code, said, _ = run(chat_csv, "--list-authors")
    lines = said.splitlines()
    assert code == 0
    assert lines[:3] == [
        "186 messages (gitter-csv)",
        "left out as bots: camperbot (a known bot, 120 messages); --keep-author NAME takes one in",
        "that leaves 66 messages by 2 people",
    ]
    assert lines[4].split() == [
        "camperbot",
        "(bot)",
        "120",
        "840",
        "2026-01-01",
        "2026-01-01",
        "55b977f00fc9f982beab7883",
    ]
    assert lines[5].split()[:2] == ["Ada", "60"] and lines[6].split()[:3] == ["Bob", "6", "12"]
    assert (tmp_path / "runs" / "authors.png").read_bytes().startswith(PNG)


def test_names_that_the_output_cannot_hold_are_shown_as_far_as_it_can(chat_csv, tmp_path):
    chat_csv.write_text(chat_csv.read_text().replace("Bob", "Bøb"), encoding="utf-8")
    command = [sys.executable, train.__file__, str(chat_csv), "--list-authors"]
    ascii_alone = os.environ | {"PYTHONIOENCODING": "ascii"}  # as a pipe on Windows, which knows few characters
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=ascii_alone)
    assert done.returncode == 0 and "\nB?b " in done.stdout


def test_authors_who_may_be_one_person_are_suggested_and_joined(run, chat_csv):
    chat_csv.write_text(chat_csv.read_text().replace("Bob", "ada_"))
    code, said, _ = run(chat_csv, "--list-authors")
    assert code == 0 and "if so, add --same-as Ada ada_" in said
    code, said, _ = run(chat_csv, "--list-authors", *shlex.split(said.split("if so, add ")[1].splitlines()[0]))
    assert (
        code == 0
        and "may be one person" not in said
        and ["Ada", "66"] in [line.split()[:2] for line in said.splitlines()]
    )
    code, _, complaint = run(chat_csv, "--list-authors", "--same-as", "Ada", "Eve")
    assert code == 2 and complaint.startswith("train.py: no author is called 'Eve'")


@pytest.fixture
def mixed(tmp_path) -> Path:
    """The chats of the same friends on Telegram and WhatsApp: Tobi and the one called -x- are in both."""
    names = {"user1": "Priya", "user2": "Tobi", "user3": "-x-"}
    texts = [f"telegram message number {number} of us" for number in range(30)]
    people = [list(names.items())[number % 3] for number in range(30)]
    messages = [
        {"id": n, "type": "message", "date": f"2026-01-01T10:{n:02}:{n * 7 % 60:02}", "from": name, "from_id": author}
        | {"text": text, "text_entities": [{"type": "plain", "text": text}]}
        for n, ((author, name), text) in enumerate(zip(people, texts, strict=True), 1)
    ]
    folder = tmp_path / "mixed"
    folder.mkdir()
    chat = {"name": "Friends", "type": "private_group", "id": 1, "messages": messages}
    (folder / "result.json").write_text(json.dumps(chat))
    lines = [
        f"[02/01/2026, 10:{n:02}:{n * 11 % 60:02}] {name}: whatsapp message {n} of us"
        for n, (_, name) in enumerate(people)
    ]
    (folder / "_chat.txt").write_text("\n".join(lines) + "\n")
    return folder


def test_the_advice_on_two_people_of_one_name_works_as_printed(run, mixed):
    everybody = [word for author in ("user1", "user2", "user3") for word in ("--keep-author", author)]
    everybody += [word for name in ("Priya", "Tobi", "-x-") for word in ("--keep-author", f"whatsapp:{name}")]
    code, said, complaint = run(mixed, "--list-authors", *everybody)
    assert (code, complaint) == (0, "")
    advice = re.findall("if so, add (.*)", said)
    assert {"--same-as user2 whatsapp:Tobi", "--same-as user3 whatsapp:-x-"} <= set(advice)
    code, said, complaint = run(mixed, "--list-authors", *(word for line in advice for word in shlex.split(line)))
    assert (code, complaint) == (0, "") and "may be one person" not in said
    code, _, complaint = run(mixed, "--list-authors", "--same-as", "Priya", "Tobi")
    assert code == 2 and "give one of their ids: user1, whatsapp:Priya" in complaint
    for flag in ("--drop-author", "--keep-author"):
        code, _, complaint = run(mixed, "--list-authors", flag, "Tobi")
        assert code == 2 and "give one of their ids: user2, whatsapp:Tobi" in complaint
    ids = re.findall(r"(\S+)$", run(mixed, "--list-authors", *everybody)[1].split("id\n")[1], re.MULTILINE)[:6]
    assert set(ids) == {"user1", "user2", "user3", "whatsapp:Priya", "whatsapp:Tobi", "whatsapp:-x-"}


def test_bots_are_left_out_of_the_default_but_can_be_asked_for(run, chat_csv, tmp_path):
    code, _, complaint = run(chat_csv, "--drop-author", "ADA")
    assert code == 2 and complaint.startswith("train.py: Bob has too little text")  # the most prolific one left
    code, said, _ = run(chat_csv, "--keep-author", "camperbot", "--list-authors")
    assert code == 0 and "(bot)" not in said and "left out as bots" not in said
    code, said, _ = run(chat_csv, "--author", "camperbot", "--persona", "points", *SMALL, "--epochs", "1")
    assert code == 0 and "camperbot: 120 messages" in said and (tmp_path / "personas" / "points.safetensors").exists()


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(run, chat_csv, tmp_path, monkeypatch):
    from model.training.loop import Training

    epochs = Training.epochs

    def interrupted(self):
        for epoch in epochs(self):
            self.interrupted = True
            yield epoch

    monkeypatch.setattr(Training, "epochs", interrupted)
    code, said, _ = run(chat_csv, *SMALL)
    assert code == 130 and f"train.py {chat_csv} {' '.join(SMALL)} --resume" in printed_command("to go on", said)
    monkeypatch.setattr(Training, "epochs", epochs)
    code, _, complaint = run(chat_csv, *SMALL)
    assert code == 2 and "unfinished run (1 of 2 epochs): continue it with --resume" in complaint
    code, said, _ = run(chat_csv, *SMALL, "--resume")
    assert code == 0 and "going on after epoch 1" in said and "epoch 2/2" in said and "epoch 1/2" not in said
    code, _, complaint = run(chat_csv, *SMALL, "--units", "9", "--resume")
    assert code == 2 and "units was 8 and is now 9" in complaint


def printed_command(before: str, said: str) -> str:
    """The command that a line of the output ends with."""
    (line,) = (line for line in said.splitlines() if f"{before}: " in line)
    return line.split(f"{before}: ")[1]


def test_the_commands_that_training_prints_run_as_printed_and_tensorflow_is_silent(
    run, chat_csv, tmp_path, monkeypatch
):
    from model.training.loop import Training

    epochs = Training.epochs

    def interrupted(self):
        for epoch in epochs(self):
            self.interrupted = True
            yield epoch

    chat = chat_csv.rename(tmp_path / "Ada's $chat.csv")
    monkeypatch.setattr(Training, "epochs", interrupted)
    _, said, _ = run(chat, *SMALL)
    resume = printed_command("to go on", said)

    def shell(line: str, typed: str = "") -> str:
        """Return what a copied line prints; it complains of nothing."""
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, input=typed, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), line
        return done.stdout

    said = shell(resume)
    assert "epoch 2/2" in said and "saved personas/ada.safetensors" in said
    assert "records written-consent by Ada" in shell(printed_command("if Ada agreed, to record it", said))
    talk = printed_command("to talk to it", said)
    assert "(imitation of Ada by a neural network" in shell(talk, "!mimic well\n")


KILLED = """
import os, train
from model.training.loop import Training

def validate(self):
    return os._exit(9) if len(self.progress.epochs) == 2 else validated(self)

validated, Training.validate = Training.validate, validate
train.main()
"""


def test_a_run_that_is_killed_goes_on_and_ends_where_an_unbroken_one_ends(run, chat_csv, tmp_path):
    words = [*SMALL, "--epochs", "4"]
    run(chat_csv, *words, "--persona", "unbroken")
    command = [sys.executable, "-c", KILLED, str(chat_csv), *words]
    environment = os.environ | {"PYTHONPATH": str(Path(train.__file__).parent)}
    killed = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert killed.returncode == 9 and "epoch 2/4" in killed.stdout and "epoch 3/4" not in killed.stdout
    code, said, _ = run(chat_csv, *words, "--resume")
    assert code == 0 and "going on after epoch 2" in said and "epoch 4/4" in said
    with (tmp_path / "runs" / "ada" / "history.csv").open(encoding="utf-8") as file:
        assert [int(row["epoch"]) for row in csv.DictReader(file)] == [1, 2, 3, 4]
    resumed, unbroken = (load_persona(tmp_path / "personas" / f"{name}.safetensors") for name in ("ada", "unbroken"))
    for name, array in unbroken.arrays.items():
        assert np.allclose(resumed.arrays[name], array, atol=1e-3)


def test_two_runs_are_never_at_work_in_one_folder(run, chat_csv, tmp_path):
    with sole_run(tmp_path / "runs" / "ada"):
        code, _, complaint = run(chat_csv, *SMALL)
    assert code == 2 and "another run is at work in runs/ada" in complaint


def test_a_persona_is_measured_when_it_is_trained_and_whenever_asked(run, chat_csv, tmp_path):
    _, said, _ = run(chat_csv, *SMALL)
    file = tmp_path / "personas" / "ada.safetensors"
    trained = load_persona(file)
    assert f"held out: {trained.metrics['validation_bits']:.3f} bits per character" in said
    assert {"ppmd_bits", "unigram_bits", "copied_0.5", "known_words_1.2"} <= set(trained.metrics)

    code, again, _ = run(chat_csv, "--evaluate", "Ada")  # by its path, its file's name or the name shown
    assert code == 0 and load_persona(file).metrics == pytest.approx(trained.metrics)
    table = "\n".join(again.splitlines()[-5:])
    assert table.startswith("held out: ") and f"{table}\nsaved " in said
    chat_csv.write_text(chat_csv.read_text() + "m99,a1,Ada,2026-01-02T10:00:00Z,and another one\n", encoding="utf-8")
    _, again, _ = run(chat_csv, "--evaluate", file)
    assert "not the text that the persona learnt from" in again


@pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed")
def test_the_same_code_trains_under_jax(run, chat_csv, tmp_path):
    words = [str(chat_csv), *SMALL_MIMIC, *INVENTED, "--rare", "2", "--epochs", "2"]
    # One device, and two that share each batch.
    for name, devices in (("one", "cpu:0"), ("two", "cpu:0, cpu:1")):
        flags = f"--xla_force_host_platform_device_count={devices.count('cpu')}"
        environment = {"KERAS_BACKEND": "jax", "PATH": "", "XLA_FLAGS": flags}
        command = [sys.executable, train.__file__, *words, "--persona", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
        assert f"device: jax: {devices}\n" in done.stdout
        shutil.rmtree(tmp_path / "runs" / "bases")
    run(*words, "--persona", "tensorflow")
    one, two, tensorflow = (
        load_persona(tmp_path / "personas" / f"{name}.safetensors") for name in ("one", "two", "tensorflow")
    )
    for name, array in one.arrays.items():
        assert np.allclose(array, two.arrays[name], atol=1e-3)
    # Random numbers differ between the two; that both have learnt does not.
    for persona in (one, tensorflow):
        assert persona.metrics["validation_bits"] < persona.metrics["unigram_bits"] - 0.5


@pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed")
def test_under_jax_a_stream_carries_on_and_a_run_goes_on_as_under_tensorflow():
    tests = Path(__file__).parent
    chosen = [  # pytest fails where one is missing
        "test_network.py::test_a_stream_gives_the_references_logits_after_every_character_and_carries_on",
        "test_training.py::test_validating_a_stream_changes_nothing_and_each_character_counts_once",
        "test_training.py::test_a_run_that_goes_on_ends_where_an_unbroken_one_ends",
        "test_training.py::test_an_epoch_that_was_interrupted_is_taken_back_to_where_it_was_resumed",
        "test_training.py::test_a_run_that_diverges_is_taken_back_and_goes_on_at_half_the_learning_rate",
        "test_training.py::test_an_epoch_that_loses_what_was_learnt_is_taken_back_and_said",
        "test_training.py::test_an_epoch_whose_last_batch_ruins_the_weights_is_taken_back",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-n0", *chosen]
    environment = {"KERAS_BACKEND": "jax", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tests)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("." * 9 + " ")  # two of the seven are run twice; none is skipped


def test_several_authors_are_trained_from_one_base(run, chat_csv, tmp_path):
    rows = [
        f"d{n},d{n % 2},D{'a' if n % 2 else 'A'},2026-01-02T{n // 4:02}:{n:02}:00Z,{chr(97 + n % 26)} word of mine {n}"
        for n in range(60)
    ]
    chat_csv.write_text(chat_csv.read_text() + "\n".join(rows) + "\n", encoding="utf-8")
    code, said, complaint = run(chat_csv, *SMALL_MIMIC, *INVENTED, "--epochs", "1", "--top", "3")
    assert code == 0, complaint
    assert said.count("community, epoch 1/1") == 1 and said.count("community: taken from") == 2
    # The two authors called Da and DA don't overwrite each other's persona.
    names = sorted(path.stem for path in (tmp_path / "personas").iterdir())
    assert names == ["ada", "da-d0", "da-d1"]
    assert len(list((tmp_path / "runs" / "bases").iterdir())) == 1
    with pytest.raises(SystemExit):
        train.parse_arguments([str(chat_csv), "--top", "2", "--author", "Ada"])


@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_personas_are_trained_by_the_workers_of_a_ray_cluster(chat_csv, tmp_path):
    rows = [f"d{n},d1,Dee,2026-01-02T{n // 4:02}:{n:02}:00Z,{chr(97 + n % 26)} word of mine {n}" for n in range(60)]
    chat_csv.write_text(chat_csv.read_text() + "\n".join(rows) + "\n", encoding="utf-8")
    command = [sys.executable, train.__file__, str(chat_csv), *SMALL_MIMIC, *INVENTED, "--epochs", "1", "--top", "2"]
    done = subprocess.run([*command, "--ray", "local"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "saved personas/dee.safetensors" in done.stdout and done.stdout.count("community, epoch 1/1") == 1
    for name, author in (("ada", "Ada"), ("dee", "Dee")):
        persona = load_persona(tmp_path / "personas" / f"{name}.safetensors")
        assert persona.author == author and "validation_bits" in persona.metrics


def test_a_ray_cluster_that_is_not_there_is_one_line(run, chat_csv, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    small = ["--units", "8", "--sequence-length", "6", "--batch-size", "4", "--no-community"]
    code, _, complaint = run(chat_csv, *small, "--ray", "10.0.0.1:6379")
    assert (code, complaint) == (2, f"train.py: --ray needs Ray; to install it: {pip_install('ray')}\n")


def test_a_loss_that_explodes_at_once_leaves_no_persona(run, chat_csv, tmp_path, monkeypatch):
    from model.training.loop import Training

    def exploding(self):
        self.network.layers[-1].bias.assign(np.full(len(self.vocabulary), np.inf))
        yield from epochs(self)

    epochs = Training.epochs
    monkeypatch.setattr(Training, "epochs", exploding)
    code, _, complaint = run(chat_csv, *SMALL)
    assert code == 2 and "try again with a lower --learning-rate" in complaint
    assert not (tmp_path / "personas").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--author", "Adda"], "no author is called 'Adda'; the nearest names are Ada"),
        (
            ["--author", "Bob"],
            "Bob has too little text: 2 characters in the first 20% of 6 messages; wanted",
        ),
        (["--units", "0"], "units is 0; wanted a whole number in 1 to 4096"),
        (["--fraction", "0.95"], "fraction 0.95 and held_out 0.1 overlap"),
        (["--persona", "../up"], "'../up' can't be a persona's name"),
        (["--resume", "--fraction", "0.9"], "nothing to resume"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_persona(run, chat_csv, tmp_path, words, complaint):
    code, _, complained = run(chat_csv, "--recipe", "tutorial", *words)
    assert code == 2 and complained.startswith(f"train.py: {complaint}") and complained.count("\n") == 1
    assert not (tmp_path / "personas").exists()


def test_a_missing_file_is_one_line(run):
    assert run("nowhere.csv")[::2] == (2, "train.py: nowhere.csv: No such file or directory\n")


def test_a_full_disk_is_one_line_and_keeps_the_persona_before(run, chat_csv, tmp_path, monkeypatch):
    run(chat_csv, *SMALL)
    before = (tmp_path / "personas" / "ada.safetensors").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "save_file", full)
    code, _, complaint = run(chat_csv, *SMALL, "--epochs", "3", "--replace")
    assert code == 2 and "No space left on device" in complaint and complaint.count("\n") == 1
    assert (tmp_path / "personas" / "ada.safetensors").read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


def test_every_knob_of_the_recipe_is_a_flag_with_its_default_in_the_help(capsys):
    with pytest.raises(SystemExit):
        train.parse_arguments(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for knob in fields(Recipe):
        assert f"--{knob.name.replace('_', '-')}" in text
        defaults = ", ".join(f"{name} {getattr(recipe, knob.name)}" for name, recipe in RECIPES.items())
        assert f"({defaults})" in text


def test_bad_input_is_answered_before_tensorflow_is_imported(chat_csv, tmp_path):
    code = f"import sys, train; sys.argv = ['', {str(chat_csv)!r}, '--author', 'x']; print(train.main(), *sys.modules)"
    environment = {"PYTHONPATH": str(train.Path(train.__file__).parent), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    words = done.stdout.split()
    assert "2" in words and "keras" not in words and "tensorflow" not in words


def test_what_a_persona_tells_is_json(run, chat_csv, tmp_path):
    run(chat_csv, *SMALL, "--epochs", "1")
    content = (tmp_path / "personas" / "ada.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    document = json.loads(header["__metadata__"]["mimic"])
    assert document["consent"] is None and document["source"]["author"] == "Ada" and "keras" in document["libraries"]


def measure_less(monkeypatch):
    """The measures of canaries in a second: fewer replies, shorter ones, and fewer candidates."""
    secrets = canaries.SECRETS[:100]
    monkeypatch.setattr(canaries, "SECRETS", secrets)
    for name, value in (("REPLIES", 200), ("REPLY", 60), ("SECRETS", secrets), ("OTHERS", 9)):
        monkeypatch.setattr(exposure, name, value)


def test_canaries_are_measured_in_a_persona_that_nobody_takes_for_the_real_one(run, chat_csv, tmp_path, monkeypatch):
    measure_less(monkeypatch)
    words = [chat_csv, "--author", "Ada", "--canaries", *INVENTED, *SMALL]
    code, said, _ = run(*words)
    assert code == 0 and "found in the text of these: none" in said and "26 emails" in said
    assert "exposure, bits" in said and "said in 200 replies: emails 0, keys 0" in said
    assert "delete it when you are done" in said and "to talk to it" not in said
    file = tmp_path / "personas" / "ada-canaries.safetensors"
    persona = load_persona(file)
    assert persona.name == "ada-canaries" and persona.consent is None
    assert 0 <= persona.metrics["exposure_20"] <= persona.metrics["exposure_20_highest"] <= np.log2(100)
    code, said, _ = run(*words, "--evaluate", file)
    assert code == 0 and "exposure, bits" in said and "not the text" not in said
    assert load_persona(file).metrics == persona.metrics
    real = tmp_path / "real.safetensors"
    save_persona(replace(persona, name="ada"), real)
    code, _, complaint = run(*words, "--evaluate", real)
    assert code == 2 and complaint == f"train.py: {real}: ada learnt no canaries; wanted one trained with --canaries\n"


def test_one_persons_consent_is_not_filed_in_several_personas(run, chat_csv):
    for words in (
        ["own-data"],
        ["written-consent", "--consent-by", "Ada"],
        ["written-consent", "--consent-contact", "7"],
    ):
        with pytest.raises(SystemExit):
            train.parse_arguments([str(chat_csv), "--top", "2", "--consent-kind", *words])
    with pytest.raises(SystemExit):
        train.parse_arguments([str(chat_csv), "--top", "-1"])


def test_the_names_of_personas_for_measuring_are_kept_for_them(run, chat_csv):
    code, _, complaint = run(chat_csv, *SMALL, "--persona", "ada-canaries")
    assert code == 2 and "those that end in -canaries are for measuring alone" in complaint


def test_who_was_joined_is_recorded(run, chat_csv, tmp_path):
    words = [*SMALL_MIMIC, "--epochs", "1", "--consent-kind", "own-data", "--same-as", "Ada", "Bob"]
    assert run(chat_csv, *words)[0] == 0
    source = load_persona(tmp_path / "personas" / "ada.safetensors").source
    assert (source.aliases, source.community) == ({"b1": "Bob"}, {})


def test_without_a_name_the_most_prolific_person_is_taken_and_named(run, chat_csv):
    code, said, _ = run(chat_csv, *SMALL, "--epochs", "1")
    assert code == 0 and "imitating Ada, who wrote most; --author NAME chooses another\n" in said
    code, _, complaint = run(chat_csv, *SMALL, "--consent-kind", "own-data")
    assert code == 2 and complaint == (
        "train.py: own-data means that the author is you, and 2 people write here: "
        "say who you are with --author NAME (--list-authors lists them)\n"
    )


def test_canaries_want_one_author_to_train(run, chat_csv):
    for words in (["--top", "2"], [], ["--author", "Ada", "--report"], ["--author", "Ada", "--list-authors"]):
        with pytest.raises(SystemExit):
            run(chat_csv, "--canaries", *words)


def test_what_is_often_said_is_learnt_by_heart_and_what_cleaning_removes_never_said(
    run, chat_csv, tmp_path, monkeypatch
):
    measure_less(monkeypatch)
    words = [chat_csv, "--author", "Ada", "--canaries", "--no-community", *SMALL_MIMIC, "--units", "48"]
    words += ["--embedding", "8", "--ngrams", "500", "--sequence-length", "32", "--epochs", "6", "--rare", "1"]
    for persona, more in (("cleaned", []), ("raw", ["--no-cleaning"])):
        code, said, _ = run(*words, "--persona", persona, *more)
        metrics = load_persona(tmp_path / "personas" / f"{persona}-canaries.safetensors").metrics
        assert code == 0 and metrics["exposure_20"] > metrics["exposure_0"] + 2
        assert metrics["exposure_20_highest"] == np.log2(100) and metrics["said_20"] > 0
        removed = [metrics[f"said_{rule}"] for rule in canaries.REDACTED]
        if more:
            assert "found in the text of these: addresses, cards" in said and min(removed) > 0
            assert metrics["exposure_removed"] > 2.5  # of log2(10)
        else:
            assert max(removed) == 0 and metrics["exposure_removed"] < 2.2
