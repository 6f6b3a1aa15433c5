"""Lines typed in a terminal, or piped in, become printed answers: the same commands as in Discord. Knows no Discord."""

import asyncio
import contextlib
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from bot.command import Act, Command, all_commands
from bot.errors import RefusedError
from bot.game import LETTERS, TEMPERATURE, Round
from bot.imitator import Imitator
from bot.settings import Settings
from bot.store import GuildSettings, Rules, Store
from bot.text import heat_colour, label, plain
from model import UserError
from model.commands import command_line
from model.persona.file import Persona
from model.persona.find import head_of
from model.persona.forgotten import Forgotten
from model.persona.sampler import Request

BOLD, DIM, RESET = "\033[1m", "\033[2m", "\033[0m"
LEAVE = ("quit", "exit")
COMMAND = re.compile(r"\s*(\S*)\s*(.*)", re.DOTALL)  # its name, and the words after it


def chat(settings: Settings, imitator: Imitator, random_seed: int | None = None) -> None:
    """Answer the lines of standard input until it ends or the person leaves.

    Args:
        random_seed: makes every reply repeatable; None: each reply has new random numbers.

    Raises:
        PersonaError: the default persona can't be loaded.
    """
    if sys.stdout:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal may lack a character
    terminal = Terminal(settings, imitator, Store(), random_seed)
    asyncio.run(_chat(terminal))


