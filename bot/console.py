"""The bot's commands in a terminal, or from a pipe: the same replies, no Discord."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from bot.errors import RefusedError
from bot.game import LETTERS, TEMPERATURE, Round, new_round
from bot.imitator import Imitator
from bot.prompt import Prompt, parse_prompt
from bot.settings import Settings
from bot.store import Store
from bot.text import described_votes, heat_colour, help_text, label, plain
from model.about import describe
from model.persona import Persona, PersonaError
from model.recipe import TEMPERATURES

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
    await terminal.imitator.persona()
    if terminal.settings.database.exists():
        await terminal.store.open(terminal.settings.database)
    try:
        if sys.stdin and sys.stdin.isatty():
            await terminal.help("")
            _show(f"{terminal.settings.prefix}quit leaves.")
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
    """A chat in the terminal: whom it imitates, and the game that is being played."""

    settings: Settings
    imitator: Imitator
    store: Store
    random_seed: int | None
    persona_name: str = ""  # that was chosen; "": the default
    round: Round | None = None  # that is to be guessed
    guessed: tuple[int, int] = (0, 0)  # right, and of how many

    @property
    def commands(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        """Each command's name, and what answers it, given the words after the name."""
        return {
            "mimic": self.mimic,
            "temps": self.temps,
            "heat": self.heat,
            "personas": self.personas,
            "persona": self.persona,
            "about": self.about,
            "guess": self.guess,
            "scores": self.scores,
            "settings": self.show_settings,
            "stats": self.stats,
            "forget": self.forget,
            "help": self.help,
        }

    async def answer(self, line: str) -> bool:
        """Answer a line; False: the person leaves. What a person can put right is said in one sentence."""
        command, words = self._split(line)
        if command in LEAVE:
            return False
        letter = line.strip().upper()
        try:
            if command in self.commands:
                await self.commands[command](words)
            elif self.round and letter in LETTERS and letter:
                self._reveal(LETTERS.index(letter))
            elif line.strip():
                names = ", ".join(f"{self.settings.prefix}{name}" for name in (*self.commands, LEAVE[0]))
                _show(f"Commands begin with {self.settings.prefix}: {names}.")
        except (RefusedError, PersonaError) as error:
            _show(str(error))
        return True

    def _split(self, line: str) -> tuple[str, str]:
        """Return the command of a line, as forgiving as Discord's, and what follows it; "" where there is none."""
        if not line.startswith(self.settings.prefix):
            return "", ""
        command, words = (*line.removeprefix(self.settings.prefix).split(maxsplit=1), "", "")[:2]
        return command.lower(), words

    async def mimic(self, words: str) -> None:
        """Print a reply as it is drawn."""
        prompt = self._prompt(words, (self.settings.temperature,), "mimic")
        author = (await self._imitated(prompt.persona)).author
        (request,) = prompt.requests(self.settings.length)
        _show(_styled(plain(prompt.seed), BOLD), end="")
        async with contextlib.aclosing(self.imitator.stream(request, name=prompt.persona)) as parts:
            async for part in parts:
                _show(plain(part), end="")
        _show("\n" + _styled(f"({label(author, request.temperature)})", DIM))

    async def temps(self, words: str) -> None:
        """Print the replies at several temperatures, from cold to hot in colour."""
        prompt = self._prompt(words, TEMPERATURES, "temps")
        author = (await self._imitated(prompt.persona)).author
        requests = prompt.requests(self.settings.length)
        replies = await self.imitator.imitate_all(requests, name=prompt.persona)
        for request, reply in zip(requests, replies, strict=True):
            colour = "\033[38;2;{};{};{}m".format(*heat_colour(request.temperature))
            _show(_styled(plain(prompt.seed), BOLD) + _styled(plain(reply), colour))
            _show(_styled(f"({label(author, request.temperature)})", DIM))

    async def heat(self, words: str) -> None:
        """Save the picture and print where it is."""
        from bot.picture import heat_picture

        prompt = self._prompt(words, (1.0,), "heat")
        title = label((await self._imitated(prompt.persona)).author, prompt.temperatures[0])
        picture = await heat_picture(self.imitator, prompt, title)
        with tempfile.NamedTemporaryFile(prefix="heat-", suffix=".png", delete=False) as file:
            file.write(picture)
        _show(file.name)
        _show(_styled(f"({title})", DIM))

    async def personas(self, words: str) -> None:
        """List who can be imitated."""
        _show("\n".join(self.imitator.personas.names()))

    async def persona(self, words: str) -> None:
        """Choose whom to imitate from now on, or say who is imitated."""
        if words.strip():
            await self._imitated(words.strip())
            self.persona_name = words.strip()
        _show(f"If nobody is named, I imitate {self.persona_name or self.imitator.personas.default}.")

    async def about(self, words: str) -> None:
        """Tell of a persona."""
        name = words.strip() or self.persona_name or self.imitator.personas.default
        _show(plain(describe(await self._imitated(name)) + described_votes(*self.store.votes(name))))

    async def guess(self, words: str) -> None:
        """Show three messages, one of them real; the next line says which."""
        name = words.strip() or self.persona_name
        persona = await self._imitated(name)
        self.round = await new_round(self.imitator, persona, name)
        for letter, message in zip(LETTERS, self.round.messages, strict=True):
            _show(f"{_styled(letter, BOLD)} {plain(message)}")
        _show(f"One of these is {plain(persona.author)}'s own, the others are made up. Which? Type its letter.")
        _show(_styled(f"({label(persona.author, TEMPERATURE)}, but for one)", DIM))

    def _reveal(self, place: int) -> None:
        assert self.round
        right, of = self.guessed
        found = place == self.round.right
        self.guessed = right + found, of + 1
        _show(f"It was {LETTERS[self.round.right]}: {'found' if found else 'you were fooled'}.")
        self.round = None

    async def scores(self, words: str) -> None:
        """Say how often the real message was found."""
        right, of = self.guessed
        _show(f"You found {right} of {of}." if of else "You have not guessed yet.")

    async def show_settings(self, words: str) -> None:
        """Say what the settings are; a server's own are for Discord."""
        for setting in fields(self.settings):
            if setting.name != "token":
                _show(f"{setting.metadata['variable']}={getattr(self.settings, setting.name)}")
        _show("To change one, put it into .env and start again.")

    async def stats(self, words: str) -> None:
        """Say what was done since the start."""
        _show(str(self.imitator.tally))

    async def forget(self, words: str) -> None:
        """Delete a persona for good; whoever is at the terminal runs the bot."""
        name = self.imitator.personas.check(words.strip())
        found = await self.imitator.personas.peek(name)
        await self.store.open(self.settings.database)
        await self.store.forget(found.source.author_id)
        await self.imitator.personas.delete(name)
        _show(f"{plain(found.author)} is forgotten: the file is deleted, and I take no new one of theirs.")

    async def help(self, words: str) -> None:
        """Say what the bot does and how it is called."""
        author = (await self.imitator.persona(self.persona_name)).author
        _show(help_text(self.settings.prefix, author, self.settings.temperature))

    async def _imitated(self, name: str) -> Persona:
        """Return a persona; the errors are those of `Imitator.persona`, and that the person wants no imitation."""
        persona = await self.imitator.persona(name)
        if self.store.is_forgotten(persona.source.author_id, None):
            raise RefusedError(f"{persona.author} is not imitated here any more.")
        return persona

    def _prompt(self, words: str, usual: tuple[float, ...], command: str) -> Prompt:
        prompt = parse_prompt(words, usual, f"{self.settings.prefix}{command}")
        random_seed = self.random_seed if prompt.random_seed is None else prompt.random_seed
        return replace(prompt, random_seed=random_seed, persona=prompt.persona or self.persona_name)

    def completions(self, typed: str) -> Iterable[str]:
        """Return the words that may follow what was typed: commands, and after some of them the personas."""
        prefix = self.settings.prefix
        first, *rest = typed.split(" ")
        if not rest:
            return [f"{prefix}{name} " for name in self.commands if f"{prefix}{name}".startswith(first) and first]
        named = first in [f"{prefix}{name}" for name in ("persona", "about", "guess", "forget")] and len(rest) == 1
        if named or rest[-2:-1] == ["--persona"]:
            return [name for name in self.imitator.personas.names() if name.startswith(rest[-1])]
        options = ("--persona ", "--length ", "--random-seed ")
        return [option for option in options if rest[-1].startswith("-") and option.startswith(rest[-1])]


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
