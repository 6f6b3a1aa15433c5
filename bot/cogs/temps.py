"""`temps`: the same words and the same random numbers at several temperatures, side by side."""

from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.text import EMBED_LIMIT, discord_text, heat_colour, label
from bot.view import persona_choices
from model.recipe import TEMPERATURES
from model.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context

EXPLANATION = (
    "The same words and the same random numbers; only the temperature differs. Cold takes what is likeliest, hot dares "
    "the unlikely."
)
LONGEST_SEED = 200  # characters of the seed that each of the four shows: all of them share 6,000
LONGEST_OF_FOUR = 400  # characters; with every one of them escaped, four fit a message


class Temps(commands.Cog):
    """The command `temps`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(
        seed="your words, and up to four temperatures after them if you like: i think that 0.1 1.5",
        persona="whom to imitate",
        random_seed="the same number gives the same replies again",
    )
    async def temps(
        self,
        context: "Context",
        *,
        seed: str = "",
        persona: str | None = None,
        random_seed: app_commands.Range[int, 0, 2**32 - 1] | None = None,
    ) -> None:
        """Go on with your words at four temperatures at once, from cold to hot."""
        await context.defer()
        prompt = context.prompt(seed, TEMPERATURES, persona, random_seed)
        length = min(prompt.length or self.client.settings.length, LONGEST_OF_FOUR)
        requests = replace(prompt, length=length).requests(length)
        author = (await self.client.imitated(prompt.persona, context.guild_id)).author
        replies = await self.client.imitator.imitate_all(requests, context.author.id, prompt.persona)
        embeds = [
            _embed(request, reply, label(author, request.temperature, context.rules.language))
            for request, reply in zip(requests, replies, strict=True)
        ]
        await context.show(content=EXPLANATION, embeds=embeds)


def _embed(request: Request, reply: str, labelled: str) -> discord.Embed:
    """Show one reply in the colour of its temperature."""
    colour = discord.Colour.from_rgb(*heat_colour(request.temperature))
    text = discord_text(request.prompt[-LONGEST_SEED:], reply, "", EMBED_LIMIT)
    embed = discord.Embed(description=text, colour=colour)
    return embed.set_footer(text=labelled)
