"""*Report this reply*, in the menu of any message of the bot's: whoever runs it gets to see it."""

import logging
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.reply import EMBED_LIMIT

if TYPE_CHECKING:
    from bot.client import Client

NAME = "Report this reply"

log = logging.getLogger(__name__)


class Report(commands.Cog):
    """The entry in a message's menu."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self._entry = app_commands.ContextMenu(name=NAME, callback=self.report)

    async def cog_load(self) -> None:
        """Add the entry."""
        self.client.tree.add_command(self._entry)

    async def report(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Send the reply to the owner, with where it stands and who reports it."""
        assert self.client.user
        refusal = "" if message.author.id == self.client.user.id else "That isn't one of my replies."
        if not await self.client.admits(interaction, refusal, anywhere=True):
            return
        await interaction.response.defer(ephemeral=True)
        application = await self.client.application_info()
        owner_id = (application.team and application.team.owner_id) or application.owner.id
        try:
            channel = await self.client.create_dm(discord.Object(owner_id))
            where = f"{interaction.user} reports {message.jump_url}"
            await channel.send(where, embed=discord.Embed(description=said(message)))
        except discord.HTTPException as error:
            log.warning("the report of %s did not reach the owner: %s", message.jump_url, error)
            await interaction.followup.send("I can't reach whoever runs me; tell those who manage this server.")
            return
        await interaction.followup.send("Sent to whoever runs me. Thank you.")


def said(message: discord.Message) -> str:
    """Return what a message says, in its text and in its embeds, and where its files are."""
    parts = [message.content, *(embed.description or "" for embed in message.embeds)]
    return "\n\n".join([*parts, *(file.url for file in message.attachments)]).strip()[:EMBED_LIMIT]
