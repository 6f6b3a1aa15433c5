"""A reply becomes a Discord message with buttons, and a pressed button becomes a new reply, after a restart too.

A button finds all it needs in its own id and in the message: nothing is stored.
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
from model.persona.sampler import Request

if TYPE_CHECKING:
    from bot.client import Client

log = logging.getLogger(__name__)

STEP = 0.2  # change of the temperature by a button
MOST_CHOICES = 25  # choices in a picker, or offered while a person types; Discord's limit
BUTTONS = {"colder": "🧊", "again": "🎲", "hotter": "🔥"}
# Temperature, random seed and length; then each option that has a letter and is not neutral.
STATE = r"(?P<temperature>[\d.]+):(?P<random_seed>\d+):(?P<length>\d+)(?P<marked>(;[a-z][\d.]+)*)"
MARKED = {option.letter: option for option in SAMPLING if option.letter}

Interaction = discord.Interaction[Any]
Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]


@dataclass(frozen=True)
class ReplyState:
    """The request behind a reply: all that its buttons need."""

    request: Request
    persona: str  # name of the persona's file
    language: str = "en"  # language of the label

    def payload(self, text: str, author: str, personas: list[str] | None = None) -> dict[str, Any]:
        """Return the message with seed, text and label; a long one is an embed.

        Args:
            personas: names to pick from; None: no buttons yet, since the reply is still being written.
        """
        label_line = label(author, self.request.temperature, self.language)
        seed = self.request.prompt
        message: dict[str, Any] = {}
        if self.request.length > LONGEST_IN_MESSAGE:
            description = discord_text(seed, text, label_line, EMBED_LIMIT)
            message["embeds"] = [discord.Embed(description=description)]
        else:
            message["content"] = discord_text(seed, text, label_line)
        if personas is not None:
            message["view"] = self.buttons(personas)
        return message

    def buttons(self, personas: list[str]) -> discord.ui.View:
        """Return the buttons, and a picker if there is more than one persona."""
        view = discord.ui.View(timeout=None)
        for move in BUTTONS:
            button = Press(move, self)
            view.add_item(button)
        if len(personas) > 1:
            picker = Pick(self, personas)
            view.add_item(picker)
        return view

    @property
    def encoded(self) -> str:
        """The part of a button's id that holds the request."""
        request = self.request
        state = f"{request.temperature:.2f}:{request.random_seed}:{request.length}"
        for letter, option in MARKED.items():
            value = getattr(request, option.name)
            if value != option.neutral:
                state += f";{letter}{value:.3g}"  # short: Discord allows an id of 100 characters
        return state

    @classmethod
    def of(cls, match: re.Match[str], persona: str) -> "ReplyState":
        """Return the state from a button's id, without the seed, which is in the message."""
        values: dict[str, Any] = {}
        for letter, value in re.findall(r";([a-z])([\d.]+)", match["marked"]):
            if option := MARKED.get(letter):
                values[option.name] = option.parse(value)
        request = Request(
            prompt="",
            temperature=float(match["temperature"]),
            length=int(match["length"]),
            random_seed=int(match["random_seed"]),
            **values,
        )
        return cls(request, persona)

    def moved(self, move: str) -> "ReplyState":
        """Return the state after a button: with another temperature, or the same one and other random numbers."""
        if move == "again":
            random_seed = random.getrandbits(32)
            request = replace(self.request, random_seed=random_seed)
            return replace(self, request=request)
        step = STEP
        if move == "colder":
            step = -STEP
        wanted = round(self.request.temperature + step, 2)
        temperature = min(HOTTEST, max(COLDEST, wanted))
        request = replace(self.request, temperature=temperature)
        return replace(self, request=request)


class Press(discord.ui.DynamicItem[Button], template=rf"(?P<move>\w+):{STATE}:(?P<persona>.*)"):
    """The button colder, again or hotter."""

    def __init__(self, move: str, state: ReplyState) -> None:
        self.state = state.moved(move)
        at_limit = move != "again" and self.state == state
        button = Button(
            label=move,
            emoji=BUTTONS[move],
            custom_id=f"{move}:{state.encoded}:{state.persona}",
            disabled=at_limit,
        )
        super().__init__(button)

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Return the button that was pressed."""
        state = ReplyState.of(match, match["persona"])
        return cls(match["move"], state)

    async def callback(self, interaction: Interaction) -> None:
        """Write the reply anew, in place."""
        await _rewrite(interaction, self.state)


class Pick(discord.ui.DynamicItem[Select], template=rf"pick:{STATE}"):
    """The picker that chooses a persona."""

    def __init__(self, state: ReplyState, personas: list[str]) -> None:
        self.state = state
        picker = Select(custom_id=f"pick:{state.encoded}")
        for name in personas[:MOST_CHOICES]:
            picker.add_option(label=name, default=name == state.persona)
        super().__init__(picker)

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Return the picker that was used."""
        personas = [option.value for option in item.options]
        state = ReplyState.of(match, "")
        return cls(state, personas)

    async def callback(self, interaction: Interaction) -> None:
        """Write the reply anew, in place."""
        (persona,) = self.item.values
        state = replace(self.state, persona=persona)
        await _rewrite(interaction, state)


async def persona_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the personas whose names hold the typed letters, for Discord to offer."""
    offered = interaction.client.offered(interaction.guild_id)
    choices = []
    for name in offered:
        if typed.lower() in name.lower():
            choices.append(app_commands.Choice(name=name, value=name))
    return choices[:MOST_CHOICES]


async def _rewrite(interaction: "discord.Interaction[Client]", state: ReplyState) -> None:
    if not await interaction.client.admits(interaction):
        return
    await interaction.response.defer()
    assert interaction.message
    text = interaction.message.content
    if interaction.message.embeds:
        text = interaction.message.embeds[0].description or ""
    request = replace(state.request, prompt=seed_of(text))
    await write(interaction, replace(state, request=request))


async def write(interaction: "discord.Interaction[Client]", state: ReplyState) -> None:
    """Sample a reply and show it as the answer to a deferred interaction."""
    client = interaction.client
    language = client.rules(interaction.guild_id).language
    state = replace(state, language=language)
    try:
        persona = await client.imitated(state.persona, interaction.guild_id)
        text = await client.imitator.imitate(state.request, interaction.user.id, state.persona)
        offered = client.offered(interaction.guild_id)
        payload = state.payload(text, persona.author, offered)
        await interaction.edit_original_response(**payload)
    except RefusedError as error:
        await interaction.followup.send(escape(str(error)), ephemeral=True)
    except discord.NotFound as error:
        log.warning("no reply in channel %s: %s", interaction.channel_id, error)
    except Exception:
        log.exception("a reply failed")
        await interaction.followup.send(WENT_WRONG)
