"""A reply as Discord shows it, and the buttons under it, which work after a restart too.

All that a button needs is in its own id and in the message: nothing is stored.
"""

import logging
import random
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands

from bot.errors import WENT_WRONG, RefusedError
from bot.options import SAMPLING
from bot.settings import COLDEST, HOTTEST
from bot.text import EMBED_LIMIT, LONGEST_IN_MESSAGE, discord_text, escape, label, seed_of
from model.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client

log = logging.getLogger(__name__)

STEP = 0.2  # degrees of temperature a press
MOST_CHOICES = 25  # Discord's limit for a picker and for completion
BUTTONS = {"colder": "🧊", "again": "🎲", "hotter": "🔥"}
# Temperature, random seed and length; then each option with a letter that differs from its neutral value.
STATE = r"(?P<temperature>[\d.]+):(?P<random_seed>\d+):(?P<length>\d+)(?P<marked>(;[a-z][\d.]+)*)"
MARKED = {option.letter: option for option in SAMPLING if option.letter}


@dataclass(frozen=True)
class ReplyState:
    """The request behind a shown reply: all that its buttons need."""

    request: Request
    persona: str  # the file's name
    language: str = "en"  # of the label

    def payload(self, text: str, author: str, personas: list[str] | None = None) -> dict[str, Any]:
        """Return the message: seed, text and label; long ones in an embed.

        Args:
            personas: who else can be picked; None: no buttons yet, the reply is still being written.
        """
        label_text = label(author, self.request.temperature, self.language)
        seed = self.request.prompt
        message: dict[str, Any] = {}
        if self.request.length > LONGEST_IN_MESSAGE:
            description = discord_text(seed, text, label_text, EMBED_LIMIT)
            message["embeds"] = [discord.Embed(description=description)]
        else:
            message["content"] = discord_text(seed, text, label_text)
        if personas is not None:
            message["view"] = self.buttons(personas)
        return message

    def buttons(self, personas: list[str]) -> discord.ui.View:
        """Return the buttons, and a picker if there is more than one persona."""
        view = discord.ui.View(timeout=None)
        for move in BUTTONS:
            view.add_item(Press(move, self))
        if len(personas) > 1:
            view.add_item(Pick(self, personas))
        return view

    @property
    def encoded(self) -> str:
        """The part of a button's id that brings the request back."""
        request = self.request
        marked = ""
        for letter, option in MARKED.items():
            value = getattr(request, option.name)
            if value != option.neutral:
                marked += f";{letter}{value:g}"
        return f"{request.temperature:.2f}:{request.random_seed}:{request.length}{marked}"

    @classmethod
    def of(cls, match: re.Match[str], persona: str) -> "ReplyState":
        """Read what a button's id carries; the seed is in the message."""
        values: dict[str, Any] = {}
        for letter, value in re.findall(r";([a-z])([\d.]+)", match["marked"]):
            if option := MARKED.get(letter):
                values[option.name] = option.parse(value)
        temperature, random_seed, length = float(match["temperature"]), int(match["random_seed"]), int(match["length"])
        return cls(Request("", temperature, length, random_seed, **values), persona)

    def moved(self, move: str) -> "ReplyState":
        """Return the state after a button: another temperature, or other random numbers at the same one."""
        if move == "again":
            request = replace(self.request, random_seed=random.getrandbits(32))
            return replace(self, request=request)
        step = STEP if move == "hotter" else -STEP
        wanted = round(self.request.temperature + step, 2)
        temperature = min(HOTTEST, max(COLDEST, wanted))
        return replace(self, request=replace(self.request, temperature=temperature))


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"(?P<move>\w+):{STATE}:(?P<persona>.*)"):
    """Colder, again or hotter."""

    def __init__(self, move: str, state: ReplyState) -> None:
        self.state = state.moved(move)
        at_the_end = move != "again" and self.state == state
        button: discord.ui.Button[Any] = discord.ui.Button(
            label=move,
            emoji=BUTTONS[move],
            custom_id=f"{move}:{state.encoded}:{state.persona}",
            disabled=at_the_end,
        )
        super().__init__(button)

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Make the button that was pressed."""
        return cls(match["move"], ReplyState.of(match, match["persona"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Write the reply anew, in place."""
        await _rewrite(interaction, self.state)


class Pick(discord.ui.DynamicItem[discord.ui.Select[Any]], template=rf"pick:{STATE}"):
    """The choice of a persona."""

    def __init__(self, state: ReplyState, personas: list[str]) -> None:
        self.state = state
        picker: discord.ui.Select[Any] = discord.ui.Select(custom_id=f"pick:{state.encoded}")
        for name in personas[:MOST_CHOICES]:
            picker.add_option(label=name, default=name == state.persona)
        super().__init__(picker)

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Make the picker that was used."""
        return cls(ReplyState.of(match, ""), [option.value for option in item.options])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Write the reply anew, in place."""
        await _rewrite(interaction, replace(self.state, persona=self.item.values[0]))


async def persona_choices(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    """Return the personas whose names hold the typed letters, for Discord to offer."""
    offered = interaction.client.offered(interaction.guild_id)
    matches = [name for name in offered if typed.lower() in name.lower()]
    return [app_commands.Choice(name=name, value=name) for name in matches[:MOST_CHOICES]]


async def _rewrite(interaction: "discord.Interaction[Client]", state: ReplyState) -> None:
    if not await interaction.client.admits(interaction):
        return
    await interaction.response.defer()
    assert interaction.message
    embeds = interaction.message.embeds
    text = embeds[0].description if embeds else interaction.message.content
    request = replace(state.request, prompt=seed_of(text or ""))
    await write(interaction, replace(state, request=request))


async def write(interaction: "discord.Interaction[Client]", state: ReplyState) -> None:
    """Sample a reply and show it as the answer to an interaction that was deferred."""
    client = interaction.client
    state = replace(state, language=client.rules(interaction.guild_id).language)
    try:
        author = (await client.imitated(state.persona, interaction.guild_id)).author
        text = await client.imitator.imitate(state.request, interaction.user.id, state.persona)
        await interaction.edit_original_response(**state.payload(text, author, client.offered(interaction.guild_id)))
    except RefusedError as error:
        await interaction.followup.send(escape(str(error)), ephemeral=True)
    except discord.NotFound as error:
        log.warning("no reply in channel %s: %s", interaction.channel_id, error)
    except Exception:
        log.exception("a reply failed")
        await interaction.followup.send(WENT_WRONG)
