"""`heat`: a picture of what may come next at each temperature, and of how surprising each letter of a reply was."""

from dataclasses import replace

from bot.command import Caller, command
from bot.options import PERSONA, SAMPLING, SEED
from bot.prompt import Prompt
from bot.text import label


@command(
    replace(SEED, help="your words, and a temperature after them if you like: i think that 1.2"),
    PERSONA,
    *SAMPLING,
    temperatures=(1.0,),
)
async def heat(caller: Caller, prompt: Prompt) -> None:
    """Draw what may come next at each temperature, and how surprising each letter of a reply was."""
    from bot.picture import heat_picture  # its library's 8 MB are for those who ask

    author = (await caller.imitated(prompt.persona)).author
    title = label(author, prompt.temperatures[0], caller.rules.language)
    await caller.show_picture(await heat_picture(caller.imitator, prompt, title, caller.person_id), title)
