"""Fit a network to a corpus: epochs, validation, checkpoints, interruption and resuming. Knows no exports."""

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
from numpy.typing import NDArray
from tqdm import tqdm

from model.persona.recipe import Recipe, learning_rate
from model.persona.storage import Arrays
from model.persona.vocabulary import Vocabulary
from model.training.batches import Stream, Windows, held_out_stream, held_out_windows, sequences, training_pass
from model.training.checkpoint import Checkpoint, ResumeError, save_checkpoint
from model.training.corpus import Corpus
from model.training.device import is_tensorflow
from model.training.network import (
    all_variables,
    build_network,
    export_arrays,
    import_arrays,
    recurrent_state,
    reset_state,
)
from model.training.plan import End, Pace, Plan
from model.training.progress import Epoch, Progress
from model.training.run_log import describe_rollback, describe_standing, epochs_in_all
from model.training.selection import has_lost, is_best, kept_epochs

ROLLBACKS = 3  # times a run that lost what it had learnt is taken back, before it stops


class Training:
    """A network that learns a text. `progress` is where that stands; `plan` is how long it lasts."""

    def __init__(
        self,
        corpus: Corpus,
        vocabulary: Vocabulary,
        recipe: Recipe,
        folder: Path,
        *,
        checkpoint: Checkpoint | None = None,
        initial: Arrays | None = None,
        label: str = "",
    ) -> None:
        """Build the network. Resume from a checkpoint if there is one, else begin with the initial weights, if any.

        Args:
            label: precedes the epochs in the progress bar.
        """
        keras.utils.set_random_seed(recipe.random_seed)
        self.corpus = corpus
        self.vocabulary = vocabulary
        self.recipe = recipe
        self.folder = folder
        self.label = label
        self.network = build_network(len(vocabulary), recipe)
        self.initial = initial or {}
        self.progress = Progress()
        self.best_arrays: dict[str, NDArray[np.float32]] = {}
        self.pace = Pace()
        self.interrupted = False
        self._ids = vocabulary.encode(corpus.training)
        self._held_out = vocabulary.encode(corpus.validation)
        if initial:
            import_arrays(self.network, initial)
        if checkpoint:
            self._resume(checkpoint)
        self.plan = Plan.of(self._ids, self._held_out, recipe, from_base=bool(self.initial))

    def _resume(self, checkpoint: Checkpoint) -> None:
        self.initial = checkpoint.initial
        self.progress = checkpoint.progress
        self.best_arrays = checkpoint.best
        self._assign(checkpoint.state)

    @property
    def share(self) -> float:
        """The share of the run that is done."""
        return self.plan.share(self.progress)

    @property
    def end(self) -> End | None:
        """Why the run is finished; None if it isn't."""
        return self.plan.end(self.progress)

    @property
    def seconds_left(self) -> float | None:
        """About how long the run still takes, unless it stops early; None before that can be estimated."""
        return self.plan.seconds_left(self.progress, self.pace)

    @property
    def characters_per_second(self) -> float | None:
        """The speed of training alone, without compilation; None before the second batch."""
        if not self.pace.seconds_per_batch:
            return None
        return self.plan.characters_per_batch / self.pace.seconds_per_batch

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return the current weights under the persona file's names."""
        return export_arrays(self.network)

    def epochs(self) -> Iterator[Epoch]:
        """Train, yielding after each epoch. A finished run that is resumed yields none.

        A run ends early on Ctrl-C and when the validation of a stream has stopped improving. An epoch that loses what
        was learnt, or whose loss is not finite, is taken back to the last checkpoint and tried at half the learning
        rate; the run ends if that doesn't help several times.

        Raises:
            FileError: the disk is full or the folder can't be written; the last checkpoint is still there.
        """
        self.clock = Stopwatch()
        with _interrupts(self):
            self._check_end()  # a finished run may have been lengthened
            good = self._snapshot()
            while not self.progress.finished and not self.has_to_stop:
                epoch = self._train_epoch()
                if self._is_lost(epoch) and self.progress.rollbacks < ROLLBACKS:
                    self._roll_back(good)
                    continue
                if not self.progress.diverged:  # the last checkpoint is worth more than useless weights
                    good = self._snapshot()
                    save_checkpoint(good, self.corpus, self.recipe, self.folder)
                if epoch:
                    yield epoch

    @property
    def has_to_stop(self) -> bool:
        """Whether to stop training before the epoch is over."""
        return self.interrupted or self.progress.diverged

    def _train_epoch(self) -> Epoch | None:
        """Train the rest of the current epoch and judge it; None if it was interrupted or has diverged."""
        self._fit_epoch()
        if self.progress.diverged or not self.plan.epoch_is_over(self.progress):
            return None
        return self._close_epoch()

    def _fit_epoch(self) -> None:
        """Fit the network, pass by pass over the text, until the epoch is over or has to stop."""
        while not self.plan.epoch_is_over(self.progress):
            passes, first_batch = divmod(self.progress.batches, self.plan.pass_batches)
            if first_batch == 0 and self.recipe.reading == "stream":
                reset_state(self.network)
            batches = training_pass(self._ids, self.recipe, passes, first_batch)
            callbacks = [_Reporter(self), _Bar(self)]
            self.network.fit(_Dataset(batches), shuffle=False, verbose=0, callbacks=callbacks)
            if self.has_to_stop:
                return

    def _close_epoch(self) -> Epoch | None:
        """Validate and record the epoch; None if its last batch has ruined the weights."""
        validation_bits = self.validate()
        if validation_bits is not None and not math.isfinite(validation_bits):
            self.progress.diverged = True
            return None
        epoch = self.progress.finish_epoch(validation_bits)
        self._keep_best(epoch)
        seconds = self.clock.lap()
        self.progress.seconds += seconds
        self.pace.validations.append(seconds)
        self._check_end()
        return epoch

    def _keep_best(self, epoch: Epoch) -> None:
        """Keep the weights of the best epoch, or their mean with those of similar later epochs."""
        if is_best(epoch, self.progress, self.recipe):
            self.progress.best = epoch
            self.best_arrays = self.arrays()
            return
        kept = kept_epochs(self.progress, self.recipe)
        if epoch.number not in kept:
            return
        share = 1 / len(kept)
        mean = {}
        for name, array in self.arrays().items():
            mean[name] = (1 - share) * self.best_arrays[name] + share * array
        self.best_arrays = mean

    def _check_end(self) -> None:
        self.progress.finished = self.end is not None

    def _is_lost(self, epoch: Epoch | None) -> bool:
        """Return whether the weights have become worse than those of the last checkpoint."""
        if epoch is None:
            return self.progress.diverged
        return has_lost(epoch, self.progress, self.recipe)

    def _snapshot(self) -> Checkpoint:
        return Checkpoint(self.progress.copy(), self._values(), self.best_arrays, self.initial)

    def _roll_back(self, good: Checkpoint) -> None:
        """Take the run back to its last checkpoint."""
        self.progress.seconds += self.clock.lap()
        self.progress = self.progress.rolled_back(good.progress)
        self._check_end()
        self._assign(good.state)
        tqdm.write(describe_rollback(self.progress))

    def _values(self) -> dict[str, NDArray[Any]]:
        """Return all that the network and its optimizer hold."""
        variables = all_variables(self.network)
        return {name: np.array(keras.ops.convert_to_numpy(variable)) for name, variable in variables.items()}

    def _assign(self, values: Arrays) -> None:
        """Set all that the network and its optimizer hold.

        Raises:
            ResumeError: the values are of another network or optimizer.
        """
        variables = all_variables(self.network)
        expected = {name: tuple(variable.shape) for name, variable in variables.items()}
        if {name: array.shape for name, array in values.items()} != expected:
            raise ResumeError(
                f"the checkpoint in {self.folder} is of another version, of this or of Keras; delete the folder"
            )
        for name, variable in variables.items():
            variable.assign(values[name])

    def validate(self) -> float | None:
        """Return the bits per character of the held-out text; None if there is none."""
        if self.recipe.reading == "windows":
            return self._validate_windows()
        if len(self._held_out) == 0:
            return None
        return self._validate_stream()

    def _validate_windows(self) -> float | None:
        """Judge the windows whose next character is known."""
        windows = held_out_windows(self._held_out, self.recipe, self.vocabulary.unknown)
        if len(windows) == 0:
            return None
        return self._evaluate(windows) / math.log(2)

    @property
    def unpredictable(self) -> int:
        """The number of held-out windows whose next character isn't in the vocabulary."""
        targets = sequences(self._held_out, self.recipe)[:, -1]
        return int((targets == self.vocabulary.unknown).sum())

    def _validate_stream(self) -> float:
        """Judge every character, and leave the stream's state as it was.

        An unknown character is coded as unknown, then as one of the unknown kinds: leaving it out would gain nothing.
        """
        batches, places = held_out_stream(self._ids, self._held_out, self.recipe)
        states = recurrent_state(self.network)
        before = [np.asarray(state) for state in states]
        reset_state(self.network)
        # Keras averages the weighted losses over all places, judged or not.
        nats = self._evaluate(batches) * places
        for state, value in zip(states, before, strict=True):
            state.assign(value)
        unknown = int((self._held_out == self.vocabulary.unknown).sum())
        kinds = max(1, self.vocabulary.unknown_kinds)
        nats += unknown * math.log(kinds)
        return nats / len(self._held_out) / math.log(2)

    def _evaluate(self, batches: Windows | Stream) -> float:
        """Return the mean loss, in nats."""
        return float(self.network.evaluate(_Dataset(batches), verbose=0))


