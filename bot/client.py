"""Discord's events become answers: intents, cooldowns, and sentences for errors. The commands are in `bot.cogs`."""

import asyncio
import difflib
import logging
import math
from collections.abc import Collection
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
from bot.text import count_of, escape
from bot.view import Pick, Press
from model.persona.file import Persona, PersonaError
from model.persona.find import head_of

log = logging.getLogger(__name__)

# Only what the commands need: messages with their text, and the servers in which they are written.
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)

MOMENT = "Give me a moment: you can ask again in {} s."
WRAPPERS = (commands.CommandInvokeError, commands.HybridCommandError, app_commands.CommandInvokeError)


@dataclass(frozen=True)
class CooldownKey:
    """The parts of a message that choose a person's cooldown, for a button or a menu."""

    guild: discord.Guild | None
    author: discord.User | discord.Member


class NotHereError(commands.CheckFailure):
    """A command was typed in a channel where the server doesn't allow answers."""


def _ids(channel: Any) -> tuple[int, int | None]:
    """Return a channel's id and, if it is a thread, the id of the channel that it belongs to."""
    parent_id = getattr(channel, "parent_id", None)
    return channel.id, parent_id


class Client(commands.AutoShardedBot):
    """A bot that answers commands; one shard for small bots, more when Discord asks for more."""

    def __init__(self, settings: Settings, imitator: Imitator) -> None:
        activity = discord.Activity(
            type=discord.ActivityType.listening,
            name=f"{settings.prefix}mimic",
        )
        super().__init__(
            command_prefix=commands.when_mentioned_or(settings.prefix),
            help_command=None,  # bot.cogs.help is used instead, in the terminal too
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            activity=activity,
            max_messages=None,  # no message stays in memory
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            case_insensitive=True,
            strip_after_prefix=True,
        )
        self.settings = settings
        self.imitator = imitator
        self._until_closed = AsyncExitStack()
        self.store = Store()
        # A person has one cooldown for all commands; discord.py's decorator would give them one for each command.
        self.forget_cooldowns()
        self._answering: dict[int, asyncio.Task[Any]] = {}  # running commands, by the id of their message
        self.before_invoke(self._remember_task)
        self.after_invoke(self._drop_task)
        self.add_check(self._may_answer_here)
        self.add_check(self._has_cooled_down)

    def rules(self, guild_id: int | None, channel: Any = None) -> Rules:
        """Return the rules of a server, of one of its channels, or of direct messages."""
        offered = self.offered(guild_id)
        guild = self.store.guild(guild_id)
        if channel:
            chosen = self.store.channel_persona(*_ids(channel))
            if chosen in offered:
                guild = replace(guild, persona=chosen)
        default = self.imitator.personas.default_among(offered)
        return Rules.of(guild, self.settings, offered, default)

    def offered(self, guild_id: int | None) -> list[str]:
        """Return the names of the personas that may be imitated in a server; None: in direct messages."""
        return self.imitator.personas.offered(lambda author_ids: self.is_forgotten(author_ids, guild_id))

    def is_forgotten(self, author_ids: Collection[str], guild_id: int | None) -> bool:
        """Return whether the person with these ids must not be imitated in a server; None: in direct messages."""
        if self.store.is_forgotten(author_ids, guild_id):
            return True
        return self.imitator.personas.is_listed(author_ids)

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
            raise RefusedError("I imitate only people whose consent is recorded, and theirs is not.") from error
        except PersonaError as error:
            log.error("%s", error)
            raise RefusedError(
                "That persona can't be loaded; the person who runs me can find the reason in the log."
            ) from error
        if self.is_forgotten(head_of(persona).author_ids, guild_id):
            refusal = f"I don't imitate {persona.author[:40]} here any more."
            if offered:
                refusal += f" I can imitate {', '.join(offered)[:400]}."
            raise RefusedError(refusal)
        return persona

    def forget_cooldowns(self) -> None:
        """Start every cooldown anew, so that nobody has to wait for their next command."""
        per_person = commands.BucketType.member
        self._cooldowns = commands.DynamicCooldownMapping(self._cooldown, per_person)
        self._reminders = commands.DynamicCooldownMapping(self._cooldown, per_person)

    def _cooldown(self, message: Any) -> commands.Cooldown | None:
        """Return a new cooldown for a message's server; None if it has none."""
        guild_id = None
        if message.guild:
            guild_id = message.guild.id
        seconds = self.rules(guild_id).cooldown
        if not seconds:
            return None
        return commands.Cooldown(1, seconds)

    def answers_in(self, guild_id: int | None, channel: Any) -> bool:
        """Return whether a server allows answers in a channel, or in the channel of a thread."""
        return self.store.guild(guild_id).answers_in(*_ids(channel))

    async def admits(self, interaction: discord.Interaction[Any], refusal: str = "", *, anywhere: bool = False) -> bool:
        """Return whether to do what a button or a menu asks for; if not, tell the person why.

        Args:
            refusal: the reason to refuse, if there is one already.
            anywhere: also in channels where the server allows no answers.
        """
        refusal = refusal or self._refusal(interaction, anywhere=anywhere)
        if refusal:
            await interaction.response.send_message(refusal, ephemeral=True)
        return not refusal

    def _refusal(self, interaction: discord.Interaction[Any], *, anywhere: bool) -> str:
        """Return why a button or a menu must not be answered; "" if it may, which starts the person's cooldown."""
        if not anywhere and not self.answers_in(interaction.guild_id, interaction.channel):
            return NOT_HERE
        key: Any = CooldownKey(interaction.guild, interaction.user)
        bucket = self._cooldowns.get_bucket(key)
        wait = bucket and bucket.update_rate_limit()
        if wait:
            return MOMENT.format(math.ceil(wait))
        return ""

    async def _may_answer_here(self, context: Context) -> bool:
        if self._is_settings(context) or self.answers_in(context.guild_id, context.channel):
            return True
        raise NotHereError

    def _has_cooled_down(self, context: commands.Context[Any]) -> bool:
        bucket = self._cooldowns.get_bucket(context)
        if bucket is None or self._is_settings(context):
            return True
        wait = bucket.update_rate_limit()
        if wait:
            raise commands.CommandOnCooldown(bucket, wait, commands.BucketType.user)
        return True

    def _is_settings(self, context: commands.Context[Any]) -> bool:
        """Return whether a command is `settings`, which is always answered: it can undo a wrong setting."""
        return context.command is self.get_command("settings")

    async def _remember_task(self, context: commands.Context[Any]) -> None:
        if task := asyncio.current_task():
            self._answering[context.message.id] = task

    async def _drop_task(self, context: commands.Context[Any]) -> None:
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
        """Open the store, and add commands, menus, buttons and metrics, once, before connecting."""
        await self.store.open(self.settings.database)
        self._until_closed.push_async_callback(self.store.close)
        for command in all_commands().values():
            self.add_command(discord_command(command))
        self.add_command(sync)
        for menu in menus(self):
            self.tree.add_command(menu)
        self.add_dynamic_items(Press, Pick)
        if self.settings.metrics_port:
            from bot.metrics import Metrics

            metrics = Metrics(self, self.imitator)
            serving = metrics.serving(self.settings.metrics_port)
            await self._until_closed.enter_async_context(serving)

    async def close(self) -> None:
        """Leave Discord, and close what the setup opened."""
        await super().close()
        await self._until_closed.aclose()

    async def get_context(self, origin: Any, *, cls: Any = Context) -> Any:
        """Make `bot.context.Context` the context of every command."""
        return await super().get_context(origin, cls=cls)

    async def on_ready(self) -> None:
        """Log that the bot can be used."""
        assert self.user
        servers = count_of(len(self.guilds), "server")
        default = self.imitator.personas.default
        log.info("%s is in %s and imitates %s", self.user, servers, default)

    async def on_command_error(self, context: Context, error: commands.CommandError) -> None:  # type: ignore[override]
        """Answer an error that a person can put right with one sentence; log any other."""
        cause: Exception = error
        while isinstance(cause, WRAPPERS):
            cause = cause.original
        if isinstance(cause, discord.Forbidden | discord.NotFound):
            # The channel is gone, or the bot may not write there: nobody can be told.
            log.warning("no reply in channel %s: %s", context.channel.id, cause)
        elif sentence := self._sentence(context, cause):
            try:
                await context.show(content=escape(sentence), ephemeral=True)
            except discord.HTTPException as problem:
                log.warning("no reply in channel %s: %s", context.channel.id, problem)

    def _sentence(self, context: Context, cause: Exception) -> str:
        """Return the sentence that answers an error; "" if silence is better."""
        match cause:
            case commands.NotOwner():
                return ""  # for everybody else that command does not exist
            case NotHereError() if context.interaction:
                return NOT_HERE
            case NotHereError():
                return ""
            case commands.NoPrivateMessage():
                return "That command works only in a server."
            case commands.MissingPermissions():
                return "Only people who manage the server can use that command."
            case commands.CommandNotFound():
                return self._suggestion(context)
            case commands.CommandOnCooldown():
                return self._reminder(context, cause.retry_after)
            case RefusedError():
                return str(cause)
        log.error("the command %s failed", context.command, exc_info=cause)
        return WENT_WRONG

    def _reminder(self, context: Context, seconds: float) -> str:
        """Return a request to wait, once for each cooldown: repeated, it would flood the channel."""
        reminder = self._reminders.get_bucket(context)
        if reminder and reminder.update_rate_limit():
            return ""
        return MOMENT.format(math.ceil(seconds))

    def _suggestion(self, context: Context) -> str:
        """Return an answer to an unknown command; "" if it may be meant for another bot, or nobody may ask now."""
        if not self.answers_in(context.guild_id, context.channel):
            return ""
        bucket = self._cooldowns.get_bucket(context)
        if bucket and bucket.get_retry_after():
            return ""
        prefix = self.settings.prefix
        typed = context.invoked_with or ""
        names = [command.name for command in self.commands]
        nearest = difflib.get_close_matches(typed.lower(), names, n=1, cutoff=0.7)
        if nearest:
            if bucket:
                bucket.update_rate_limit()
            return f"Did you mean {prefix}{nearest[0]}?"
        if context.prefix == prefix:  # other bots share prefixes, but a mention is meant for this one
            return ""
        return f"Try {prefix}help."
