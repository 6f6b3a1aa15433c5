"""Commands for a person to copy, which run as printed in the current folder; and packages that are missing for them.

Imports the standard library only, since nothing else may be installed yet.
"""

import os
import re
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
BOT, TRAINING = "requirements-bot.txt", "requirements.txt"
# The names under which the packages of each list are imported.
PACKAGES = {
    BOT: (
        "discord",
        "numpy",
        "safetensors",
        "dotenv",
        "PIL",
        "aiosqlite",
        "prompt_toolkit",
        "prometheus_client",
    ),
    TRAINING: (
        "tensorflow",
        "keras",
        "pandas",
        "matplotlib",
        "tqdm",
        "sklearn",
        "pyppmd",
        "filelock",
        "ijson",
        "zstandard",
        "py3langid",
        "pyarrow",
        "stdnum",
    ),
}
EFFORT = {BOT: "120 MB, under a minute", TRAINING: "2.7 GB, about 2 minutes"}
TARGETS = {BOT: "install-bot", TRAINING: "install"}  # in the Makefile


def command_line(program: str, *words: str) -> str:
    """Return the line that runs a program of this project from the current folder.

    Args:
        program: a script (`train.py`) or a module (`bot`, `model.persona`).
        words: the program's arguments.
    """
    is_module = not program.endswith(".py")
    if is_module and Path.cwd() == ROOT:
        return quoted(_python(), "-m", program, *words)
    script = ROOT / program
    if is_module:
        script = _script_of(program)
    return quoted(_python(), _from_here(script), *words)


def _script_of(module: str) -> Path:
    """Return the path that runs a module: a package's folder, or a module's file."""
    path = ROOT.joinpath(*module.split("."))
    if path.is_dir():
        return path
    return path.with_suffix(".py")


def record_consent(persona_file: Path, author: str) -> str:
    """Return the line that records in a persona file that the person agreed in writing."""
    return command_line(
        "model.persona",
        "consent",
        str(persona_file),
        "--kind",
        "written-consent",
        f"--by={author}",
    )


def pip_install(*words: str) -> str:
    """Return the line that installs packages for this Python."""
    return quoted(_python(), "-m", "pip", "install", *words)


def quoted(*words: str, windows: bool = os.name == "nt") -> str:
    """Join words to a line for the shell: on Windows for PowerShell, else for a POSIX shell."""
    if not windows:
        return shlex.join(words)
    line = " ".join(map(_for_powershell, words))
    if line.startswith("'"):  # without &, PowerShell prints a quoted word and runs nothing
        line = f"& {line}"
    return line


def _for_powershell(word: str) -> str:
    if re.fullmatch(r"--?[\w-]+|[\w\\/.:=+][\w\\/.:=+-]*", word):
        return word
    escaped = word.replace("'", "''")
    return f"'{escaped}'"


def _python() -> str:
    python = _from_here(Path(sys.executable))
    if os.sep in python:
        return python
    return os.path.join(os.curdir, python)  # noqa: PTH118 - Path would remove the ./


def _from_here(path: Path) -> str:
    """Return a path, relative to the current folder if it is inside; a link is not followed."""
    here = Path.cwd()
    real = path.parent.resolve() / path.name
    for candidate in (path, real):
        if candidate.is_relative_to(here):
            return str(candidate.relative_to(here))
    return str(path)


def require(requirements: str, program: str) -> None:
    """Exit with code 2 and one line on how to install packages, unless all packages of a list are installed.

    Args:
        requirements: the file with the list, BOT or TRAINING.
        program: the name of the program that needs them, for the line.
    """
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        _refuse(f"{program}: Python {oldest} or newer is needed, this is {sys.version.split()[0]}")
    packages = PACKAGES[BOT]
    if requirements == TRAINING:
        packages += PACKAGES[TRAINING]
    missing = [name for name in packages if find_spec(name) is None]
    if not missing:
        return
    subject = f"{missing[0]} is"
    if len(missing) > 1:
        subject = f"{missing[0]} and {len(missing) - 1} more packages are"
    _refuse(f"{program}: {subject} not installed for this Python; {_advice(requirements)}")


def _advice(requirements: str) -> str:
    """Describe how to install a list: for this Python if it is in a virtual environment, else in one of the project."""
    effort = EFFORT[requirements]
    in_environment = sys.prefix != sys.base_prefix
    if in_environment:
        file = _from_here(ROOT / requirements)
        return f"to install ({effort}): {pip_install('-r', file)}"
    folder = ".venv/Scripts" if os.name == "nt" else ".venv/bin"
    python = _from_here(ROOT / folder / "python")
    line = _make_line(requirements) if shutil.which("make") else _venv_line(requirements, python)
    return f"to install ({effort}) for {python}, which then runs it: {line}"


def _make_line(requirements: str) -> str:
    target = TARGETS[requirements]
    if Path.cwd() == ROOT:
        return quoted("make", target)
    return quoted("make", "-C", str(ROOT), target)


def _venv_line(requirements: str, python: str) -> str:
    """Return the line that makes the project's virtual environment, and installs a list for its Python."""
    create = quoted(_python(), "-m", "venv", _from_here(ROOT / ".venv"))
    install = quoted(python, "-m", "pip", "install", "-r", _from_here(ROOT / requirements))
    return f"{create}; {install}"


def _refuse(reason: str) -> None:
    print(reason, file=sys.stderr)
    sys.exit(2)
