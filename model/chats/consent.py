"""By what right text is learnt, from the command line or from questions at the terminal; whose text that allows."""

import argparse
import functools
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model.chats.people import Author, AuthorError, Chat, author_of_id, find_author, matching
from model.persona.file import (
    CONSENT_KINDS,
    EVERYONE,
    PUBLIC_KINDS,
    Consent,
    check_dates,
    is_date,
    today,
)
from model.persona.storage import written_aside

NO_CONSENT = (
    "no consent is recorded, and the bot won't load the persona: imitate only people who agreed, and record it "
    "with --consent-kind and --consent-by, or later with the command that is printed at the end"
)
KINDS = {
    "own-data": "the person is you",
    "written-consent": "the person agreed, and you can show it",
    "public-dataset": "the chat was published, with everybody's agreement, for such use",
    "public-domain": "nobody has rights in it any more",
    "fiction": "the people are invented",
}
MOST_OFFERED = 5  # people to imitate

Ask = Callable[[str], str]
FindIds = Callable[[Sequence[str]], list[str]]  # names to ids; raises AuthorError


@dataclass(frozen=True)
class Notice:
    """What a service forbids to do with an export from it; shown once."""

    formats: frozenset[str]
    file: str  # remembers that it was shown
    text: str


NOTICES = (
    Notice(
        frozenset(("discord-chat-exporter-json", "discord-chat-exporter-csv", "markov-discord", "mimicbot")),
        "discord-developer-policy.txt",
        "This export comes from Discord's API. Rule 21 of Discord's Developer Policy forbids training on messages "
        "fetched from it unless Discord permits it; the consent of the authors doesn't change that. A person's own "
        "data package (Discord's settings, Data & Privacy) is theirs to use.\n"
        "https://support-dev.discord.com/hc/articles/8563934450327\n",
    ),
    Notice(
        frozenset(("telegram",)),
        "telegram-content-licensing.txt",
        "This export comes from Telegram. Its content licensing terms forbid training on its messages; exceptions may "
        "be granted if everybody in the chat agreed to exactly that.\n"
        "https://telegram.org/tos/content-licensing\n",
    ),
)


def choose_consent(arguments: argparse.Namespace, chat: Chat, author: Author, community: bool) -> Consent | None:
    """Return the consent from the command line, else from questions at a terminal; None if there is none.

    Args:
        community: whether the network also learns from others in the chat.

    Raises:
        AuthorError: a person who agreed isn't in the chat, or shares the name with others.
        PersonaError: the consent has ended, or is dated in the future.
    """
    if arguments.consent_kind:
        return _consent_from(arguments, chat, author)
    if not sys.stdin.isatty():
        return None
    find_ids = None
    if community and len(chat.people) > 1:
        find_ids = functools.partial(agreed_ids, chat)
    return ask_consent(author.author, find_ids)


def _consent_from(arguments: argparse.Namespace, chat: Chat, author: Author) -> Consent:
    check_dates(arguments.consent_date, arguments.consent_expires)
    by = arguments.consent_by
    if not by and arguments.consent_kind not in PUBLIC_KINDS:
        by = author.author
    return Consent(
        kind=arguments.consent_kind,
        by=by,
        date=arguments.consent_date or today(),
        contact=arguments.consent_contact,
        expires=arguments.consent_expires,
        quoting=arguments.consent_quoting,
        community=agreed_ids(chat, arguments.community_consent),
    )


def agreed_ids(chat: Chat, names: Sequence[str]) -> list[str]:
    """Return the ids of the people with these names or ids; EVERYONE stays, unless it is somebody's name.

    Raises:
        AuthorError: a name means nobody, or several people.
    """
    if EVERYONE not in map(str.casefold, names):
        return [find_author(chat.ranking, name).author_id for name in names]
    if not matching(chat.ranking, EVERYONE).empty:
        raise AuthorError(f"somebody is called {EVERYONE!r}: name each person who agreed, by id")
    return [EVERYONE]


def ask_consent(author: str, find_ids: FindIds | None, ask: Ask = input) -> Consent | None:
    """Ask for a consent in a few questions; None: there is none, or the input ended.

    Args:
        find_ids: finds others who agreed, by their names; None: nobody else has to agree.
    """
    try:
        return _ask_consent(author, find_ids, ask)
    except EOFError:
        print()
        return None


