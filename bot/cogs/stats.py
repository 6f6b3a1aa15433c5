"""`stats`: what the bot has done since it was started, in numbers."""

import time

from bot.command import Caller, command

STARTED = time.monotonic()  # when the commands were loaded, as the bot starts


@command(private=True)
async def stats(caller: Caller) -> None:
    """Say what I have done since I was started."""
    hours = (time.monotonic() - STARTED) / 3600
    up = f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.1f} hours"
    await caller.say(f"Up for {up}, {caller.reach}.\n{caller.imitator.tally}")
