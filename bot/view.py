"""A reply as Discord shows it, and the buttons under it, which work after a restart too.

All that a button needs is in its own id and in the message: nothing is kept.
"""

import logging
import random
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands

from bot.errors import WENT_WRONG, RefusedError
from bot.prompt import COLDEST, HOTTEST
from bot.text import EMBED_LIMIT, LONGEST_IN_MESSAGE, discord_text, escape, label, seed_of
from model.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client

log = logging.getLogger(__name__)

STEP = 0.2  # of temperature, from one press to the next
MOST_CHOICES = 25  # of a picker; Discord's limit
BUTTONS = {"colder": "🧊", "again": "🎲", "hotter": "🔥"}
STATE = r"(?P<temperature>[\d.]+):(?P<random_seed>\d+):(?P<length>\d+)"


@dataclass(frozen=True)
class Shown:
    """What a reply was made of."""

    request: Request
    persona: str  # the file's name
    language: str = "en"  # of the label

    def payload(self, text: str, author: str, personas: list[str] | None = None) -> dict[str, Any]:
        """Return the message: seed, text and label; long ones in an embed.

        Args:
            personas: who else can be picked; None: no buttons yet, the reply is still being written.
        """
        named = label(author, self.request.temperature, self.language)
        seed = self.request.prompt
        message: dict[str, Any] = {"content": discord_text(seed, text, named)}
        if self.request.length > LONGEST_IN_MESSAGE:
            message = {"embeds": [discord.Embed(description=discord_text(seed, text, named, EMBED_LIMIT))]}
        return message if personas is None else message | {"view": self.buttons(personas)}

    def buttons(self, personas: list[str]) -> discord.ui.View:
        """Return the buttons, and a picker where there is a choice."""
        view = discord.ui.View(timeout=None)
        for move in BUTTONS:
            view.add_item(Press(move, self))
        if len(personas) > 1:
            view.add_item(Pick(self, personas))
        return view

    @property
    def state(self) -> str:
        """What the id of a button carries, 33 characters at most."""
        request = self.request
        return f"{request.temperature:.2f}:{request.random_seed}:{request.length}"

    @classmethod
    def of(cls, match: re.Match[str], persona: str) -> "Shown":
        """Read what a button's id carries; the seed is in the message."""
        numbers = float(match["temperature"]), int(match["length"]), int(match["random_seed"])
        return cls(Request("", *numbers), persona)

    def moved(self, move: str) -> "Shown":
        """Return what a button asks for: another temperature with the same random numbers, or other numbers."""
        if move == "again":
            return replace(self, request=replace(self.request, random_seed=random.getrandbits(32)))
        step = STEP if move == "hotter" else -STEP
        temperature = min(HOTTEST, max(COLDEST, round(self.request.temperature + step, 2)))
        return replace(self, request=replace(self.request, temperature=temperature))


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"(?P<move>\w+):{STATE}:(?P<persona>.*)"):
    """Colder, again or hotter."""

    def __init__(self, move: str, shown: Shown) -> None:
        self.shown = shown.moved(move)
        at_the_end = move != "again" and self.shown == shown
        custom_id = f"{move}:{shown.state}:{shown.persona}"
        super().__init__(discord.ui.Button(label=move, emoji=BUTTONS[move], custom_id=custom_id, disabled=at_the_end))

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Make the button that was pressed."""
        return cls(match["move"], Shown.of(match, match["persona"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Write the reply anew, in place."""
        await _rewrite(interaction, self.shown)


class Pick(discord.ui.DynamicItem[discord.ui.Select[Any]], template=rf"pick:{STATE}"):
    """Who is imitated."""

    def __init__(self, shown: Shown, personas: list[str]) -> None:
        self.shown = shown
        options = [discord.SelectOption(label=name, default=name == shown.persona) for name in personas[:MOST_CHOICES]]
        super().__init__(discord.ui.Select(custom_id=f"pick:{shown.state}", options=options))

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Make the picker that was used."""
        return cls(Shown.of(match, ""), [option.value for option in item.options])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Write the reply anew, in place."""
        await _rewrite(interaction, replace(self.shown, persona=self.item.values[0]))


async def persona_choices(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    """Return the personas that a person may mean, as Discord offers them while they type."""
    names = [name for name in interaction.client.imitator.personas.names() if typed.lower() in name.lower()]
    return [app_commands.Choice(name=name, value=name) for name in names[:MOST_CHOICES]]


async def _rewrite(interaction: "discord.Interaction[Client]", shown: Shown) -> None:
    if not await interaction.client.admits(interaction):
        return
    await interaction.response.defer()
    assert interaction.message
    embeds = interaction.message.embeds
    seed = seed_of((embeds[0].description if embeds else interaction.message.content) or "")
    await write(interaction, replace(shown, request=replace(shown.request, prompt=seed)))


async def write(interaction: "discord.Interaction[Client]", shown: Shown) -> None:
    """Sample a reply and show it as the answer to an interaction that was deferred."""
    client = interaction.client
    shown = replace(shown, language=client.rules(interaction.guild_id).language)
    try:
        author = (await client.imitated(shown.persona, interaction.guild_id)).author
        text = await client.imitator.imitate(shown.request, interaction.user.id, shown.persona)
        await interaction.edit_original_response(**shown.payload(text, author, client.imitator.personas.names()))
    except RefusedError as error:
        await interaction.followup.send(escape(str(error)), ephemeral=True)
    except discord.NotFound as error:
        log.warning("no reply in channel %s: %s", interaction.channel_id, error)
    except Exception:
        log.exception("a reply failed")
        await interaction.followup.send(WENT_WRONG)
