"""*Finish this sentence*, in the menu of any message: how the person imitated would have gone on with it."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.prompt import Prompt
from bot.view import Shown, write

if TYPE_CHECKING:
    from bot.client import Client

NAME = "Finish this sentence"
LONGEST_SENTENCE = 500  # characters of the message, its last ones, that are gone on with


class Finish(commands.Cog):
    """The entry in a message's menu."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self._entry = app_commands.ContextMenu(name=NAME, callback=self.finish)

    async def cog_load(self) -> None:
        """Add the entry."""
        self.client.tree.add_command(self._entry)

    async def finish(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Go on with a message's words."""
        sentence = message.clean_content.strip()[-LONGEST_SENTENCE:]
        if not await self.client.admits(interaction, "" if sentence else "There are no words in that message."):
            return
        await interaction.response.defer()
        rules = self.client.rules(interaction.guild_id, interaction.channel)
        (request,) = Prompt(sentence, (rules.temperature,)).requests(self.client.settings.length)
        await write(interaction, Shown(request, rules.persona))  # type: ignore[arg-type] # our client
