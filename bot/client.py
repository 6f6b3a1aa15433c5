"""The Discord client: intents, mentions, and what happens when a command goes wrong. Its features are in `bot.cogs`."""

import asyncio
import difflib
import logging
import math
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.command import all_commands
from bot.context import Context
from bot.errors import NOT_HERE, WENT_WRONG, RefusedError
from bot.hybrid import discord_command, sync
from bot.imitator import Imitator
from bot.menus import menus
from bot.personas import NoConsentError
from bot.settings import Settings
from bot.store import Rules, Store
from bot.text import escape
from bot.view import Pick, Press
from model.persona import Persona, PersonaError, head_of

log = logging.getLogger(__name__)

# Only what the commands need: messages with their text, and the guilds that they are in.
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)

MOMENT = "Give me a moment: your next one in {} s."
WRAPPERS = (commands.CommandInvokeError, commands.HybridCommandError, app_commands.CommandInvokeError)


@dataclass(frozen=True)
class Asked:
    """What a cooldown looks at, of what is no command."""

    guild: discord.Guild | None
    author: discord.User | discord.Member


class NotHereError(commands.CheckFailure):
    """A command was given in a channel where the server doesn't want it."""


def _ids(channel: Any) -> tuple[int, int | None]:
    """Return the ids of a channel and, where it is a thread, of the one that it belongs to."""
    return channel.id, getattr(channel, "parent_id", None)


