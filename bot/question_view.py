"""A question becomes a Discord message with two buttons, which only the person who asked can press."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.errors import WENT_WRONG
from bot.text import escape
from model import UserError

log = logging.getLogger(__name__)

SECONDS_TO_ANSWER = 60.0
LONGEST_LABEL = 80  # characters on a button; Discord's limit


class QuestionView(discord.ui.View):
    """A question before an action that can't be undone. It can be answered for a minute, until the bot stops."""

    def __init__(self, person_id: int, question: str, answer: str, act: Callable[[], Awaitable[str]]) -> None:
        """Prepare a question; arguments as of `bot.command.Caller.ask`."""
        super().__init__(timeout=SECONDS_TO_ANSWER)
        self.text = escape(question)
        self.message: discord.Message | None = None
        self._person_id = person_id
        self._act = act
        self.add_item(_Answer(answer, agrees=True))
        self.add_item(_Answer("leave it as it is", agrees=False))

    async def interaction_check(self, interaction: discord.Interaction[Any]) -> bool:
        """Return whether the answer comes from the person who asked; tell anybody else why it does not count."""
        if interaction.user.id == self._person_id:
            return True
        await interaction.response.send_message("Only the person who asked for this can answer.", ephemeral=True)
        return False

    async def answer(self, interaction: discord.Interaction[Any], *, agrees: bool) -> None:
        """Act if the person agrees; show the outcome in place of the question."""
        if self.is_finished():
            return
        self.stop()
        await interaction.response.defer()
        outcome = "Nothing was changed."
        if agrees:
            outcome = await self._outcome()
        await interaction.edit_original_response(content=escape(outcome), view=None)

    async def _outcome(self) -> str:
        """Act, and return the outcome or the error in a sentence."""
        try:
            return await self._act()
        except UserError as error:
            return str(error)
        except Exception:
            log.exception("an action failed that a person agreed to")
            return WENT_WRONG

    async def on_timeout(self) -> None:
        """Remove the buttons."""
        if self.message is None:
            return
        text = f"{self.text}\n{escape('Nobody answered: nothing was changed.')}"
        try:
            await self.message.edit(content=text, view=None)
        except discord.HTTPException as error:  # the message may have been deleted
            log.warning("the buttons of a question could not be removed: %s", error)


class _Answer(discord.ui.Button[QuestionView]):
    def __init__(self, label: str, *, agrees: bool) -> None:
        style = discord.ButtonStyle.secondary
        if agrees:
            style = discord.ButtonStyle.danger
        super().__init__(label=label[:LONGEST_LABEL], style=style)
        self._agrees = agrees

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view
        await self.view.answer(interaction, agrees=self._agrees)
