"""Training where something lies already: nothing is replaced unless it is asked for, and what is replaced is kept."""

import io
import subprocess
import sys
from dataclasses import replace

import pytest

import train
from model.persona import storage as files
from model.persona.file import load_persona, save_persona
from model.persona.forgotten import OWNER, THEMSELVES, Forgotten, list_forgotten
from model.persona.storage import backup_of
from model.training.checkpoint import FILE as CHECKPOINT
from tests.test_train import INVENTED, SMALL, SMALL_MIMIC

CONSENTED = [*SMALL, *INVENTED]
ONE_EPOCH = [*CONSENTED, "--epochs", "1"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in an empty folder; return its exit code, what it printed and its complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*words) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        code = train.main()
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def interrupt(monkeypatch):
    """Let the training stop after its first epoch, as Ctrl-C makes it; `False` lets it run on."""
    from model.training.loop import Training

    epochs = Training.epochs

    def interrupted(self):
        for epoch in epochs(self):
            self.interrupted = True
            yield epoch

    return lambda wanted: monkeypatch.setattr(Training, "epochs", interrupted if wanted else epochs)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "personas" / "ada.safetensors"


@pytest.fixture
def no_training(monkeypatch):
    """Make the import of the training itself fail: what is refused is refused before it."""
    monkeypatch.setitem(sys.modules, "model.training.loop", None)


def test_a_persona_is_not_replaced_unless_it_is_asked_for(run, chat_csv, file, persona, no_training):
    save_persona(persona, file)
    before = file.read_bytes()
    code, _, complaint = run(chat_csv, *CONSENTED)
    assert code == 2 and complaint.count("\n") == 1 and file.read_bytes() == before
    for words in ("personas/ada.safetensors", "2.50", "consent by Ada", "--persona NAME", "--replace"):
        assert words in complaint
    assert "--resume" not in complaint  # no run of it is there


def test_a_persona_whose_run_is_there_can_be_resumed_too(run, chat_csv, file):
    assert run(chat_csv, *ONE_EPOCH)[0] == 0
    before = file.read_bytes()
    code, _, complaint = run(chat_csv, *ONE_EPOCH)
    assert code == 2 and "--resume" in complaint and "--replace" in complaint and file.read_bytes() == before
    code, printed, _ = run(chat_csv, *CONSENTED, "--resume")
    assert code == 0 and "epoch 2/2" in printed and not backup_of(file).exists()


def test_a_damaged_persona_is_not_replaced_either(run, chat_csv, file, no_training):
    file.parent.mkdir()
    file.write_bytes(b"half")
    code, _, complaint = run(chat_csv, *CONSENTED)
    assert code == 2 and "--replace" in complaint and file.read_bytes() == b"half"


def test_each_of_several_personas_is_looked_at_before_the_first_is_trained(run, chat_csv, tmp_path, no_training):
    rows = [f"d{n},d1,Dee,2026-01-02T{n // 4:02}:{n:02}:00Z,{chr(97 + n % 26)} word of mine {n}" for n in range(60)]
    chat_csv.write_text(chat_csv.read_text() + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "dee.safetensors").write_bytes(b"another's")
    for others in ([], ["--resume"], ["--ray", "local"]):
        code, _, complaint = run(chat_csv, *CONSENTED, "--top", "2", *others)
        assert code == 2 and "personas/dee.safetensors" in complaint and "--replace" in complaint
    with pytest.raises(SystemExit):
        train.parse_arguments([str(chat_csv), "--ray", "local", "--resume"])


def test_replace_keeps_the_persona_before_as_a_backup(run, chat_csv, file, persona):
    save_persona(persona, file)
    before = file.read_bytes()
    code, printed, _ = run(chat_csv, *ONE_EPOCH, "--replace")
    assert code == 0 and load_persona(file).source.messages == 54 and backup_of(file).read_bytes() == before
    assert "personas/ada.safetensors.old" in printed


def test_until_a_replacement_is_finished_the_persona_before_stays_in_use(run, chat_csv, file, persona, interrupt):
    save_persona(persona, file)
    before = file.read_bytes()
    interrupt(True)
    for _ in range(2):  # begun anew twice: the backup is still the good one
        code, printed, _ = run(chat_csv, *CONSENTED, "--replace")
        assert code == 130 and file.read_bytes() == backup_of(file).read_bytes() == before
        assert "personas/ada.safetensors stays as it was until the run is finished" in printed
    interrupt(False)
    code, printed, _ = run(chat_csv, *CONSENTED, "--resume")
    assert code == 0 and "epoch 2/2" in printed
    assert file.read_bytes() != before and backup_of(file).read_bytes() == before


def test_an_interrupted_run_is_not_begun_anew_unless_it_is_asked_for(run, chat_csv, tmp_path, interrupt):
    interrupt(True)
    run(chat_csv, *CONSENTED)
    interrupt(False)
    checkpoint = tmp_path / "runs" / "ada" / CHECKPOINT
    before = checkpoint.read_bytes()
    code, _, complaint = run(chat_csv, *CONSENTED)
    assert code == 2 and complaint.count("\n") == 1 and checkpoint.read_bytes() == before
    for words in ("unfinished run (1 of 2 epochs)", "--resume", "--persona NAME", "--replace"):
        assert words in complaint
    code, printed, _ = run(chat_csv, *CONSENTED, "--replace")
    assert code == 0 and "epoch 1/2" in printed and "epoch 2/2" in printed


