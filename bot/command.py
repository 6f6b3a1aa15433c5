"""A command, declared once for Discord and the terminal, and the caller that it answers.

A module of `bot.cogs` declares its commands with `@command(...)`; `bot.hybrid` makes Discord's commands of them and
`bot.console` the terminal's. Knows no Discord.
"""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.errors import ReplyError
from bot.game import Round
from bot.imitator import Imitator
from bot.options import SEED, TEMPERATURE, Option
from bot.prompt import Prompt, check_seed, parse_prompt, split_options
from bot.settings import Settings
from bot.store import GuildSettings, Rules, Store
from model.persona import Persona
from model.sampler import Request


class Caller(Protocol):
    """The person who called a command, and the ways to answer: in Discord or in the terminal."""

    @property
    def settings(self) -> Settings:
        """The bot's settings."""

    @property
    def imitator(self) -> Imitator:
        """The queue that samples replies."""

    @property
    def store(self) -> Store:
        """What is remembered."""

    @property
    def rules(self) -> Rules:
        """What holds here: persona, temperature, language."""

    @property
    def offered(self) -> list[str]:
        """The names of the personas that may be imitated here."""

    @property
    def guild_settings(self) -> GuildSettings:
        """What those who manage the server have set."""

    @property
    def person_id(self) -> int:
        """The person's Discord id; 0 in the terminal."""

    @property
    def guild_id(self) -> int | None:
        """The server's id; None in a direct message and in the terminal."""

    @property
    def place(self) -> str:
        """The place of a channel's persona in words: "in this channel"."""

    @property
    def reach(self) -> str:
        """The places that the bot serves, in words: "in 3 servers"."""

    @property
    def manages(self) -> bool:
        """Whether the caller manages the server."""

    async def owns(self) -> bool:
        """Return whether the caller runs the bot."""

    def as_typed(self, words: str) -> str:
        """Return a command as the caller types it: `!about ada`."""

    async def imitated(self, name: str) -> Persona:
        """Return a persona that may be imitated here.

        Raises:
            RefusedError: no persona has that name, it can't be loaded, or the person doesn't want to be imitated here.
        """

    async def choose_persona(self, name: str) -> None:
        """Imitate a persona here if nobody is named; "" follows the server's settings."""

    async def change_settings(self, settings: GuildSettings) -> None:
        """Store other settings for this server."""

    async def forget(self, author_id: str, *, everywhere: bool) -> None:
        """Remember that a person must not be imitated, in this server or everywhere."""

    async def say(self, text: str, *, mentions: bool = False) -> None:
        """Answer with plain text.

        Args:
            mentions: `<#1>` and `<@1>` are a channel and a person, shown by their names.
        """

    async def show_reply(self, request: Request, name: str) -> None:
        """Sample a persona's reply and show it, while it is drawn if that takes long."""

    async def show_replies(self, requests: Sequence[Request], name: str, explanation: str) -> None:
        """Sample several replies and show them side by side, coloured by temperature."""

    async def show_picture(self, png: bytes, title: str) -> None:
        """Show a picture with its title."""

    async def play(self, played: Round, persona: Persona, name: str) -> None:
        """Show a round of the guessing game and take guesses."""

    def scores(self) -> list[str]:
        """Return a line for each of the best guessers here."""

    def more_settings(self) -> list[str]:
        """Return lines to show below the settings that hold here."""

    async def report(self) -> str:
        """Send the reply that the caller points at to the bot's owner; return what became of it."""


