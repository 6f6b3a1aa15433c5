"""The walls between the rooms, each tried in a fresh interpreter."""

import ast
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
# The only modules that may import Keras, of the only room that may; the last one imports it when it is asked.
KERAS = {"model.training.network", "model.training.loop", "model.training.device"}
WITHOUT_KERAS = [module for module in MODULES if module.startswith("model") and module not in KERAS]
HEAVY = {"keras", "tensorflow", "torch", "jax", "pandas", "matplotlib"}
# What a room may import of this project, besides itself.
ROOMS = {
    "model.persona": {"model.commands"},
    "model.chats": {"model.commands", "model.persona"},
    "model.measures": {"model.commands", "model.persona", "model.chats", "model.training"},
    "model.training": {"model.commands", "model.persona", "model.chats", "model.measures"},
    "bot": {"model.commands", "model.persona"},
}


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
    light = "; ".join(f"import {module}" for module in WITHOUT_KERAS)
    assert not loaded_by(light) & {"discord", "aiohttp", "bot", "keras", "tensorflow"}
    for module in KERAS:
        assert not re.search(r"^\s*(import|from) (discord|bot)\b", source(module), re.MULTILINE)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_that_it_may(room):
    allowed = {room, *ROOMS[room]}
    for module in MODULES:
        if module == room or module.startswith(f"{room}."):
            imported = imports(module) - {"model"}  # which holds the errors' base class
            strangers = {name for name in imported if not any(f"{name}.".startswith(f"{each}.") for each in allowed)}
            assert not strangers, f"{module} imports {strangers}"


@pytest.mark.parametrize("module", MODULES)
def test_only_the_settings_read_the_environment_and_only_training_knows_keras(module):
    text = source(module)
    # model.training.device sets what TensorFlow reads there.
    assert bool(re.search(r"\b(environ|getenv)\b", text)) == (module in {"bot.settings", "model.training.device"})
    assert bool(re.search(r"^\s*(import|from) keras\b", text, re.MULTILINE)) == (module in KERAS)


def imports(module: str) -> set[str]:
    """The modules of this project that a module imports, anywhere in its text."""
    names = set()
    for node in ast.walk(ast.parse(source(module))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names if node.module in ("model", "bot")}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] in ("bot", "model")} - {"model.UserError"}


def source(module: str) -> str:
    path = ROOT / Path(*module.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
