"""Load the bot as a busy server would: the real discord.py client in a process of its own, against the stand-in.

python -m benchmarks.load [--people 200] [--commands 1000] [--seconds 60]
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import numpy as np
import psutil
import yarl

from benchmarks.reply import random_persona
from bot.imitator import RUNNING_LIMIT
from model.persona.file import save_persona
from model.persona.recipe import MIMIC
from tests.discord_server import TOKEN, DiscordServer, person

LAG_INTERVAL = 0.01  # seconds between two looks at the bot's event loop
TIMES = 50  # that each command is given, alone and in a crowd
HEARTBEAT = 2000  # milliseconds; Discord's own is 41,250


@dataclass
class Measures:
    """What the people and the bot's process showed."""

    asked: dict[str, float] = field(default_factory=dict)  # by the command's message: when, seconds
    waits: list[float] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)  # MB, after each answer


def main() -> None:
    """Run the load, or the bot's own process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--bot", type=int, help=argparse.SUPPRESS)  # the stand-in's port
    arguments = parser.parse_args()
    if arguments.bot:
        run_bot(arguments.bot)
    else:
        asyncio.run(load(arguments.people, arguments.commands, arguments.seconds))


async def load(people: int, commands: int, seconds: float) -> None:
    """Start stand-in and bot, let people write, and print what came of it."""
    server = DiscordServer(heartbeat_interval=HEARTBEAT)
    await server.start(_Unpatched())
    with tempfile.TemporaryDirectory() as folder:
        for number in range(10):
            save_persona(random_persona(MIMIC), Path(folder) / f"persona{number}.safetensors")
        environment = os.environ | {"DISCORD_TOKEN": TOKEN, "MIMIC_PERSONAS": folder, "MIMIC_COOLDOWN": "0"}
        began = time.monotonic()
        bot = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load", "--bot", str(server.port)],
            env=environment,
            stdout=subprocess.PIPE,
        )
        await server.ready.wait()
        print(
            f"from start to ready, ten personas of {MIMIC.units} units in the folder: {time.monotonic() - began:.2f} s"
        )
        measures, process = Measures(), psutil.Process(bot.pid)
        answers = asyncio.create_task(collect(server, measures, process))
        await write(server, measures, people, commands, seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(30):
                while len(measures.answered) < commands:
                    await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # for what is answered twice
        answers.cancel()
        alone = {name: await one_by_one(server, name) for name in ("mimic", "temps", "heat")}
        acknowledged = await acknowledgements(server)
        bot.terminate()
        output = bot.communicate()[0]
        lags = json.loads(output)
    await server.stop()
    report(server, measures, lags, commands)
    for name, wait in alone.items():
        times = wait / alone["mimic"]
        print(f"/{name} alone: answered after {wait * 1000:.0f} ms, {times:.2f} of /mimic (median of {TIMES})")
    middle, latest = np.median(acknowledged) * 1000, max(acknowledged) * 1000
    print(
        f"{TIMES} interactions beside {RUNNING_LIMIT} replies: acknowledged after {middle:.0f} ms, at most {latest:.0f}"
    )


async def one_by_one(server: DiscordServer, name: str) -> float:
    """Return how long a command takes when nobody else asks: the median, seconds from the command to its answer."""
    waits = []
    for number in range(TIMES):
        began = time.monotonic()
        await server.slash(name, seed=f"for the {number}th time")
        waits.append((await server.reply()).at - began)
    return float(np.median(waits))


async def acknowledgements(server: DiscordServer) -> list[float]:
    """Keep as many replies running as ever do, and return how long interactions wait for their first sign, seconds."""
    waits = []
    crowd = [asyncio.create_task(_ask_on(server, 5000 + number)) for number in range(RUNNING_LIMIT)]
    drain = asyncio.create_task(_drain(server))
    await asyncio.sleep(2)
    for number in range(TIMES):
        began = time.monotonic()
        interaction = await server.slash("mimic", seed=f"command {number}", length=40)
        waits.append((await server.acknowledgement(interaction)).at - began)
        await asyncio.sleep(0.1)
    for task in (*crowd, drain):
        task.cancel()
    return waits


async def _ask_on(server: DiscordServer, user: int) -> None:
    """Ask for long replies, one more than is running."""
    while True:
        await server.write("!mimic the crowd 1.0 --length 1500", person(user, f"person{user}"))
        await asyncio.sleep(0.5)


async def _drain(server: DiscordServer) -> None:
    while True:
        await server.sent.get()


async def write(server: DiscordServer, measures: Measures, people: int, commands: int, seconds: float) -> None:
    """Let people write at random moments, the same ones in each run."""
    generator = random.Random(0)
    start = time.monotonic()
    for number, moment in enumerate(sorted(generator.uniform(0, seconds) for _ in range(commands))):
        await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
        temperature = generator.choice((0.2, 0.5, 1.0, 1.2))
        at = time.monotonic()
        author = person(1000 + number % people, f"person{number % people}")
        measures.asked[await server.write(f"!mimic command {number} {temperature}", author)] = at


async def collect(server: DiscordServer, measures: Measures, process: psutil.Process) -> None:
    """Match each answer with its command."""
    while True:
        sent = await server.sent.get()
        command = sent.payload["message_reference"]["message_id"]
        measures.answered[str(command)] = measures.answered.get(str(command), 0) + ("imitation" in sent.content)
        measures.waits.append(sent.at - measures.asked[str(command)])
        measures.memory.append(process.memory_info().rss / 2**20)


def report(server: DiscordServer, measures: Measures, lags: list[float], commands: int) -> None:
    """Print what came of it."""
    middle, late, latest = np.percentile(measures.waits, [50, 95, 99]) * 1000
    twice = sum(count > 1 for count in measures.answered.values())
    print(f"{commands} commands: {len(measures.answered)} answered, {twice} of them twice")
    print(f"from command to answer: median {middle:.0f} ms, 95 % {late:.0f}, 99 % {latest:.0f}")
    late, latest = np.percentile(lags, 99) * 1000, max(lags) * 1000
    print(f"event loop late, also beside {RUNNING_LIMIT} replies: 99 % {late:.1f} ms, at most {latest:.0f}")
    gaps = np.diff(server.heartbeats)
    print(f"heartbeats every {HEARTBEAT / 1000:g} s: {len(gaps) + 1}, {gaps.max():.2f} s apart at most")
    fifth = measures.memory[: commands // 5]
    growth = measures.memory[-1] / fifth[-1] - 1
    print(f"resident: {fifth[-1]:.0f} MB after {len(fifth)} answers, {growth:+.1%} after the last")


def run_bot(port: int) -> None:
    """Be the bot, its Discord being the stand-in; print at the end how late its event loop was, in seconds."""
    from bot import client
    from bot.__main__ import main as run

    discord.http.Route.BASE = f"http://127.0.0.1:{port}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://127.0.0.1:{port}/")
    lags: list[float] = []

    class Watched(client.Client):
        async def setup_hook(self) -> None:
            await super().setup_hook()
            self.watch = asyncio.create_task(watch())

    async def watch() -> None:
        while True:
            due = time.monotonic() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            lags.append(max(0.0, time.monotonic() - due))

    client.Client = Watched
    sys.argv[1:] = []
    run()
    print(json.dumps(lags))


class _Unpatched:
    """In place of a test's monkeypatch: in this process nothing talks to Discord."""

    def setattr(self, *_: Any) -> None: ...


if __name__ == "__main__":
    main()
