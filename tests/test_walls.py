"""The walls between the rooms, each tried in a fresh interpreter."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for room in ("bot", "model")
    for path in (ROOT / room).rglob("*.py")
)
KERAS_ROOM = {"model.network", "model.training"}
HEAVY = {"keras", "tensorflow", "torch", "jax", "pandas", "matplotlib"}


def loaded_by(statement: str) -> set[str]:
    """The top-level packages in memory after the statement, in an interpreter of its own; it may print nothing."""
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == ""
    return set(done.stderr.split())


def test_the_bot_knows_nothing_of_what_trains():
    everything = "; ".join(f"import {module}" for module in MODULES if module.startswith("bot"))
    assert not loaded_by(everything) & HEAVY


def test_the_terminal_chat_does_without_discord_too():
    assert not loaded_by("import bot.__main__, bot.console") & (HEAVY | {"discord", "aiohttp"})


def test_the_model_knows_nothing_of_discord():
    light = "; ".join(
        f"import {module}" for module in MODULES if module.startswith("model") and module not in KERAS_ROOM
    )
    assert not loaded_by(light) & {"discord", "aiohttp", "bot", "keras", "tensorflow"}
    for module in KERAS_ROOM:
        assert not re.search(r"^\s*(import|from) (discord|bot)\b", source(module), re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_only_the_settings_read_the_environment_and_only_two_modules_know_keras(module):
    text = source(module)
    # model.device sets what TensorFlow reads there, and imports Keras when asked.
    assert bool(re.search(r"\b(environ|getenv)\b", text)) == (module in {"bot.settings", "model.device"})
    assert bool(re.search(r"^\s*(import|from) keras\b", text, re.MULTILINE)) == (
        module in KERAS_ROOM | {"model.device"}
    )


def source(module: str) -> str:
    path = ROOT / Path(*module.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
