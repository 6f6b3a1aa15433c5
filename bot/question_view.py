"""A question in Discord before something is done that can't be undone: two buttons, for the person who asked alone."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.errors import WENT_WRONG
from bot.text import escape
from model import UserError

log = logging.getLogger(__name__)

SECONDS_TO_ANSWER = 60.0


class QuestionView(discord.ui.View):
    """A question that its asker answers once. After a minute, or a restart of the bot, nothing happens any more."""

    def __init__(self, person_id: int, question: str, answer: str, act: Callable[[], Awaitable[str]]) -> None:
        """Take a question; arguments as of `bot.command.Caller.ask`."""
        super().__init__(timeout=SECONDS_TO_ANSWER)
        self.text = escape(question)
        self.message: discord.Message | None = None
        self._person_id = person_id
        self._act = act
        self.add_item(_Answer(answer, agrees=True))
        self.add_item(_Answer("leave it as it is", agrees=False))

    async def interaction_check(self, interaction: discord.Interaction[Any]) -> bool:
        """Let nobody else answer."""
        if interaction.user.id == self._person_id:
            return True
        await interaction.response.send_message("Only the person who asked for this can answer.", ephemeral=True)
        return False

    async def answer(self, interaction: discord.Interaction[Any], *, agrees: bool) -> None:
        """Do it, or don't; show what it came to in place of the question."""
        if self.is_finished():
            return
        self.stop()
        await interaction.response.defer()
        outcome = "Nothing was changed."
        if agrees:
            try:
                outcome = await self._act()
            except UserError as error:
                outcome = str(error)
            except Exception:
                log.exception("what was agreed to failed")
                outcome = WENT_WRONG
        await interaction.edit_original_response(content=escape(outcome), view=None)

    async def on_timeout(self) -> None:
        """Take the buttons away."""
        if self.message:
            text = f"{self.text}\n{escape('Nobody answered: nothing was changed.')}"
            try:
                await self.message.edit(content=text, view=None)
            except discord.HTTPException as error:  # the message is gone, and the question with it
                log.warning("a question stays as it is: %s", error)


class _Answer(discord.ui.Button[QuestionView]):
    def __init__(self, label: str, *, agrees: bool) -> None:
        super().__init__(
            label=label[:80], style=discord.ButtonStyle.danger if agrees else discord.ButtonStyle.secondary
        )
        self._agrees = agrees

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        assert self.view
        await self.view.answer(interaction, agrees=self._agrees)
