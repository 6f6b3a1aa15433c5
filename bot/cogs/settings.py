"""`settings`: how the bot behaves in a server, for those who manage it."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from discord import app_commands
from discord.ext import commands

from bot.errors import ReplyError
from bot.store import GuildSettings
from bot.text import LABELS, escape
from bot.view import persona_choices

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context

CHANNEL = re.compile(r"<#(\d{1,20})>")
MOST_CHANNELS = 50
Language = Literal["en", "de", "es", "fr", "it", "nl", "pl", "pt"]


class ServerSettings(commands.Cog):
    """The command `settings`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @commands.guild_only()
    @commands.has_guild_permissions(manage_guild=True)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(
        persona="whom to imitate if nobody is named",
        temperature="when none is given",
        cooldown="seconds between one person's commands",
        channels="#a #b: answer there alone; not #a #b: everywhere else; all: everywhere",
        language="of the line under every reply",
        guess="whether the guessing game may be played",
    )
    async def settings(
        self,
        context: "Context",
        *,
        persona: str | None = None,
        temperature: app_commands.Range[float, 0, 2] | None = None,
        cooldown: app_commands.Range[float, 0, 3600] | None = None,
        channels: str | None = None,
        language: Language | None = None,
        guess: bool | None = None,
    ) -> None:
        """Show how I behave in this server, and change what you give; /settings offers each by name."""
        await context.defer(ephemeral=True)
        assert context.guild
        store, guild_id = self.client.store, context.guild.id
        given: dict[str, Any] = {"temperature": temperature, "cooldown": cooldown, "language": language, "guess": guess}
        changes = {name: value for name, value in given.items() if value is not None}
        if persona is not None:
            changes["persona"] = await self._persona(persona, guild_id)
        if channels is not None:
            changes["channels"] = parse_channels(channels)
        if changes:
            await store.set_guild(guild_id, replace(store.guild(guild_id), **changes))
        if cooldown is not None:
            self.client.forget_cooldowns()
        await context.show(content=self._described(store.guild(guild_id), guild_id))

    async def _persona(self, name: str, guild_id: int) -> str:
        """Return the name of a persona that may be imitated here."""
        self.client.imitator.personas.check(name)
        await self.client.imitated(name, guild_id)
        return name

    def _described(self, guild: GuildSettings, guild_id: int) -> str:
        rules = self.client.rules(guild_id)
        where = " ".join(f"<#{number}>" for number in guild.channels.removeprefix("-").split())
        lines = [
            f"persona: {escape(rules.persona)}",
            f"temperature: {rules.temperature:g}",
            f"cooldown: {rules.cooldown:g} s",
            f"channels: {'not ' if guild.channels.startswith('-') else ''}{where or 'all'}",
            f"language: {rules.language}",
            f"guess: {'on' if rules.guess else 'off'}",
        ]
        return "\n".join(lines)


def parse_channels(words: str) -> str:
    """Return channels as the store keeps them.

    Raises:
        ReplyError: no channel is among the words.
    """
    if words.strip().lower() == "all":
        return ""
    ids = CHANNEL.findall(words)
    if len(ids) > MOST_CHANNELS:
        raise ReplyError(f"That are {len(ids)} channels; {MOST_CHANNELS} are as many as I can keep.")
    if not ids:
        raise ReplyError('Name the channels with their #, after a "not" if I am to leave them alone; or say: all.')
    return ("- " if words.strip().lower().startswith("not") else "") + " ".join(ids)


assert set(LABELS) == set(Language.__args__)  # type: ignore[attr-defined]
