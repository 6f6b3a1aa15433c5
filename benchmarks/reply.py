"""Measure replies: how near the processor's limit they are sampled, alone and many at once, beside the tutorial's loop.

python -m benchmarks.reply

Everything is measured in turn in one run, so that all meet the same machine. Prints tables; leaves build/reply.json and
build/reply.png.
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from bot.imitator import Imitator
from bot.personas import Personas
from model.persona.file import Persona, array_shapes, array_type, load_persona, save_persona
from model.persona.lstm import LSTM
from model.persona.recipe import MIMIC, RECIPES, Recipe
from model.persona.sampler import Request, Sampler
from model.persona.vocabulary import Vocabulary

DEMO = Path("personas/falstaff.safetensors")
PROMPT = "i think that we should go to the tavern "  # 40 characters, what the notebook's window holds
LENGTH = 400
ROUNDS = 7
AT_ONCE = (1, 4, 16, 64)
VOCABULARY = 130  # characters, as of freeCodeCamp's chat
NETWORKS = {
    "1x128": replace(MIMIC, units=128),
    "1x512": replace(MIMIC, units=512),
    "2x512": replace(MIMIC, units=512, layers=2),
}
WEIGHTS = ["lstm_0.kernel", "lstm_0.recurrent_kernel", "lstm_0.bias", "dense.kernel", "dense.bias"]


def main() -> None:
    """Print and keep all measures."""
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {platform.machine()}, {cores} cores; medians of {ROUNDS}")
    figures = {name: of_network(name, recipe, cores) for name, recipe in NETWORKS.items()}
    figures["tutorial"] = beside_the_tutorial()
    figures["start"] = start()
    Path("build").mkdir(exist_ok=True)
    Path("build/reply.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    draw(figures)


def of_network(name: str, recipe: Recipe, cores: int) -> dict[str, float]:
    """Measure the sampler, and the imitator around it, with a network of random weights."""
    persona = random_persona(recipe)
    compiled, plain = Sampler(persona), Sampler(persona, compiled=False)
    lstm = LSTM(persona)
    works: dict[str, Callable[[], object]] = {"floor": floor(lstm)}
    for label, sampler in (("NumPy", plain), ("Mimic", compiled)):
        for count in AT_ONCE:
            works[f"{label}, {count}"] = lambda sampler=sampler, count=count: sampler.replies(requests(count))
    works["PyTorch"] = torch_loop(lstm)
    works["peak"] = peak(cores)
    # One thread of NumPy's own: it is one reply's work that is measured, and idle ones would spin beside the sampler's.
    with threadpool_limits(1, "blas"):
        taken = in_turn({label: work for label, work in works.items() if work})
    median = {label: statistics.median(times) for label, times in taken.items()}
    once, gigaflops = median["floor"], 2e-9 * LENGTH * sum(kernel.size for kernel in (*lstm.kernels, lstm.dense_kernel))
    print(f"\n{name}, {LENGTH} characters each; the matrix-vector products alone, on one core: {once * 1000:.1f} ms")
    for label in taken:
        if label in ("floor", "peak"):
            continue
        count = int(label.split(", ")[1]) if ", " in label else 1
        beside = statistics.median(a / b for a, b in zip(taken[label], taken["floor"], strict=True))
        print(
            f"  {label:12}{median[label] * 1000:10,.1f} ms {beside:8.2f} times those products"
            f"{count * LENGTH / median[label]:12,.0f} characters/s {count * gigaflops / median[label]:6.0f} GFLOP/s"
        )
    most = cores * PEAK_SIZE**3 * 2e-9 / median["peak"]
    print(f"  large matrix products on all cores: {most:.0f} GFLOP/s")
    return median | {"peak_gflops": most} | asyncio.run(through_the_imitator(persona))


def in_turn(works: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Time each work once a round, one after the other."""
    for work in works.values():
        work()
    taken: dict[str, list[float]] = {label: [] for label in works}
    for _ in range(ROUNDS):
        for label, work in works.items():
            taken[label].append(seconds(work))
    return taken


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def random_persona(recipe: Recipe) -> Persona:
    """Make a persona of random weights: what it says doesn't change its speed."""
    vocabulary = Vocabulary("".join(chr(32 + code) for code in range(VOCABULARY)))
    random = np.random.default_rng(0)
    shapes = array_shapes(len(vocabulary), recipe)
    arrays = {name: random.normal(0, 0.05, shape).astype(array_type(name)) for name, shape in shapes.items()}
    return replace(load_persona(DEMO), vocabulary=vocabulary, recipe=recipe, arrays=arrays)


def requests(count: int) -> list[Request]:
    """Return replies to one character, at four temperatures."""
    return [Request("a", (0.2, 0.5, 1.0, 1.2)[number % 4], LENGTH, number) for number in range(count)]


def floor(lstm: LSTM) -> Callable[[], None]:
    """Return the matrix-vector products of one reply, and nothing else."""
    products = [
        (np.ones((1, len(kernel)), np.float32), kernel, np.empty((1, kernel.shape[1]), np.float32))
        for kernel in (*lstm.kernels, lstm.dense_kernel)
    ]

    def work() -> None:
        for _ in range(LENGTH):
            for x, kernel, y in products:
                np.matmul(x, kernel, out=y)

    return work


PEAK_SIZE = 2048


