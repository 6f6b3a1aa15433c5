"""`stats`: what the bot has done since it was started, in numbers."""

import time
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.reply import escape

if TYPE_CHECKING:
    from bot.client import Client, Context


class Stats(commands.Cog):
    """The command `stats`."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self._began = time.monotonic()

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    async def stats(self, context: "Context") -> None:
        """Say what I have done since I was started."""
        await context.defer(ephemeral=True)
        tally, hours = self.client.imitator.tally, (time.monotonic() - self._began) / 3600
        finished = tally.outcomes["finished"]
        lines = [
            f"Up for {hours / 24:.0f} days, in {len(self.client.guilds)} servers."
            if hours > 48
            else f"Up for {hours:.1f} hours, in {len(self.client.guilds)} servers.",
            f"{finished:,} replies, {tally.characters:,} characters.",
            f"A reply took {tally.seconds / finished:.2f} s on average." if finished else "Nobody has asked yet.",
        ]
        await context.show(content=escape("\n".join(lines)))