def test_a_run_is_not_resumed_over_a_persona_that_it_did_not_make(run, chat_csv, file, persona, interrupt):
    interrupt(True)
    run(chat_csv, *CONSENTED)
    interrupt(False)
    save_persona(persona, file)  # somebody copied another one here
    before = file.read_bytes()
    code, _, complaint = run(chat_csv, *CONSENTED, "--resume")
    assert code == 2 and "was not made by the run in runs/ada" in complaint and file.read_bytes() == before
    code, _, _ = run(chat_csv, *CONSENTED, "--resume", "--replace")
    assert code == 0 and backup_of(file).read_bytes() == before and load_persona(file).source.messages == 54


def test_a_consent_that_was_recorded_meanwhile_survives_a_resumed_run(run, chat_csv, file, persona):
    assert run(chat_csv, *SMALL, "--epochs", "1")[0] == 0
    consent = replace(persona.consent, by="Ada herself")
    save_persona(replace(load_persona(file), consent=consent), file)
    code, printed, _ = run(chat_csv, *SMALL, "--resume")
    assert code == 0 and load_persona(file).consent == consent
    assert "the consent in personas/ada.safetensors is kept" in printed


def test_a_replacement_that_diverges_leaves_the_persona_before(run, chat_csv, file, persona, monkeypatch):
    from model.training.loop import Training

    def diverging(self):
        for epoch in epochs(self):
            self.progress.diverged = True
            yield epoch

    epochs = Training.epochs
    monkeypatch.setattr(Training, "epochs", diverging)
    save_persona(persona, file)
    before = file.read_bytes()
    code, _, complaint = run(chat_csv, *CONSENTED, "--replace")
    assert code == 2 and "--learning-rate" in complaint and file.read_bytes() == before


def test_a_full_disk_leaves_the_persona_that_was_to_be_replaced(run, chat_csv, file, persona, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    save_persona(persona, file)
    before = file.read_bytes()
    monkeypatch.setattr(files, "save_file", full)
    code, _, complaint = run(chat_csv, *CONSENTED, "--replace")
    assert code == 2 and "No space left on device" in complaint and complaint.count("\n") == 1
    assert file.read_bytes() == before and not list(file.parent.glob("*.part"))


def test_a_replacement_that_is_killed_leaves_the_persona_before(run, chat_csv, file, persona, tmp_path):
    save_persona(persona, file)
    before = file.read_bytes()
    command = [sys.executable, train.__file__, str(chat_csv), *CONSENTED, "--epochs", "50", "--replace"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path) as training:
        while b"epoch 2/50" not in training.stdout.readline():
            assert training.poll() is None
        training.kill()
    assert file.read_bytes() == backup_of(file).read_bytes() == before


@pytest.mark.parametrize("happened", ["deleted", "changed"])
def test_measuring_brings_no_file_back_and_changes_no_other(run, chat_csv, file, happened, monkeypatch):
    """A forgetting, or a consent, may come while the measures are taken."""
    from model.measures import imitation

    assert run(chat_csv, *ONE_EPOCH)[0] == 0
    evaluate = imitation.evaluate

    def meanwhile(*words):
        file.unlink() if happened == "deleted" else save_persona(replace(load_persona(file), consent=None), file)
        return evaluate(*words)

    monkeypatch.setattr(imitation, "evaluate", meanwhile)
    code, _, complaint = run(chat_csv, "--evaluate", file)
    if happened == "deleted":
        assert code == 2 and "was deleted meanwhile" in complaint and not file.exists()
    else:
        assert code == 0 and load_persona(file).consent is None


def test_who_was_forgotten_is_not_trained_again_unless_that_is_undone(run, chat_csv, tmp_path, no_training):
    person = Forgotten("Ada", ["a1"], "2026-07-01", THEMSELVES)
    (tmp_path / "personas").mkdir()
    list_forgotten(person, tmp_path / "personas")
    for words in ([], ["--resume"], ["--replace"], ["--persona", "somebody"]):
        code, _, complaint = run(chat_csv, *CONSENTED, *words)
        assert code == 2 and complaint.count("\n") == 1
        assert "Ada is not to be imitated any more (asked for by themselves on 2026-07-01)" in complaint
        assert complaint.rstrip().endswith("bot --remember a1")


def test_who_was_forgotten_teaches_nobody_else(run, chat_csv, tmp_path):
    (tmp_path / "personas").mkdir()
    list_forgotten(Forgotten("Bob", ["b1"], "2026-07-01", OWNER), tmp_path / "personas")
    code, printed, _ = run(chat_csv, *SMALL_MIMIC, *INVENTED, "--epochs", "1")
    assert code == 0 and "learnt first" not in printed
    assert "left out, as they are not to be imitated any more: Bob" in printed
    assert load_persona(tmp_path / "personas" / "ada.safetensors").source.community == {}


def test_a_forgetting_while_the_training_runs_leaves_no_persona(run, chat_csv, file, monkeypatch):
    from model.training.loop import Training

    def forgotten(self):
        for epoch in epochs(self):
            list_forgotten(Forgotten("Ada", ["a1"], "2026-07-01", OWNER), file.parent)
            yield epoch

    epochs = Training.epochs
    monkeypatch.setattr(Training, "epochs", forgotten)
    file.parent.mkdir()
    code, _, complaint = run(chat_csv, *CONSENTED)
    assert code == 2 and "Ada is not to be imitated any more" in complaint and not file.exists()