class Stopwatch:
    """Measures time in laps, so that each second is counted once."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Return the seconds since the previous lap."""
        now = time.perf_counter()
        seconds = now - self._last
        self._last = now
        return seconds


class _Dataset(keras.utils.PyDataset):
    """Hands batches to Keras on demand."""

    def __init__(self, batches: Windows | Stream) -> None:
        # With two workers Keras looks ahead itself. With one, TensorFlow does, and takes up to a second to stop. JAX's
        # first look at the data would leave batches in the workers' queue, which then came out in the wrong order.
        super().__init__(workers=2 if is_tensorflow() else 1)
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        return self._batches[batch]


class _Reporter(keras.callbacks.Callback):
    """Sets the learning rate of each batch, reports it to the progress, and stops at the end of an epoch."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training
        self._earlier_sequences = training.progress.epoch_sequences
        self._earlier_nats = training.progress.nats

    def on_train_begin(self, logs: Any = None) -> None:
        training = self._training
        training.progress.seconds += training.clock.lap()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        training = self._training
        progress = training.progress
        rate = learning_rate(
            training.recipe,
            training.share,
            progress.batches,
            learnt=training.plan.from_base,
        )
        self.model.optimizer.learning_rate = rate / 2**progress.rollbacks

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        training = self._training
        progress = training.progress
        size = training.plan.batch_sequences(progress.batches)
        seconds = training.clock.lap()
        nats = self._epoch_nats(float(logs["loss"]), size)
        progress.finish_batch(size, nats, seconds)
        training.pace.add(size, seconds)
        self.model.stop_training = training.has_to_stop or training.plan.epoch_is_over(progress)

    def _epoch_nats(self, loss: float, size: int) -> float:
        """Return the mean loss of the epoch from Keras' mean, which is that since this fit began."""
        sequences = self._training.progress.epoch_sequences + size
        new = sequences - self._earlier_sequences
        return (self._earlier_nats * self._earlier_sequences + loss * new) / sequences


class _Bar(keras.callbacks.Callback):
    """Shows a progress bar of the run."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training
        number = len(training.progress.epochs) + 1
        self._bar = tqdm(
            desc=f"{training.label}epoch {number}{epochs_in_all(training.recipe)}",
            total=1.0,
            initial=min(training.share, 1.0),
            bar_format="{desc} |{bar}| {percentage:3.0f}%{postfix}",
            miniters=0,  # else tqdm guesses how many steps pass unseen
            disable=None,  # no bar if the output is a file or a pipe
            leave=False,
        )

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        training = self._training
        standing = describe_standing(training.progress, training.seconds_left)
        self._bar.set_postfix_str(standing, refresh=False)
        self._bar.update(min(training.share, 1.0) - self._bar.n)

    def on_train_end(self, logs: Any = None) -> None:
        self._bar.close()


@contextmanager
def _interrupts(training: Training) -> Iterator[None]:
    """Let the first Ctrl-C stop the training after the current batch; a second one acts as usual."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        training.interrupted = True
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
