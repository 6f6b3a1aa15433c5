"""A round of the guessing game in Discord: the three messages, a button for each, and the end of the round."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord

from bot.game import LETTERS, TEMPERATURE, Round
from bot.text import escape, label
from model.persona import Persona

if TYPE_CHECKING:
    from bot.client import Client

SECONDS_TO_GUESS = 60.0
MOST_SCORES = 5  # lines of `scores`
MOST_NAMES = 10  # of the people who found the real message


@dataclass(eq=False)
class RoundView(discord.ui.View):
    """A round as people play it, with each person's choice. Forgotten when it is over."""

    client: "Client"
    persona: Persona
    name: str
    guild_id: int
    round: Round
    choices: dict[int, int] = field(default_factory=dict)  # the place of a message, by user
    message: discord.Message | None = None

    def __post_init__(self) -> None:
        super().__init__(timeout=None)
        for place, letter in enumerate(LETTERS):
            self.add_item(_Letter(letter, place))
        self.add_item(_Reveal())
        self._end = asyncio.create_task(self._reveal_later())

    def text(self, outcome: str = "") -> str:
        """Return the three messages with the task, or with the outcome of the round."""
        messages = zip(LETTERS, self.round.messages, strict=True)
        quoted = "\n".join(f"**{letter}** {escape(message)}" for letter, message in messages)
        author = escape(self.persona.author[:40])
        task = f"One of these is {author}'s own, the others are made up. Which? {len(self.choices)} have chosen."
        named = escape(label(self.persona.author, TEMPERATURE, self.client.rules(self.guild_id).language))
        return f"{quoted}\n\n{outcome or task}\n-# {named}, but for one"

    async def _reveal_later(self) -> None:
        await asyncio.sleep(SECONDS_TO_GUESS)
        await self.reveal()

    async def reveal(self) -> None:
        """End the round: show which message was real, and count the guesses."""
        if self.is_finished():
            return
        self.stop()
        right = self.round.right
        fooled = {user: place != right for user, place in self.choices.items()}
        await self.client.store.vote(self.guild_id, self.name, fooled)
        winners = [user for user in fooled if not fooled[user]]
        names = " ".join(f"<@{user}>" for user in winners[:MOST_NAMES]) or "nobody"
        if len(winners) > MOST_NAMES:
            names += f" and {len(winners) - MOST_NAMES} more"
        outcome = f"It was **{LETTERS[right]}**. Found by {names}, of {len(self.choices)}."
        if self.message:
            await self.message.edit(content=self.text(outcome), view=None)
        self._end.cancel()


class _Letter(discord.ui.Button[RoundView]):
    def __init__(self, letter: str, place: int) -> None:
        super().__init__(label=letter, style=discord.ButtonStyle.primary)
        self._place = place

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view
        self.view.choices[interaction.user.id] = self._place
        await interaction.response.edit_message(content=self.view.text())


class _Reveal(discord.ui.Button[RoundView]):
    def __init__(self) -> None:
        super().__init__(label="reveal", style=discord.ButtonStyle.secondary)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view
        await interaction.response.defer()
        await self.view.reveal()
