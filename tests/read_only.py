"""A folder that a process of its own can't write, whoever runs it: the superuser can write in any other."""

import os
from pathlib import Path

# Python reports each step to audit hooks before it takes it; an error raised there is the step's.
HOOK = """
import errno, os, sys

def refuse(event, arguments):
    path = os.fspath(arguments[0]) if arguments and isinstance(arguments[0], (str, os.PathLike)) else ""
    changes = event in ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "shutil.rmtree")
    if event == "open":
        changes = bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    if changes and os.path.abspath(path).startswith({folder!r}):
        raise OSError(errno.{error}, os.strerror(errno.{error}), path)

sys.addaudithook(refuse)
"""


def python_path(folder: Path, hooks: Path, error: str = "EROFS") -> str:
    """Return the PYTHONPATH with which a process can't write in a folder.

    Args:
        hooks: an empty folder for the hook.
        error: that each attempt ends in; ENOSPC: as if the disk were full.
    """
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK.format(folder=str(folder), error=error), encoding="utf-8")
    return os.pathsep.join([str(hooks), str(Path(__file__).parent.parent)])
