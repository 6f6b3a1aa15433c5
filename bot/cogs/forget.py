"""`forget`: the way out for the imitated person, and for a server."""

import re
from dataclasses import replace

from bot.command import Caller, command
from bot.errors import RefusedError, ReplyError
from bot.options import PERSONA
from model.persona.file import Persona, PersonaError, head_of, today
from model.persona.forgotten import MANAGER, OWNER, THEMSELVES, Forgotten

UNDO = "The person who runs me can undo that, but not bring the files back."
UNDO_OWN = "Nobody undoes that unless you agree to be imitated again."


@command(replace(PERSONA, help="who should not be imitated any more"), private=True)
async def forget(caller: Caller, name: str) -> None:
    """Stop imitating somebody for good: yourself, or, if you manage the server, anybody in it. Asks before it acts."""
    if not name:
        raise ReplyError(f"Say whom: {caller.as_typed('forget <persona>')}.")
    owns = await caller.owns()
    try:  # consent and earlier forgetting don't matter here
        persona = await caller.imitator.personas.peek(name)
    except PersonaError as error:
        if not owns:
            raise RefusedError("That persona can't be loaded, so it isn't imitated either.") from error
        await _ask_to_delete(caller, name)
        return
    themselves = str(caller.person_id) in ids_of(persona)
    if not (themselves or owns or caller.manages):
        raise ReplyError("Only they themselves, those who manage the server and the person who runs me can ask that.")
    by = THEMSELVES if themselves else OWNER if owns else MANAGER
    person = Forgotten(persona.author, sorted(head_of(persona).author_ids), today(), by)
    if by == MANAGER:
        await _ask_for_server(caller, person)
    else:
        await _ask_for_good(caller, person)


async def _ask_for_good(caller: Caller, person: Forgotten) -> None:
    async def act() -> str:
        stored = await caller.forget(person, everywhere=True)  # before anything else that can fail
        deletion = await caller.imitator.personas.forget(person)
        holds = "" if stored else " That could not be stored and holds until I stop: the log has the reason."
        return f"{person.author} is forgotten, and I load no other persona of theirs.{holds} {deletion}"

    await caller.ask(
        f"Forget {person.author} for good? I delete their persona with its backup and its training run, and imitate "
        f"them nowhere any more, in no server. {UNDO_OWN if person.by == THEMSELVES else UNDO}",
        f"forget {person.author}",
        act,
    )


async def _ask_for_server(caller: Caller, person: Forgotten) -> None:
    async def act() -> str:
        stored = await caller.forget(person, everywhere=False)
        holds = "" if stored else " That could not be stored and holds until I stop."
        return f"{person.author} is not imitated in this server any more.{holds}"

    await caller.ask(
        f"Stop imitating {person.author} in this server? Nothing is deleted, and elsewhere nothing changes. "
        "The person who runs me can undo that.",
        f"stop imitating {person.author}",
        act,
    )


async def _ask_to_delete(caller: Caller, name: str) -> None:
    async def act() -> str:
        return f"{name} is deleted. {await caller.imitator.personas.delete(name)}"

    await caller.ask(
        f"Delete {name}? It can't be read, so nobody knows whom it imitates: its file, its backup and its training run "
        "are deleted, which can't be undone, and nobody is forgotten.",
        f"delete {name}",
        act,
    )


def ids_of(persona: Persona) -> set[str]:
    """Return the ids by which a person can prove to be the one imitated; a contact may hold some, such as <@7>."""
    contact = persona.consent.contact if persona.consent else ""
    return {*head_of(persona).author_ids, *re.findall(r"(?<!\w)\d+(?!\w)", contact)}
