"""The words of the training command to a recipe and how a chat is read. Knows no text and no network."""

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from model.chats.cleaning import RULES
from model.chats.consent import KINDS
from model.chats.exports.files import Format
from model.chats.exports.lines import lines
from model.chats.exports.tables import table
from model.commands import command_line
from model.measures import Canary, make_canaries
from model.persona.file import CONSENT_KINDS, EVERYONE, PUBLIC_KINDS
from model.persona.recipe import (
    LITTLE_TEXT,
    RECIPES,
    SHORT,
    SHORT_BATCH,
    SHORT_SEQUENCE,
    SIZES,
    Recipe,
    choose_size,
)
from model.training.device import gpus


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; every knob of `model.persona.recipe.Recipe` is a flag."""
    parser = argparse.ArgumentParser(
        prog=command_line("train.py"),
        usage="%(prog)s CHAT [CHAT ...] [options]",
        description=_describe_command(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    _add_looking(parser)
    _add_chat(parser)
    _add_consent(parser)
    _add_cleaning(parser)
    _add_run(parser)
    _add_recipe(parser)
    arguments = parser.parse_args(words)
    if arguments.community_consent and not arguments.consent_kind:
        parser.error("--community-consent wants --consent-kind too: by what right is the author imitated?")
    if bool(arguments.author_column) != bool(arguments.text_column):
        parser.error("--author-column and --text-column go together")
    if arguments.top and (arguments.author or arguments.persona):
        parser.error("--top chooses the authors and names the personas: leave out --author and --persona")
    if arguments.top < 0:
        parser.error(f"--top is {arguments.top}; wanted how many authors, 1 or more")
    one = arguments.consent_by or arguments.consent_contact or arguments.consent_kind == "own-data"
    if arguments.top > 1 and one and arguments.consent_kind not in PUBLIC_KINDS:
        parser.error(
            "--top would file one person's consent in all personas: each author's is written-consent, their own"
        )
    if arguments.ray and arguments.resume:
        parser.error("--ray trains from the beginning: leave out --resume")
    named = arguments.author or arguments.evaluate
    if arguments.canaries and (not named or arguments.list_authors or arguments.report):
        parser.error("--canaries plants secrets in one person's messages, to train on: name the --author")
    return arguments


def _describe_command() -> str:
    train = command_line("train.py", "package.zip")
    talk = command_line("bot", "--console", "--persona", "ada")
    return f"""Learn how one person chats from a chat export, and write a persona file for the bot.

