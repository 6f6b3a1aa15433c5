"""`help`: what the bot does and how to call it."""

from bot.command import Caller, command
from bot.errors import RefusedError
from bot.text import help_text


@command(private=True)
async def help(caller: Caller) -> None:
    """Say what the bot does and how to call it."""
    try:
        author = (await caller.imitated(caller.rules.persona)).author
    except RefusedError:  # help must not depend on the persona
        author = "somebody"
    await caller.say(help_text(caller.as_typed(""), author, caller.rules.temperature))
