"""A command's answer becomes Discord messages, whatever Discord does meanwhile: retries, edits, acknowledgements."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.command import Act
from bot.errors import ReplyError
from bot.game import Round
from bot.imitator import Imitator
from bot.menus import send_report
from bot.question_view import QuestionView
from bot.round_view import MOST_SCORES, RoundView
from bot.settings import Settings
from bot.store import EVERYWHERE, GuildSettings, Rules, Store
from bot.text import EMBED_LIMIT, count_of, discord_text, escape, heat_colour, label
from bot.view import ReplyState
from model.persona.file import Persona
from model.persona.forgotten import Forgotten
from model.persona.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client  # noqa: F401 - for the type in quotes

# Discord's error code for a reply in a channel whose history the bot may not read. It may still write there.
NO_READING_OF_HISTORY = 160002
WAITS_FOR_DISCORD = (1.0, 2.0, 4.0)  # seconds between tries, after failures that discord.py doesn't retry, such as 503
SECONDS_BETWEEN_EDITS = 1.2  # Discord allows a whole channel five edits in five seconds
SECONDS_UNTIL_TYPING = 0.6  # most replies are sent earlier; a typing indicator would cost one more request
LONGEST_SEED = 200  # characters of the seed in each of four replies, whose embeds share a limit of 6,000


class Context(commands.Context["Client"]):
    """The caller of a command in Discord; a `bot.command.Caller`."""

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
        """The servers' settings, scores and forgotten people."""
        return self.bot.store

    @property
    def rules(self) -> Rules:
        """The rules that hold in this channel."""
        return self.bot.rules(self.guild_id, self.channel)

    @property
    def offered(self) -> list[str]:
        """The names of the personas that may be imitated here."""
        return self.bot.offered(self.guild_id)

    @property
    def guild_settings(self) -> GuildSettings:
        """The settings that the people who manage the server have chosen."""
        return self.store.guild(self.guild_id)

    @property
    def person_id(self) -> int:
        """The person's Discord id."""
        return self.author.id

    @property
    def guild_id(self) -> int | None:
        """The server's id; None in a direct message."""
        if self.guild is None:
            return None
        return self.guild.id

    @property
    def place(self) -> str:
        """The place where a chosen persona holds, in words."""
        return " in this channel"

    @property
    def reach(self) -> str:
        """The places that the bot serves, in words."""
        servers = count_of(len(self.bot.guilds), "server")
        return f"in {servers}"

    @property
    def manages(self) -> bool:
        """Whether the caller manages the server."""
        if not isinstance(self.author, discord.Member):
            return False
        return self.author.guild_permissions.manage_guild

    async def owns(self) -> bool:
        """Return whether the caller runs the bot."""
        return await self.bot.is_owner(self.author)

    def as_typed(self, words: str) -> str:
        """Return a command as this one was called: with the prefix, or as a slash command."""
        if self.interaction:
            return f"/{words}"
        return self.settings.prefix + words

    async def imitated(self, name: str) -> Persona:
        """Return a persona that may be imitated here; errors as of `Client.imitated`."""
        return await self.bot.imitated(name, self.guild_id)

    async def choose_persona(self, name: str) -> None:
        """Imitate a persona in this channel by default; "" follows the server's settings."""
        await self.store.set_channel_persona(self.channel.id, name)

    async def change_settings(self, settings: GuildSettings) -> None:
        """Store other settings for this server."""
        assert self.guild
        if settings.cooldown != self.guild_settings.cooldown:
            self.bot.forget_cooldowns()
        await self.store.set_guild(self.guild.id, settings)

    async def forget(self, person: Forgotten, *, everywhere: bool) -> bool:
        """Remember that a person must not be imitated, in this server or everywhere; return whether that is stored."""
        guild_id = EVERYWHERE
        if not everywhere:
            assert self.guild
            guild_id = self.guild.id
        return await self.store.forget(person, guild_id)

    async def ask(self, question: str, answer: str, act: Act) -> None:
        """Ask with two buttons; arguments as of `bot.command.Caller.ask`."""
        view = QuestionView(self.person_id, question, answer, act)
        view.message = await self.show(content=view.text, view=view)

    @asynccontextmanager
    async def answering(self, *, private: bool) -> AsyncIterator[None]:
        """Acknowledge a slash command at once; for a typed one, show that the bot is typing if the answer takes long.

        Args:
            private: only the caller sees the answer to a slash command.
        """
        if self.interaction:
            await self.defer(ephemeral=private)
            yield
            return
        typing = asyncio.create_task(self._type_when_slow())
        try:
            yield
        finally:
            typing.cancel()

    async def _type_when_slow(self) -> None:
        await asyncio.sleep(SECONDS_UNTIL_TYPING)
        with contextlib.suppress(discord.HTTPException):  # the same error will meet the reply, which reports it
            await self.channel.typing()

    async def say(self, text: str, *, mentions: bool = False) -> None:
        """Answer with plain text; arguments as of `bot.command.Caller.say`."""
        await self.show(content=escape(text, mentions=mentions))

    async def show_reply(self, request: Request, name: str) -> None:
        """Answer with a whole reply; if it takes long, first with its beginning, which then grows."""
        persona = await self.imitated(name)
        state = ReplyState(request, name, self.rules.language)
        clock = asyncio.get_running_loop().time
        text = ""
        message = None
        next_edit = clock() + SECONDS_BETWEEN_EDITS
        async with aclosing(self.imitator.stream(request, self.person_id, name)) as parts:
            async for part in parts:
                text += part
                if len(text) < request.length and clock() >= next_edit:
                    payload = state.payload(text, persona.author)
                    message = await self.show(message, **payload)
                    next_edit = clock() + SECONDS_BETWEEN_EDITS
        if message:
            await asyncio.sleep(next_edit - clock())
        payload = state.payload(text, persona.author, self.offered)
        await self.show(message, **payload)

    async def show_replies(self, requests: Sequence[Request], name: str, explanation: str) -> None:
        """Answer with several replies, each in the colour of its temperature."""
        persona = await self.imitated(name)
        language = self.rules.language
        replies = await self.imitator.imitate_all(requests, self.person_id, name)
        embeds = []
        for request, reply in zip(requests, replies, strict=True):
            label_line = label(persona.author, request.temperature, language)
            embeds.append(_embed(request, reply, label_line))
        await self.show(content=explanation, embeds=embeds)

    async def show_picture(self, png: bytes, title: str) -> None:
        """Answer with a picture and its title."""
        file = discord.File(
            io.BytesIO(png),
            filename="heat.png",
            description=f"{title}: probabilities by temperature",
        )
        await self.show(content=f"-# {escape(title)}", file=file)

    async def play(self, game_round: Round, persona: Persona, name: str) -> None:
        """Answer with a round of the guessing game, whose buttons take the guesses."""
        assert self.guild
        view = RoundView(self.bot, persona, name, self.guild.id, game_round)
        view.message = await self.show(content=view.text(), view=view)

    def scores(self) -> list[str]:
        """Return a line for each of the server's best guessers."""
        assert self.guild
        lines = []
        for place, (user, points) in enumerate(self.store.best(self.guild.id, MOST_SCORES), 1):
            lines.append(f"{place}. <@{user}>: {points}")
        return lines

    def more_settings(self) -> list[str]:
        """Return no lines: only the bot's owner sees the bot's own settings."""
        return []

    async def report(self) -> str:
        """Send the message that the command replies to to the bot's owner; return a sentence for the caller."""
        assert self.bot.user
        message = self.message.reference and self.message.reference.resolved
        if not isinstance(message, discord.Message) or message.author.id != self.bot.user.id:
            raise ReplyError(f"Reply to one of my messages with {self.as_typed('report')}.")
        return await send_report(self.bot, message, self.author)

    async def show(self, message: discord.Message | None = None, **payload: Any) -> discord.Message:
        """Answer the command with a message without link previews, or edit an earlier answer.

        If the command's message was deleted, or the bot may not refer to it, the answer is an ordinary message.
        discord.py retries after rate limits and most of Discord's failures; this method retries after the others.
        """
        for wait in WAITS_FOR_DISCORD:
            try:
                return await self._try_to_show(message, payload)
            except discord.DiscordServerError:
                await asyncio.sleep(wait)
        return await self._try_to_show(message, payload)

    async def _try_to_show(self, message: discord.Message | None, payload: dict[str, Any]) -> discord.Message:
        if "file" in payload:
            payload["file"].reset()  # an earlier try may have read it
        if message:
            return await message.edit(**payload)
        return await self._answer(payload)

    async def _answer(self, payload: dict[str, Any]) -> discord.Message:
        has_embeds = bool(payload.get("embeds"))
        payload = {"suppress_embeds": not has_embeds} | payload
        if self.interaction:
            return await self.send(**payload)
        reference = self.message.to_reference(fail_if_not_exists=False)
        try:
            return await self.send(reference=reference, **payload)
        except discord.HTTPException as error:
            if error.code != NO_READING_OF_HISTORY:
                raise
            return await self.send(**payload)


def _embed(request: Request, reply: str, label_line: str) -> discord.Embed:
    """Return one reply in the colour of its temperature."""
    colour = discord.Colour.from_rgb(*heat_colour(request.temperature))
    seed = request.prompt[-LONGEST_SEED:]
    text = discord_text(seed, reply, "", EMBED_LIMIT)
    embed = discord.Embed(description=text, colour=colour)
    return embed.set_footer(text=label_line)
