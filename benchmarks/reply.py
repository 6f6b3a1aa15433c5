"""Measure a reply: 400 characters by the bot's sampler beside the tutorial's `predict` loop, and the bot's start.

python -m benchmarks.reply
"""

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from model.persona import load_persona
from model.sampler import Request, Sampler

PERSONA = Path("personas/falstaff.safetensors")
PROMPT = "i think that we should go to the tavern "  # 40 characters, what the notebook's window holds
ROUNDS = 3


def main() -> None:
    """Print the medians and their ratio."""
    from benchmarks.tutorial import Tutorial

    persona = load_persona(PERSONA)
    sampler = Sampler(persona)
    tutorial = Tutorial(persona.vocabulary.characters * 2)  # its alphabet; the weights come from the persona
    tutorial.model.set_weights([persona.arrays[name] for name in WEIGHTS])
    request = Request(PROMPT, 0.5, 400)
    windowed = lambda: [*sampler.generate([request], windowed=True)]  # noqa: E731
    tutorial.generate(PROMPT, 0.5, 3)  # compiled once, before the clock runs
    print(f"Python {platform.python_version()}, {platform.machine()}, {psutil.cpu_count()} cores; medians")
    theirs, ours, window = [], [], []
    for _ in range(ROUNDS):  # in turn, so that all meet the same machine
        theirs.append(seconds(lambda: tutorial.generate(PROMPT, 0.5)))
        ours.append(statistics.median(seconds(lambda: sampler.sample(request)) for _ in range(20)))
        window.append(seconds(windowed))
    ratio = statistics.median(a / b for a, b in zip(theirs, ours, strict=True))
    starts, memory = zip(*(first_reply() for _ in range(5)), strict=True)
    for what, value in (
        ("400 characters by the notebook's loop", f"{statistics.median(theirs) * 1000:9,.1f} ms"),
        ("400 characters by Mimic", f"{statistics.median(ours) * 1000:9,.1f} ms: {ratio:,.0f} times faster"),
        ("400 characters by its windowed reading", f"{statistics.median(window) * 1000:9,.1f} ms"),
        ("from start to the first reply", f"{statistics.median(starts):9.2f} s, {max(memory):,.0f} MB resident"),
    ):
        print(f"{what:40}{value}")


WEIGHTS = ["lstm_0.kernel", "lstm_0.recurrent_kernel", "lstm_0.bias", "dense.kernel", "dense.bias"]


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def first_reply() -> tuple[float, float]:
    """Start the terminal chat as a person does; return the seconds to its first reply and its memory, MB."""
    start = time.perf_counter()
    bot = subprocess.Popen([sys.executable, "-m", "bot", "--console"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert bot.stdin and bot.stdout
    bot.stdin.write(b"!mimic to be or 0.5\n")
    bot.stdin.flush()
    while not bot.stdout.readline().startswith(b"(imitation of"):
        pass
    elapsed = time.perf_counter() - start
    resident = psutil.Process(bot.pid).memory_info().rss / 2**20
    bot.communicate()
    return elapsed, resident


if __name__ == "__main__":
    main()
