"""`report`: shows a reply of the bot's to the person who runs it."""

from bot.command import Caller, command


@command(typed_only=True)
async def report(caller: Caller) -> None:
    """Send a reply of mine to the person who runs me: reply to it with this command."""
    await caller.say(await caller.report())
