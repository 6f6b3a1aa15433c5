"""`guess`: three messages, one of them real: which? And `scores`."""

from dataclasses import replace

from bot.command import Caller, command
from bot.errors import RefusedError
from bot.game import new_round
from bot.options import PERSONA


@command(replace(PERSONA, help="whose messages"), servers_only=True)
async def guess(caller: Caller, name: str) -> None:
    """Show three messages, one real and two imitated: find the real one."""
    if not caller.rules.guess:
        raise RefusedError("The guessing game is off in this server.")
    name = name or caller.rules.persona
    persona = await caller.imitated(name)
    await caller.play(await new_round(caller.imitator, persona, name, caller.person_id), persona, name)


@command(servers_only=True)
async def scores(caller: Caller) -> None:
    """List who found the real messages most often."""
    await caller.say("\n".join(caller.scores()) or "Nobody has found one yet.", mentions=True)
