"""A round of the guessing game becomes a Discord message: the three messages, a button for each, and the result."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord

from bot.game import LETTERS, TEMPERATURE, Round
from bot.text import count_of, escape, label
from model.persona.file import Persona

if TYPE_CHECKING:
    from bot.client import Client

SECONDS_TO_GUESS = 60.0
MOST_SCORES = 5  # lines of `scores`
MOST_NAMES = 10  # names of people who found the real message


@dataclass(eq=False)
class RoundView(discord.ui.View):
    """A round that is being played, with each person's choice. Nothing of it is stored but the result."""

    client: "Client"
    persona: Persona
    name: str
    guild_id: int
    round: Round
    choices: dict[int, int] = field(default_factory=dict)  # index of the chosen message, by user
    message: discord.Message | None = None

    def __post_init__(self) -> None:
        super().__init__(timeout=None)
        for place, letter in enumerate(LETTERS):
            button = _Letter(letter, place)
            self.add_item(button)
        self.add_item(_Reveal())
        self._end = asyncio.create_task(self._reveal_later())

    def text(self, outcome: str = "") -> str:
        """Return the three messages with the task, or with the outcome of the round."""
        lines = []
        for letter, message in zip(LETTERS, self.round.messages, strict=True):
            lines.append(f"**{letter}** {escape(message)}")
        language = self.client.rules(self.guild_id).language
        label_line = label(self.persona.author, TEMPERATURE, language)
        lines += ["", outcome or self._task(), f"-# {escape(label_line)}, except for the real message"]
        return "\n".join(lines)

    def _task(self) -> str:
        author = escape(self.persona.author[:40])
        task = f"{author} really wrote one of these; the others are imitations. Which one is real?"
        if not self.choices:
            return f"{task} Nobody has chosen yet."
        if len(self.choices) == 1:
            return f"{task} 1 person has chosen."
        return f"{task} {len(self.choices)} people have chosen."

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
        outcome = f"The real message was **{LETTERS[right]}**. {_winners_line(fooled)}"
        if self.message:
            await self.message.edit(content=self.text(outcome), view=None)
        self._end.cancel()


def _winners_line(fooled: dict[int, bool]) -> str:
    """Return a sentence on who found the real message.

    Args:
        fooled: whether each user took an imitation for it.
    """
    if not fooled:
        return "Nobody guessed."
    winners = [f"<@{user}>" for user, wrong in fooled.items() if not wrong]
    if not winners:
        return f"Nobody found it in {count_of(len(fooled), 'guess', 'guesses')}."
    names = " ".join(winners[:MOST_NAMES])
    if len(winners) > MOST_NAMES:
        names += f" and {len(winners) - MOST_NAMES} more"
    return f"Found by {names}, {len(winners)} of {len(fooled)} who guessed."


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