for example:
  {train} --list-authors
  {train} --author ada --consent-kind own-data
  {talk}"""


def _add_looking(parser: argparse.ArgumentParser) -> None:
    looking = parser.add_argument_group("instead of training")
    looking.add_argument("-h", "--help", action="help", help="show this help and stop")
    looking.add_argument("--list-authors", action="store_true", help="list and draw the most active authors, and stop")
    looking.add_argument("--report", action="store_true", help="write a page of charts, without messages, and stop")
    looking.add_argument(
        "--evaluate",
        metavar="PERSONA",
        help="measure this persona, by name or file, on its author's held-out text, and stop",
    )


def _add_chat(parser: argparse.ArgumentParser) -> None:
    chat = parser.add_argument_group("chat")
    chat.add_argument(
        "chat",
        metavar="CHAT",
        nargs="+",
        type=Path,
        help="chat exports: files, folders or archives; formats are recognised by content (docs/exports.md)",
    )
    chat.add_argument(
        "--author",
        metavar="NAME|ID",
        help="the person to imitate (default: you are asked in a terminal; otherwise the one who wrote most)",
    )
    chat.add_argument(
        "--same-as",
        metavar="NAME|ID",
        nargs=2,
        action="append",
        default=[],
        help="merge two authors into one, listed under the first name; may be repeated",
    )
    chat.add_argument(
        "--drop-author",
        metavar="NAME|ID",
        action="append",
        default=[],
        help="leave this author out as a bot, like those that are detected; may be repeated",
    )
    chat.add_argument(
        "--keep-author",
        metavar="NAME|ID",
        action="append",
        default=[],
        help="treat this author as a person, even if detected as a bot; may be repeated",
    )
    chat.add_argument("--lines-by", metavar="NAME", help="read a text file with a message on each line, all by NAME")
    chat.add_argument("--author-column", metavar="NAME", help="read any table (CSV, TSV): the column of the authors")
    chat.add_argument("--text-column", metavar="NAME", help="the column of the messages in that table")
    chat.add_argument("--time-column", metavar="NAME", help="the column of the times in that table, if it has one")


def _add_consent(parser: argparse.ArgumentParser) -> None:
    kinds = "\n".join(f"  {kind:16} {meaning}" for kind, meaning in KINDS.items())
    consent = parser.add_argument_group(
        "consent",
        f"The grounds on which the person's messages are used, stored in the persona file. KIND is one of:\n{kinds}",
    )
    consent.add_argument(
        "--consent-kind",
        metavar="KIND",
        choices=CONSENT_KINDS,
        help="the grounds (default: you are asked in a terminal; otherwise none, and the bot won't load the persona)",
    )
    consent.add_argument(
        "--consent-by",
        metavar="NAME",
        default="",
        help="the person who consented (default: the author; for public kinds nobody)",
    )
    consent.add_argument("--consent-date", metavar="DATE", default="", help="the day, as 2026-12-31 (default: today)")
    consent.add_argument(
        "--consent-contact",
        metavar="TEXT",
        default="",
        help="how to reach the person; with a Discord id they can withdraw in Discord",
    )
    consent.add_argument(
        "--consent-expires", metavar="DATE", default="", help="the last day, as 2027-12-31 (default: none)"
    )
    consent.add_argument(
        "--consent-quoting", action="store_true", help="messages may be shown word for word, in the game `guess`"
    )
    consent.add_argument(
        "--community-consent",
        metavar="NAME|ID",
        action="append",
        default=[],
        help=f"another person who agreed that their messages are learnt from, or {EVERYONE}; may be repeated; without "
        "it only the author's messages are learnt from, except with a public kind, which includes all",
    )


def _add_cleaning(parser: argparse.ArgumentParser) -> None:
    rules = "\n".join(f"  {name:16} {effect}" for name, effect in RULES.items())
    cleaning = parser.add_argument_group("cleaning", f"Rules that clean every message before training:\n{rules}")
    cleaning.add_argument(
        "--keep",
        metavar="RULE",
        action="append",
        default=[],
        choices=RULES,
        help="switch a rule off; may be repeated",
    )
    cleaning.add_argument("--no-cleaning", action="store_true", help="switch all rules off")


def _add_run(parser: argparse.ArgumentParser) -> None:
    run = parser.add_argument_group("run")
    run.add_argument("--persona", metavar="NAME", help="name of the persona (default: the author's)")
    run.add_argument(
        "--resume",
        action="store_true",
        help="continue the run that was interrupted; give the same --minutes, from which the size follows",
    )
    run.add_argument(
        "--replace",
        action="store_true",
        help="start over, and replace a persona of that name once the new one is finished; a backup of it stays",
    )
    run.add_argument("--top", metavar="N", type=int, default=0, help="imitate each of the N most prolific authors")
    run.add_argument(
        "--ray", metavar="ADDRESS", help="train the personas on a Ray cluster; `local` uses this machine's cores"
    )
    run.add_argument(
        "--canaries",
        action="store_true",
        help="plant invented secrets in the author's messages and measure how well they are learnt (docs/privacy.md)",
    )


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    sizes = "\n".join(f"  {describe_size(size)}" for size in SIZES)
    knobs = parser.add_argument_group(
        "recipe",
        f"The numbers of a training run (docs/recipes.md), with each recipe's default. SIZE is one of:\n{sizes}",
    )
    knobs.add_argument("--recipe", choices=RECIPES, default="mimic", help="the recipe (default: mimic)")
    knobs.add_argument(
        "--size",
        metavar="SIZE",
        choices=[*SIZES, "auto"],
        help="the size of the network, or auto: as text, time and device allow (mimic auto)",
    )
    for knob in fields(Recipe):
        kind: type = type(knob.default)
        options: dict[str, Any] = {"metavar": "N" if kind is int else "X", "type": kind}
        if kind is str:
            options = {"choices": knob.metadata["limits"]}
        if kind is bool:
            options = {"action": argparse.BooleanOptionalAction}
        defaults = ", ".join(f"{name} {getattr(recipe, knob.name)}" for name, recipe in RECIPES.items())
        knobs.add_argument(f"--{knob.name.replace('_', '-')}", help=f"{knob.metadata['help']} ({defaults})", **options)


def describe_size(size: str, recipe: Recipe | None = None) -> str:
    """Say what a size sets, and where a recipe is given, what that has of it in the end."""
    knobs = {knob: getattr(recipe, knob) if recipe else value for knob, value in SIZES[size].items()}
    return f"{size}: " + ", ".join(f"{knob.replace('_', ' ')} {value}" for knob, value in knobs.items())


def choose_rules(arguments: argparse.Namespace) -> list[str]:
    """Return the rules of cleaning that are on."""
    return [] if arguments.no_cleaning else [rule for rule in RULES if rule not in arguments.keep]


def choose_plain(arguments: argparse.Namespace) -> Format | None:
    """Return how files are read of which the command line alone tells the format; None: their content tells."""
    if arguments.author_column:
        return table(arguments.author_column, arguments.text_column, arguments.time_column)
    return lines(arguments.lines_by) if arguments.lines_by else None


def choose_recipe(arguments: argparse.Namespace) -> Recipe:
    """Return the named recipe with the knobs that were given on the command line."""
    given = {knob.name: getattr(arguments, knob.name) for knob in fields(Recipe)}
    return replace(RECIPES[arguments.recipe], **{name: value for name, value in given.items() if value is not None})


def settle_size(arguments: argparse.Namespace, recipe: Recipe, *, training: int, community: int) -> Recipe:
    """Return the recipe in the size that was asked for, or in one that fits text, time and device; say which.

    Args:
        training: characters of the author to learn from.
        community: characters of everybody to learn from first; 0: none.
    """
    size = arguments.size or ("auto" if arguments.recipe == "mimic" else None)
    if size is None:
        return recipe
    characters = community or training
    chosen = size == "auto"
    if chosen:
        gpu = bool(gpus())
        size = choose_size(characters, recipe.minutes, gpu)
        short = 0 < recipe.minutes < SHORT and not gpu
        if short and arguments.batch_size is None and arguments.sequence_length is None:
            recipe = replace(recipe, batch_size=SHORT_BATCH, sequence_length=SHORT_SEQUENCE)
    kept = {knob for knob in SIZES[size] if getattr(arguments, knob) is not None}
    if not recipe.ngrams:
        kept.add("ngrams")
    if community < LITTLE_TEXT:  # nothing for large batches
        kept.add("batch_size")
    recipe = replace(recipe, **{knob: value for knob, value in SIZES[size].items() if knob not in kept})
    if chosen:
        print(f"size: {describe_size(size, recipe)}; for {characters:,} characters (--size chooses another)")
    return recipe


def choose_canaries(arguments: argparse.Namespace, recipe: Recipe) -> list[Canary]:
    """Return the secrets to plant: none, unless they are asked for."""
    return make_canaries(recipe.random_seed) if arguments.canaries else []
