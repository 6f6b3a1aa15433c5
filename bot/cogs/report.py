"""`report`, and *Report this reply* in the menu of the bot's messages: whoever runs it gets to see one."""

import logging
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import ReplyError
from bot.text import EMBED_LIMIT, escape

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context

NAME = "Report this reply"

log = logging.getLogger(__name__)


class Report(commands.Cog):
    """The command, typed as a reply to the bot's message, and the entry in that message's menu."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self._entry = app_commands.ContextMenu(name=NAME, callback=self.report_chosen)

    async def cog_load(self) -> None:
        """Add the entry."""
        self.client.tree.add_command(self._entry)

    async def report_chosen(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Send the reply from whose menu it was chosen."""
        assert self.client.user
        refusal = "" if message.author.id == self.client.user.id else "That isn't one of my replies."
        if not await self.client.admits(interaction, refusal, anywhere=True):
            return
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(await self._send(message, interaction.user))

    @commands.command(name="report")
    async def report_typed(self, context: "Context") -> None:
        """Send a reply of mine to whoever runs me: reply to it with this command."""
        message = context.message.reference and context.message.reference.resolved
        assert self.client.user
        if not isinstance(message, discord.Message) or message.author.id != self.client.user.id:
            raise ReplyError(f"Reply to one of my messages with {context.before_names}report.")
        await context.show(content=escape(await self._send(message, context.author)))

    async def _send(self, message: discord.Message, reporter: discord.abc.User) -> str:
        """Send a reply to the owner, with where it stands and who reports it; return what the reporter is told."""
        application = await self.client.application_info()
        owner_id = (application.team and application.team.owner_id) or application.owner.id
        try:
            channel = await self.client.create_dm(discord.Object(owner_id))
            where = f"{reporter} reports {message.jump_url}"
            await channel.send(where, embed=discord.Embed(description=said(message)))
        except discord.HTTPException as error:
            log.warning("the report of %s did not reach the owner: %s", message.jump_url, error)
            return "I can't reach whoever runs me; tell those who manage this server."
        return "Sent to whoever runs me. Thank you."


def said(message: discord.Message) -> str:
    """Return what a message says, in its text and in its embeds, and where its files are."""
    parts = [message.content, *(embed.description or "" for embed in message.embeds)]
    return "\n\n".join([*parts, *(file.url for file in message.attachments)]).strip()[:EMBED_LIMIT]
