"""By what right text is learnt, as the command or answers at the terminal say, and whose text that allows."""

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
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

NONE_GIVEN = (
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
NOTICES = {  # by the formats that they are about: the file that remembers that one was shown, and its words
    ("discord-chat-exporter-json", "discord-chat-exporter-csv", "markov-discord", "mimicbot"): (
        "discord-developer-policy.txt",
        "This export comes from Discord's API. Rule 21 of Discord's Developer Policy forbids to train on messages "
        "fetched so unless Discord permits it; the consent of those who wrote doesn't change that. A person's own data "
        "package (Discord's settings, Data & Privacy) is theirs to use.\n"
        "https://support-dev.discord.com/hc/articles/8563934450327\n",
    ),
    ("telegram",): (
        "telegram-content-licensing.txt",
        "This export comes from Telegram. Its content licensing terms forbid to train on its messages, with exceptions "
        "that may be granted where everybody in the chat agreed to just that.\n"
        "https://telegram.org/tos/content-licensing\n",
    ),
}
OTHERS = (
    f"Who else agreed that their messages are learnt from? Names or ids with commas, or {EVERYONE} (Enter: nobody): "
)
MOST_OFFERED = 5  # people to imitate

Ask = Callable[[str], str]


def choose_consent(arguments: argparse.Namespace, chat: Chat, author: Author, community: bool) -> Consent | None:
    """Return the consent given on the command line, else by answers where there is a terminal; None: there is none.

    Args:
        community: whether others of the chat teach the language too.

    Raises:
        AuthorError: somebody who agreed isn't in the chat, or is called like others.
        PersonaError: it has ended, or is of a later day.
    """
    agreed = functools.partial(who_agreed, chat)
    if not arguments.consent_kind:
        others = community and len(chat.people) > 1
        return ask_consent(author.author, agreed if others else None) if sys.stdin.isatty() else None
    check_dates(arguments.consent_date, arguments.consent_expires)
    return Consent(
        kind=arguments.consent_kind,
        by=arguments.consent_by or ("" if arguments.consent_kind in PUBLIC_KINDS else author.author),
        date=arguments.consent_date or today(),
        contact=arguments.consent_contact,
        expires=arguments.consent_expires,
        quoting=arguments.consent_quoting,
        community=agreed(arguments.community_consent),
    )


def who_agreed(chat: Chat, names: Sequence[str]) -> list[str]:
    """Return the ids of people by their names or ids; EVERYONE stays, unless somebody is called so.

    Raises:
        AuthorError: a name is nobody's, or several people's.
    """
    if EVERYONE not in map(str.casefold, names):
        return [find_author(chat.ranking, name).author_id for name in names]
    if not matching(chat.ranking, EVERYONE).empty:
        raise AuthorError(f"somebody is called {EVERYONE!r}: who agreed has to be named one by one, by their ids")
    return [EVERYONE]


def ask_consent(author: str, agreed: Callable[[Sequence[str]], list[str]] | None, ask: Ask = input) -> Consent | None:
    """Ask for a consent in a few questions; None: there is none, or the answers ended.

    Args:
        agreed: the ids of the others by their names; None: there are none who could agree.
    """
    count = 6 if agreed is None else 7
    print(f"1 of {count}  On what grounds may {author}'s messages be learnt from?")
    for number, kind in enumerate(CONSENT_KINDS, 1):
        print(f"  {number}  {kind}: {KINDS[kind]}")
    numbers = {str(number): kind for number, kind in enumerate(CONSENT_KINDS, 1)}
    try:
        kind = _answer(
            ask,
            "Number or name (Enter: none; the bot will not load the persona): ",
            lambda words: words in ("", *CONSENT_KINDS, *numbers),
            f"a number from 1 to {len(numbers)}, or a name as {CONSENT_KINDS[0]}",
        )
        kind = numbers.get(kind, kind)
        if not kind:
            return None
        count -= bool(agreed) and kind in PUBLIC_KINDS
        return Consent(
            kind=kind,
            by=ask(f"2 of {count}  Who gives the consent? (Enter: {author}): ").strip() or author,
            date=_answer(
                ask,
                f"3 of {count}  On which day was it given? (Enter: today, {today()}): ",
                _is_past,
                f"a day up to today, as {today()}",
            )
            or today(),
            contact=ask(
                f"4 of {count}  How can they be reached? With a Discord id they can withdraw it there (Enter: skip): "
            ).strip(),
            expires=_answer(
                ask,
                f"5 of {count}  What is its last day? (Enter: it has none): ",
                _is_ahead,
                f"a day from today on, as {today()}",
            ),
            quoting=_answer(
                ask,
                f"6 of {count}  May messages be shown word for word, in the game `guess`? (y/N): ",
                _is_choice,
                "y or n",
            )
            == "y",
            community=_others(ask, f"7 of {count}  {OTHERS}", agreed) if agreed and kind not in PUBLIC_KINDS else [],
        )
    except EOFError:
        print()
        return None


def ask_author(people: pd.DataFrame, ask: Ask = input) -> Author:
    """Ask whom to imitate; without an answer it is the one who wrote most."""
    print("Whom do you want to imitate?")
    offered = people.head(MOST_OFFERED)
    for number, row in enumerate(offered.itertuples(), 1):
        print(f"  {number}  {row.author}: {row.messages:,} messages")
    numbers = {str(number): str(author_id) for number, author_id in enumerate(offered["author_id"], 1)}
    while True:
        try:
            words = ask(f"Number, name or id (Enter: {offered['author'].iloc[0]}): ").strip() or "1"
            return author_of_id(people, numbers[words]) if words in numbers else find_author(people, words)
        except EOFError:
            print()
            return find_author(people, None)
        except AuthorError as error:
            print(error)


def _answer(ask: Ask, question: str, fits: Callable[[str], bool], wanted: str) -> str:
    while not fits(words := ask(question).strip().casefold()):
        print(f"{words!r} doesn't fit here; type {wanted}, or just press Enter")
    return words


def _others(ask: Ask, question: str, agreed: Callable[[Sequence[str]], list[str]]) -> list[str]:
    while True:
        try:
            return agreed([name.strip() for name in ask(question).split(",") if name.strip()])
        except AuthorError as error:
            print(error)


def _is_past(words: str) -> bool:
    return not words or (is_date(words) and words <= today())


def _is_ahead(words: str) -> bool:
    return not words or (is_date(words) and words >= today())


def _is_choice(words: str) -> bool:
    return words in ("", "y", "n")


def may_teach(chat: Chat, author: Author, consent: Consent | None) -> set[str]:
    """Return the ids of all whose text may be learnt: the author's, and those whom the consent covers; say how many."""
    everybody = {author.author_id, *chat.people["author_id"]}
    allowed = {each for each in everybody if consent and consent.covers(each)} | {author.author_id}
    if everybody - allowed:
        print(
            f"learnt from {len(allowed):,} of {len(everybody):,} people; no consent is recorded for the others:\n"
            f"add --community-consent NAME for each who agreed, or --community-consent {EVERYONE} if all did"
        )
    return allowed


def show_notices(formats: str, folder: Path) -> None:
    """Tell once what a service forbids that an export comes from.

    Args:
        folder: where the notices are kept that were shown.

    Raises:
        FileError: one can't be written.
    """
    for about, (name, words) in NOTICES.items():
        if set(about) & set(formats.split(", ")) and not (folder / name).exists():
            print(words, end="")
            with written_aside(folder / name) as aside:
                aside.write_text(words, encoding="utf-8")
