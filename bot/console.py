"""The bot's commands in a terminal, or from a pipe: the same replies, no Discord."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace

from bot.imitator import Imitator
from bot.reply import Prompt, RefusedError, heat_colour, help_text, label, parse_prompt, plain
from bot.settings import Settings
from model.about import describe
from model.persona import PersonaError
from model.recipe import TEMPERATURES

COMMANDS = ("mimic", "temps", "heat", "personas", "about", "help", "quit")
BOLD, DIM, RESET = "\033[1m", "\033[2m", "\033[0m"


def chat(settings: Settings, imitator: Imitator, random_seed: int | None = None) -> None:
    """Answer the lines of standard input until it ends, or the person leaves.

    Args:
        random_seed: makes every reply repeatable; None: each is new.

    Raises:
        PersonaError: the default persona can't be loaded.
    """
    if sys.stdout:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal may not know every character
    with asyncio.Runner() as runner:
        author = runner.run(imitator.persona()).author
        if sys.stdin and sys.stdin.isatty():
            print(help_text(settings.prefix, author, settings.temperature))
            print(f"{settings.prefix}quit leaves.")
        for line in _lines():
            command, words = _split(line, settings.prefix)
            match command:
                case "mimic":
                    runner.run(_mimic(settings, imitator, words, random_seed))
                case "temps":
                    runner.run(_temps(settings, imitator, words, random_seed))
                case "heat":
                    runner.run(_heat(settings, imitator, words, random_seed))
                case "personas":
                    _show("\n".join(imitator.personas.names()))
                case "about":
                    runner.run(_about(imitator, words.strip()))
                case "help":
                    print(help_text(settings.prefix, author, settings.temperature), flush=True)
                case "quit" | "exit":
                    return
                case _ if line.strip():
                    names = ", ".join(f"{settings.prefix}{name}" for name in COMMANDS)
                    print(f"Commands begin with {settings.prefix}: {names}.", flush=True)


def _split(line: str, prefix: str) -> tuple[str | None, str]:
    """Return the command of a line, as forgiving as Discord's, and what follows it; None where there is none."""
    if not line.startswith(prefix):
        return None, ""
    command, words = (*line.removeprefix(prefix).split(maxsplit=1), "", "")[:2]
    return command.lower(), words


async def _mimic(settings: Settings, imitator: Imitator, words: str, random_seed: int | None) -> None:
    """Print a reply as it is drawn."""
    with _said():
        prompt = _prompt(words, (settings.temperature,), f"{settings.prefix}mimic", random_seed)
        author = (await imitator.persona(prompt.persona)).author
        (request,) = prompt.requests(settings.length)
        _show(_styled(plain(prompt.seed), BOLD), end="")
        async with contextlib.aclosing(imitator.stream(request, name=prompt.persona)) as parts:
            async for part in parts:
                _show(plain(part), end="")
        _show("\n" + _styled(f"({label(author, request.temperature)})", DIM))


async def _temps(settings: Settings, imitator: Imitator, words: str, random_seed: int | None) -> None:
    """Print the replies at several temperatures, from cold to hot in colour."""
    with _said():
        prompt = _prompt(words, TEMPERATURES, f"{settings.prefix}temps", random_seed)
        author = (await imitator.persona(prompt.persona)).author
        requests = prompt.requests(settings.length)
        replies = await imitator.imitate_all(requests, name=prompt.persona)
        for request, reply in zip(requests, replies, strict=True):
            colour = "\033[38;2;{};{};{}m".format(*heat_colour(request.temperature))
            _show(_styled(plain(prompt.seed), BOLD) + _styled(plain(reply), colour))
            _show(_styled(f"({label(author, request.temperature)})", DIM))


async def _heat(settings: Settings, imitator: Imitator, words: str, random_seed: int | None) -> None:
    """Save the picture and print where it is."""
    from bot.picture import heat_picture

    with _said():
        prompt = _prompt(words, (1.0,), f"{settings.prefix}heat", random_seed)
        title = label((await imitator.persona(prompt.persona)).author, prompt.temperatures[0])
        picture = await heat_picture(imitator, prompt, title)
        with tempfile.NamedTemporaryFile(prefix="heat-", suffix=".png", delete=False) as file:
            file.write(picture)
        _show(file.name)
        _show(_styled(f"({title})", DIM))


async def _about(imitator: Imitator, name: str) -> None:
    with _said():
        _show(plain(describe(await imitator.persona(name))))


def _prompt(words: str, default: tuple[float, ...], command: str, random_seed: int | None) -> Prompt:
    prompt = parse_prompt(words, default, command)
    return prompt if prompt.random_seed is not None else replace(prompt, random_seed=random_seed)


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """Print what a person can put right, in one sentence."""
    try:
        yield
    except (RefusedError, PersonaError) as error:
        _show(str(error))


def _styled(text: str, style: str) -> str:
    return f"{style}{text}{RESET}" if sys.stdout.isatty() else text


def _show(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


def _lines() -> Iterator[str]:
    """Yield the lines typed or piped in; bytes that are no text become unknown characters, not errors."""
    if sys.stdin and sys.stdin.isatty():
        with contextlib.suppress(ImportError):  # Windows' own terminal has history and arrow keys
            import readline  # noqa: F401 - gives them to input()

        while True:
            try:
                yield input("> ")
            except (EOFError, KeyboardInterrupt):
                print()
                return
    if sys.stdin:  # None where a service runs without one
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
        yield from sys.stdin
