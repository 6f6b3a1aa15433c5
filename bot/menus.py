"""The bot's entries in the menu of a message: *Finish this sentence* and *Report this reply*."""

import logging
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.prompt import Prompt
from bot.text import EMBED_LIMIT
from bot.view import ReplyState, write

if TYPE_CHECKING:
    from bot.client import Client

LONGEST_SENTENCE = 500  # characters: the last ones of the message, which are continued

log = logging.getLogger(__name__)


def menus(client: "Client") -> "list[app_commands.ContextMenu]":
    """Return the entries of a client."""

    async def finish(interaction: discord.Interaction, message: discord.Message) -> None:
        sentence = message.clean_content.strip()[-LONGEST_SENTENCE:]
        if not await client.admits(interaction, "" if sentence else "There are no words in that message."):
            return
        await interaction.response.defer()
        rules = client.rules(interaction.guild_id, interaction.channel)
        (request,) = Prompt(sentence, (rules.temperature,)).requests(client.settings.length)
        await write(interaction, ReplyState(request, rules.persona))  # type: ignore[arg-type] # our client

    async def report(interaction: discord.Interaction, message: discord.Message) -> None:
        assert client.user
        refusal = "" if message.author.id == client.user.id else "That isn't one of my replies."
        if not await client.admits(interaction, refusal, anywhere=True):
            return
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(await send_report(client, message, interaction.user))

    return [
        app_commands.ContextMenu(name="Finish this sentence", callback=finish),
        app_commands.ContextMenu(name="Report this reply", callback=report),
    ]


async def send_report(client: "Client", message: discord.Message, reporter: discord.abc.User) -> str:
    """Send a reply of the bot's to its owner, with a link to it; return what the reporter is told."""
    application = await client.application_info()
    owner_id = (application.team and application.team.owner_id) or application.owner.id
    try:
        channel = await client.create_dm(discord.Object(owner_id))
        link = f"{reporter} reports {message.jump_url}"
        await channel.send(link, embed=discord.Embed(description=text_of(message)))
    except discord.HTTPException as error:
        log.warning("the report of %s did not reach the owner: %s", message.jump_url, error)
        return "I can't reach the person who runs me; tell those who manage this server."
    return "Sent to the person who runs me. Thank you."


def text_of(message: discord.Message) -> str:
    """Return a message's text, that of its embeds, and the addresses of its files."""
    parts = [message.content, *(embed.description or "" for embed in message.embeds)]
    return "\n\n".join([*parts, *(file.url for file in message.attachments)]).strip()[:EMBED_LIMIT]
