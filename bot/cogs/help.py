"""`help`, and `sync` for whoever runs the bot."""

from typing import TYPE_CHECKING

from discord.ext import commands

from bot.errors import RefusedError
from bot.text import escape, help_text

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context


class Help(commands.Cog):
    """The commands `help` and `sync`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    async def help(self, context: "Context") -> None:
        """Say what the bot does and how it is called."""
        await context.defer(ephemeral=True)
        try:
            author = (await self.client.imitated(context.rules.persona, context.guild_id)).author
        except RefusedError:  # whatever there is to say of the persona, it isn't help
            author = "somebody"
        await context.show(content=escape(help_text(context.before_names, author, context.rules.temperature)))

    @commands.command()
    @commands.is_owner()
    async def sync(self, context: "Context", where: str = "") -> None:
        """Tell Discord the slash commands; once is enough, until they change. "here": for this server alone."""
        tree, guild = self.client.tree, context.guild if where == "here" else None
        if guild:
            tree.copy_global_to(guild=guild)
        elif context.guild:  # what was told for this server alone would be there twice
            tree.clear_commands(guild=context.guild)
            await tree.sync(guild=context.guild)
        told = await tree.sync(guild=guild)
        names = ", ".join(command.name for command in told)
        await context.show(content=escape(f"Told Discord: {names}. They can take a minute to show up."))
