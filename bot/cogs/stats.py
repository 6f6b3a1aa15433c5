"""`stats`: what the bot has done since it was started, in numbers."""

import time
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.text import escape

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context


class Stats(commands.Cog):
    """The command `stats`."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self._began = time.monotonic()

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    async def stats(self, context: "Context") -> None:
        """Say what I have done since I was started."""
        await context.defer(ephemeral=True)
        hours = (time.monotonic() - self._began) / 3600
        up = f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.1f} hours"
        told = f"Up for {up}, in {len(self.client.guilds)} servers.\n{self.client.imitator.tally}"
        await context.show(content=escape(told))
