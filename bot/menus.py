"""The bot's entries in the menu of a Discord message: *Finish this sentence* and *Report this reply*."""

import logging
from typing import TYPE_CHECKING

import discord
from discord import Interaction, Message
from discord.app_commands import ContextMenu

from bot.prompt import Prompt
from bot.text import EMBED_LIMIT
from bot.view import ReplyState, write

if TYPE_CHECKING:
    from bot.client import Client

LONGEST_SENTENCE = 500  # characters at the end of a message that are continued

log = logging.getLogger(__name__)


def menus(client: "Client") -> list[ContextMenu]:
    """Return the menu entries of a client."""

    async def finish(interaction: Interaction, message: Message) -> None:
        await _finish(client, interaction, message)

    async def report(interaction: Interaction, message: Message) -> None:
        await _report(client, interaction, message)

    return [
        ContextMenu(name="Finish this sentence", callback=finish),
        ContextMenu(name="Report this reply", callback=report),
    ]


async def _finish(client: "Client", interaction: Interaction, message: Message) -> None:
    """Continue the end of a message."""
    sentence = message.clean_content.strip()[-LONGEST_SENTENCE:]
    refusal = ""
    if not sentence:
        refusal = "There are no words in that message."
    if not await client.admits(interaction, refusal):
        return
    await interaction.response.defer()
    rules = client.rules(interaction.guild_id, interaction.channel)
    prompt = Prompt(sentence, (rules.temperature,))
    (request,) = prompt.requests(client.settings.length)
    state = ReplyState(request, rules.persona)
    await write(interaction, state)  # type: ignore[arg-type] # the interaction's client is ours


async def _report(client: "Client", interaction: Interaction, message: Message) -> None:
    """Report a message of the bot to its owner."""
    assert client.user
    refusal = ""
    if message.author.id != client.user.id:
        refusal = "That isn't one of my replies."
    if not await client.admits(interaction, refusal, anywhere=True):
        return
    await interaction.response.defer(ephemeral=True)
    outcome = await send_report(client, message, interaction.user)
    await interaction.followup.send(outcome)


async def send_report(client: "Client", message: Message, reporter: discord.abc.User) -> str:
    """Send a message of the bot to its owner, with a link to it; return a sentence for the reporter."""
    application = await client.application_info()
    owner_id = application.owner.id
    if application.team and application.team.owner_id:
        owner_id = application.team.owner_id
    link = f"{reporter} reports {message.jump_url}"
    embed = discord.Embed(description=text_of(message))
    try:
        channel = await client.create_dm(discord.Object(owner_id))
        await channel.send(link, embed=embed)
    except discord.HTTPException as error:
        log.warning("the report of %s did not reach the owner: %s", message.jump_url, error)
        return "I can't reach the person who runs me; please tell the people who manage this server."
    return "Sent to the person who runs me. Thank you."


def text_of(message: Message) -> str:
    """Return a message's text, the text of its embeds, and the addresses of its files."""
    parts = [message.content]
    for embed in message.embeds:
        parts.append(embed.description or "")
    for file in message.attachments:
        parts.append(file.url)
    text = "\n\n".join(parts).strip()
    return text[:EMBED_LIMIT]
