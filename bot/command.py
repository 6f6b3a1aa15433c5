"""A coroutine becomes a command for Discord and the terminal, and typed words become the values it is called with.

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
from model.persona.file import Persona
from model.persona.forgotten import Forgotten
from model.persona.sampler import Request

Act = Callable[[], Awaitable[str]]  # acts and returns the outcome in a sentence


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
        """The servers' settings, scores and forgotten people."""

    @property
    def rules(self) -> Rules:
        """The persona, temperature and language that hold here."""

    @property
    def offered(self) -> list[str]:
        """The names of the personas that may be imitated here."""

    @property
    def guild_settings(self) -> GuildSettings:
        """The settings that the people who manage the server have chosen."""

    @property
    def person_id(self) -> int:
        """The person's Discord id; 0 in the terminal."""

    @property
    def guild_id(self) -> int | None:
        """The server's id; None in a direct message and in the terminal."""

    @property
    def place(self) -> str:
        """The place where a chosen persona holds, in words: "in this channel"."""

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
        """Imitate a persona here by default; "" follows the server's settings."""

    async def change_settings(self, settings: GuildSettings) -> None:
        """Store other settings for this server."""

    async def forget(self, person: Forgotten, *, everywhere: bool) -> bool:
        """Remember that a person must not be imitated, in this server or everywhere; return whether that is stored."""

    async def ask(self, question: str, answer: str, act: Act) -> None:
        """Ask the caller before an action that can't be undone; if they agree, act and answer with the outcome.

        Args:
            answer: the words that agree, as a button shows them.
            act: acts and returns the outcome in a sentence; not called if the caller refuses or doesn't answer.
        """

    async def say(self, text: str, *, mentions: bool = False) -> None:
        """Answer with plain text.

        Args:
            mentions: `<#1>` and `<@1>` mean a channel and a person, and are shown as their names.
        """

    async def show_reply(self, request: Request, name: str) -> None:
        """Sample a persona's reply and show it, part by part if that takes long."""

    async def show_replies(self, requests: Sequence[Request], name: str, explanation: str) -> None:
        """Sample several replies and show them side by side, in the colours of their temperatures."""

    async def show_picture(self, png: bytes, title: str) -> None:
        """Show a picture with its title."""

    async def play(self, game_round: Round, persona: Persona, name: str) -> None:
        """Show a round of the guessing game and take guesses."""

    def scores(self) -> list[str]:
        """Return a line for each of the best guessers here."""

    def more_settings(self) -> list[str]:
        """Return lines to show below the settings that hold here."""

    async def report(self) -> str:
        """Send the reply that the caller points at to the bot's owner; return a sentence for the caller."""


