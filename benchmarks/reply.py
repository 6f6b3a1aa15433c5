"""Measure a reply: 400 characters by the bot's sampler beside the tutorial's `predict` loop, and the bot's start.

python -m benchmarks.reply
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from model.persona import load_persona
from model.recipe import RECIPES
from model.sampler import Request, Sampler

PERSONA = Path("personas/falstaff.safetensors")
PROMPT = "i think that we should go to the tavern "  # 40 characters, what the notebook's window holds
ROUNDS = 3


def main() -> None:
    """Print the medians and their ratio."""
    from benchmarks.tutorial import Tutorial

    demo = load_persona(PERSONA)
    tutorial = Tutorial(demo.vocabulary.characters * 2)  # its alphabet; what it would say doesn't change its speed
    arrays = dict(zip(WEIGHTS, tutorial.model.get_weights(), strict=True))
    same = Sampler(replace(demo, recipe=RECIPES["tutorial"], arrays=arrays))  # the very same network
    of_demo = Sampler(demo)
    request = Request(PROMPT, 0.5, 400)
    rows: dict[str, list[float]] = {
        "the notebook's loop": [],
        "Mimic, the same network": [],
        "Mimic, its windowed reading": [],
        "Mimic, the demo persona": [],
    }
    works: list[Callable[[], object]] = [
        lambda: tutorial.generate(PROMPT, 0.5),
        lambda: same.sample(request),
        lambda: [*same.generate([request], windowed=True)],
        lambda: of_demo.sample(request),
    ]
    tutorial.generate(PROMPT, 0.5, 3)  # compiled once, before the clock runs
    print(f"Python {platform.python_version()}, {platform.machine()}, {psutil.cpu_count()} cores; medians")
    for _ in range(ROUNDS):  # in turn, so that all meet the same machine
        for taken, work in zip(rows.values(), works, strict=True):
            taken.append(statistics.median(seconds(work) for _ in range(1 if work is works[0] else 10)))
    print("400 characters by")
    slowest = rows["the notebook's loop"]
    for name, taken in rows.items():
        ratio = statistics.median(a / b for a, b in zip(slowest, taken, strict=True))
        print(f"  {name:30}{statistics.median(taken) * 1000:10,.1f} ms {ratio:8,.0f} times as fast")
    starts, memory = zip(*(first_reply() for _ in range(5)), strict=True)
    print(f"from start to first reply       {statistics.median(starts):10.2f} s, {max(memory):,.0f} MB resident")


WEIGHTS = ["lstm_0.kernel", "lstm_0.recurrent_kernel", "lstm_0.bias", "dense.kernel", "dense.bias"]


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def first_reply() -> tuple[float, float]:
    """Start the terminal chat as a person does; return the seconds to its first reply and its memory, MB."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIMIC_")}
    start = time.perf_counter()
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "--console"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert bot.stdin and bot.stdout
    bot.stdin.write(b"!mimic to be or 0.5\n")
    bot.stdin.flush()
    for line in bot.stdout:
        if line.startswith(b"(imitation of"):
            break
    elapsed = time.perf_counter() - start
    resident = psutil.Process(bot.pid).memory_info().rss / 2**20
    bot.communicate()
    return elapsed, resident


if __name__ == "__main__":
    main()
