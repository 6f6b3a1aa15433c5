"""`guess`: three messages, one of them real; who finds it? And `scores`."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import RefusedError
from bot.game import LETTERS, TEMPERATURE, Round, new_round
from bot.text import escape, label
from bot.view import persona_choices
from model.persona import Persona

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context

SECONDS_TO_GUESS = 60.0
MOST_SCORES = 5
MOST_NAMES = 10  # of those who found it


class Guess(commands.Cog):
    """The commands `guess` and `scores`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @commands.guild_only()
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(persona="whose messages")
    async def guess(self, context: "Context", *, persona: str = "") -> None:
        """Show three messages, one real and two imitated: find the real one."""
        await context.defer()
        assert context.guild
        if not context.rules.guess:
            raise RefusedError("The guessing game is off in this server.")
        name = persona.strip() or context.rules.persona
        found = await self.client.imitated(name, context.guild_id)
        played = await new_round(self.client.imitator, found, name, context.author.id)
        game = Game(self.client, found, name, context.guild.id, played)
        game.message = await context.show(content=game.text(), view=game)

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @commands.guild_only()
    async def scores(self, context: "Context") -> None:
        """Say who found the real messages most often in this server."""
        await context.defer()
        assert context.guild
        best = self.client.store.best(context.guild.id, MOST_SCORES)
        lines = [f"{place}. <@{user}>: {points}" for place, (user, points) in enumerate(best, 1)]
        await context.show(content="\n".join(lines) or "Nobody has found one yet.")


@dataclass(eq=False)
class Game(discord.ui.View):
    """A round as people play it: who chose what. Forgotten when it is over."""

    client: "Client"
    persona: Persona
    name: str
    guild_id: int
    round: Round
    choices: dict[int, int] = field(default_factory=dict)  # by user: the place of a message
    message: discord.Message | None = None

    def __post_init__(self) -> None:
        super().__init__(timeout=None)
        for place, letter in enumerate(LETTERS):
            self.add_item(_Letter(letter, place))
        self.add_item(_Reveal())
        self._end = asyncio.create_task(self._reveal_later())

    def text(self, outcome: str = "") -> str:
        """Return the three messages, and what is to be done with them, or what came of it."""
        quoted = "\n".join(
            f"**{letter}** {escape(message)}" for letter, message in zip(LETTERS, self.round.messages, strict=True)
        )
        author = escape(self.persona.author[:40])
        task = f"One of these is {author}'s own, the others are made up. Which? {len(self.choices)} have chosen."
        named = escape(label(self.persona.author, TEMPERATURE, self.client.rules(self.guild_id).language))
        return f"{quoted}\n\n{outcome or task}\n-# {named}, but for one"

    async def _reveal_later(self) -> None:
        await asyncio.sleep(SECONDS_TO_GUESS)
        await self.reveal()

    async def reveal(self) -> None:
        """End the round: say which it was, and count."""
        if self.is_finished():
            return
        self.stop()
        right = self.round.right
        found = [user for user, place in self.choices.items() if place == right]
        await self.client.store.vote(
            self.guild_id, self.name, {user: place != right for user, place in self.choices.items()}
        )
        names = " ".join(f"<@{user}>" for user in found[:MOST_NAMES]) or "nobody"
        if len(found) > MOST_NAMES:
            names += f" and {len(found) - MOST_NAMES} more"
        outcome = f"It was **{LETTERS[right]}**. Found by {names}, of {len(self.choices)}."
        if self.message:
            await self.message.edit(content=self.text(outcome), view=None)
        self._end.cancel()


class _Letter(discord.ui.Button[Game]):
    def __init__(self, letter: str, place: int) -> None:
        super().__init__(label=letter, style=discord.ButtonStyle.primary)
        self._place = place

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view
        self.view.choices[interaction.user.id] = self._place
        await interaction.response.edit_message(content=self.view.text())


class _Reveal(discord.ui.Button[Game]):
    def __init__(self) -> None:
        super().__init__(label="reveal", style=discord.ButtonStyle.secondary)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view
        await interaction.response.defer()
        await self.view.reveal()