Run = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Command:
    """A command's name, help, words and options, and the coroutine that answers it.

    The coroutine is called with the caller, then a Prompt if the command takes a seed, or the words if it takes any;
    options are passed by name.
    """

    name: str
    help: str
    run: Run
    takes: Option | None  # the words after the name; None: the command takes no words
    options: tuple[Option, ...]
    temperatures: tuple[float, ...] | None  # temperatures if none is given; None: the temperature that holds here
    servers_only: bool
    managers_only: bool
    private: bool  # only the caller sees the answer to a slash command
    typed_only: bool  # no slash command exists, since the command is typed as a reply to a message

    @property
    def usage(self) -> str:
        """The command as help shows it: `mimic <your words> [temperature]`."""
        if not self.takes_seed:
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
        if self.takes is None:
            return self.options
        return (self.takes, *self.options)

    @property
    def takes_seed(self) -> bool:
        """Whether the words after the name are a seed."""
        return self.takes is not None and self.takes.name == SEED.name

    async def answer_typed(self, caller: Caller, words: str, defaults: Mapping[str, Any] | None = None) -> None:
        """Answer words typed after the name.

        Args:
            defaults: values of options that are not typed.

        Raises:
            RefusedError: the words can't be answered.
        """
        if self.takes_seed:
            prompt = self._typed_prompt(caller, words)
            options = {**(defaults or {}), **prompt.options}
            await self._answer_prompt(caller, replace(prompt, options=options))
        elif self.takes:
            rest, values = split_options(words.strip(), self.options)
            await self._answer_words(caller, self.takes, rest, values)
        else:
            values = typed_values(words, self.options)
            await self._answer_values(caller, values)

    async def answer_chosen(self, caller: Caller, values: Mapping[str, Any]) -> None:
        """Answer a slash command.

        Args:
            values: the words and the options by name; None: not given.

        Raises:
            RefusedError: the values can't be answered.
        """
        chosen = {name: value for name, value in values.items() if value is not None}
        if self.takes is None:
            await self._answer_values(caller, chosen)
            return
        words = chosen.pop(self.takes.name, "")
        if self.takes_seed:
            temperature = chosen.pop(TEMPERATURE.name, None)
            prompt = self._chosen_prompt(caller, words, temperature)
            await self._answer_prompt(caller, replace(prompt, options=chosen))
        else:
            await self._answer_words(caller, self.takes, words.strip(), chosen)

    def _default_temperatures(self, caller: Caller) -> tuple[float, ...]:
        return self.temperatures or (caller.rules.temperature,)

    def _typed_prompt(self, caller: Caller, words: str) -> Prompt:
        default = self._default_temperatures(caller)
        usage = caller.as_typed(self.name)
        return parse_prompt(words, default, usage, self.options)

    def _chosen_prompt(self, caller: Caller, seed: str, temperature: float | None) -> Prompt:
        """Return the prompt of a slash command; for several temperatures they are typed at the end of the seed."""
        usage = caller.as_typed(self.name)
        if self.temperatures is not None:
            return parse_prompt(seed, self.temperatures, usage, ())
        check_seed(seed, usage)
        temperatures = self._default_temperatures(caller)
        if temperature is not None:
            temperatures = (temperature,)
        return Prompt(seed, temperatures)

    async def _answer_prompt(self, caller: Caller, prompt: Prompt) -> None:
        options = self._resolve_all(caller, prompt.options)
        options["persona"] = options.get("persona") or caller.rules.persona
        await self.run(caller, replace(prompt, options=options))

    async def _answer_words(self, caller: Caller, takes: Option, words: str, values: Mapping[str, Any]) -> None:
        argument = _resolve(caller, takes, words)
        options = self._resolve_all(caller, values)
        await self.run(caller, argument, **options)

    async def _answer_values(self, caller: Caller, values: Mapping[str, Any]) -> None:
        options = self._resolve_all(caller, values)
        await self.run(caller, **options)

    def _resolve_all(self, caller: Caller, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options' values, with each persona's own name."""
        resolved = dict(values)
        for option in self.options:
            if option.name in resolved:
                resolved[option.name] = _resolve(caller, option, resolved[option.name])
        return resolved


def _resolve(caller: Caller, option: Option, value: Any) -> Any:
    """Return an option's value; if it names a persona in any way, the persona's own name.

    Raises:
        UnknownPersonaError: no persona has that name, or several have.
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
    """Declare a coroutine as a command: the name is the coroutine's, the help its docstring."""

    def declare(run: Run) -> Command:
        docstring = inspect.getdoc(run) or ""
        words = docstring.split()
        return Command(
            name=getattr(run, "__name__", "").replace("_", "-"),
            help=" ".join(words),
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
        ReplyError: an option has another name, or its value is missing or out of range.
    """
    values: dict[str, Any] = {}
    if not options:
        return values  # `help mimic` is answered as `help`
    for option, value in _split_values(words, options):
        if not value:
            raise ReplyError(f"Give a value after {option.name}: {option.help}.")
        values[option.name] = option.parse(" ".join(value))
    return values


def _split_values(words: str, options: Sequence[Option]) -> list[tuple[Option, list[str]]]:
    """Return each option that the words name, with the words of its value."""
    by_name = {option.flag.removeprefix("--"): option for option in options}
    parts: list[tuple[Option, list[str]]] = []
    for word in words.replace("=", " ").split():
        name = word.removeprefix("--").removesuffix(":").lower()
        if name in by_name:
            parts.append((by_name[name], []))
        elif parts:
            _, value = parts[-1]
            value.append(word)
        elif options and options[0].names_persona:
            parts.append((options[0], [word]))  # `settings ada` names the persona
        else:
            names = ", ".join(by_name)
            raise ReplyError(f"There is no option {word[:40]}; the options are {names}.")
    return parts


@functools.cache
def all_commands() -> Mapping[str, Command]:
    """Return the commands that the modules of `bot.cogs` declare, by name, in alphabetical order."""
    from bot import cogs

    declared: dict[str, Command] = {}
    for module in pkgutil.iter_modules(cogs.__path__):
        cog = importlib.import_module(f"bot.cogs.{module.name}")
        for value in vars(cog).values():
            if isinstance(value, Command):
                declared[value.name] = value
    return dict(sorted(declared.items()))
