"""`heat`: a picture of what may come next at each temperature, and of how surprising each letter of a reply was."""

import io
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.text import escape, label
from bot.view import persona_choices

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context


class Heat(commands.Cog):
    """The command `heat`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(
        seed="your words, and a temperature after them if you like: i think that 1.2",
        persona="whom to imitate",
        random_seed="the same number gives the same picture again",
    )
    async def heat(
        self,
        context: "Context",
        *,
        seed: str = "",
        persona: str | None = None,
        random_seed: app_commands.Range[int, 0, 2**32 - 1] | None = None,
    ) -> None:
        """Draw what may come next at each temperature, and how surprising each letter of a reply was."""
        await context.defer()
        from bot.picture import heat_picture  # its library's 8 MB are for those who ask

        prompt = context.prompt(seed, (1.0,), persona, random_seed)
        author = (await self.client.imitated(prompt.persona, context.guild_id)).author
        title = label(author, prompt.temperatures[0], context.rules.language)
        picture = await heat_picture(self.client.imitator, prompt, title, context.author.id)
        file = discord.File(io.BytesIO(picture), "heat.png", description=f"{title}: probabilities by temperature")
        await context.show(content=f"-# {escape(title)}", file=file)
