"""`temps`: the same words and the same random numbers at several temperatures, side by side."""

from dataclasses import replace

from bot.command import Caller, command
from bot.options import PERSONA, SAMPLING, SEED
from bot.prompt import Prompt
from model.recipe import TEMPERATURES

EXPLANATION = (
    "The same words and the same random numbers; only the temperature differs. Cold takes the likeliest, hot dares "
    "the unlikely."
)
LONGEST_OF_FOUR = 400  # characters; with every one of them escaped, four fit a message


@command(
    replace(SEED, help="your words, and up to four temperatures after them if you like: i think that 0.1 1.5"),
    PERSONA,
    *SAMPLING,
    temperatures=TEMPERATURES,
)
async def temps(caller: Caller, prompt: Prompt) -> None:
    """Continue your words at four temperatures at once, from cold to hot."""
    requests = [
        replace(request, length=min(request.length, LONGEST_OF_FOUR))
        for request in prompt.requests(caller.settings.length)
    ]
    await caller.show_replies(requests, prompt.persona, EXPLANATION)
