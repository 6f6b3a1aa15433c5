"""The command that describes, checks, changes and deletes a persona file.

python -m model.persona show|check|forget PERSONA
python -m model.persona check PERSONA --person NAME|ID
python -m model.persona consent PERSONA --kind KIND --by NAME [--contact TEXT]
"""

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the folder may be run by its path, from elsewhere

    from model.commands import BOT, require

    require(BOT, "model.persona")

from model.commands import command_line
from model.persona.about import describe, holds, is_one
from model.persona.file import (
    CANARIES,
    CONSENT_KINDS,
    EVERYONE,
    Consent,
    Persona,
    PersonaError,
    check_dates,
    load_persona,
    save_persona,
    today,
)
from model.persona.find import find_persona
from model.persona.forgotten import delete_persona
from model.persona.storage import FileError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def consent_from(arguments: argparse.Namespace, persona: Persona) -> Consent:
    """Return the consent from the command line.

    Raises:
        PersonaError: the consent is not valid today, or doesn't cover others whose text the persona holds; or the
            persona is for measurements only.
    """
    check_dates(arguments.date, arguments.expires)
    if persona.name.endswith(CANARIES):
        raise PersonaError(f"{arguments.file} learnt invented secrets and is for measuring alone; delete it when done")
    consent = Consent(
        kind=arguments.kind,
        by=arguments.by,
        date=arguments.date or today(),
        contact=arguments.contact,
        expires=arguments.expires,
        quoting=arguments.quoting,
        community=agreed_ids(persona, arguments.community),
    )
    _check_others(consent, persona, arguments.file)
    return consent


def _check_others(consent: Consent, persona: Persona, file: Path) -> None:
    """Refuse a consent that doesn't cover all people whose text a persona holds."""
    if persona.has_unrecorded_others and not consent.covers(EVERYONE):
        raise PersonaError(
            f"{file} learnt from others too, but is too old to list them: add --community {EVERYONE} if everybody in "
            "that chat agreed; otherwise train it again without their text"
        )
    missing = [name for author_id, name in persona.source.community.items() if not consent.covers(author_id)]
    if missing:
        raise PersonaError(
            f"{file} holds text of others too ({len(missing):,}; {missing[0]}, for one): add --community NAME for "
            f"each who agreed, or {EVERYONE}; without their consent, train it again without their text"
        )


def agreed_ids(persona: Persona, names: Sequence[str]) -> list[str]:
    """Return the ids of other people whose text a persona holds, by their names or ids; EVERYONE stays.

    Raises:
        PersonaError: a name means none of them, or several.
    """
    if EVERYONE in map(str.casefold, names):
        return [EVERYONE]
    return [_find_other(persona.source.community, name) for name in names]


def _find_other(others: Mapping[str, str], wanted: str) -> str:
    """Return the id of the one person with this name or id."""
    if wanted in others:
        return wanted
    ids = [author_id for author_id, name in others.items() if is_one(wanted, author_id, name)]
    if not ids:
        raise PersonaError(f"it holds no text of anybody called {wanted!r}")
    if len(ids) > 1:
        which = ", ".join(map(shlex.quote, ids))
        raise PersonaError(f"it holds text of {len(ids)} people called {wanted!r}; give one of their ids: {which}")
    return ids[0]


def _record_consent(arguments: argparse.Namespace, persona: Persona) -> None:
    consent = consent_from(arguments, persona)
    quotes = []
    if consent.quoting:
        quotes = persona.quotes
    save_persona(replace(persona, consent=consent, quotes=quotes), arguments.file)
    line = f"{arguments.file} records {consent.kind} by {consent.by}"
    if persona.consent:
        line += f", in place of {persona.consent.kind} by {persona.consent.by}"
    if lost := len(persona.quotes) - len(quotes):
        line += f"; {lost} messages that might be shown are deleted (--quoting would keep them)"
    print(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=command_line("model.persona"),
        description=_describe_command(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    _add_command(commands, "show", "print whom it imitates, its text, its consent and its measures")
    check = _add_command(commands, "check", "load all of it and print whether it is intact")
    check.add_argument("--person", metavar="NAME|ID", help="print whether it holds text of this person")
    _add_consent(_add_command(commands, "consent", "record on what grounds its text is used"))
    _add_command(commands, "forget", "delete it, its backup and its training run")
    return parser


def _describe_command() -> str:
    show = command_line("model.persona", "show", "falstaff")
    check = command_line("model.persona", "check", "falstaff", "--person", "Pistol")
    return f"""Look at a persona file, or change it.

for example:
  {show}
  {check}"""


def _add_command(commands: "Commands", name: str, help: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    command.add_argument("file", metavar="PERSONA", help="the persona's name, or the name or path of its file")
    return command


def _add_consent(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--kind",
        choices=CONSENT_KINDS,
        required=True,
        help="the grounds (train.py --help explains them)",
    )
    command.add_argument("--by", metavar="NAME", required=True, help="the person who agreed, or whose work it is")
    command.add_argument("--date", default="", help="the day, as 2026-12-31 (default: today)")
    command.add_argument("--expires", metavar="DATE", default="", help="the last day, as 2027-12-31 (default: none)")
    command.add_argument(
        "--contact",
        metavar="TEXT",
        default="",
        help="how to reach the person; with a Discord id they can withdraw in Discord",
    )
    command.add_argument("--quoting", action="store_true", help="messages may be shown word for word")
    command.add_argument(
        "--community",
        metavar="NAME|ID",
        action="append",
        default=[],
        help=f"another person whose text it holds and who agreed, or {EVERYONE}; may be repeated",
    )


def main() -> int:
    """Run the command; print errors that a person can correct in one line, and return exit code 2."""
    if sys.stdout:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal may not know every character
    arguments = _parser().parse_args()
    try:
        arguments.file = find_persona(arguments.file)
        return _run(arguments)
    except (FileError, OSError) as error:
        print(f"model.persona: {error}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    """Run one of the commands; return the exit code."""
    persona = load_persona(arguments.file)
    if arguments.command == "show":
        print(describe(persona))
    if arguments.command == "check":
        print(f"{arguments.file} is whole, and {persona.author}'s")
        if arguments.person:
            print(holds(persona, arguments.person))
    if arguments.command == "consent":
        _record_consent(arguments, persona)
    if arguments.command == "forget":
        deletion = delete_persona(arguments.file)
        print(deletion)
        if deletion.left:
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
