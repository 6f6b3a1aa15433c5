"""`report`: sends a reply of the bot to the person who runs it, for review."""

from bot.command import Caller, command


@command(typed_only=True)
async def report(caller: Caller) -> None:
    """Send a reply of mine to the person who runs me, for review: reply to it with this command."""
    outcome = await caller.report()
    await caller.say(outcome)
