"""`mimic`: goes on with what a person typed, in the style of the person imitated."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.reply import Prompt, discord_message, escape, help_text, parse_prompt
from model.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client, Context

SECONDS_BETWEEN_EDITS = 1.2  # of one message; Discord's limit is five in five seconds, for a whole channel
SECONDS_UNTIL_TYPING = 0.6  # most replies are there before: then it would be one more request, and in vain


class Mimic(commands.Cog):
    """The commands `mimic` and `help`."""

    def __init__(self, client: "Client") -> None:
        self.settings = client.settings
        self.imitator = client.imitator
        self._answering: dict[int, asyncio.Task[Any]] = {}  # by the command's message

    @commands.command()
    async def mimic(self, context: "Context", *, words: str = "") -> None:
        """Go on with your words as the person would; a number from 0 to 2 at the end is the temperature."""
        prompt = parse_prompt(words, self.settings.temperature, f"{self.settings.prefix}mimic")
        task = asyncio.current_task()
        assert task
        self._answering[context.message.id] = task
        try:
            await self._answer(context, prompt)
        finally:
            del self._answering[context.message.id]

    async def _answer(self, context: "Context", prompt: Prompt) -> None:
        """Answer with a whole reply, or, where it takes long, with what there is of it and then with more."""
        request = Request(prompt.seed, prompt.temperature, self.settings.length)
        author = (await self.imitator.persona()).author
        clock, text, message = asyncio.get_running_loop().time, "", None
        shown = clock()
        async with _typing_when_slow(context), aclosing(self.imitator.stream(request, context.author.id)) as parts:
            async for part in parts:
                text += part
                if len(text) < request.length and clock() - shown >= SECONDS_BETWEEN_EDITS:
                    message = await context.show(discord_message(prompt, text, author), message)
                    shown = clock()
        if message:
            await asyncio.sleep(shown + SECONDS_BETWEEN_EDITS - clock())
        await context.show(discord_message(prompt, text, author), message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Stop answering a command that was deleted."""
        self._forget(payload.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Stop answering commands that were deleted."""
        for message_id in payload.message_ids:
            self._forget(message_id)

    def _forget(self, message_id: int) -> None:
        if message_id in self._answering:
            self._answering[message_id].cancel()

    @commands.command()
    async def help(self, context: "Context") -> None:
        """Say what the bot does and how it is called."""
        author = (await self.imitator.persona()).author
        await context.show(escape(help_text(self.settings.prefix, author, self.settings.temperature)))


@asynccontextmanager
async def _typing_when_slow(context: "Context") -> AsyncIterator[None]:
    async def show() -> None:
        await asyncio.sleep(SECONDS_UNTIL_TYPING)
        with contextlib.suppress(discord.HTTPException):  # the reply itself says what is wrong
            await context.channel.typing()

    task = asyncio.create_task(show())
    try:
        yield
    finally:
        task.cancel()
