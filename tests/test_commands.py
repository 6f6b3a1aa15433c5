"""Commands that are printed for copying run as printed, in a shell, where they were printed."""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.personas import NoConsentError, Personas
from model import commands
from model.commands import BOT, PACKAGES, ROOT, TRAINING, command_line, pip_install, quoted, record_consent, require
from model.persona.file import load_persona, save_persona

needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not here")


def shell(line: str, folder: Path, **settings) -> subprocess.CompletedProcess:
    # As a person's, also where these tests are run by make: without its words to a make inside.
    left_out = ("PYTHONPATH", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CHAT", "FLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in left_out} | settings
    return subprocess.run(
        ["/bin/sh", "-c", line], cwd=folder, capture_output=True, text=True, input="", env=environment, timeout=120
    )


def bare_python(*words, folder: Path, **settings) -> subprocess.CompletedProcess:
    """Run Python without the installed packages: with -S it looks for them nowhere."""
    return shell(quoted(sys.executable, "-S", *map(str, words)), folder, **settings)


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """A folder outside the repository, whose name a shell would take apart."""
    folder = tmp_path / "it's $HOME & more"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(
    ("program", "usage"),
    [
        ("train.py", "Learn how one person chats"),
        ("bot", "Run the bot in Discord"),
        ("model.persona", "Look at a persona file"),
    ],
)
def test_a_printed_command_runs_in_the_repository_and_elsewhere(monkeypatch, elsewhere, program, usage, inside):
    folder = ROOT if inside else elsewhere
    monkeypatch.chdir(folder)
    done = shell(command_line(program, "--help"), folder)
    assert (done.returncode, done.stderr) == (0, "") and usage in done.stdout


def test_the_python_is_relative_where_it_is_inside_the_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert pip_install("ray") == ".venv/bin/python -m pip install ray"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert pip_install("ray") == "./python -m pip install ray"  # without ./ a shell looks elsewhere
    monkeypatch.setattr(sys, "executable", "/opt/my python/python")
    assert pip_install("ray") == "'/opt/my python/python' -m pip install ray"


@pytest.mark.parametrize("words", [["a b", "it's", "$HOME", "`ls`", "", "*", "--x=1;2", "ä\n😀", "a\\b", '"']])
def test_words_reach_the_program_as_they_were(words):
    told = quoted(sys.executable, "-c", "import sys; print(ascii(sys.argv[1:]))", *words)
    assert shell(told, ROOT).stdout == f"{words!a}\n"


def test_words_for_powershell():
    # By its rules: a quote inside single quotes is doubled; what begins with a quote is called by &.
    assert quoted(".venv\\Scripts\\python.exe", "-m", "model.persona", "--by=Ada L", windows=True) == (
        ".venv\\Scripts\\python.exe -m model.persona '--by=Ada L'"
    )
    assert quoted("C:\\My Files\\python.exe", "it's", "$x", "", "-a.b", windows=True) == (
        "& 'C:\\My Files\\python.exe' 'it''s' '$x' '' '-a.b'"
    )


@pytest.mark.parametrize("author", ["Ada", "--ada's $HOME"])
def test_the_command_that_records_a_consent_records_it(monkeypatch, elsewhere, persona, author):
    monkeypatch.chdir(elsewhere)
    file = Path("personas") / "ada.safetensors"
    save_persona(replace(persona, consent=None, source=replace(persona.source, author=author)), file)
    personas = Personas(Path("personas"))
    with pytest.raises(NoConsentError) as refusal:
        personas._load("ada")
    personas.close()
    line = str(refusal.value).split("if they agreed: ")[1]
    assert line == record_consent(file, author)
    assert shell(line, elsewhere).returncode == 0
    consent = load_persona(file).consent
    assert (consent.kind, consent.by) == ("written-consent", author)


