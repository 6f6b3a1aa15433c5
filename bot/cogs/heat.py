"""`heat`: a picture of what may come next at each temperature, and of how surprising each letter of a reply was."""

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.reply import Prompt, escape, parse_prompt

if TYPE_CHECKING:
    from bot.client import Client, Context


class Heat(commands.Cog):
    """The command `heat`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
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
        prompt = parse_prompt(seed, (1.0,), f"{context.before_names}heat")
        if context.interaction:
            prompt = Prompt(prompt.seed, prompt.temperatures, persona or "", None, random_seed)
        from bot.picture import heat_picture  # its library's 8 MB are for those who ask

        prompt = replace(prompt, persona=prompt.persona or context.rules.persona)
        await self.client.imitated(prompt.persona, context.guild_id)
        picture, title = await heat_picture(self.client.imitator, prompt, context.author.id, context.rules.language)
        file = discord.File(io.BytesIO(picture), "heat.png", description=f"{title}: probabilities by temperature")
        await context.show(content=f"-# {escape(title)}", file=file)

    @heat.autocomplete("persona")
    async def _personas(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return self.client.persona_choices(typed)
