"""`settings`: how the bot behaves in a server, for the people who manage it."""

import re
from dataclasses import replace
from typing import Any

from bot.command import Caller, command
from bot.errors import ReplyError
from bot.options import CHANNELS, COOLDOWN, GUESS, LANGUAGE, PERSONA, TEMPERATURE

CHANNEL = re.compile(r"<#(\d{1,20})>")
MOST_CHANNELS = 50


@command(
    None,
    replace(PERSONA, help="the person to imitate by default"),
    replace(TEMPERATURE, help="temperature of a reply if none is given"),
    COOLDOWN,
    CHANNELS,
    LANGUAGE,
    GUESS,
    servers_only=True,
    managers_only=True,
    private=True,
)
async def settings(caller: Caller, **changes: Any) -> None:
    """Show how I behave in this server. Changes what you add, such as: temperature 0.9 language de."""
    if "persona" in changes:
        await caller.imitated(changes["persona"])
    if "channels" in changes:
        changes["channels"] = parse_channels(changes["channels"])
    if changes:
        changed = replace(caller.guild_settings, **changes)
        await caller.change_settings(changed)
    lines = settings_lines(caller) + caller.more_settings()
    await caller.say("\n".join(lines), mentions=True)


def settings_lines(caller: Caller) -> list[str]:
    """Return a line for each setting that holds here."""
    rules = caller.rules
    game = "off"
    if rules.guess:
        game = "on"
    return [
        f"persona: {rules.persona}",
        f"temperature: {rules.temperature:g}",
        f"cooldown: {rules.cooldown:g} s",
        f"channels: {_channels_line(caller.guild_settings.channels)}",
        f"language: {rules.language}",
        f"guess: {game}",
    ]


def _channels_line(channels: str) -> str:
    """Return channels, as the store keeps them, in the form in which people type them."""
    if not channels:
        return "all"
    mentions = " ".join(f"<#{number}>" for number in channels.removeprefix("-").split())
    if channels.startswith("-"):
        return f"not {mentions}"
    return mentions


def parse_channels(words: str) -> str:
    """Return channels in the form in which the store keeps them.

    Raises:
        ReplyError: the words name no channel, or too many.
    """
    wanted = words.strip().lower()
    if wanted == "all":
        return ""
    ids = CHANNEL.findall(words)
    if len(ids) > MOST_CHANNELS:
        raise ReplyError(f"That's {len(ids)} channels; I can remember {MOST_CHANNELS} at most.")
    if not ids:
        raise ReplyError(
            'Name the channels with their #: "#a #b" to answer only there, "not #a #b" to answer everywhere else, '
            'or "all".'
        )
    kept = " ".join(ids)
    if wanted.startswith("not"):
        return f"- {kept}"
    return kept
