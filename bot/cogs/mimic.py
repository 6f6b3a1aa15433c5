"""`mimic`: continues a person's words in the style of the imitated person."""

from bot.command import Caller, command
from bot.options import PERSONA, SAMPLING, SEED, TEMPERATURE
from bot.prompt import Prompt


@command(
    SEED,
    TEMPERATURE,
    PERSONA,
    *SAMPLING,
)
async def mimic(caller: Caller, prompt: Prompt) -> None:
    """Continue your words as the person would. A number from 0 to 2 at the end is the temperature."""
    (request,) = prompt.requests(caller.settings.length)
    await caller.show_reply(request, prompt.persona)
