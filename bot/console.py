"""The bot's commands in a terminal, or from a pipe: the same replies, no Discord."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from bot.command import Command, all_commands
from bot.errors import RefusedError
from bot.game import LETTERS, TEMPERATURE, Round
from bot.imitator import Imitator
from bot.settings import Settings
from bot.store import GuildSettings, Rules, Store
from bot.text import heat_colour, label, plain
from model import UserError
from model.persona import Persona, head_of
from model.sampler import Request

BOLD, DIM, RESET = "\033[1m", "\033[2m", "\033[0m"
LEAVE = ("quit", "exit")


def chat(settings: Settings, imitator: Imitator, random_seed: int | None = None) -> None:
    """Answer the lines of standard input until it ends, or the person leaves.

    Args:
        random_seed: makes every reply repeatable; None: each is new.

    Raises:
        PersonaError: the default persona can't be loaded.
    """
    if sys.stdout:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal may not know every character
    asyncio.run(_chat(Terminal(settings, imitator, Store(), random_seed)))


async def _chat(terminal: "Terminal") -> None:
    if terminal.settings.database.exists():
        await terminal.store.open(terminal.settings.database)
    try:
        await terminal.imitator.personas.load_default(terminal.is_forgotten)
        if sys.stdin and sys.stdin.isatty():
            await terminal.answer(terminal.as_typed("help"))
            _show(f"{terminal.as_typed('quit')} leaves.")
        line = None
        async for line in _lines(terminal):
            if not await terminal.answer(line):
                return
        if line is None and not terminal.settings.token:  # in a container, say, where it would end without a word
            print("mimic: DISCORD_TOKEN is empty, and nothing was typed here", file=sys.stderr)
    finally:
        await terminal.store.close()


@dataclass
class Terminal:
    """The person at the terminal, who runs the bot; a `bot.command.Caller`."""

    settings: Settings
    imitator: Imitator
    store: Store
    random_seed: int | None
    guild_settings: GuildSettings = field(default_factory=GuildSettings)  # of this chat; they end with it
    round: Round | None = None  # the open round of the guessing game
    found: int = 0  # real messages found
    guesses: int = 0
    latest: str = ""  # the latest reply
    person_id: int = 0
    guild_id: int | None = None
    place: str = ""
    reach: str = "in this terminal"
    manages: bool = True

    @property
    def rules(self) -> Rules:
        """What holds in this chat."""
        offered = self.offered
        return Rules.of(self.guild_settings, self.settings, offered, self.imitator.personas.default_among(offered))

    @property
    def offered(self) -> list[str]:
        """The names of the personas that may be imitated."""
        return self.imitator.personas.offered(self.is_forgotten)

    def is_forgotten(self, author_ids: Collection[str]) -> bool:
        """Return whether the person with these ids must not be imitated."""
        return self.store.is_forgotten(author_ids, None)

    @property
    def commands(self) -> dict[str, Command]:
        """The commands by their names."""
        return {each.name: each for each in all_commands()}

    async def answer(self, line: str) -> bool:
        """Answer a line; return whether the person stays. Errors that they can mend are one sentence."""
        name, words = self._split(line)
        if name in LEAVE:
            return False
        letter = line.strip().upper()
        try:
            if name in self.commands:
                defaults = {} if self.random_seed is None else {"random_seed": self.random_seed}
                await self.commands[name].answer_typed(self, words, defaults)
            elif self.round and letter and letter in LETTERS:
                self._reveal(self.round, LETTERS.index(letter))
            elif line.strip():
                names = ", ".join(self.as_typed(each) for each in (*self.commands, LEAVE[0]))
                _show(f"Commands begin with {self.settings.prefix}: {names}.")
        except UserError as error:
            _show(str(error))
        return True

    def _split(self, line: str) -> tuple[str, str]:
        """Return the command of a line, as forgiving as Discord's, and the words after it; "" if there is none."""
        if not line.startswith(self.settings.prefix):
            return "", ""
        name, *words = line.removeprefix(self.settings.prefix).split(maxsplit=1) or [""]
        return name.lower(), "".join(words)

    def as_typed(self, words: str) -> str:
        """Return a command as it is typed here."""
        return self.settings.prefix + words

    async def owns(self) -> bool:
        """Return True: the person at the terminal runs the bot."""
        return True

    async def imitated(self, name: str) -> Persona:
        """Return a persona that may be imitated.

        Raises:
            RefusedError: no persona has that name, or the person doesn't want to be imitated.
            PersonaError: it can't be loaded.
        """
        name = self.imitator.personas.check(name, self.offered)
        persona = await self.imitator.persona(name)
        if self.is_forgotten(head_of(persona).author_ids):
            raise RefusedError(f"{persona.author} is not imitated here any more.")
        return persona

    async def choose_persona(self, name: str) -> None:
        """Imitate a persona from now on; "" is the default again."""
        self.guild_settings = GuildSettings(**vars(self.guild_settings) | {"persona": name})

    async def change_settings(self, settings: GuildSettings) -> None:
        """Let other settings hold in this chat."""
        self.guild_settings = settings

    async def forget(self, author_id: str, *, everywhere: bool) -> None:
        """Remember that a person must not be imitated, here and in Discord."""
        await self.store.open(self.settings.database)
        await self.store.forget(author_id)

    async def say(self, text: str, *, mentions: bool = False) -> None:
        """Print plain text."""
        _show(plain(text))

    async def show_reply(self, request: Request, name: str) -> None:
        """Print a reply as it is drawn."""
        author = (await self.imitated(name)).author
        _show(_styled(plain(request.prompt), BOLD), end="")
        self.latest = ""
        async with contextlib.aclosing(self.imitator.stream(request, name=name)) as parts:
            async for part in parts:
                self.latest += part
                _show(plain(part), end="")
        _show("\n" + _styled(f"({label(author, request.temperature, self.rules.language)})", DIM))

    async def show_replies(self, requests: Sequence[Request], name: str, explanation: str) -> None:
        """Print several replies, each in the colour of its temperature."""
        author = (await self.imitated(name)).author
        replies = await self.imitator.imitate_all(requests, name=name)
        for request, reply in zip(requests, replies, strict=True):
            colour = "\033[38;2;{};{};{}m".format(*heat_colour(request.temperature))
            _show(_styled(plain(request.prompt), BOLD) + _styled(plain(reply), colour))
            _show(_styled(f"({label(author, request.temperature, self.rules.language)})", DIM))
        self.latest = replies[-1]

    async def show_picture(self, png: bytes, title: str) -> None:
        """Save a picture and print its path."""
        with tempfile.NamedTemporaryFile(prefix="heat-", suffix=".png", delete=False) as file:
            file.write(png)
        _show(file.name)
        _show(_styled(f"({title})", DIM))

    async def play(self, played: Round, persona: Persona, name: str) -> None:
        """Print a round of the guessing game; the next line is the guess."""
        self.round = played
        for letter, message in zip(LETTERS, played.messages, strict=True):
            _show(f"{_styled(letter, BOLD)} {plain(message)}")
        _show(f"One of these is {plain(persona.author)}'s own, the others are made up. Which? Type its letter.")
        _show(_styled(f"({label(persona.author, TEMPERATURE, self.rules.language)}, but for one)", DIM))

    def _reveal(self, played: Round, place: int) -> None:
        correct = place == played.right
        self.found += correct
        self.guesses += 1
        _show(f"It was {LETTERS[played.right]}: {'found' if correct else 'you were fooled'}.")
        self.round = None

    def scores(self) -> list[str]:
        """Return how often the real message was found in this chat."""
        return [f"You found {self.found} of {self.guesses}."] if self.guesses else ["You have not guessed yet."]

    def more_settings(self) -> list[str]:
        """Return the bot's own settings, as `.env` has them."""
        lines = [f"{each.metadata['variable']}={getattr(self.settings, each.name)}" for each in fields(self.settings)]
        shown = [line for line in lines if not line.startswith("DISCORD_TOKEN=")]
        return ["", "These end with the chat. For good, put them into .env and start again:", *shown]

    async def report(self) -> str:
        """Return the latest reply: the person who would get the report is the one who reports it."""
        if not self.latest:
            raise RefusedError("There is no reply to report yet.")
        return f"You run me, so the report comes to you:\n{self.latest}"

    def completions(self, typed: str) -> Iterable[str]:
        """Return the words that may follow the typed ones: commands, options, personas."""
        first, *rest = typed.split(" ")
        if not rest:
            return [f"{self.as_typed(name)} " for name in self.commands if self.as_typed(name).startswith(first)]
        command = self.commands.get(first.removeprefix(self.settings.prefix).lower())
        if command is None:
            return []
        by_flag = {option.flag: option for option in command.options}
        before = by_flag.get(rest[-2]) if len(rest) > 1 else command.takes
        if before and before.names_persona:
            candidates = self.offered
        elif before and before.choices:
            candidates = list(before.choices)
        else:
            candidates = [f"{flag} " for flag in by_flag] if rest[-1].startswith("-") else []
        return [candidate for candidate in candidates if candidate.startswith(rest[-1])]


def _styled(text: str, style: str) -> str:
    return f"{style}{text}{RESET}" if sys.stdout.isatty() else text


def _show(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


async def _lines(terminal: Terminal) -> AsyncIterator[str]:
    """Yield the lines typed or piped in; bytes that are no text become unknown characters, not errors."""
    if sys.stdin and sys.stdin.isatty():
        from prompt_toolkit import PromptSession  # only for who types
        from prompt_toolkit.completion import Completer, Completion

        class Words(Completer):
            def get_completions(self, document: Any, _: Any) -> Iterable[Completion]:
                typed = document.text_before_cursor
                start = -len(typed.split(" ")[-1])
                return (Completion(word, start) for word in terminal.completions(typed))

        session: PromptSession[str] = PromptSession(completer=Words(), complete_while_typing=False)
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            while True:
                yield await session.prompt_async("> ")
    elif sys.stdin:  # None where a service runs without one
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
        for line in sys.stdin:
            yield line
