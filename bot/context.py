"""A command as it was typed, and the way to answer it; whatever Discord does meanwhile."""

import asyncio
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.prompt import Prompt, parse_prompt
from bot.store import Rules

if TYPE_CHECKING:
    from bot.client import Client  # noqa: F401 - for the type in quotes

# Discord's error code for a reply in a channel whose history the bot may not read; it may still write there.
NO_READING_OF_HISTORY = 160002
WAITS_FOR_DISCORD = (1.0, 2.0, 4.0)  # seconds, after answers that discord.py doesn't wait out itself, such as 503


class Context(commands.Context["Client"]):
    """A command as it was typed, and the way to answer it."""

    @property
    def before_names(self) -> str:
        """What stands before a command's name, the way in which this one was called."""
        return "/" if self.interaction else self.bot.settings.prefix

    @property
    def guild_id(self) -> int | None:
        """The server's id; None in a direct message."""
        return self.guild.id if self.guild else None

    @cached_property
    def rules(self) -> Rules:
        """What held in this channel when the command came."""
        return self.bot.rules(self.guild_id, self.channel)

    def prompt(self, seed: str, usual: tuple[float, ...], persona: str | None, random_seed: int | None) -> Prompt:
        """Read what was typed after the command's name; a slash command gives the options by themselves.

        Raises:
            ReplyError: there is no seed, or a number is out of its range.
        """
        prompt = parse_prompt(seed, usual, f"{self.before_names}{self.command}")
        if self.interaction:
            prompt = Prompt(prompt.seed, prompt.temperatures, persona or "", None, random_seed)
        return replace(prompt, persona=prompt.persona or self.rules.persona)

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
