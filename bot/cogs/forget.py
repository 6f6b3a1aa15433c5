"""`forget`: the way out for the imitated person, and for a server."""

from dataclasses import replace

from bot.command import Caller, command
from bot.errors import RefusedError, ReplyError
from bot.options import PERSONA
from model.persona.file import Persona, PersonaError


@command(replace(PERSONA, help="who should not be imitated any more"), private=True)
async def forget(caller: Caller, name: str) -> None:
    """Stop imitating somebody for good: yourself, or, if you manage the server, anybody in it."""
    if not name:
        raise ReplyError(f"Say whom: {caller.as_typed('forget <persona>')}.")
    personas = caller.imitator.personas
    owns = await caller.owns()
    try:  # consent and earlier forgetting don't matter here
        persona = await personas.peek(name)
    except PersonaError as error:
        if not owns:
            raise RefusedError("That persona can't be loaded, so it isn't imitated either.") from error
        await personas.delete(name)
        await caller.say(f"{name} could not be read; the file is deleted.")
        return
    if owns or str(caller.person_id) in ids_of(persona):
        await caller.forget(persona.source.author_id, everywhere=True)
        await personas.delete(name)
        await caller.say(f"{persona.author} is forgotten: the file is deleted, and I won't load another of theirs.")
    elif caller.manages:
        await caller.forget(persona.source.author_id, everywhere=False)
        await caller.say(f"{persona.author} is not imitated in this server any more.")
    else:
        raise ReplyError("Only they themselves, those who manage the server and the person who runs me can ask that.")


def ids_of(persona: Persona) -> set[str]:
    """Return the ids by which a person can prove to be the one imitated."""
    contacts = persona.consent.contact.split() if persona.consent else []
    return {persona.source.author_id, *persona.source.aliases, *contacts}
