"""By what right text is learnt, as the command or answers at the terminal say, and whose text that allows."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from model.people import Author, Chat, called
from model.persona import CONSENT_KINDS, EVERYONE, PUBLIC_KINDS, Consent, is_date, today, written_aside

NONE_GIVEN = (
    "no consent is recorded, and the bot won't load the persona: imitate only people who agreed, and record it "
    "with --consent-kind and --consent-by, or later with python -m model.persona consent"
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
OTHERS = f"who else of the chat agreed that theirs is learnt too: names with commas, or {EVERYONE} (Enter: nobody): "

Ask = Callable[[str], str]


def choose_consent(arguments: argparse.Namespace, author: str) -> Consent | None:
    """Return the consent given on the command line, else by answers where there is a terminal; say when there is none.

    Args:
        author: whom it is about, in words.
    """
    consent = None
    if arguments.consent_kind:
        consent = Consent(
            kind=arguments.consent_kind,
            by=arguments.consent_by or ("" if arguments.consent_kind in PUBLIC_KINDS else author),
            date=arguments.consent_date or today(),
            contact=arguments.consent_contact,
            expires=arguments.consent_expires,
            quoting=arguments.consent_quoting,
            community=arguments.community_consent,
        )
    elif sys.stdin.isatty():
        consent = ask_consent(author)
    if consent is None:
        print(NONE_GIVEN)
    return consent


def ask_consent(author: str, ask: Ask = input) -> Consent | None:
    """Ask for a consent in a few questions; None: there is none, or the answers ended."""
    print(f"By what right may {author}'s messages be learnt?")
    for number, kind in enumerate(CONSENT_KINDS, 1):
        print(f"  {number}  {kind}: {KINDS[kind]}")
    numbers = {str(number): kind for number, kind in enumerate(CONSENT_KINDS, 1)}
    try:
        kind = _answer(ask, "number or name (Enter: none): ", lambda words: words in ("", *CONSENT_KINDS, *numbers))
        if not kind:
            return None
        return Consent(
            kind=numbers.get(kind, kind),
            by=ask(f"given by (Enter: {author}): ").strip() or author,
            date=_answer(ask, f"on (Enter: today, {today()}): ", _is_date_or_none) or today(),
            contact=ask("where to reach them; a Discord id lets them have it forgotten: ").strip(),
            expires=_answer(ask, "last day of it, as 2027-12-31 (Enter: none): ", _is_date_or_none),
            quoting=_answer(ask, "may messages be shown as they are, for `guess`? (y/N): ", _is_choice) == "y",
            community=[] if numbers.get(kind, kind) in PUBLIC_KINDS else _names(ask(OTHERS)),
        )
    except EOFError:
        print()
        return None


def _answer(ask: Ask, question: str, fits: Callable[[str], bool]) -> str:
    while not fits(words := ask(question).strip().casefold()):
        print(f"{words!r} is no answer to that")
    return words


def _names(words: str) -> list[str]:
    return [name.strip() for name in words.split(",") if name.strip()]


def _is_date_or_none(words: str) -> bool:
    return not words or is_date(words)


def _is_choice(words: str) -> bool:
    return words in ("", "y", "n")


def may_teach(chat: Chat, authors: Sequence[Author], consent: Consent | None) -> set[str]:
    """Return the ids of all whose text may be learnt: everybody's of what is public, else the authors' and who agreed.

    Raises:
        AuthorError: somebody who agreed isn't in the chat.
    """
    imitated = {author.author_id for author in authors}
    everybody = imitated | set(chat.people["author_id"])
    named = consent.community if consent else []
    if EVERYONE in named or (consent and consent.kind in PUBLIC_KINDS):
        return everybody
    allowed = imitated | {author_id for name in named for author_id in called(chat.ranking, name)["author_id"]}
    if everybody - allowed:
        print(
            f"learnt from {len(allowed):,} of {len(everybody):,} people; of the rest no consent is given: "
            f"--community-consent NAME adds one who did, --community-consent {EVERYONE} says that all did"
        )
    return allowed


def show_notices(formats: str, folder: Path) -> None:
    """Tell once what a service forbids that an export comes from.

    Args:
        folder: where the notices are kept that were shown.

    Raises:
        PersonaError: one can't be written.
    """
    for about, (name, words) in NOTICES.items():
        if set(about) & set(formats.split(", ")) and not (folder / name).exists():
            print(words, end="")
            with written_aside(folder / name) as aside:
                aside.write_text(words, encoding="utf-8")
