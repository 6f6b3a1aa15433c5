"""The bot's commands in a terminal, or from a pipe: the same replies, no Discord."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator

from bot.imitator import BusyError, Imitator
from bot.reply import ReplyError, help_text, label, parse_prompt, plain
from bot.settings import Settings
from model.sampler import Request

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
                case "help":
                    print(help_text(settings.prefix, author, settings.temperature), flush=True)
                case "quit" | "exit":
                    return
                case _ if line.strip():
                    print(
                        f"Commands begin with {settings.prefix}: {settings.prefix}mimic, {settings.prefix}help.",
                        flush=True,
                    )


def _split(line: str, prefix: str) -> tuple[str | None, str]:
    """Return the command of a line, as forgiving as Discord's, and what follows it; None where there is none."""
    if not line.startswith(prefix):
        return None, ""
    command, words = (*line.removeprefix(prefix).split(maxsplit=1), "", "")[:2]
    return command.lower(), words


async def _mimic(settings: Settings, imitator: Imitator, words: str, random_seed: int | None) -> None:
    """Print a reply as it is drawn."""
    bold, dim, reset = (BOLD, DIM, RESET) if sys.stdout.isatty() else ("", "", "")
    try:
        prompt = parse_prompt(words, settings.temperature, f"{settings.prefix}mimic")
        author = (await imitator.persona()).author
        print(f"{bold}{plain(prompt.seed)}{reset}", end="", flush=True)
        request = Request(prompt.seed, prompt.temperature, settings.length, random_seed)
        async with contextlib.aclosing(imitator.stream(request)) as parts:
            async for part in parts:
                print(plain(part), end="", flush=True)
        print(f"\n{dim}({label(author, prompt.temperature)}){reset}", flush=True)
    except (ReplyError, BusyError) as error:
        print(error, flush=True)


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
