"""`personas`, `persona` and `about`: who can be imitated, who is, from what text and by what right."""

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.text import MESSAGE_LIMIT, described_votes, escape
from bot.view import persona_choices
from model.about import describe

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context

AS_THE_SERVER = "server"  # in place of a name


class Personas(commands.Cog):
    """The commands `personas`, `persona` and `about`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    async def personas(self, context: "Context") -> None:
        """List who can be imitated."""
        await context.defer(ephemeral=True)
        usual, known = context.rules.persona, self.client.imitator.personas.names()
        names = [f"{name} (if you name nobody)" if name == usual else name for name in known]
        content = f"{context.before_names}about <name> tells more of\n" + "\n".join(names)
        await context.show(content=escape(content[: MESSAGE_LIMIT // 2]))

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @commands.guild_only()
    @commands.has_guild_permissions(manage_guild=True)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(persona=f"whom to imitate here if nobody is named; {AS_THE_SERVER}: as in the whole server")
    async def persona(self, context: "Context", *, persona: str = "") -> None:
        """Choose whom I imitate in this channel if nobody is named; for those who manage the server."""
        await context.defer(ephemeral=True)
        name = persona.strip()
        if name and name != AS_THE_SERVER:
            await self.client.imitated(name, context.guild_id)
        if name:
            await self.client.store.set_channel_persona(context.channel.id, name if name != AS_THE_SERVER else "")
        rules = self.client.rules(context.guild_id, context.channel)
        call = f"{context.before_names}persona"
        how = f"{call} <name> chooses another, {call} {AS_THE_SERVER} whoever the settings of the server say."
        await context.show(content=escape(f"If nobody is named, I imitate {rules.persona} in this channel.\n{how}"))

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(persona="whom to tell about")
    async def about(self, context: "Context", *, persona: str = "") -> None:
        """Tell whom I imitate, from what text, by what right and how well."""
        await context.defer(ephemeral=True)
        name = persona.strip() or context.rules.persona
        told = describe(await self.client.imitated(name, context.guild_id))
        await context.show(content=escape(told + described_votes(*self.client.store.votes(name))))
