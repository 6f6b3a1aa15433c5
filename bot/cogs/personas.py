"""`personas`, `persona` and `about`: who can be imitated, who is, from what text and by what right."""

from dataclasses import replace

from bot.command import Caller, command
from bot.options import PERSONA
from bot.text import MESSAGE_LIMIT, votes_line
from model.about import describe

AS_THE_SERVER = "server"  # in place of a name


@command(private=True)
async def personas(caller: Caller) -> None:
    """List the people I can imitate."""
    usual = caller.rules.persona
    names = [f"{name} (if you name nobody)" if name == usual else name for name in caller.offered]
    text = f"I can imitate these people ({caller.as_typed('about <name>')} for details):\n" + "\n".join(names)
    await caller.say(text[: MESSAGE_LIMIT // 2])


@command(
    replace(
        PERSONA,
        help=f"whom to imitate here if nobody is named; {AS_THE_SERVER}: as in the whole server",
        instead=AS_THE_SERVER,
    ),
    servers_only=True,
    managers_only=True,
    private=True,
)
async def persona(caller: Caller, name: str) -> None:
    """Choose whom I imitate in this channel if nobody is named; for those who manage the server."""
    if name and name != AS_THE_SERVER:
        await caller.imitated(name)
    if name:
        await caller.choose_persona("" if name == AS_THE_SERVER else name)
    chooses_another = f"{caller.as_typed('persona <name>')} chooses another"
    resets = f"{caller.as_typed(f'persona {AS_THE_SERVER}')} follows the server's settings"
    await caller.say(
        f"If nobody is named, I imitate {caller.rules.persona}{caller.place}.\n{chooses_another}, {resets}."
    )


@command(replace(PERSONA, help="whom to describe"), private=True)
async def about(caller: Caller, name: str) -> None:
    """Describe a persona: whom I imitate, from what text, by what right and how well."""
    name = name or caller.rules.persona
    description = describe(await caller.imitated(name))
    await caller.say(description + votes_line(*caller.store.votes(name)))
