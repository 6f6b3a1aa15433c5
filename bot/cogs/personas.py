"""`personas` and `about`: who can be imitated, from what text and by what right."""

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.reply import MESSAGE_LIMIT, escape
from bot.view import persona_choices
from model.about import describe

if TYPE_CHECKING:
    from bot.client import Client, Context


class Personas(commands.Cog):
    """The commands `personas` and `about`."""

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
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(persona="whom to tell about")
    async def about(self, context: "Context", *, persona: str = "") -> None:
        """Tell whom I imitate, from what text, by what right and how well."""
        await context.defer(ephemeral=True)
        name = persona.strip() or context.rules.persona
        told = describe(await self.client.imitated(name, context.guild_id))
        votes, fooled = self.client.store.votes(name)
        if votes:
            told += f"\nOf {votes:,} guesses in the game, {fooled / votes:.0%} took an imitation for the real one."
        await context.show(content=escape(told))