def _ask_consent(author: str, find_ids: FindIds | None, ask: Ask) -> Consent | None:
    kind = _ask_kind(author, 6 if find_ids is None else 7, ask)
    if not kind:
        return None
    if kind in PUBLIC_KINDS:  # it covers everybody
        find_ids = None
    count = 6 if find_ids is None else 7
    by = ask(f"2 of {count}  Who gives the consent? (Enter: {author}): ")
    date = _answer(
        ask,
        f"3 of {count}  On which day was it given? (Enter: today, {today()}): ",
        _is_past,
        f"a day up to today, as {today()}",
    )
    contact = ask(
        f"4 of {count}  How can they be reached? With a Discord id they can withdraw it there (Enter: skip): "
    )
    expires = _answer(
        ask,
        f"5 of {count}  What is its last day? (Enter: it has none): ",
        _is_ahead,
        f"a day from today on, as {today()}",
    )
    quoting = _answer(
        ask,
        f"6 of {count}  May messages be shown word for word, in the game `guess`? (y/N): ",
        _is_yes_or_no,
        "y or n",
    )
    return Consent(
        kind=kind,
        by=by.strip() or author,
        date=date or today(),
        contact=contact.strip(),
        expires=expires,
        quoting=quoting == "y",
        community=_ask_others(ask, count, find_ids) if find_ids else [],
    )


def _ask_kind(author: str, count: int, ask: Ask) -> str:
    """Ask for the kind of consent; "": there is none."""
    print(f"1 of {count}  On what grounds may {author}'s messages be learnt from?")
    by_number = {}
    for number, kind in enumerate(CONSENT_KINDS, 1):
        print(f"  {number}  {kind}: {KINDS[kind]}")
        by_number[str(number)] = kind
    answer = _answer(
        ask,
        "Number or name (Enter: none; the bot will not load the persona): ",
        lambda words: words in ("", *CONSENT_KINDS, *by_number),
        f"a number from 1 to {len(by_number)}, or a name as {CONSENT_KINDS[0]}",
    )
    return by_number.get(answer, answer)


def ask_author(people: pd.DataFrame, ask: Ask = input) -> Author:
    """Ask whom to imitate; without an answer, choose the most prolific."""
    print("Whom do you want to imitate?")
    offered = people.head(MOST_OFFERED)
    by_number = {}
    for number, row in enumerate(offered.itertuples(), 1):
        print(f"  {number}  {row.author}: {row.messages:,} messages")
        by_number[str(number)] = str(row.author_id)
    question = f"Number, name or id (Enter: {offered['author'].iloc[0]}): "
    while True:
        try:
            answer = ask(question).strip() or "1"
            if answer in by_number:
                return author_of_id(people, by_number[answer])
            return find_author(people, answer)
        except EOFError:
            print()
            return find_author(people, None)
        except AuthorError as error:
            print(error)


def _answer(ask: Ask, question: str, is_valid: Callable[[str], bool], wanted: str) -> str:
    """Ask until an answer is valid; an empty one always is."""
    while not is_valid(answer := ask(question).strip().casefold()):
        print(f"{answer!r} doesn't fit here; type {wanted}, or just press Enter")
    return answer


def _ask_others(ask: Ask, count: int, find_ids: FindIds) -> list[str]:
    question = (
        f"{count} of {count}  Who else agreed that their messages are learnt from? "
        f"Names or ids with commas, or {EVERYONE} (Enter: nobody): "
    )
    while True:
        names = [name.strip() for name in ask(question).split(",")]
        try:
            return find_ids(list(filter(None, names)))
        except AuthorError as error:
            print(error)


def _is_past(words: str) -> bool:
    return not words or (is_date(words) and words <= today())


def _is_ahead(words: str) -> bool:
    return not words or (is_date(words) and words >= today())


def _is_yes_or_no(words: str) -> bool:
    return words in ("", "y", "n")


def learnable_authors(chat: Chat, author: Author, consent: Consent | None) -> set[str]:
    """Return the ids of all whose text may be learnt: the author's, and those that the consent covers."""
    allowed = {author.author_id}
    if consent:
        allowed.update(filter(consent.covers, chat.people["author_id"]))
    return allowed


def describe_missing_consent(chat: Chat, allowed: Collection[str]) -> str:
    """Describe from how many people the network learns, and how to add the others; "" if it learns from all.

    Args:
        allowed: from `learnable_authors`.
    """
    everybody = {*allowed, *chat.people["author_id"]}
    if len(allowed) == len(everybody):
        return ""
    return (
        f"learnt from {len(allowed):,} of {len(everybody):,} people; no consent is recorded for the others:\n"
        f"add --community-consent NAME for each who agreed, or --community-consent {EVERYONE} if all did"
    )


def show_notices(formats: str, folder: Path) -> None:
    """Print once what the service that an export comes from forbids.

    Args:
        folder: keeps a file for each notice that was shown.

    Raises:
        FileError: the file can't be written.
    """
    for notice in NOTICES:
        file = folder / notice.file
        if notice.formats.isdisjoint(formats.split(", ")) or file.exists():
            continue
        print(notice.text, end="")
        with written_aside(file) as aside:
            aside.write_text(notice.text, encoding="utf-8")