Run = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Command:
    """A command's name, words, options and help, and the coroutine that answers it."""

    name: str
    help: str
    run: Run  # called with the caller and, by `takes`, a Prompt, the words or nothing; the options' values by name
    takes: Option | None  # the words after the name; None: none
    options: tuple[Option, ...]
    temperatures: tuple[float, ...] | None  # if the seed is followed by none; None: the one that holds here
    servers_only: bool
    managers_only: bool
    private: bool  # a slash command's answer is seen by its caller alone
    typed_only: bool  # not a slash command: it is a reply to a message

    @property
    def usage(self) -> str:
        """The command as help shows it: `mimic <your words> [temperature]`."""
        if self.takes is None or self.takes.name != SEED.name:
            return self.name
        usage = f"{self.name} <your words>"
        if TEMPERATURE in self.options:
            usage += f" [{TEMPERATURE.name}]"
        return usage

    @property
    def summary(self) -> str:
        """The first sentence of the help."""
        first, _, _ = self.help.partition(". ")
        return first.removesuffix(".") + "."

    @property
    def parameters(self) -> tuple[Option, ...]:
        """The words and the options, as a slash command offers them."""
        return ((self.takes,) if self.takes else ()) + self.options

    async def answer_typed(self, caller: Caller, words: str, defaults: Mapping[str, Any] | None = None) -> None:
        """Answer words typed after the name.

        Args:
            defaults: options that hold unless they are typed.

        Raises:
            RefusedError: the words can't be answered.
        """
        if self.takes is None:
            await self._answer_values(caller, typed_values(words, self.options))
        elif self.takes.name == SEED.name:
            default = self._default_temperatures(caller)
            prompt = parse_prompt(words, default, caller.as_typed(self.name), self.options)
            options = {**(defaults or {}), **prompt.options}
            await self._answer_prompt(caller, replace(prompt, options=options))
        else:
            rest, values = split_options(words.strip(), self.options)
            await self._answer_words(caller, self.takes, rest, values)

    async def answer_chosen(self, caller: Caller, values: Mapping[str, Any]) -> None:
        """Answer a slash command, which gives the words and each option by name; None: not given."""
        chosen = {name: value for name, value in values.items() if value is not None}
        if self.takes is None:
            await self._answer_values(caller, chosen)
            return
        words = chosen.pop(self.takes.name, "")
        if self.takes.name == SEED.name:
            prompt = self._chosen_prompt(caller, words, chosen.pop("temperature", None))
            await self._answer_prompt(caller, replace(prompt, options=chosen))
        else:
            await self._answer_words(caller, self.takes, words.strip(), chosen)

    def _default_temperatures(self, caller: Caller) -> tuple[float, ...]:
        return self.temperatures or (caller.rules.temperature,)

    def _chosen_prompt(self, caller: Caller, seed: str, temperature: float | None) -> Prompt:
        """Return the prompt of a slash command; one for several temperatures takes them from the end of the seed."""
        usage = caller.as_typed(self.name)
        if self.temperatures is not None:
            return parse_prompt(seed, self.temperatures, usage, ())
        check_seed(seed, usage)
        if temperature is None:
            return Prompt(seed, self._default_temperatures(caller))
        return Prompt(seed, (temperature,))

    async def _answer_prompt(self, caller: Caller, prompt: Prompt) -> None:
        options = self._with_names(caller, prompt.options)
        options["persona"] = options.get("persona") or caller.rules.persona
        await self.run(caller, replace(prompt, options=options))

    async def _answer_words(self, caller: Caller, takes: Option, words: str, values: Mapping[str, Any]) -> None:
        await self.run(caller, _with_name(caller, takes, words), **self._with_names(caller, values))

    async def _answer_values(self, caller: Caller, values: Mapping[str, Any]) -> None:
        await self.run(caller, **self._with_names(caller, values))

    def _with_names(self, caller: Caller, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options' values, with each persona under its own name."""
        resolved = dict(values)
        for option in self.options:
            if option.name in resolved:
                resolved[option.name] = _with_name(caller, option, resolved[option.name])
        return resolved


def _with_name(caller: Caller, option: Option, value: Any) -> Any:
    """Return an option's value; of a persona, whatever it is called, its own name.

    Raises:
        UnknownPersonaError: no persona is called that, or several are.
    """
    if not option.names_persona or value in ("", option.instead):
        return value
    return caller.imitator.personas.check(value, caller.offered)


def command(
    takes: Option | None = None,
    *options: Option,
    temperatures: tuple[float, ...] | None = None,
    servers_only: bool = False,
    managers_only: bool = False,
    private: bool = False,
    typed_only: bool = False,
) -> Callable[[Run], Command]:
    """Declare a coroutine as a command: its name is the command's, its docstring the help that people read."""

    def declare(run: Run) -> Command:
        docstring = inspect.getdoc(run) or ""
        return Command(
            name=getattr(run, "__name__", ""),
            help=" ".join(docstring.split()),
            run=run,
            takes=takes,
            options=options,
            temperatures=temperatures,
            servers_only=servers_only,
            managers_only=managers_only,
            private=private,
            typed_only=typed_only,
        )

    return declare


def typed_values(words: str, options: Sequence[Option]) -> dict[str, Any]:
    """Read options typed as `temperature 0.9 language de`, with or without `--` and `=`.

    Raises:
        ReplyError: a name is no option's, or a value is missing or out of range.
    """
    by_name = {option.name.replace("_", "-"): option for option in options}
    starts: list[tuple[Option, list[str]]] = []
    for word in words.replace("=", " ").split():
        name = word.removeprefix("--").removesuffix(":").lower()
        if name in by_name:
            starts.append((by_name[name], []))
        elif starts:
            starts[-1][1].append(word)
        elif options and options[0].names_persona:
            starts.append((options[0], [word]))  # `settings ada` names the persona
        else:
            raise ReplyError(f"{word[:40]} is none of the options; there are {', '.join(by_name)}.")
    for option, parts in starts:
        if not parts:
            raise ReplyError(f"Give a value after {option.name}: {option.help}.")
    return {option.name: option.parse(" ".join(parts)) for option, parts in starts}


@functools.cache
def all_commands() -> tuple[Command, ...]:
    """Return the commands that the modules of `bot.cogs` declare, in the order of their names."""
    from bot import cogs

    modules = [importlib.import_module(f"bot.cogs.{module.name}") for module in pkgutil.iter_modules(cogs.__path__)]
    declared = {
        value.name: value for module in modules for value in vars(module).values() if isinstance(value, Command)
    }
    return tuple(declared[name] for name in sorted(declared))
