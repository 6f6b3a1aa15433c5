"""The bot's commands in a terminal, or from a pipe: the same replies, no Discord."""

import asyncio
import sys
from collections.abc import Iterator

from bot.imitator import BusyError, Imitator
from bot.reply import ReplyError, help_text, label, parse_prompt, plain
from bot.settings import Settings
from model.sampler import Request, Sampler

BOLD, DIM, RESET = "\033[1m", "\033[2m", "\033[0m"


def chat(settings: Settings, imitator: Imitator, random_seed: int | None = None) -> None:
    """Answer the lines of standard input until it ends, or the person leaves.

    Args:
        random_seed: makes every reply repeatable; None: each is new.

    Raises:
        PersonaError: the default persona can't be loaded.
    """
    with asyncio.Runner() as runner:
        sampler = runner.run(imitator.load())
        author = sampler.persona.author
        if sys.stdin.isatty():
            print(help_text(settings.prefix, author, settings.temperature))
            print(f"{settings.prefix}quit leaves.")
        for line in _lines():
            command, _, words = line.strip().partition(" ")
            match command.removeprefix(settings.prefix) if command.startswith(settings.prefix) else None:
                case "mimic":
                    print(runner.run(_mimic(settings, imitator, sampler, words, random_seed)), flush=True)
                case "help":
                    print(help_text(settings.prefix, author, settings.temperature), flush=True)
                case "quit" | "exit":
                    return
                case _ if line.strip():
                    print(
                        f"Commands begin with {settings.prefix}: {settings.prefix}mimic, {settings.prefix}help.",
                        flush=True,
                    )


async def _mimic(settings: Settings, imitator: Imitator, sampler: Sampler, words: str, random_seed: int | None) -> str:
    try:
        prompt = parse_prompt(words, settings.temperature, f"{settings.prefix}mimic")
        sampled = await imitator.imitate(Request(prompt.seed, prompt.temperature, settings.length, random_seed))
    except (ReplyError, BusyError) as error:
        return str(error)
    bold, dim, reset = (BOLD, DIM, RESET) if sys.stdout.isatty() else ("", "", "")
    author = sampler.persona.author
    return f"{bold}{plain(prompt.seed)}{reset}{plain(sampled)}\n{dim}({label(author, prompt.temperature)}){reset}"


def _lines() -> Iterator[str]:
    """Yield the lines typed or piped in; bytes that are no text become unknown characters, not errors."""
    if sys.stdin.isatty():
        import readline  # noqa: F401 - gives input() its history and its arrow keys

        while True:
            try:
                yield input("> ")
            except (EOFError, KeyboardInterrupt):
                print()
                return
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    yield from sys.stdin
