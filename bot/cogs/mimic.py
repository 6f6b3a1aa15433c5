"""`mimic`: goes on with what a person typed, in the style of the person imitated."""

from typing import TYPE_CHECKING

from discord.ext import commands

from bot.reply import discord_message, escape, help_text, parse_prompt
from model.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client, Context


class Mimic(commands.Cog):
    """The commands `mimic` and `help`."""

    def __init__(self, client: "Client") -> None:
        self.settings = client.settings
        self.imitator = client.imitator

    @commands.command()
    async def mimic(self, context: "Context", *, words: str = "") -> None:
        """Go on with your words as the person would; a number from 0 to 2 at the end is the temperature."""
        prompt = parse_prompt(words, self.settings.temperature, f"{self.settings.prefix}mimic")
        async with context.typing():
            sampler = await self.imitator.load()
            sampled = await self.imitator.imitate(Request(prompt.seed, prompt.temperature, self.settings.length))
        await context.reply(discord_message(prompt, sampled, sampler.persona.author))

    @commands.command()
    async def help(self, context: "Context") -> None:
        """Say what the bot does and how it is called."""
        sampler = await self.imitator.load()
        await context.reply(escape(help_text(self.settings.prefix, sampler.persona.author, self.settings.temperature)))
