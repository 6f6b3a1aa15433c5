"""`stats`: how long the bot has run and how many replies it has written since."""

import time

from bot.command import Caller, command
from bot.imitator import Tally
from bot.text import count_of

STARTED = time.monotonic()  # time at which the commands are loaded, as the bot starts


@command(private=True)
async def stats(caller: Caller) -> None:
    """Show what I have done since I was started."""
    uptime = duration(time.monotonic() - STARTED)
    await caller.say(f"Running for {uptime}, {caller.reach}.\n{work_done(caller.imitator.tally)}")


def duration(seconds: float) -> str:
    """Return a duration in minutes, hours or days."""
    if seconds < 60:
        return "less than a minute"
    hours = seconds / 3600
    if hours < 2:
        return count_of(round(seconds / 60), "minute")
    if hours < 48:
        return count_of(round(hours), "hour")
    return count_of(round(hours / 24), "day")


def work_done(tally: Tally) -> str:
    """Return the number of finished replies and their mean time, in two lines."""
    finished = tally.outcomes["finished"]
    replies = count_of(finished, "reply", "replies")
    mean = "Nobody has asked for a reply yet."
    if finished:
        mean = f"A reply took {tally.seconds / finished:.2f} s on average."
    return f"{replies}, {count_of(tally.characters, 'character')}.\n{mean}"
