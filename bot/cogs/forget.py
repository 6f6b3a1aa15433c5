"""`forget`: the imitated person's way out, and the server's."""

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.errors import RefusedError, ReplyError
from bot.store import EVERYWHERE
from bot.text import escape
from bot.view import persona_choices
from model.persona import PersonaError

if TYPE_CHECKING:
    from bot.client import Client
    from bot.context import Context


class Forget(commands.Cog):
    """The command `forget`."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @commands.hybrid_command()  # type: ignore[arg-type] # with a context of our own
    @app_commands.autocomplete(persona=persona_choices)
    @app_commands.describe(persona="who is not to be imitated any more")
    async def forget(self, context: "Context", *, persona: str = "") -> None:
        """Stop imitating somebody for good: yourself, or, if you manage the server, anybody in it."""
        await context.defer(ephemeral=True)
        name = persona.strip()
        if not name:
            raise ReplyError(f"Say whom: {context.before_names}forget <persona>.")
        owns = await self.client.is_owner(context.author)
        personas = self.client.imitator.personas
        try:  # as the file is: whether they agreed, and what was forgotten before, doesn't matter here
            found = await personas.peek(name)
        except PersonaError as error:
            if not owns:
                raise RefusedError("That persona can't be loaded, so it isn't imitated either.") from error
            await personas.delete(name)
            await context.show(content=escape(f"{name} could not be read; the file is deleted."))
            return
        themselves = {
            found.source.author_id,
            *found.source.aliases,
            *(found.consent.contact.split() if found.consent else ()),
        }
        if str(context.author.id) in themselves or owns:
            await self.client.store.forget(found.source.author_id, EVERYWHERE)
            await personas.delete(name)
            said = "is forgotten: the file is deleted, and I take no new one of theirs."
        elif context.guild and context.author.guild_permissions.manage_guild:  # type: ignore[union-attr] # a member
            await self.client.store.forget(found.source.author_id, context.guild.id)
            said = "is not imitated in this server any more."
        else:
            raise ReplyError("Only they themselves, those who manage the server and whoever runs me can ask for that.")
        await context.show(content=escape(f"{found.author} {said}"))
