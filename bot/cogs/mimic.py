"""`mimic`: goes on with what a person typed, in the style of the person imitated."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.prompt import Prompt, check_seed, parse_prompt
from bot.settings import LONGEST_REPLY
from bot.view import Shown, persona_choices

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context

SECONDS_BETWEEN_EDITS = 1.2  # of one message; Discord's limit is five in five seconds, for a whole channel
SECONDS_UNTIL_TYPING = 0.6  # most replies are there before: then it would be one more request, and in vain


class Mimic(commands.Cog):
    """The command `mimic`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(
        seed="your words: the imitation goes on with them",
        temperature="0 repeats the likeliest, 1 is as varied as the person, 2 is noise",
        persona="whom to imitate",
        length="characters",
        random_seed="the same number gives the same reply again",
    )
    async def mimic(
        self,
        context: "Context",
        *,
        seed: str = "",
        temperature: app_commands.Range[float, 0, 2] | None = None,
        persona: str | None = None,
        length: app_commands.Range[int, 1, LONGEST_REPLY] | None = None,
        random_seed: app_commands.Range[int, 0, 2**32 - 1] | None = None,
    ) -> None:
        """Go on with your words as the person would; a number from 0 to 2 at the end is the temperature."""
        usual = context.rules.temperature
        if context.interaction:
            await context.defer()
            check_seed(seed, "/mimic")
            prompt = Prompt(seed, (usual if temperature is None else temperature,), persona or "", length, random_seed)
        else:
            prompt = parse_prompt(seed, (usual,), f"{context.before_names}mimic")
        await self._answer(context, prompt)

    async def _answer(self, context: "Context", prompt: Prompt) -> None:
        """Answer with a whole reply, or, where it takes long, with what there is of it and then with more."""
        (request,) = prompt.requests(self.client.settings.length)
        imitator, name = self.client.imitator, prompt.persona or context.rules.persona
        author = (await self.client.imitated(name, context.guild_id)).author
        shown = Shown(request, name, context.rules.language)
        clock, text, message = asyncio.get_running_loop().time, "", None
        edited = clock()
        stream = imitator.stream(request, context.author.id, name)
        async with _typing_when_slow(context), aclosing(stream) as parts:
            async for part in parts:
                text += part
                if len(text) < request.length and clock() - edited >= SECONDS_BETWEEN_EDITS:
                    message = await context.show(message, **shown.payload(text, author))
                    edited = clock()
        if message:
            await asyncio.sleep(edited + SECONDS_BETWEEN_EDITS - clock())
        await context.show(message, **shown.payload(text, author, imitator.personas.names()))


@asynccontextmanager
async def _typing_when_slow(context: "Context") -> AsyncIterator[None]:
    async def show() -> None:
        await asyncio.sleep(SECONDS_UNTIL_TYPING)
        with contextlib.suppress(discord.HTTPException):  # the reply itself says what is wrong
            await context.channel.typing()

    task = None if context.interaction else asyncio.create_task(show())  # who waits for a slash command sees it
    try:
        yield
    finally:
        if task:
            task.cancel()
