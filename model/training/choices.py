"""The options of the training command to what they choose: how a chat is read, whom to imitate, the recipe, its size.

Knows no network.
"""

import argparse
from dataclasses import fields, replace

import pandas as pd

from model.chats.cleaning import RULES
from model.chats.exports.files import Format
from model.chats.exports.lines import lines
from model.chats.exports.tables import table
from model.chats.people import Author, AuthorError, Chat, author_of_id, find_author
from model.measures import Canary, make_canaries
from model.persona.file import CANARIES, Persona, PersonaError, check_name
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
from model.training.corpus import Corpus
from model.training.device import gpus


def choose_format(arguments: argparse.Namespace) -> Format | None:
    """Return the format that the command line describes; None if the files' content tells theirs."""
    if arguments.author_column:
        return table(arguments.author_column, arguments.text_column, arguments.time_column)
    if arguments.lines_by:
        return lines(arguments.lines_by)
    return None


def choose_rules(arguments: argparse.Namespace) -> list[str]:
    """Return the names of the cleaning rules that are on."""
    if arguments.no_cleaning:
        return []
    return [rule for rule in RULES if rule not in arguments.keep]


def choose_canaries(arguments: argparse.Namespace, recipe: Recipe) -> list[Canary]:
    """Return the secrets to plant; none unless the command line asks for them."""
    if not arguments.canaries:
        return []
    return make_canaries(recipe.random_seed)


def choose_author(ranking: pd.DataFrame, arguments: argparse.Namespace, persona: Persona | None = None) -> Author:
    """Return the author of a persona that is measured, else the one that the command line names.

    Raises:
        AuthorError: nobody or several people are called so.
    """
    if persona:
        return author_of_id(ranking, persona.source.author_id)
    return find_author(ranking, arguments.author)


def named_authors(chat: Chat, arguments: argparse.Namespace) -> list[Author]:
    """Return the people whom the command line names; none if it names nobody.

    Raises:
        AuthorError: nobody or several people are called so.
    """
    if arguments.top:
        ids = chat.people["author_id"].head(arguments.top)
        return [author_of_id(chat.people, author_id) for author_id in ids]
    if arguments.author is not None:
        return [find_author(chat.ranking, arguments.author)]
    return []


def default_author(chat: Chat, arguments: argparse.Namespace) -> Author:
    """Return the person who wrote most.

    Raises:
        AuthorError: there are no people, or it isn't clear which of several people consents for themselves.
    """
    if len(chat.people) > 1 and arguments.consent_kind == "own-data":
        raise AuthorError(
            f"own-data means that the author is you, and {len(chat.people):,} people write here: "
            "say who you are with --author NAME (--list-authors lists them)"
        )
    return find_author(chat.people, None)


def choose_name(chat: Chat, author: Author, arguments: argparse.Namespace) -> str:
    """Return the name of an author's persona, which its file and its run's folder have too.

    Raises:
        PersonaError: no persona can be called so.
    """
    name = arguments.persona or chat.file_name(author)
    if arguments.canaries:
        return check_name(name + CANARIES)
    if check_name(name).endswith(CANARIES):
        raise PersonaError(
            f"{name!r} can't be the persona's name: those that end in {CANARIES} are for measuring alone"
        )
    return name


def choose_recipe(arguments: argparse.Namespace) -> Recipe:
    """Return the named recipe with the knobs that the command line sets.

    Raises:
        RecipeError: a knob is outside its limits, or knobs contradict each other.
    """
    knobs = {knob.name: getattr(arguments, knob.name) for knob in fields(Recipe)}
    chosen = {name: value for name, value in knobs.items() if value is not None}
    return replace(RECIPES[arguments.recipe], **chosen)


def fit_recipe(arguments: argparse.Namespace, recipe: Recipe, corpus: Corpus) -> tuple[str, Recipe]:
    """Return the recipe that fits the text and the device, and a line on its size; "" if that was given."""
    training, community = len(corpus.training), len(corpus.community)
    if not community:  # there is nobody else
        recipe = replace(recipe, community=False)
    is_open = size_is_open(arguments)
    gpu = is_open and bool(gpus())  # asking takes seconds
    size, recipe = settle_size(arguments, recipe, training=training, community=community, gpu=gpu)
    if size is None or not is_open:
        return "", recipe
    characters = community or training
    line = f"size: {describe_size(size, recipe)}; for {characters:,} characters (--size chooses another)"
    return line, recipe


def size_is_open(arguments: argparse.Namespace) -> bool:
    """Return whether text, time and device choose the size, not the command line or the recipe."""
    if arguments.size:
        return bool(arguments.size == "auto")
    return bool(arguments.recipe == "mimic")


def settle_size(
    arguments: argparse.Namespace, recipe: Recipe, *, training: int, community: int, gpu: bool
) -> tuple[str | None, Recipe]:
    """Return the name of the size and the recipe in that size; None if the recipe keeps its own.

    Args:
        training: number of the author's characters to learn from.
        community: number of everybody's characters to learn from first; 0 if there are none.
        gpu: whether there is a GPU; ignored unless the size is open.
    """
    size: str | None = arguments.size
    if size_is_open(arguments):
        size = choose_size(community or training, recipe.minutes, gpu)
        recipe = _shorten(arguments, recipe, gpu)
    if size is None:
        return None, recipe
    kept = {knob for knob in SIZES[size] if getattr(arguments, knob) is not None}
    if not recipe.ngrams:
        kept.add("ngrams")
    if community < LITTLE_TEXT:  # too little text for large batches
        kept.add("batch_size")
    knobs = {knob: value for knob, value in SIZES[size].items() if knob not in kept}
    return size, replace(recipe, **knobs)


def _shorten(arguments: argparse.Namespace, recipe: Recipe, gpu: bool) -> Recipe:
    """Return the recipe with the small batches that a short run on a CPU needs, unless the command line sets them."""
    is_short = 0 < recipe.minutes < SHORT
    if gpu or not is_short:
        return recipe
    if arguments.batch_size is not None or arguments.sequence_length is not None:
        return recipe
    return replace(recipe, batch_size=SHORT_BATCH, sequence_length=SHORT_SEQUENCE)


def describe_size(size: str, recipe: Recipe | None = None) -> str:
    """Say which knobs a size sets, and their values in the recipe if one is given."""
    knobs = []
    for knob, value in SIZES[size].items():
        settled = getattr(recipe, knob) if recipe else value
        knobs.append(f"{knob.replace('_', ' ')} {settled}")
    return f"{size}: {', '.join(knobs)}"