def peak(cores: int) -> Callable[[], object]:
    """Return matrix products that keep each core at its limit."""
    a, threads = np.ones((PEAK_SIZE, PEAK_SIZE), np.float32), ThreadPoolExecutor(cores)
    return lambda: [*threads.map(lambda _: a @ a, range(cores))]


def torch_loop(lstm: LSTM) -> Callable[[], object] | None:
    """Return a reply by PyTorch's own layers, a character at a time; None where PyTorch is not installed."""
    try:
        import torch
    except ImportError:
        return None
    embedding = torch.nn.Embedding(lstm.known + 1, MIMIC.embedding)
    layers = torch.nn.LSTM(MIMIC.embedding, lstm.units, lstm.layers, batch_first=True)
    dense = torch.nn.Linear(lstm.units, lstm.known + 1)

    @torch.inference_mode()
    def work() -> None:
        character, state = torch.zeros((1, 1), dtype=torch.long), None
        for _ in range(LENGTH):
            hidden, state = layers(embedding(character), state)
            character = torch.multinomial(torch.softmax(dense(hidden[:, 0]) / 0.5, 1), 1)

    return work


async def through_the_imitator(persona: Persona) -> dict[str, float]:
    """Measure what people wait for when so many ask at once."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        save_persona(persona, Path(folder) / "random.safetensors")
        imitator = Imitator(Personas(Path(folder)))
        await imitator.imitate(Request("a", 1.0, LENGTH))

        async def waited(request: Request, person: int) -> float:
            start = time.perf_counter()
            await imitator.imitate(request, person)
            return time.perf_counter() - start

        for count in AT_ONCE:
            waits = []
            for _ in range(ROUNDS if count > 1 else 5 * ROUNDS):
                waits += await asyncio.gather(*(waited(each, n) for n, each in enumerate(requests(count))))
            middle, late, latest = np.percentile(waits, [50, 95, 99]) * 1000
            print(f"  {count:2} at once in the bot: median {middle:,.1f} ms, 95 % {late:,.1f}, 99 % {latest:,.1f}")
            figures |= {f"wait_{count}_{q}": v for q, v in (("50", middle), ("95", late), ("99", latest))}
        imitator.close()
    return figures


def beside_the_tutorial() -> dict[str, float]:
    """Measure the notebook's loop, the very same network here, and the demo."""
    from benchmarks.tutorial import Tutorial

    demo = load_persona(DEMO)
    tutorial = Tutorial(demo.vocabulary.characters * 2)  # its alphabet; what it would say doesn't change its speed
    arrays = dict(zip(WEIGHTS, tutorial.model.get_weights(), strict=True))
    same = Sampler(replace(demo, recipe=RECIPES["tutorial"], arrays=arrays))
    request = Request(PROMPT, 0.5, LENGTH)
    tutorial.generate(PROMPT, 0.5, 3)  # compiled once, before the clock runs
    rows = {"the notebook's loop": [seconds(lambda: tutorial.generate(PROMPT, 0.5)) for _ in range(2)]}
    rows |= in_turn({"Mimic, the same network": lambda: same.sample(request)})
    of_demo = Sampler(demo)
    rows |= in_turn({"Mimic, the demo persona": lambda: of_demo.sample(request)})
    median = {name: statistics.median(taken) for name, taken in rows.items()}
    print(f"\n{LENGTH} characters after {len(PROMPT)}")
    for name, taken in median.items():
        ratio = median["the notebook's loop"] / taken
        print(f"  {name:30}{taken * 1000:10,.1f} ms {ratio:8,.0f} times as fast")
    return median


def start() -> dict[str, float]:
    """Measure the terminal chat's start and memory, with the demo and with ten personas of the default size."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(10):
            save_persona(random_persona(MIMIC), Path(folder) / f"persona{number}.safetensors")
        print()
        for name, personas in (("the demo", DEMO.parent), (f"ten of {MIMIC.units} units", Path(folder))):
            starts, memory = zip(*(first_reply(personas) for _ in range(5)), strict=True)
            figures |= {f"{name}, s": statistics.median(starts), f"{name}, MB": max(memory)}
            print(f"start to first reply, {name:20}{statistics.median(starts):6.2f} s, {max(memory):,.0f} MB resident")
    return figures


def first_reply(personas: Path) -> tuple[float, float]:
    """Start the terminal chat as a person does; return the seconds to its first reply and its memory, MB."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIMIC_")}
    environment["MIMIC_PERSONAS"] = str(personas)
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


def draw(figures: dict[str, dict[str, float]]) -> None:
    """Draw what people wait for when many ask at once."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 11}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        for name in NETWORKS:
            (line,) = axes.plot(AT_ONCE, [figures[name][f"wait_{count}_50"] for count in AT_ONCE], "o-", label=name)
            late = [figures[name][f"wait_{count}_99"] for count in AT_ONCE]
            axes.plot(AT_ONCE, late, "--", color=line.get_color())
        axes.set(xscale="log", yscale="log", xticks=AT_ONCE, xticklabels=[str(count) for count in AT_ONCE])
        axes.set(xlabel="replies of 400 characters asked for at once", ylabel="wait, ms (dashed: 99th percentile)")
        axes.legend(title="layers x units")
        axes.grid(alpha=0.3)
        figure.savefig("build/reply.png", dpi=120)
    print("\nkept in build/reply.json and drawn in build/reply.png")


if __name__ == "__main__":
    main()
