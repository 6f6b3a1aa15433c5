"""The words of the training command to a recipe and how a chat is read. Knows no text and no network."""

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from model.chats.cleaning import RULES
from model.chats.exports.files import Format
from model.chats.exports.lines import lines
from model.chats.exports.tables import table
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
        description="Train one person's character network from a chat export, and leave it as a persona file "
        "for the bot.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chat", nargs="+", type=Path, help="chat exports: files or folders")
    parser.add_argument(
        "--list-authors", action="store_true", help="list and draw the ten most active authors, and stop"
    )
    parser.add_argument(
        "--report", action="store_true", help="write a page on the chat, without its messages, and stop"
    )
    parser.add_argument(
        "--evaluate",
        metavar="PERSONA",
        help="measure this persona, by name or file, on its author's held-out text, and stop",
    )
    parser.add_argument(
        "--author",
        metavar="NAME|ID",
        help="the person to imitate (default: the one who wrote most; asked in a terminal)",
    )
    parser.add_argument("--top", metavar="N", type=int, default=0, help="imitate each of the N most prolific authors")
    parser.add_argument("--ray", metavar="ADDRESS", help="spread them over a Ray cluster (local: this machine's cores)")
    parser.add_argument("--persona", metavar="NAME", help="name of the persona (default: the author's)")
    parser.add_argument(
        "--canaries",
        action="store_true",
        help="plant invented secrets in the author's messages and measure how well they are learnt (docs/privacy.md)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the run that was interrupted; give the same --minutes, from which the size follows",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="start over, and replace a persona of that name once the new one is finished; a backup of it stays",
    )
    _add_reading(parser)
    _add_consent(parser)
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


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--drop-author",
        metavar="NAME|ID",
        action="append",
        default=[],
        help="leave this author out as a bot, like those that are detected; may be repeated",
    )
    parser.add_argument(
        "--keep-author",
        metavar="NAME|ID",
        action="append",
        default=[],
        help="treat this author as a person, even if detected as a bot; may be repeated",
    )
    parser.add_argument(
        "--same-as",
        metavar="NAME|ID",
        nargs=2,
        action="append",
        default=[],
        help="merge two authors into one, listed under the first name; may be repeated",
    )
    parser.add_argument("--author-column", metavar="NAME", help="of a table (CSV, TSV) of no known format")
    parser.add_argument("--text-column", metavar="NAME", help="of that table")
    parser.add_argument("--time-column", metavar="NAME", help="of that table, if it has one")
    parser.add_argument("--lines-by", metavar="NAME", help="the author of a file with a message on each line")
    effects = "\n".join(f"{name:9} {effect}" for name, effect in RULES.items())
    cleaning = parser.add_argument_group("cleaning", effects)
    cleaning.add_argument("--no-cleaning", action="store_true", help="leave all messages as they are")
    cleaning.add_argument(
        "--keep", metavar="RULE", action="append", default=[], choices=RULES, help="switch off a rule; may be repeated"
    )


def _add_consent(parser: argparse.ArgumentParser) -> None:
    consent = parser.add_argument_group("consent", "by what right the person's words are used; kept in the persona")
    consent.add_argument("--consent-kind", choices=CONSENT_KINDS, help="the ground")
    consent.add_argument(
        "--consent-by", metavar="NAME", default="", help="who gave it (default: the author, but for public kinds)"
    )
    consent.add_argument("--consent-date", metavar="DATE", default="", help="when, as 2026-12-31 (default: today)")
    consent.add_argument("--consent-contact", metavar="TEXT", default="", help="where to reach them")
    consent.add_argument("--consent-expires", metavar="DATE", default="", help="the last day of it, as 2027-12-31")
    consent.add_argument(
        "--consent-quoting", action="store_true", help="messages may be shown as they are, for `guess`"
    )
    consent.add_argument(
        "--community-consent",
        metavar="NAME|ID",
        action="append",
        default=[],
        help=f"who agreed that theirs is learnt too, or {EVERYONE}; without, but for what is public, "
        "the author's messages are all that is learnt; may be repeated",
    )


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    knobs = parser.add_argument_group("recipe", "what people try out; each default is the recipe's")
    knobs.add_argument("--recipe", choices=RECIPES, default="mimic", help="default: mimic")
    knobs.add_argument(
        "--size",
        choices=[*SIZES, "auto"],
        help=f"{'; '.join(map(describe_size, SIZES))}; auto, the default of mimic: as text, time and device allow",
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
