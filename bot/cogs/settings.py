"""`settings`: how the bot behaves in a server, for those who manage it."""

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
    replace(PERSONA, help="whom to imitate if nobody is named"),
    replace(TEMPERATURE, help="temperature if none is given"),
    COOLDOWN,
    CHANNELS,
    LANGUAGE,
    GUESS,
    servers_only=True,
    managers_only=True,
    private=True,
)
async def settings(caller: Caller, **changes: Any) -> None:
    """Show how I behave in this server, and change what you give, such as: temperature 0.9 language de."""
    if "persona" in changes:
        await caller.imitated(changes["persona"])
    if "channels" in changes:
        changes["channels"] = parse_channels(changes["channels"])
    if changes:
        await caller.change_settings(replace(caller.guild_settings, **changes))
    await caller.say("\n".join([*described(caller), *caller.more_settings()]), mentions=True)


def described(caller: Caller) -> list[str]:
    """Return a line for each setting that holds here."""
    rules, channels = caller.rules, caller.guild_settings.channels
    places = " ".join(f"<#{number}>" for number in channels.removeprefix("-").split()) or "all"
    return [
        f"persona: {rules.persona}",
        f"temperature: {rules.temperature:g}",
        f"cooldown: {rules.cooldown:g} s",
        f"channels: {'not ' if channels.startswith('-') else ''}{places}",
        f"language: {rules.language}",
        f"guess: {'on' if rules.guess else 'off'}",
    ]


def parse_channels(words: str) -> str:
    """Return channels as the store keeps them.

    Raises:
        ReplyError: no channel is among the words.
    """
    if words.strip().lower() == "all":
        return ""
    ids = CHANNEL.findall(words)
    if len(ids) > MOST_CHANNELS:
        raise ReplyError(f"That's {len(ids)} channels; I can remember {MOST_CHANNELS} at most.")
    if not ids:
        raise ReplyError('Name the channels with their #, after a "not" if I should stay out of them; or say: all.')
    return ("- " if words.strip().lower().startswith("not") else "") + " ".join(ids)
