"""The declared commands as Discord's: typed after a prefix, and as slash commands, which `sync` registers."""

import inspect
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


def discord_command(command: Command) -> "commands.Command[Any, ..., None]":
    """Return a declared command as a typed one and, unless it is to be typed only, a slash command."""

    async def callback(context: Context, **values: Any) -> None:
        async with context.answering(private=command.private):
            if context.interaction:
                await command.answer_chosen(context, values)
            else:
                words = values.get(command.parameters[0].name) if command.parameters else None
                await command.answer_typed(context, words or "")

    # discord.py reads the parameters of a command off its function; it clears a signature set on that function itself.
    callback.__wrapped__ = _signature_of(command)  # type: ignore[attr-defined]
    decorated: Any = callback
    for option in command.parameters:
        decorated = app_commands.describe(**{option.name: option.help[:LONGEST_DESCRIPTION]})(decorated)
        if option.names_persona:
            decorated = app_commands.autocomplete(**{option.name: persona_choices})(decorated)
    if command.servers_only:
        decorated = commands.guild_only()(decorated)
    if command.managers_only:
        decorated = commands.has_guild_permissions(manage_guild=True)(decorated)
        decorated = app_commands.default_permissions(manage_guild=True)(decorated)
    kind: Any = commands.Command if command.typed_only else commands.HybridCommand
    built: commands.Command[Any, ..., None] = kind(
        decorated, name=command.name, description=command.help[:LONGEST_DESCRIPTION]
    )
    return built


def _signature_of(command: Command) -> Any:
    """Return a function with the parameters that discord.py reads: a typed command gives all words to the first."""

    def stub() -> None: ...

    parameters = [commands.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Context)]
    for place, option in enumerate(command.parameters):
        annotation = _annotation(option, first=place == 0)
        parameter = commands.Parameter(
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=annotation,
        )
        parameters.append(parameter)
    stub.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return stub


def _annotation(option: Option, *, first: bool) -> Any:
    """Return the type by which Discord offers an option; the first takes any words when it is typed."""
    offered: Any = option.kind
    if option.choices:
        offered = Literal[option.choices]
    elif option.kind in (int, float) and not first:
        offered = app_commands.Range[option.kind, *map(option.kind, option.limits)]
    return offered | None


@commands.command()
@commands.is_owner()
async def sync(context: Context, where: str = "") -> None:
    """Register the slash commands with Discord; once is enough, until they change. "here": for this server alone."""
    client: Client = context.bot
    guild = context.guild if where == "here" else None
    if guild:
        client.tree.copy_global_to(guild=guild)
    elif context.guild:  # commands registered for this server alone would be listed twice
        client.tree.clear_commands(guild=context.guild)
        await client.tree.sync(guild=context.guild)
    registered = await client.tree.sync(guild=guild)
    names = ", ".join(command.name for command in registered)
    await context.say(f"Registered with Discord: {names}. They can take a minute to show up.")
