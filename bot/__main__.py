"""Run the bot in Discord, or chat in the terminal if no token is set.

python -m bot [--console] [--persona NAME] [--random-seed N] [--invite]
python -m bot --forgotten
python -m bot --remember NAME|ID [--server ID] [--they-agreed]
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the folder may be run by its path, from elsewhere

    from model.commands import BOT, require

    require(BOT, "mimic")

from bot import console
from bot.imitator import Imitator
from bot.personas import Personas
from bot.remember import print_forgotten, remember
from bot.settings import Settings, SettingsError, load_settings
from bot.store import EVERYWHERE
from model import UserError
from model.commands import command_line

PERMISSIONS = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "embed_links",
    "attach_files",
    "read_message_history",
)
SCOPES = ("bot", "applications.commands")


def main() -> int:
    """Run the bot; an error that a person can put right ends in one sentence and exit code 2."""
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `docker stop` and systemd then act like Ctrl-C
    try:
        settings = load_settings()
        if arguments.persona:
            settings = replace(settings, persona=arguments.persona)
        return run(settings, arguments)
    except UserError as error:
        print(f"mimic: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, BrokenPipeError):  # BrokenPipeError: the program that reads the output has ended
        return 0


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line; exit with code 2 and one sentence if they are wrong."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.random_seed is not None and arguments.random_seed < 0:
        parser.error("--random-seed must be a whole number from 0")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=command_line("bot"),
        usage="%(prog)s [options]",
        description=_describe_command(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    start = parser.add_argument_group("start")
    start.add_argument("--console", action="store_true", help="chat in the terminal, even with a token")
    start.add_argument(
        "--persona", metavar="NAME", help="the person to imitate by default, instead of the setting MIMIC_PERSONA"
    )
    start.add_argument("--random-seed", type=int, metavar="N", help="make the terminal's replies repeatable")
    other = parser.add_argument_group("instead of starting")
    other.add_argument("-h", "--help", action="help", help="show this help and stop")
    other.add_argument("--invite", action="store_true", help="print the link that brings the bot into a server")
    other.add_argument("--health", action="store_true", help="print whether the running bot is connected to Discord")
    forgotten = parser.add_argument_group("people who must not be imitated any more")
    forgotten.add_argument("--forgotten", action="store_true", help="list them")
    forgotten.add_argument("--remember", metavar="NAME|ID", help="undo `forget`: let this person be imitated again")
    forgotten.add_argument(
        "--server",
        metavar="ID",
        type=int,
        default=EVERYWHERE,
        help="with --remember: undo it in the server with this id (default: the `forget` that holds everywhere)",
    )
    forgotten.add_argument(
        "--they-agreed",
        action="store_true",
        help="with --remember: the person asked to be forgotten and has agreed to be imitated again",
    )
    return parser


def _describe_command() -> str:
    return f"""Run the bot in Discord, or chat in the terminal if no token is set.
Settings are read from the environment and from .env; .env.example lists them.

for example:
  {command_line("bot", "--console", "--persona", "falstaff")}"""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what the arguments ask for; return the exit code."""
    if arguments.invite:
        return invite(settings)
    if arguments.health:
        return health(settings)
    if arguments.forgotten:
        return asyncio.run(print_forgotten(settings))
    if arguments.remember:
        undo = remember(
            settings,
            arguments.remember,
            arguments.server,
            they_agreed=arguments.they_agreed,
        )
        return asyncio.run(undo)
    personas = Personas(settings.personas, settings.persona, settings.memory)
    imitator = Imitator(personas)
    try:
        if arguments.console or not settings.token:
            return chat(settings, imitator, arguments.random_seed)
        if arguments.random_seed is not None:
            raise SettingsError("--random-seed is for the terminal; add --console")
        return serve(settings, imitator)
    finally:
        imitator.close()


def chat(settings: Settings, imitator: Imitator, random_seed: int | None) -> int:
    """Answer in the terminal until the person leaves; return the exit code."""
    logging.basicConfig(format="%(message)s")
    console.chat(settings, imitator, random_seed)
    return 0


def serve(settings: Settings, imitator: Imitator) -> int:
    """Answer in Discord until stopped; return the exit code."""
    # Imported when needed: without discord.py the terminal chat starts in half the time and memory.
    import discord

    from bot.client import Client

    async def connect() -> None:
        await imitator.personas.load_default()  # fails before the bot appears in Discord if nobody can be imitated
        async with Client(settings, imitator) as client:
            await client.start(settings.token)

    discord.utils.setup_logging()
    return run_or_explain(connect())


def health(settings: Settings) -> int:
    """Print whether the running bot answers and is connected to Discord; return 0 if it is, else 1."""
    from bot.metrics import problem_of

    problem = problem_of(settings.metrics_port)
    if problem:
        print(problem)
        return 1
    print("the bot is connected to Discord")
    return 0


def invite(settings: Settings) -> int:
    """Print the link that brings the bot into a server with the permissions that it needs; return the exit code."""
    import discord

    if not settings.token:
        raise SettingsError("DISCORD_TOKEN is empty; --invite needs the token to ask Discord for the bot's id")

    async def print_link() -> None:
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(settings.token)
            application = await client.application_info()
        granted = dict.fromkeys(PERMISSIONS, True)
        link = discord.utils.oauth_url(
            application.id,
            permissions=discord.Permissions(**granted),
            scopes=SCOPES,
        )
        print(link)

    return run_or_explain(print_link())


def run_or_explain(work: Coroutine[Any, Any, None]) -> int:
    """Run a coroutine that talks to Discord; if it fails, print one sentence.

    Returns:
        The exit code: 0, or 1 if trying again later may help, or 2 if something must be mended first.
    """
    import aiohttp
    import discord

    # The bot never speaks in voice channels, so a warning that packages for voice are missing would only confuse.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    code = 2
    try:
        asyncio.run(work)
    except discord.LoginFailure:
        problem = (
            "Discord refuses the token; copy a new one from the developer portal (your application, Bot, Reset Token)"
        )
    except discord.ConnectionClosed as error:
        problem = f"Discord closed the connection ({error.code}); if you reset the token meanwhile, copy the new one"
    except discord.HTTPException as error:
        problem = f"Discord refuses the start: {error}; try again later"
        if error.status >= 500:
            code = 1
    except discord.PrivilegedIntentsRequired:
        problem = (
            "switch on the Message Content Intent in the developer portal (your application, Bot), then start again"
        )
    except (aiohttp.ClientConnectionError, discord.GatewayNotFound) as error:
        problem = f"Discord can't be reached: {error}; check the network and start again"
        code = 1
    else:
        return 0
    print(f"mimic: {problem}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
