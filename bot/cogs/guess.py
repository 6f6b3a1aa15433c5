"""`guess`: a game in which one of three messages is real; `scores`: who found the real ones most often."""

from dataclasses import replace

from bot.command import Caller, command
from bot.errors import RefusedError
from bot.game import new_round
from bot.options import PERSONA


@command(
    replace(PERSONA, help="the person whose messages to show"),
    servers_only=True,
)
async def guess(caller: Caller, name: str) -> None:
    """Find the real message among three. The other two are imitations."""
    if not caller.rules.guess:
        raise RefusedError("The guessing game is switched off in this server.")
    name = name or caller.rules.persona
    persona = await caller.imitated(name)
    game_round = await new_round(
        caller.imitator,
        persona,
        name,
        caller.person_id,
    )
    await caller.play(game_round, persona, name)


@command(servers_only=True)
async def scores(caller: Caller) -> None:
    """List who found the real message most often."""
    lines = caller.scores()
    text = "\n".join(lines) or "Nobody has found a real message yet."
    await caller.say(text, mentions=True)
