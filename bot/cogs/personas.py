"""`personas` lists the people the bot can imitate, `persona` chooses one for a channel, `about` describes one."""

from dataclasses import replace

from bot.command import Caller, command
from bot.options import PERSONA
from bot.text import MESSAGE_LIMIT, votes_line
from model.persona.about import describe

AS_THE_SERVER = "server"  # typed instead of a name, it follows the server's settings


@command(private=True)
async def personas(caller: Caller) -> None:
    """List the people I can imitate."""
    details = caller.as_typed("about <name>")
    lines = [f"I can imitate these people ({details} for details):"]
    for name in caller.offered:
        if name == caller.rules.persona:
            lines.append(f"{name} (the default)")
        else:
            lines.append(name)
    text = "\n".join(lines)
    await caller.say(text[: MESSAGE_LIMIT // 2])


@command(
    replace(
        PERSONA,
        help=f"the person to imitate here by default; {AS_THE_SERVER}: the default of the whole server",
        instead=AS_THE_SERVER,
    ),
    servers_only=True,
    managers_only=True,
    private=True,
)
async def persona(caller: Caller, name: str) -> None:
    """Choose the person I imitate in this channel by default. Only for people who manage the server."""
    if name == AS_THE_SERVER:
        await caller.choose_persona("")
    elif name:
        await caller.imitated(name)
        await caller.choose_persona(name)
    choose = caller.as_typed("persona <name>")
    reset = caller.as_typed(f"persona {AS_THE_SERVER}")
    await caller.say(
        f"By default I imitate {caller.rules.persona}{caller.place}.\n"
        f"{choose} chooses another person, {reset} follows the server's settings."
    )


@command(
    replace(PERSONA, help="the person to describe"),
    private=True,
)
async def about(caller: Caller, name: str) -> None:
    """Describe a person I imitate. Shows what text I learnt from, by what right, and how good the imitation is."""
    name = name or caller.rules.persona
    persona = await caller.imitated(name)
    votes, fooled = caller.store.votes(name)
    await caller.say(describe(persona) + votes_line(votes, fooled))
