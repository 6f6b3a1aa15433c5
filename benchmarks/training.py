"""Train the tutorial's notebook and `--recipe tutorial` side by side, epoch by epoch in turn, and print both.

    python -m benchmarks.training CHAT [CHAT ...] --author SaintPeter --fraction 0.9 --epochs 15

Two processes take turns, so that both meet the same machine; each reports the largest memory it ever held.
"""

import argparse
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from model.chats import exports
from model.chats.people import Chat, find_author
from model.persona.recipe import RECIPES, Recipe
from model.persona.vocabulary import Vocabulary
from model.training.corpus import Corpus, build_corpus
from model.training.device import settle_tensorflow


@dataclass(frozen=True)
class Measured:
    """One epoch of one of the two."""

    training_bits: float
    validation_bits: float
    seconds: float  # of training; validation apart
    peak_mb: float


def main() -> None:
    """Read the chat, let both train in turn, print a row an epoch and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chat", nargs="+", type=Path)
    parser.add_argument("--author")
    parser.add_argument("--fraction", type=float, default=0.9)
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()
    recipe = replace(RECIPES["tutorial"], fraction=arguments.fraction, epochs=arguments.epochs)
    messages = exports.read(arguments.chat).messages
    author = find_author(Chat.of(messages).people, arguments.author)
    corpus = build_corpus(messages, author, recipe)
    print(f"{author.author}: {len(corpus.training):,} characters to train on, {len(corpus.validation):,} held out")
    print("       notebook: training  held out  seconds    Mimic: training  held out  seconds   (bits per character)")
    rows = []
    for number, (theirs, ours) in enumerate(_in_turn(corpus, recipe), start=1):
        rows.append((theirs, ours))
        cells = [f"{m.training_bits:18.3f} {m.validation_bits:9.3f} {m.seconds:8.1f}" for m in (theirs, ours)]
        print(f"{number:5}  {cells[0]} {cells[1]}", flush=True)
    for name, side in (("notebook", 0), ("Mimic", 1)):
        best = min(rows, key=lambda row: row[side].validation_bits)[side]
        print(f"{name}: best held out {best.validation_bits:.3f}, peak memory {rows[-1][side].peak_mb:,.0f} MB")
    ratio = statistics.median(ours.seconds / theirs.seconds for theirs, ours in rows)
    print(f"Mimic's seconds an epoch, as a share of the notebook's: {ratio:.2f} in the median")


def _in_turn(corpus: Corpus, recipe: Recipe) -> Iterator[tuple[Measured, Measured]]:
    """Yield (notebook, Mimic) for each epoch: one process computes while the other waits."""
    spawn = multiprocessing.get_context("spawn")  # fork would hand TensorFlow's threads down half alive
    ends = []
    for worker in (_notebook, _mimic):
        ours, its = spawn.Pipe()
        spawn.Process(target=worker, args=(corpus, recipe, its), daemon=True).start()
        ends.append(ours)
    for _ in range(recipe.epochs):
        epoch = []
        for end in ends:
            end.send("go")
            epoch.append(end.recv())
        yield epoch[0], epoch[1]


def _notebook(corpus: Corpus, recipe: Recipe, end: Connection) -> None:
    from benchmarks.tutorial import Tutorial

    tutorial = Tutorial(corpus.training)
    held_out = tutorial.vectorize(corpus.validation)
    for _ in range(recipe.epochs):
        end.recv()
        start = time.perf_counter()
        nats = tutorial.model.fit(tutorial.x, tutorial.y, batch_size=128, epochs=1, verbose=0).history["loss"][0]
        seconds = time.perf_counter() - start
        validation_nats = tutorial.model.evaluate(*held_out, batch_size=128, verbose=0)
        end.send(Measured(nats / math.log(2), validation_nats / math.log(2), seconds, _peak_mb()))


def _mimic(corpus: Corpus, recipe: Recipe, end: Connection) -> None:
    settle_tensorflow()
    from model.training.loop import Training

    with tempfile.TemporaryDirectory() as folder:
        epochs = Training(corpus, Vocabulary.of(corpus.training), recipe, Path(folder)).epochs()
        for _ in range(recipe.epochs):
            end.recv()
            epoch = next(epochs)
            end.send(Measured(epoch.training_bits, epoch.validation_bits or math.nan, epoch.seconds, _peak_mb()))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
