"""Declared commands become Discord's: typed after a prefix, and as slash commands, which `sync` registers."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from discord import app_commands
from discord.ext import commands

from bot.command import Command
from bot.context import Context
from bot.options import Option
from bot.view import persona_choices

if TYPE_CHECKING:
    from bot.client import Client


LONGEST_DESCRIPTION = 100  # characters of a slash command's or an option's help; Discord's limit

DiscordCommand = commands.Command[Any, ..., None]


def discord_command(command: Command) -> DiscordCommand:
    """Return a declared command as a typed command and, unless it can only be typed, a slash command."""
    callback: Any = _callback(command)
    for option in command.parameters:
        callback = _described(callback, option)
    if command.servers_only:
        callback = commands.guild_only()(callback)
    if command.managers_only:
        callback = commands.has_guild_permissions(manage_guild=True)(callback)
        callback = app_commands.default_permissions(manage_guild=True)(callback)
    kind: type[DiscordCommand] = commands.HybridCommand
    if command.typed_only:
        kind = commands.Command
    return kind(
        callback,
        name=command.name,
        description=command.help[:LONGEST_DESCRIPTION],
    )


def _callback(command: Command) -> Callable[..., Any]:
    """Return the coroutine that Discord's command calls, with the parameters that discord.py shall see."""

    async def callback(context: Context, **values: Any) -> None:
        async with context.answering(private=command.private):
            if context.interaction:
                await command.answer_chosen(context, values)
            else:
                words = _typed_words(command, values)
                await command.answer_typed(context, words)

    # discord.py takes a command's parameters from its function, but deletes a signature set on the function itself.
    callback.__wrapped__ = _function_with_parameters(command)  # type: ignore[attr-defined]
    return callback


def _typed_words(command: Command, values: dict[str, Any]) -> str:
    """Return the words after the name of a typed command: discord.py gives all of them to the first parameter."""
    if not command.parameters:
        return ""
    first = command.parameters[0]
    return values.get(first.name) or ""


def _function_with_parameters(command: Command) -> Any:
    """Return a function that does nothing, with the parameters that discord.py shall see."""

    def stub() -> None: ...

    context = commands.Parameter(
        "context",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        annotation=Context,
    )
    parameters = [context]
    for place, option in enumerate(command.parameters):
        parameter = commands.Parameter(
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_annotation(option, first=place == 0),
        )
        parameters.append(parameter)
    stub.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return stub


def _annotation(option: Option, *, first: bool) -> Any:
    """Return the type by which Discord offers an option; the first accepts any words when it is typed."""
    offered: Any = option.kind
    if option.choices:
        offered = Literal[option.choices]
    elif option.kind in (int, float) and not first:
        lowest, highest = option.limits
        offered = app_commands.Range[option.kind, option.kind(lowest), option.kind(highest)]
    return offered | None


def _described(callback: Any, option: Option) -> Any:
    """Return a callback whose option has its help, and completes the names of personas."""
    help = option.help[:LONGEST_DESCRIPTION]
    callback = app_commands.describe(**{option.name: help})(callback)
    if option.names_persona:
        callback = app_commands.autocomplete(**{option.name: persona_choices})(callback)
    return callback


@commands.command()
@commands.is_owner()
async def sync(context: Context, where: str = "") -> None:
    """Register the slash commands with Discord, which keeps them until they change. "here": in this server only."""
    client: Client = context.bot
    guild = None
    if where == "here":
        guild = context.guild
    if guild:
        client.tree.copy_global_to(guild=guild)
    elif context.guild:  # commands registered in this server only would appear twice
        client.tree.clear_commands(guild=context.guild)
        await client.tree.sync(guild=context.guild)
    registered = await client.tree.sync(guild=guild)
    names = ", ".join(command.name for command in registered)
    await context.say(f"Registered with Discord: {names}. They may take a minute to appear.")