async def _chat(terminal: "Terminal") -> None:
    if terminal.settings.database.exists():
        await terminal.store.open(terminal.settings.database)
    try:
        await terminal.imitator.personas.load_default(terminal.is_forgotten)
        if sys.stdin and sys.stdin.isatty():
            await terminal.answer(terminal.as_typed("help"))
            _show(f"Type {terminal.as_typed('quit')} to leave.")
        line = None
        async for line in _lines(terminal):
            if not await terminal.answer(line):
                return
        if line is None and not terminal.settings.token:  # as in a container, where the bot would end silently
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
    guild_settings: GuildSettings = field(default_factory=GuildSettings)  # they last until the chat ends
    round: Round | None = None  # the open round of the guessing game
    right_guesses: int = 0
    guesses: int = 0
    latest_reply: str = ""  # its seed included
    question: Act | None = None  # the action that runs if the next line is yes
    person_id: int = 0
    guild_id: int | None = None
    place: str = ""
    reach: str = "in this terminal"
    manages: bool = True

    @property
    def rules(self) -> Rules:
        """The rules that hold in this chat."""
        offered = self.offered
        default = self.imitator.personas.default_among(offered)
        return Rules.of(self.guild_settings, self.settings, offered, default)

    @property
    def offered(self) -> list[str]:
        """The names of the personas that may be imitated."""
        return self.imitator.personas.offered(self.is_forgotten)

    def is_forgotten(self, author_ids: Collection[str]) -> bool:
        """Return whether the person with these ids must not be imitated."""
        if self.store.is_forgotten(author_ids, None):
            return True
        return self.imitator.personas.is_listed(author_ids)

    @property
    def commands(self) -> Mapping[str, Command]:
        """The commands by name."""
        return all_commands()

    async def answer(self, line: str) -> bool:
        """Answer a line; return whether the person stays. An error that they can put right is one sentence."""
        name, words = self._split(line)
        if name in LEAVE:
            return False
        act, self.question = self.question, None
        try:
            if name in self.commands:
                await self._answer_command(name, words)
            elif act and not name:
                await self._answer_question(act, line)
            else:
                self._answer_other(line)
        except UserError as error:
            _show(str(error))
        return True

    async def _answer_command(self, name: str, words: str) -> None:
        defaults = {}
        if self.random_seed is not None:
            defaults["random_seed"] = self.random_seed
        await self.commands[name].answer_typed(self, words, defaults)

    async def _answer_question(self, act: Act, line: str) -> None:
        """Act if the line is a yes."""
        outcome = "Nothing was changed."
        if line.strip().lower() == "yes":
            outcome = await act()
        _show(plain(outcome))

    def _answer_other(self, line: str) -> None:
        """Take a letter as a guess in an open round; answer other lines with the commands' names."""
        letter = line.strip().upper()
        if not letter:
            return
        if self.round and letter in LETTERS:
            self._reveal(self.round, LETTERS.index(letter))
            return
        names = [self.as_typed(name) for name in (*self.commands, LEAVE[0])]
        _show(f"Commands begin with {self.settings.prefix}: {', '.join(names)}.")

    def _split(self, line: str) -> tuple[str, str]:
        """Return the name of a line's command, in small letters, and the words after it; "" if there is none."""
        prefix = self.settings.prefix
        if not line.startswith(prefix):
            return "", ""
        name, words = COMMAND.fullmatch(line.removeprefix(prefix)).groups()  # type: ignore[union-attr] # it fits any text
        return name.lower(), words

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
            undo = command_line("bot", "--remember", persona.source.author_id)
            raise RefusedError(f"I don't imitate {persona.author} here any more; to undo that: {undo}")
        return persona

    async def choose_persona(self, name: str) -> None:
        """Imitate a persona by default in this chat; "" follows the bot's own settings again."""
        self.guild_settings = replace(self.guild_settings, persona=name)

    async def change_settings(self, settings: GuildSettings) -> None:
        """Use other settings in this chat."""
        self.guild_settings = settings

    async def forget(self, person: Forgotten, *, everywhere: bool) -> bool:
        """Remember that a person must not be imitated, here and in Discord; return whether that is stored."""
        await self.store.open(self.settings.database)
        return await self.store.forget(person)

    async def ask(self, question: str, answer: str, act: Act) -> None:
        """Print a question; the next line answers it."""
        _show(f"{plain(question)}\nType yes to do that; any other line changes nothing.")
        self.question = act

    async def say(self, text: str, *, mentions: bool = False) -> None:
        """Print plain text."""
        _show(plain(text))

    async def show_reply(self, request: Request, name: str) -> None:
        """Print a reply while it is sampled."""
        persona = await self.imitated(name)
        self.latest_reply = request.prompt
        _show(_styled(plain(request.prompt), BOLD), end="")
        async with contextlib.aclosing(self.imitator.stream(request, name=name)) as parts:
            async for part in parts:
                self.latest_reply += part
                _show(plain(part), end="")
        _show("")
        self._show_label(persona, request.temperature)

    def _show_label(self, persona: Persona, temperature: float) -> None:
        label_line = label(persona.author, temperature, self.rules.language)
        _show(_styled(f"({label_line})", DIM))

    async def show_replies(self, requests: Sequence[Request], name: str, explanation: str) -> None:
        """Print several replies, each in the colour of its temperature."""
        persona = await self.imitated(name)
        replies = await self.imitator.imitate_all(requests, name=name)
        for request, reply in zip(requests, replies, strict=True):
            red, green, blue = heat_colour(request.temperature)
            seed = _styled(plain(request.prompt), BOLD)
            coloured = _styled(plain(reply), f"\033[38;2;{red};{green};{blue}m")
            _show(seed + coloured)
            self._show_label(persona, request.temperature)
        self.latest_reply = requests[-1].prompt + replies[-1]

    async def show_picture(self, png: bytes, title: str) -> None:
        """Save a picture and print its path."""
        with tempfile.NamedTemporaryFile(prefix="heat-", suffix=".png", delete=False) as file:
            file.write(png)
        _show(file.name)
        _show(_styled(f"({title})", DIM))

    async def play(self, game_round: Round, persona: Persona, name: str) -> None:
        """Print a round of the guessing game; the next line is the guess."""
        self.round = game_round
        for letter, message in zip(LETTERS, game_round.messages, strict=True):
            _show(f"{_styled(letter, BOLD)} {plain(message)}")
        author = plain(persona.author)
        _show(f"{author} really wrote one of these; the others are imitations. Which one is real? Type its letter.")
        label_line = label(persona.author, TEMPERATURE, self.rules.language)
        _show(_styled(f"({label_line}, except for the real message)", DIM))

    def _reveal(self, game_round: Round, guess: int) -> None:
        """Print which message was real, and count the guess."""
        verdict = "you were fooled"
        if guess == game_round.right:
            verdict = "you found it"
            self.right_guesses += 1
        self.guesses += 1
        self.round = None
        letter = LETTERS[game_round.right]
        _show(f"The real message was {letter}: {verdict}.")

    def scores(self) -> list[str]:
        """Return how often the real message was found in this chat."""
        if not self.guesses:
            return ["You have not guessed yet."]
        return [f"You found {self.right_guesses} of {self.guesses}."]

    def more_settings(self) -> list[str]:
        """Return the bot's own settings, but for the token, as lines of `.env`."""
        lines = ["", "Changes last until this chat ends. These settings can be kept in .env:"]
        for each in fields(self.settings):
            if each.name != "token":
                variable = each.metadata["variable"]
                value = getattr(self.settings, each.name)
                lines.append(f"{variable}={value}")
        return lines

    async def report(self) -> str:
        """Return the latest reply: the person at the terminal runs the bot and would get the report."""
        if not self.latest_reply:
            raise RefusedError("There is no reply to report yet.")
        return f"You run this bot, so the report comes to you:\n{self.latest_reply}"

    def completions(self, typed: str) -> list[str]:
        """Return the words that may stand in place of the last typed one: commands, options or personas."""
        first, *rest = typed.split(" ")
        if rest:
            candidates = self._candidates_after(first, rest)
        else:
            candidates = [f"{self.as_typed(name)} " for name in self.commands]
        last = typed.rsplit(" ", 1)[-1]
        return [candidate for candidate in candidates if candidate.startswith(last)]

    def _candidates_after(self, first: str, rest: Sequence[str]) -> list[str]:
        """Return the words that may follow a command's first word."""
        name, _ = self._split(first)
        command = self.commands.get(name)
        if command is None:
            return []
        by_flag = {option.flag: option for option in command.options}
        option = command.takes
        if len(rest) > 1:
            option = by_flag.get(rest[-2])
        if option and option.names_persona:
            return self.offered
        if option and option.choices:
            return list(option.choices)
        if rest[-1].startswith("-"):
            return [f"{flag} " for flag in by_flag]
        return []


def _styled(text: str, style: str) -> str:
    if not sys.stdout.isatty():
        return text
    return f"{style}{text}{RESET}"


def _show(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


async def _lines(terminal: Terminal) -> AsyncIterator[str]:
    """Yield the lines typed or piped in; bytes that are not text become replacement characters."""
    if sys.stdin is None:  # a service may run without standard input
        return
    if sys.stdin.isatty():
        async for line in _typed_lines(terminal):
            yield line
        return
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    for line in sys.stdin:
        yield line


async def _typed_lines(terminal: Terminal) -> AsyncIterator[str]:
    """Yield the lines that a person types, with completion and a history."""
    from prompt_toolkit import PromptSession  # imported when needed: a pipe does without it
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        def get_completions(self, document: Any, _: Any) -> Iterable[Completion]:
            typed = document.text_before_cursor
            last = typed.rsplit(" ", 1)[-1]
            for word in terminal.completions(typed):
                yield Completion(word, start_position=-len(last))

    session: PromptSession[str] = PromptSession(completer=Words(), complete_while_typing=False)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            yield await session.prompt_async("> ")
