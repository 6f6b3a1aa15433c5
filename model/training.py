"""Fitting a network to a corpus: batches, epochs, checkpoints, interruption and going on. Knows no exports, no Discord.

Dimensions: B sequences of a batch, T characters of a sequence.
"""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tqdm import tqdm

from model.checkpoint import Checkpoint, Epoch, Progress, save_checkpoint
from model.corpus import Corpus
from model.network import build_network, export_arrays
from model.recipe import Recipe
from model.vocabulary import Vocabulary

Ids = NDArray[np.integer]


class Windows(keras.utils.PyDataset):
    """Batches of (ids (B, T), next id (B,)), gathered when they are asked for: memory holds the text's ids alone."""

    def __init__(self, ids: Ids, recipe: Recipe, order: Ids, first_batch: int = 0) -> None:
        super().__init__()
        self._windows = sequences(ids, recipe)
        self._order = order[first_batch * recipe.batch_size :]
        self._batch_size = recipe.batch_size

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch_size)

    def __getitem__(self, batch: int) -> tuple[Ids, Ids]:
        chosen = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        windows = self._windows[chosen].astype(np.int32)
        return windows[:, :-1], windows[:, -1]


def sequences(ids: Ids, recipe: Recipe) -> Ids:
    """Return every sequence with the id after it, `step` characters apart: a view (N, T + 1), nothing copied."""
    if len(ids) <= recipe.sequence_length:
        return np.empty((0, recipe.sequence_length + 1), ids.dtype)
    return sliding_window_view(ids, recipe.sequence_length + 1)[:: recipe.step]


class Training:
    """One run: a network, the corpus that it learns and its folder."""

    def __init__(self, corpus: Corpus, recipe: Recipe, folder: Path, checkpoint: Checkpoint | None = None) -> None:
        """Build the network; go on from a checkpoint where one is given."""
        keras.utils.set_random_seed(recipe.random_seed)
        self.recipe = recipe
        self.corpus = corpus
        self.folder = folder
        self.vocabulary = Vocabulary.of(corpus.training)
        self.network = build_network(len(self.vocabulary), recipe)
        self.progress = Progress()
        self.best_arrays: dict[str, NDArray[np.float32]] = {}  # of the epoch with the lowest training loss
        self.interrupted = False
        self.diverged = False
        self._ids = self.vocabulary.encode(corpus.training)
        held_out = self.vocabulary.encode(corpus.validation)
        # A character that the training text lacks has no probability under this recipe: it is left out, and said.
        targets = sequences(held_out, recipe)[:, -1]
        self._held_out = Windows(held_out, recipe, np.flatnonzero(targets != self.vocabulary.unknown))
        self.unpredictable = int((targets == self.vocabulary.unknown).sum())
        if checkpoint:
            self.progress, self.best_arrays = checkpoint.progress, checkpoint.best
            for name, variable in self._state().items():
                variable.assign(checkpoint.state[name])

    @property
    def sequence_count(self) -> int:
        """The number of training sequences."""
        return len(sequences(self._ids, self.recipe))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return the weights as they are now, in the persona file's names."""
        return export_arrays(self.network)

    def epochs(self) -> Iterator[Epoch]:
        """Train, yielding after each epoch; end early on Ctrl-C or when the loss is no number any more."""
        with _interrupts(self):
            while len(self.progress.epochs) < self.recipe.epochs and not (self.interrupted or self.diverged):
                epoch = self._epoch(len(self.progress.epochs) + 1)
                self.save()
                if epoch:
                    yield epoch

    def _epoch(self, number: int) -> Epoch | None:
        """Train one epoch, or what is left of it; return None if it was not finished."""
        progress = self.progress
        # The order follows from seed and epoch, so that a run that goes on meets the batches it would have met.
        order = np.random.default_rng([self.recipe.random_seed, number]).permutation(self.sequence_count)
        batches = Windows(self._ids, self.recipe, order, progress.batches)
        watch = _Watch(self, f"epoch {number}/{self.recipe.epochs}")
        start = time.perf_counter()
        self.network.fit(batches, shuffle=False, verbose=0, callbacks=[watch])
        progress.seconds += time.perf_counter() - start
        if not self.diverged:
            before = progress.batches * self.recipe.batch_size
            after = min(before + watch.batches * self.recipe.batch_size, self.sequence_count)  # the last may be smaller
            progress.nats = (progress.nats * before + watch.nats * (after - before)) / after
            progress.batches += watch.batches
        if self.diverged or watch.batches < len(batches):
            return None
        epoch = Epoch(number, progress.nats / math.log(2), self._validate(), progress.seconds)
        self.progress = Progress([*progress.epochs, epoch], best=progress.best)
        if progress.best is None or epoch.training_bits < progress.best.training_bits:
            self.progress.best, self.best_arrays = epoch, self.arrays()
        return epoch

    def _validate(self) -> float | None:
        if len(self._held_out) == 0:
            return None
        return float(self.network.evaluate(self._held_out, verbose=0)) / math.log(2)

    def save(self) -> None:
        """Write the checkpoint.

        Raises:
            PersonaError: the disk is full or the folder can't be written; the last checkpoint is still there.
        """
        if not self.diverged:  # the last checkpoint is worth more than weights that are no numbers
            state = {name: np.asarray(variable) for name, variable in self._state().items()}
            save_checkpoint(Checkpoint(self.progress, state, self.best_arrays), self.corpus, self.recipe, self.folder)

    def _state(self) -> dict[str, Any]:
        """Return the variables of network and optimizer, numbered: the order is the same for the same recipe."""
        self.network.optimizer.build(self.network.trainable_variables)
        return {str(n): v for n, v in enumerate([*self.network.variables, *self.network.optimizer.variables])}


class _Watch(keras.callbacks.Callback):
    """Shows the batches go by, and stops the run when it is interrupted or has diverged."""

    def __init__(self, training: Training, title: str) -> None:
        super().__init__()
        self._training = training
        self._title = title
        self.batches = 0
        self.nats = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        done, total = self._training.progress.batches, self.params["steps"]
        # disable=None: no bar where the output is a file or a pipe.
        self._bar = tqdm(desc=self._title, initial=done, total=done + total, unit="batch", disable=None, leave=False)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches, self.nats = batch + 1, float(logs["loss"])
        self._training.diverged = not math.isfinite(self.nats)
        self.model.stop_training = self._training.interrupted or self._training.diverged
        self._bar.set_postfix_str(f"{self.nats / math.log(2):.3f} bits/char", refresh=False)
        self._bar.update()

    def on_train_end(self, logs: Any = None) -> None:
        self._bar.close()


@contextmanager
def _interrupts(training: Training) -> Iterator[None]:
    """Turn the first Ctrl-C into a request to stop after the running batch; a second one acts as ever."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        training.interrupted = True
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
