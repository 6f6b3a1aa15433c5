"""The options of the training command. Knows no text and no network."""

import argparse
from collections.abc import Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from model.chats.cleaning import RULES
from model.chats.consent import KINDS
from model.commands import command_line
from model.persona.file import CONSENT_KINDS, EVERYONE, PUBLIC_KINDS
from model.persona.recipe import RECIPES, SIZES, Recipe
from model.training.choices import describe_size


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; exit with code 2 and one line if it contradicts itself."""
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
    if contradiction := _find_contradiction(arguments):
        parser.error(contradiction)
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
        flag = f"--{knob.name.replace('_', '-')}"
        defaults = [f"{name} {getattr(recipe, knob.name)}" for name, recipe in RECIPES.items()]
        text = f"{knob.metadata['help']} ({', '.join(defaults)})"
        knobs.add_argument(flag, help=text, **_value_of(knob))


def _value_of(knob: "Field[Any]") -> dict[str, Any]:
    """Return what argparse has to know of a knob's value."""
    kind: type = type(knob.default)
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if kind is str:
        return {"choices": knob.metadata["limits"]}
    return {"type": kind, "metavar": "N" if kind is int else "X"}


def _find_contradiction(arguments: argparse.Namespace) -> str | None:
    """Return what contradicts itself on the command line, in a sentence; None if nothing does."""
    if arguments.community_consent and not arguments.consent_kind:
        return "--community-consent wants --consent-kind too: by what right is the author imitated?"
    if bool(arguments.author_column) != bool(arguments.text_column):
        return "--author-column and --text-column go together"
    if arguments.top and (arguments.author or arguments.persona):
        return "--top chooses the authors and names the personas: leave out --author and --persona"
    if arguments.top < 0:
        return f"--top is {arguments.top}; wanted how many authors, 1 or more"
    if arguments.top > 1 and _is_one_persons_consent(arguments):
        return "--top would file one person's consent in all personas: each author's is written-consent, their own"
    if arguments.ray and arguments.resume:
        return "--ray trains from the beginning: leave out --resume"
    if arguments.canaries and not _has_named_author(arguments):
        return "--canaries plants secrets in one person's messages, to train on: name the --author"
    return None


def _is_one_persons_consent(arguments: argparse.Namespace) -> bool:
    if arguments.consent_kind in PUBLIC_KINDS:
        return False
    return bool(arguments.consent_by or arguments.consent_contact or arguments.consent_kind == "own-data")


def _has_named_author(arguments: argparse.Namespace) -> bool:
    """Return whether the command is about one author, to train or to evaluate."""
    if arguments.list_authors or arguments.report:
        return False
    return bool(arguments.author or arguments.evaluate)
