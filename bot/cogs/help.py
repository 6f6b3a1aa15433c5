"""`help`: what the bot does and how to call it, from the declared commands."""

from bot.command import Caller, all_commands, command
from bot.errors import RefusedError
from bot.text import plain
from model.persona.about import LONGEST_NAME

EXPLAINED = ("mimic", "temps", "heat", "guess", "personas")  # commands that get a line each; the others are listed


@command(private=True)
async def help(caller: Caller) -> None:
    """Show what I do and how to call me."""
    try:
        persona = await caller.imitated(caller.rules.persona)
        author = persona.author
    except RefusedError:  # help must not depend on the persona
        author = "somebody"
    await caller.say(help_text(caller.as_typed(""), author, caller.rules.temperature))


def help_text(prefix: str, author: str, temperature: float) -> str:
    """Return what the bot does and how to call it, short enough for a phone."""
    commands = dict(all_commands())
    del commands["help"]
    name = plain(author)[:LONGEST_NAME]
    lines = [f"I imitate how {name} chats: a small neural network continues your words."]
    for explained in EXPLAINED:
        each = commands.pop(explained)
        lines.append(f"{prefix}{each.usage}: {each.summary}")
    others = ", ".join(commands)
    lines += [
        f"More: {others}.",
        f"Temperature: 0 is cautious, {temperature:g} usual, 1 as varied as the person, 2 noise.",
        f"Try {prefix}mimic i think that 0.8, then 0.2 and 1.2.",
        "What you type is used for that one reply and not kept.",
    ]
    return "\n".join(lines)
