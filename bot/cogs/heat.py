"""`heat`: a picture of what may come next at each temperature, and of how surprising each letter of a reply was."""

from dataclasses import replace

from bot.command import Caller, command
from bot.options import PERSONA, SAMPLING, SEED
from bot.prompt import Prompt
from bot.text import label


@command(
    replace(SEED, help="your words, and after them a temperature if you like: i think that 1.2"),
    PERSONA,
    *SAMPLING,
    temperatures=(1.0,),
)
async def heat(caller: Caller, prompt: Prompt) -> None:
    """Draw how likely each next letter is. Also shows how surprising each letter of a reply was."""
    from bot.picture import heat_picture  # imported when needed: its drawing library takes 8 MB

    persona = await caller.imitated(prompt.persona)
    title = label(persona.author, prompt.temperatures[0], caller.rules.language)
    picture = await heat_picture(caller.imitator, prompt, title, caller.person_id)
    await caller.show_picture(picture, title)
