"""What the README promises is what is there."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import train
from model.persona.file import load_persona
from model.persona.recipe import RECIPES, Recipe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 200


def test_every_flag_of_the_recipes_is_listed_with_its_default():
    listed = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    for knob in fields(Recipe):
        defaults = " | ".join(str(getattr(recipe, knob.name)) for recipe in RECIPES.values())
        assert f"| `--{knob.name.replace('_', '-')}` | {defaults} | {knob.metadata['help']} |" in listed


def test_no_gap_is_left_in_the_readme():
    assert not re.findall(r"^[A-Z]{5,}$", README, re.MULTILINE)


# Rooms whose modules are all of one kind: a reader for each format, a file for each command.
ROOMS_OF_ONE_KIND = {"exports", "cogs", "cleaning"}


def test_the_tree_of_the_readme_names_every_module_and_nothing_else():
    paths = [path for room in ("bot", "model") for path in (ROOT / room).rglob("*.py")]
    modules = {path.name for path in paths if path.parent.name not in ROOMS_OF_ONE_KIND} - {"__init__.py"}
    named = set(re.findall(r"\b\w+\.py\b", README.split("## Where things live")[1]))
    assert named - {"stages.py", "table.py"} == modules | {"train.py"}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_the_training_commands_of_the_guides_are_understood(guide):
    text = guide.read_text(encoding="utf-8").replace("\\\n", "")
    for line in re.findall(r"^ +.*\bpython train\.py (.*?)(?:  +#.*)?$", text, re.MULTILINE):
        words = shlex.split(line.replace("--consent-kind KIND", "--consent-kind own-data"))
        assert train.parse_arguments(words)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_every_link_inside_the_repository_leads_to_a_file_and_a_heading(guide):
    for path, _, anchor in links(guide):
        target = guide.parent / path if path else guide
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"


def links(guide: Path) -> list[tuple[str, str, str]]:
    """The links of a guide to files of the repository: the path, a # or "", the heading's anchor."""
    targets = re.findall(r"\]\((?!https?:)([^)]+)\)", guide.read_text(encoding="utf-8"))
    return [target.partition("#") for target in targets]


def anchors(guide: Path) -> set[str]:
    """The headings of a guide, as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_demo_is_small_whole_and_in_the_public_domain():
    file = ROOT / "personas" / "falstaff.safetensors"
    persona = load_persona(file)
    assert file.stat().st_size < 3_000_000
    assert persona.author == "Falstaff" and persona.consent and persona.consent.kind == "public-domain"


def test_requirements_are_bounded_and_have_their_reasons():
    for name in ("requirements-bot.txt", "requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.fullmatch(r"[\w.-]+>=[\d.]+(,<[\d.]+)? +# .+", line), line


def test_the_image_gets_every_file_that_its_recipe_copies():
    copied = re.findall(r"^COPY ([\w.-]+) ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert any(line.startswith(f"!{name}") for line in allowed), name


def test_the_lock_pins_by_hash_what_the_bot_needs_within_its_bounds():
    lock = (ROOT / "requirements-bot.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))
    for line in (ROOT / "requirements-bot.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        wanted = Requirement(line.split("#")[0])
        assert pinned[canonicalize_name(wanted.name)] in wanted.specifier
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[\w.-]+==)", lock)[1:])


def test_each_way_to_lose_something_has_a_test_of_that_name():
    table = (ROOT / "docs" / "nothing-lost.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if re.match(r"\| \d+ \|", line)]
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named and all(f"def {name}(" in tests for name in named), row
    assert len(rows) >= 20
