"""`guess`: three messages, one of them real; who finds it? And `scores`."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.reply import RefusedError, escape, label
from bot.view import persona_choices
from model.persona import LONGEST_QUOTE, SHORTEST_QUOTE, Persona
from model.sampler import Request
from model.vocabulary import END

if TYPE_CHECKING:
    from bot.client import Client, Context

SECONDS_TO_GUESS = 60.0
LETTERS = "ABC"
TEMPERATURE = 0.8  # of the imitated messages: as varied as people are, nearly
CONTEXT, TRIES = 5, 8  # real messages that an imitation is to follow on, and imitations to choose from
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
        real, imitated = await messages(self.client, found, name, context.author.id)
        game = Game(self.client, found, name, context.guild.id, real, imitated)
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


async def messages(client: "Client", persona: Persona, name: str, person: int) -> tuple[str, list[str]]:
    """Return a real message and two imitated ones of a similar length.

    Raises:
        RefusedError: the persona carries no messages that may be shown, or the network finds none of its own.
    """
    may_be_shown = persona.consent and persona.consent.quoting and len(persona.quotes) > CONTEXT
    if not may_be_shown or persona.recipe.message_end != "character":
        raise RefusedError(f"No messages of {persona.author[:40]}'s may be shown, so there is nothing to guess.")
    real, *before = random.sample(persona.quotes, CONTEXT + 1)
    prompt = "".join(message + END for message in before)
    requests = [Request(prompt, TEMPERATURE, 2 * LONGEST_QUOTE, random.getrandbits(32)) for _ in range(TRIES)]
    replies = await client.imitator.imitate_all(requests, person, name)
    lines = {
        line for reply in replies for line in reply.split("\n")[:-1] if SHORTEST_QUOTE <= len(line) <= LONGEST_QUOTE
    }
    imitated = sorted(lines - set(persona.quotes), key=lambda line: abs(len(line) - len(real)))[: len(LETTERS) - 1]
    if len(imitated) < len(LETTERS) - 1:
        raise RefusedError("I could not think of anything that long; ask once more.")
    return real, imitated


@dataclass(eq=False)
class Game(discord.ui.View):
    """A round: its messages, and who chose what. Forgotten when it is over."""

    client: "Client"
    persona: Persona
    name: str
    guild_id: int
    real: str
    imitated: list[str]
    choices: dict[int, int] = field(default_factory=dict)  # by user: the place of a message
    message: discord.Message | None = None

    def __post_init__(self) -> None:
        super().__init__(timeout=None)
        self.shown = random.sample([self.real, *self.imitated], len(LETTERS))
        for place, letter in enumerate(LETTERS):
            self.add_item(_Letter(letter, place))
        self.add_item(_Reveal())
        self._end = asyncio.create_task(self._reveal_later())

    def text(self, outcome: str = "") -> str:
        """Return the three messages, and what is to be done with them, or what came of it."""
        quoted = "\n".join(
            f"**{letter}** {escape(message)}" for letter, message in zip(LETTERS, self.shown, strict=True)
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
        right = self.shown.index(self.real)
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
