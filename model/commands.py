"""Commands for a person to copy, which run as printed where they were printed; and what is missing to run them.

Knows the standard library alone, since nothing else may be installed yet.
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
# Under which names the packages of each list are imported.
PACKAGES = {
    BOT: ("discord", "numpy", "safetensors", "dotenv", "PIL", "aiosqlite", "prompt_toolkit", "prometheus_client"),
    TRAINING: (
        *("tensorflow", "keras", "pandas", "matplotlib", "tqdm", "sklearn", "pyppmd", "filelock", "ijson"),
        *("zstandard", "py3langid", "pyarrow", "stdnum"),
    ),
}
INCLUDED = {BOT: (BOT,), TRAINING: (BOT, TRAINING)}
EFFORT = {BOT: "120 MB, under a minute", TRAINING: "2.7 GB, about 2 minutes"}
TARGETS = {BOT: "install-bot", TRAINING: "install"}  # of the Makefile


def command_line(program: str, *words: str) -> str:
    """Return the line that runs a program of this project from the current folder.

    Args:
        program: a script (`train.py`) or a module (`bot`, `model.persona.file`).
        words: what follows it.
    """
    script = ROOT / program
    if program.endswith(".py"):
        return quoted(_python(), _from_here(script), *words)
    if Path.cwd() == ROOT:
        return quoted(_python(), "-m", program, *words)
    script = ROOT.joinpath(*program.split("."))  # a package is run by its folder, a module by its file
    return quoted(_python(), _from_here(script if script.is_dir() else script.with_suffix(".py")), *words)


def record_consent(persona_file: Path, author: str) -> str:
    """Return the line that records in a persona file that the person agreed in writing."""
    return command_line("model.persona", "consent", str(persona_file), "--kind", "written-consent", f"--by={author}")


def pip_install(*words: str) -> str:
    """Return the line that installs packages for this Python."""
    return quoted(_python(), "-m", "pip", "install", *words)


def quoted(*words: str, windows: bool = os.name == "nt") -> str:
    """Join words to a line for the shell: on Windows for PowerShell, else for a POSIX shell."""
    if not windows:
        return shlex.join(words)
    line = " ".join(map(_for_powershell, words))
    return f"& {line}" if line.startswith("'") else line  # or it would be a text and no command


def _for_powershell(word: str) -> str:
    if re.fullmatch(r"--?[\w-]+|[\w\\/.:=+][\w\\/.:=+-]*", word):
        return word
    return "'" + word.replace("'", "''") + "'"


def _python() -> str:
    python = _from_here(Path(sys.executable))
    return python if os.sep in python else os.path.join(os.curdir, python)  # noqa: PTH118 - Path takes ./ away


def _from_here(path: Path) -> str:
    """Return a path relative to the current folder if it is inside, else absolute; a link is not followed."""
    here = Path.cwd()
    for each in (path, path.parent.resolve() / path.name):
        if each.is_relative_to(here):
            return str(each.relative_to(here))
    return str(path)


def require(requirements: str, program: str) -> None:
    """Exit with code 2 and one line that says how to install packages, unless all of a list are there.

    Args:
        requirements: the list's file, BOT or TRAINING.
        program: what needs them, as it is called in messages.
    """
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        _refuse(f"{program}: Python {oldest} or newer is needed, this is {sys.version.split()[0]}")
    missing = [name for included in INCLUDED[requirements] for name in PACKAGES[included] if find_spec(name) is None]
    if missing:
        several = f" and {len(missing) - 1} more packages" if len(missing) > 1 else ""
        verb = "are" if several else "is"
        _refuse(f"{program}: {missing[0]}{several} {verb} not installed for this Python; {_advice(requirements)}")


def _advice(requirements: str) -> str:
    """Say how to install a list: for this Python if it is a virtual environment's, else in the folder's own."""
    effort = EFFORT[requirements]
    file = _from_here(ROOT / requirements)
    if sys.prefix != sys.base_prefix:
        return f"to install ({effort}): {pip_install('-r', file)}"
    environment = ROOT / ".venv"
    python = _from_here(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
    if shutil.which("make"):
        where = [] if Path.cwd() == ROOT else ["-C", str(ROOT)]
        line = quoted("make", *where, TARGETS[requirements])
    else:
        made = quoted(_python(), "-m", "venv", _from_here(environment))
        line = f"{made}; {quoted(python, '-m', 'pip', 'install', '-r', file)}"
    return f"to install ({effort}) for {python}, which then runs it: {line}"


def _refuse(reason: str) -> None:
    print(reason, file=sys.stderr)
    sys.exit(2)