class Client(commands.AutoShardedBot):
    """A bot that answers commands; one shard for small bots, more when Discord asks for more."""

    def __init__(self, settings: Settings, imitator: Imitator) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned_or(settings.prefix),
            help_command=None,  # there is one of our own, the same text as in the terminal
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            activity=discord.Activity(type=discord.ActivityType.listening, name=f"{settings.prefix}mimic"),
            max_messages=None,  # nothing that people type is kept
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            case_insensitive=True,
            strip_after_prefix=True,
        )
        self.settings = settings
        self.imitator = imitator
        self._until_closed = AsyncExitStack()
        self.store = Store()
        # One for all commands of a person; the decorator of discord.ext.commands has one for each command.
        self.forget_cooldowns()
        self._answering: dict[int, asyncio.Task[Any]] = {}  # commands, by their messages
        self.before_invoke(self._began)
        self.after_invoke(self._ended)
        self.add_check(self._may_answer_here)
        self.add_check(self._has_cooled_down)

    def rules(self, guild_id: int | None, channel: Any = None) -> Rules:
        """Return what holds in a server, in one of its channels, or in direct messages."""
        names, guild = self.offered(guild_id), self.store.guild(guild_id)
        chosen = self.store.channel_persona(*_ids(channel)) if channel else ""
        if chosen in names:
            guild = replace(guild, persona=chosen)
        return Rules.of(guild, self.settings, names, self.imitator.personas.default_among(names))

    def offered(self, guild_id: int | None) -> list[str]:
        """Return the names of the personas that may be imitated in a server; None: in direct messages."""
        return self.imitator.personas.offered(lambda author_ids: self.store.is_forgotten(author_ids, guild_id))

    async def imitated(self, name: str, guild_id: int | None) -> Persona:
        """Return a persona that may be imitated in a server.

        Raises:
            RefusedError: no persona has that name, it can't be loaded, or the person doesn't want to be imitated there.
        """
        offered = self.offered(guild_id)
        name = self.imitator.personas.check(name, offered)
        try:
            persona = await self.imitator.persona(name)
        except NoConsentError as error:
            log.warning("%s", error)
            raise RefusedError("Nothing says that they agreed to be imitated, so I don't.") from error
        except PersonaError as error:
            log.error("%s", error)
            raise RefusedError(
                "That persona can't be loaded; the person who runs me finds the reason in the log."
            ) from error
        if self.store.is_forgotten(head_of(persona).author_ids, guild_id):
            elsewhere = f" There are {', '.join(offered)[:400]}." if offered else ""
            raise RefusedError(f"{persona.author[:40]} is not imitated here any more.{elsewhere}")
        return persona

    def forget_cooldowns(self) -> None:
        """Let everybody's next command count as their first."""
        self._cooldowns = commands.DynamicCooldownMapping(self._cooldown, commands.BucketType.member)
        self._reminders = commands.DynamicCooldownMapping(self._cooldown, commands.BucketType.member)

    def _cooldown(self, asked: Any) -> commands.Cooldown | None:
        seconds = self.rules(asked.guild.id if asked.guild else None).cooldown
        return commands.Cooldown(1, seconds) if seconds else None

    def answers_in(self, guild_id: int | None, channel: Any) -> bool:
        """Say whether a server wants answers in a channel, or in a thread of it."""
        return self.store.guild(guild_id).answers_in(*_ids(channel))

    async def admits(self, interaction: discord.Interaction[Any], refusal: str = "", *, anywhere: bool = False) -> bool:
        """Say whether to do what a button or a menu asks for, and count it; who is refused is told why.

        Args:
            refusal: why not, where that is known already.
            anywhere: in the channels too where the server wants no answers.
        """
        if not (refusal or anywhere or self.answers_in(interaction.guild_id, interaction.channel)):
            refusal = NOT_HERE
        if not refusal:
            bucket = self._cooldowns.get_bucket(Asked(interaction.guild, interaction.user))  # type: ignore[arg-type]
            if bucket and (wait := bucket.update_rate_limit()):
                refusal = MOMENT.format(math.ceil(wait))
        if refusal:
            await interaction.response.send_message(refusal, ephemeral=True)
        return not refusal

    async def _may_answer_here(self, context: Context) -> bool:
        if self.answers_in(context.guild_id, context.channel) or context.command is self.get_command("settings"):
            return True
        raise NotHereError

    def _has_cooled_down(self, context: commands.Context[Any]) -> bool:
        bucket = self._cooldowns.get_bucket(context)
        if bucket and context.command is not self.get_command("settings") and (wait := bucket.update_rate_limit()):
            raise commands.CommandOnCooldown(bucket, wait, commands.BucketType.user)
        return True

    async def _began(self, context: commands.Context[Any]) -> None:
        if task := asyncio.current_task():
            self._answering[context.message.id] = task

    async def _ended(self, context: commands.Context[Any]) -> None:
        self._answering.pop(context.message.id, None)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Stop answering a command that was deleted."""
        if payload.message_id in self._answering:
            self._answering[payload.message_id].cancel()

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Stop answering commands that were deleted."""
        for message_id in payload.message_ids & self._answering.keys():
            self._answering[message_id].cancel()

    async def setup_hook(self) -> None:
        """Add the features, once, before connecting."""
        await self.store.open(self.settings.database)
        self._until_closed.push_async_callback(self.store.close)
        for command in all_commands():
            self.add_command(discord_command(command))
        self.add_command(sync)
        for menu in menus(self):
            self.tree.add_command(menu)
        self.add_dynamic_items(Press, Pick)
        if self.settings.metrics_port:
            from bot.metrics import Metrics

            metrics = Metrics(self, self.imitator)
            await self._until_closed.enter_async_context(metrics.serving(self.settings.metrics_port))

    async def close(self) -> None:
        """Leave Discord, and end what the setup began."""
        await super().close()
        await self._until_closed.aclose()

    async def get_context(self, origin: Any, *, cls: Any = Context) -> Any:
        """Wrap every command in our own context."""
        return await super().get_context(origin, cls=cls)

    async def on_ready(self) -> None:
        """Say in the log that the bot can be used."""
        assert self.user
        log.info("%s is in %d servers and imitates %s", self.user, len(self.guilds), self.imitator.personas.default)

    async def on_command_error(self, context: Context, error: commands.CommandError) -> None:  # type: ignore[override]
        """Answer what a person can put right in one sentence; log the rest."""
        cause: Exception = error
        while isinstance(cause, WRAPPERS):
            cause = cause.original
        if isinstance(cause, discord.Forbidden | discord.NotFound):
            # The channel is gone, or the bot may not write there: nobody is left to tell.
            log.warning("no reply in channel %s: %s", context.channel.id, cause)
        elif sentence := self._sentence(context, cause):
            try:
                await context.show(content=escape(sentence), ephemeral=True)
            except discord.HTTPException as problem:
                log.warning("no reply in channel %s: %s", context.channel.id, problem)

    def _sentence(self, context: Context, cause: Exception) -> str:
        """Return what a person is told of an error; "" where silence is better."""
        match cause:
            case commands.NotOwner():
                return ""  # not everybody's command: to others it isn't there
            case NotHereError():
                return NOT_HERE if context.interaction else ""
            case commands.NoPrivateMessage():
                return "That is for servers."
            case commands.MissingPermissions():
                return "That is for those who manage the server."
            case commands.CommandNotFound():
                return self._suggestion(context)
            case commands.CommandOnCooldown():
                reminder = self._reminders.get_bucket(context)
                # Told once; whoever types on would make the bot flood the channel.
                told = reminder and reminder.update_rate_limit()
                return "" if told else MOMENT.format(math.ceil(cause.retry_after))
            case RefusedError():
                return str(cause)
        log.error("the command %s failed", context.command, exc_info=cause)
        return WENT_WRONG

    def _suggestion(self, context: Context) -> str:
        """Answer a misspelt command, and whoever speaks to the bot; other bots' commands are not its business."""
        bucket = self._cooldowns.get_bucket(context)
        if not self.answers_in(context.guild_id, context.channel) or (bucket and bucket.get_retry_after()):
            return ""
        called = context.invoked_with or ""
        near = difflib.get_close_matches(called.lower(), [command.name for command in self.commands], n=1, cutoff=0.7)
        prefix = self.settings.prefix
        if near:
            if bucket:
                bucket.update_rate_limit()
            return f"Did you mean {prefix}{near[0]}?"
        return f"Try {prefix}help." if context.prefix != prefix else ""
