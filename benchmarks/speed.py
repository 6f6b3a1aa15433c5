"""Train the same network in Mimic and in PyTorch, in turn on the same cores, and print characters a second.

    python -m benchmarks.speed --units 256 --units 512

Needs torch beside the other requirements. Random text: what is learnt does not matter here. AdamW for both.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from model.chats.people import Author
from model.persona.recipe import RECIPES, Recipe
from model.persona.vocabulary import Vocabulary
from model.training.batches import training_pass
from model.training.corpus import Corpus
from model.training.device import settle_tensorflow

CHARACTERS = 200
BATCHES = 60  # of a turn, as a pass over the text has many


def main() -> None:
    """Let both train in turn; print the median of each and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--units", type=int, action="append")
    parser.add_argument("--turns", type=int, default=7)
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    for units in arguments.units or [256, 512]:
        recipe = replace(RECIPES["mimic"], units=units, optimizer="adamw", minutes=0.0, held_out=0.0)
        ends = {}
        for name, worker in (("Mimic", _mimic), ("PyTorch", _torch)):
            ends[name], its = spawn.Pipe()
            spawn.Process(target=worker, args=(recipe, its), daemon=True).start()
        speeds: dict[str, list[float]] = {name: [] for name in ends}
        for turn in range(arguments.turns + 1):
            for name, end in ends.items():
                end.send("go")
                seconds = end.recv()
                if turn:  # the first one builds the graph
                    speeds[name].append(BATCHES * recipe.batch_size * recipe.sequence_length / seconds)
        ratio = statistics.median(m / t for m, t in zip(speeds["Mimic"], speeds["PyTorch"], strict=True))
        medians = ", ".join(f"{name} {statistics.median(each):,.0f}" for name, each in speeds.items())
        print(f"{units} units, characters a second: {medians}; Mimic over PyTorch {ratio:.2f}", flush=True)


def _serve(end: Connection, train: Callable[[], None]) -> None:
    while True:
        try:
            end.recv()
        except EOFError:  # all is measured
            return
        start = time.perf_counter()
        train()
        end.send(time.perf_counter() - start)


def _text(recipe: Recipe) -> np.ndarray:
    count = BATCHES * recipe.batch_size * recipe.sequence_length + recipe.batch_size
    return np.random.default_rng(0).integers(0, CHARACTERS, count)


def _mimic(recipe: Recipe, end: Connection) -> None:
    settle_tensorflow()
    from model.training.loop import Training, _Dataset

    letters = [chr(0x4E00 + each) for each in range(CHARACTERS)]
    text = "".join(letters[each] for each in _text(recipe))
    corpus = Corpus(Author("", "", 1, 1), text, "", {}, 1, 0, "", "")
    with tempfile.TemporaryDirectory() as folder:
        training = Training(corpus, Vocabulary("".join(letters)), recipe, Path(folder))
        batches = _Dataset(training_pass(training._ids, recipe, 0, 0))
        _serve(end, lambda: training.network.fit(batches, shuffle=False, verbose=0))


def _torch(recipe: Recipe, end: Connection) -> None:
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(CHARACTERS + 1, recipe.embedding)
            self.ngrams = torch.nn.Embedding(recipe.ngrams, recipe.embedding)
            self.lstm = torch.nn.LSTM(recipe.embedding, recipe.units, batch_first=True)
            self.logits = torch.nn.Linear(recipe.units, CHARACTERS + 1)

        def forward(self, inputs, state):
            embedded = self.embedding(inputs[..., 0]) + self.ngrams(inputs[..., 1:]).sum(dim=2)
            activations, state = self.lstm(embedded, state)
            return self.logits(activations), state

    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), recipe.learning_rate)
    batches = training_pass(_text(recipe), recipe, 0, 0)

    def train() -> None:
        state = None
        for batch in range(BATCHES):
            inputs, targets = (torch.from_numpy(part).long() for part in batches[batch])
            logits, state = network(inputs, state)
            state = tuple(each.detach() for each in state)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip_norm)
            optimizer.step()
            loss.item()

    _serve(end, train)


if __name__ == "__main__":
    main()
