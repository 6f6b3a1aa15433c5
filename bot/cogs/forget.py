"""`forget`: ends the imitation of a person, everywhere or, if a manager asks, in one server."""

import re
from dataclasses import replace

from bot.command import Caller, command
from bot.errors import RefusedError, ReplyError
from bot.options import PERSONA
from model.persona.file import Persona, PersonaError, today
from model.persona.find import head_of
from model.persona.forgotten import MANAGER, OWNER, THEMSELVES, Forgotten

UNDO = "The person who runs me can undo that, but can't bring the files back."
UNDO_OWN = "Nobody can undo that unless you agree to be imitated again."
NUMBER = re.compile(r"(?<!\w)\d+(?!\w)")  # a Discord id, such as the 7 of <@7>


@command(
    replace(PERSONA, help="the person whom I should not imitate any more"),
    private=True,
)
async def forget(caller: Caller, name: str) -> None:
    """Stop imitating a person: yourself, or anybody if you manage the server. Asks before it acts."""
    if not name:
        raise ReplyError(f"Name the person: {caller.as_typed('forget <name>')}.")
    try:
        persona = await caller.imitator.personas.peek(name)
    except PersonaError as error:
        if not await caller.owns():
            raise RefusedError("That persona can't be loaded, so I don't imitate it anyway.") from error
        await _ask_to_delete(caller, name)
        return
    role = await _role(caller, persona)
    author_ids = sorted(head_of(persona).author_ids)
    person = Forgotten(persona.author, author_ids, today(), role)
    if role == MANAGER:
        await _ask_for_server(caller, person)
    else:
        await _ask_for_good(caller, person)


async def _role(caller: Caller, persona: Persona) -> str:
    """Return in which role the caller may ask to forget a person.

    Raises:
        ReplyError: the caller may not ask.
    """
    if str(caller.person_id) in ids_of(persona):
        return THEMSELVES
    if await caller.owns():
        return OWNER
    if caller.manages:
        return MANAGER
    raise ReplyError("Only that person, people who manage the server and the person who runs me can ask for that.")


async def _ask_for_good(caller: Caller, person: Forgotten) -> None:
    async def act() -> str:
        stored = await caller.forget(person, everywhere=True)  # first, since deleting may fail
        deletion = await caller.imitator.personas.forget(person)
        outcome = f"{person.author} is forgotten, and I won't load another persona of theirs."
        if not stored:
            outcome += " I could not store that, so it lasts only until I stop: the log has the reason."
        return f"{outcome} {deletion}"

    undo = UNDO
    if person.by == THEMSELVES:
        undo = UNDO_OWN
    question = (
        f"Forget {person.author} for good? I delete their persona with its backup and its training run, "
        f"and imitate them in no server any more. {undo}"
    )
    await caller.ask(question, f"forget {person.author}", act)


async def _ask_for_server(caller: Caller, person: Forgotten) -> None:
    async def act() -> str:
        outcome = f"I don't imitate {person.author} in this server any more."
        if not await caller.forget(person, everywhere=False):
            outcome += " I could not store that, so it lasts only until I stop."
        return outcome

    question = (
        f"Stop imitating {person.author} in this server? Nothing is deleted, and nothing changes elsewhere. "
        "The person who runs me can undo that."
    )
    await caller.ask(question, f"stop imitating {person.author}", act)


async def _ask_to_delete(caller: Caller, name: str) -> None:
    async def act() -> str:
        deletion = await caller.imitator.personas.delete(name)
        return f"{name} is deleted. {deletion}"

    question = (
        f"Delete {name}? It can't be read, so nobody knows whom it imitates. Its file, its backup and its training run "
        "are deleted, which can't be undone, and nobody is forgotten."
    )
    await caller.ask(question, f"delete {name}", act)


def ids_of(persona: Persona) -> set[str]:
    """Return the ids by which a person can prove to be the imitated one, those in the consent's contact included."""
    ids = set(head_of(persona).author_ids)
    if persona.consent:
        ids.update(NUMBER.findall(persona.consent.contact))
    return ids
