"""The caller of a command in Discord, and the ways to answer there, whatever Discord does meanwhile."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.errors import ReplyError
from bot.game import Round
from bot.imitator import Imitator
from bot.menus import send_report
from bot.round_view import MOST_SCORES, RoundView
from bot.settings import Settings
from bot.store import EVERYWHERE, GuildSettings, Rules, Store
from bot.text import EMBED_LIMIT, discord_text, escape, heat_colour, label
from bot.view import ReplyState
from model.persona import Persona
from model.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client  # noqa: F401 - for the type in quotes

# Discord's error code for a reply in a channel whose history the bot may not read; it may still write there.
NO_READING_OF_HISTORY = 160002
WAITS_FOR_DISCORD = (1.0, 2.0, 4.0)  # seconds, after answers that discord.py doesn't wait out itself, such as 503
SECONDS_BETWEEN_EDITS = 1.2  # of one message; Discord's limit is five in five seconds, for a whole channel
SECONDS_UNTIL_TYPING = 0.6  # most replies are there before: then it would be one more request, and in vain
LONGEST_SEED = 200  # characters of the seed that each of four replies shows: all of them share 6,000


class Context(commands.Context["Client"]):
    """A command as it was typed or chosen; a `bot.command.Caller`."""

    @property
    def settings(self) -> Settings:
        """The bot's settings."""
        return self.bot.settings

    @property
    def imitator(self) -> Imitator:
        """The queue that samples replies."""
        return self.bot.imitator

    @property
    def store(self) -> Store:
        """What is remembered."""
        return self.bot.store

    @property
    def rules(self) -> Rules:
        """What holds in this channel."""
        return self.bot.rules(self.guild_id, self.channel)

    @property
    def offered(self) -> list[str]:
        """The names of the personas that may be imitated here."""
        return self.bot.offered(self.guild_id)

    @property
    def guild_settings(self) -> GuildSettings:
        """What those who manage the server have set."""
        return self.store.guild(self.guild_id)

    @property
    def person_id(self) -> int:
        """The person's Discord id."""
        return self.author.id

    @property
    def guild_id(self) -> int | None:
        """The server's id; None in a direct message."""
        return self.guild.id if self.guild else None

    @property
    def place(self) -> str:
        """The place of a channel's persona in words."""
        return " in this channel"

    @property
    def reach(self) -> str:
        """The places that the bot serves, in words."""
        count = len(self.bot.guilds)
        return f"in {count:,} server{'' if count == 1 else 's'}"

    @property
    def manages(self) -> bool:
        """Whether the caller manages the server."""
        return isinstance(self.author, discord.Member) and self.author.guild_permissions.manage_guild

    async def owns(self) -> bool:
        """Return whether the caller runs the bot."""
        return await self.bot.is_owner(self.author)

    def as_typed(self, words: str) -> str:
        """Return a command as this one was called: with the prefix, or as a slash command."""
        return ("/" if self.interaction else self.settings.prefix) + words

    async def imitated(self, name: str) -> Persona:
        """Return a persona that may be imitated here; errors as of `Client.imitated`."""
        return await self.bot.imitated(name, self.guild_id)

    async def choose_persona(self, name: str) -> None:
        """Imitate a persona in this channel if nobody is named; "" follows the server's settings."""
        await self.store.set_channel_persona(self.channel.id, name)

    async def change_settings(self, settings: GuildSettings) -> None:
        """Store other settings for this server."""
        assert self.guild
        if settings.cooldown != self.guild_settings.cooldown:
            self.bot.forget_cooldowns()
        await self.store.set_guild(self.guild.id, settings)

    async def forget(self, author_id: str, *, everywhere: bool) -> None:
        """Remember that a person must not be imitated, in this server or everywhere."""
        assert everywhere or self.guild
        await self.store.forget(author_id, EVERYWHERE if everywhere or not self.guild else self.guild.id)

    @asynccontextmanager
    async def answering(self, *, private: bool) -> AsyncIterator[None]:
        """Acknowledge a slash command at once; show that the bot is typing where an answer takes long.

        Args:
            private: only the caller sees the answer to a slash command.
        """
        if self.interaction:
            await self.defer(ephemeral=private)
        typing = None if self.interaction else asyncio.create_task(self._type_when_slow())
        try:
            yield
        finally:
            if typing:
                typing.cancel()

    async def _type_when_slow(self) -> None:
        await asyncio.sleep(SECONDS_UNTIL_TYPING)
        with contextlib.suppress(discord.HTTPException):  # the reply itself says what is wrong
            await self.channel.typing()

    async def say(self, text: str, *, mentions: bool = False) -> None:
        """Answer with plain text; arguments as of `bot.command.Caller.say`."""
        await self.show(content=escape(text, mentions=mentions))

    async def show_reply(self, request: Request, name: str) -> None:
        """Answer with a whole reply, or, where it takes long, with its beginning and then with more."""
        author = (await self.imitated(name)).author
        state = ReplyState(request, name, self.rules.language)
        clock, text, message = asyncio.get_running_loop().time, "", None
        edited = clock()
        async with aclosing(self.imitator.stream(request, self.person_id, name)) as parts:
            async for part in parts:
                text += part
                if len(text) < request.length and clock() - edited >= SECONDS_BETWEEN_EDITS:
                    message = await self.show(message, **state.payload(text, author))
                    edited = clock()
        if message:
            await asyncio.sleep(edited + SECONDS_BETWEEN_EDITS - clock())
        await self.show(message, **state.payload(text, author, self.offered))

    async def show_replies(self, requests: Sequence[Request], name: str, explanation: str) -> None:
        """Answer with several replies, each in the colour of its temperature."""
        author = (await self.imitated(name)).author
        replies = await self.imitator.imitate_all(requests, self.person_id, name)
        embeds = [
            _embed(request, reply, label(author, request.temperature, self.rules.language))
            for request, reply in zip(requests, replies, strict=True)
        ]
        await self.show(content=explanation, embeds=embeds)

    async def show_picture(self, png: bytes, title: str) -> None:
        """Answer with a picture and its title."""
        file = discord.File(io.BytesIO(png), "heat.png", description=f"{title}: probabilities by temperature")
        await self.show(content=f"-# {escape(title)}", file=file)

    async def play(self, played: Round, persona: Persona, name: str) -> None:
        """Answer with a round of the guessing game, whose buttons take the guesses."""
        assert self.guild
        view = RoundView(self.bot, persona, name, self.guild.id, played)
        view.message = await self.show(content=view.text(), view=view)

    def scores(self) -> list[str]:
        """Return a line for each of the server's best guessers."""
        assert self.guild
        best = self.store.best(self.guild.id, MOST_SCORES)
        return [f"{place}. <@{user}>: {points}" for place, (user, points) in enumerate(best, 1)]

    def more_settings(self) -> list[str]:
        """Return nothing: the bot's own settings are its owner's affair."""
        return []

    async def report(self) -> str:
        """Send the replied-to message to the bot's owner; return what became of it."""
        message = self.message.reference and self.message.reference.resolved
        assert self.bot.user
        if not isinstance(message, discord.Message) or message.author.id != self.bot.user.id:
            raise ReplyError(f"Reply to one of my messages with {self.as_typed('report')}.")
        return await send_report(self.bot, message, self.author)

    async def show(self, message: discord.Message | None = None, **payload: Any) -> discord.Message:
        """Answer the command, or change the answer that was given; links unfold no pictures.

        Where the command's message is gone by now, or can't be referred to, the answer goes to its channel.
        discord.py waits out rate limits and most of Discord's failures; here the rest.
        """
        for wait in (*WAITS_FOR_DISCORD, None):
            if "file" in payload:
                payload["file"].reset()  # to its beginning
            try:
                return await (message.edit(**payload) if message else self._answer(payload))
            except discord.DiscordServerError:
                if wait is None:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _answer(self, payload: dict[str, Any]) -> discord.Message:
        payload = {"suppress_embeds": not payload.get("embeds")} | payload
        if self.interaction:
            return await self.send(**payload)
        try:
            return await self.send(reference=self.message.to_reference(fail_if_not_exists=False), **payload)
        except discord.HTTPException as error:
            if error.code != NO_READING_OF_HISTORY:
                raise
            return await self.send(**payload)


def _embed(request: Request, reply: str, label_text: str) -> discord.Embed:
    """Return one reply in the colour of its temperature."""
    colour = discord.Colour.from_rgb(*heat_colour(request.temperature))
    text = discord_text(request.prompt[-LONGEST_SEED:], reply, "", EMBED_LIMIT)
    return discord.Embed(description=text, colour=colour).set_footer(text=label_text)
