"""`temps`: the same words and the same random numbers at several temperatures, side by side."""

from dataclasses import replace

from bot.command import Caller, command
from bot.options import PERSONA, SAMPLING, SEED
from bot.prompt import Prompt
from model.persona.recipe import TEMPERATURES

EXPLANATION = (
    "The same words and the same random numbers; only the temperature differs. "
    "A cold reply takes the likeliest letters, a hot one risks unlikely ones."
)
LONGEST_OF_FOUR = 400  # characters of each reply: even with all of them escaped, four fit a message


@command(
    replace(SEED, help="your words, and after them up to four temperatures if you like: i think that 0.1 1.5"),
    PERSONA,
    *SAMPLING,
    temperatures=TEMPERATURES,
)
async def temps(caller: Caller, prompt: Prompt) -> None:
    """Continue your words at four temperatures. Cold is cautious, hot is wild."""
    requests = []
    for request in prompt.requests(caller.settings.length):
        length = min(request.length, LONGEST_OF_FOUR)
        requests.append(replace(request, length=length))
    await caller.show_replies(requests, prompt.persona, EXPLANATION)