def test_what_is_to_be_installed_is_what_the_requirements_list():
    installed = packages_distributions()  # by the names under which they are imported
    for requirements, names in PACKAGES.items():
        lines = (ROOT / requirements).read_text(encoding="utf-8").splitlines()
        listed = {re.match(r"[\w.-]+", line)[0] for line in lines if line and line[0] not in "#-"}
        assert {_plain(installed[name][0]) for name in names} == set(map(_plain, listed))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("script", "words"),
    [("train.py", ["--help"]), ("bot", ["--console"]), ("model/persona", ["show", "x"])],
)
def test_without_its_packages_a_program_says_how_to_install_them(elsewhere, script, words):
    done = bare_python(ROOT / script, *words, folder=elsewhere, PATH=os.defpath)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "not installed for this Python; to install (" in done.stderr


@needs_make
def test_the_command_that_installs_is_understood_by_make(elsewhere):
    for script in ("train.py", "bot", "model/persona"):
        done = bare_python(ROOT / script, folder=elsewhere)
        line = done.stderr.strip().split("which then runs it: ")[1]
        assert " install -r requirements" in shell(f"{line} --dry-run --always-make", elsewhere).stdout


def test_without_make_an_environment_is_made_by_hand(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(commands, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    with pytest.raises(SystemExit) as end:
        require(TRAINING, "train.py")
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(
        ": /usr/bin/python3 -m venv .venv; .venv/bin/python -m pip install -r requirements.txt\n"
    )


def test_in_a_virtual_environment_its_own_pip_installs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(commands, "find_spec", lambda name: None if name == "discord" else sys)
    monkeypatch.setattr(sys, "executable", str(ROOT / ".venv" / "bin" / "python"))
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    with pytest.raises(SystemExit):
        require(BOT, "mimic")
    assert capsys.readouterr().err == (
        "mimic: discord is not installed for this Python; to install (120 MB, under a minute): "
        ".venv/bin/python -m pip install -r requirements-bot.txt\n"
    )


def test_a_python_that_is_too_old_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(commands, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit) as end:
        require(BOT, "mimic")
    assert end.value.code == 2 and "Python 99.0 or newer is needed" in capsys.readouterr().err


def test_no_command_is_written_by_hand():
    for file in (ROOT / "train.py", *(ROOT / "bot").rglob("*.py"), *(ROOT / "model").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        texts = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for text in texts - docstrings:
            assert not re.search(r"\bpython3? (-m|\w+\.py)|\bpip install|MIMIC_\w+=\w", text), f"{file}: {text}"


@needs_make
def test_make_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    listed = shell("make help", ROOT).stdout.splitlines()
    assert sorted(line.split()[1] for line in listed) == sorted(targets)


@needs_make
def test_make_train_without_a_chat_says_how_it_is_called():
    done = shell("make train", ROOT)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and 'make train CHAT=package.zip FLAGS="--author ada"' in done.stderr


@needs_make
@pytest.mark.parametrize(
    ("chat", "flags", "words"),
    [
        ("it's a chat.txt", "--author ada", ["it's a chat.txt", "--author", "ada"]),
        ("a.zip b.zip", "", ["a.zip", "b.zip"]),
        ("'my chat.txt' b.zip", "--author 'Ada L'", ["my chat.txt", "b.zip", "--author", "Ada L"]),
        ('"my chat.txt"', '--author "Ada L"', ["my chat.txt", "--author", "Ada L"]),
    ],
)
def test_make_train_takes_files_with_blanks_and_several(tmp_path, chat, flags, words):
    (tmp_path / "it's a chat.txt").touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nfor word; do echo "$word"; done\n', encoding="utf-8")
    python.chmod(0o755)
    installed = "--assume-old=.venv/training-installed"
    (tmp_path / ".venv" / "training-installed").touch()
    line = quoted("make", "--file", str(ROOT / "Makefile"), installed, "train", f"CHAT={chat}", f"FLAGS={flags}")
    assert shell(line, tmp_path).stdout.splitlines() == ["train.py", *words]
