"""Fitting a network to a corpus: epochs, validation, checkpoints, interruption and going on. Knows no exports."""

import copy
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.persona.recipe import Recipe, learning_rate
from model.persona.storage import Arrays
from model.persona.vocabulary import Vocabulary
from model.training.batches import (
    Stream,
    Windows,
    count_batches,
    held_out_stream,
    held_out_windows,
    sequences,
    training_pass,
)
from model.training.checkpoint import Checkpoint, Epoch, Progress, ResumeError, save_checkpoint
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
from model.training.run_log import describe_seconds, epochs_in_all
from model.training.selection import has_lost, has_stopped_improving, is_best, kept_epochs

JUDGING = 1 / 3  # of the time that learning takes, by the batch
# Batches of training, at least, for each of validation, where minutes end the run: a fifteenth of the time.
TRAINING_PER_VALIDATION = 5
# Weights that had learnt already are at their best early, and soon past it: they are looked at more often.
TRAINING_PER_VALIDATION_OF_LEARNT = 3
# What weights that had learnt already read, where minutes end the run: two passes over the text; more of a little one,
# up to so many batches, but no more passes than the most. Beyond, they learn it by heart.
PASSES_OF_LEARNT, MOST_PASSES_OF_LEARNT = 2, 8
BATCHES_OF_LEARNT = 128
PACE_SECONDS = 60.0  # of batches; what is older counts half as much, so that a busy machine's pace is soon known
ROLLBACKS = 3  # times that a run which has diverged is taken back and tried at half the learning rate


# Why a part of a run ended: the last epoch, the time, enough passes by weights that had learnt already, or no progress.
End = Literal["epochs", "minutes", "passes", "in vain"]


@dataclass
class Pace:
    """How long a batch takes, apart from those that compile: the first of each size."""

    batches: float = 0.0
    seconds: float = 0.0
    _compiled: set[int] = field(default_factory=set)  # sizes, in sequences

    def add(self, size: int, seconds: float) -> None:
        """Count a batch of so many sequences."""
        if size not in self._compiled:
            self._compiled.add(size)
            return
        if self.seconds > PACE_SECONDS:
            self.batches, self.seconds = self.batches / 2, self.seconds / 2
        self.batches += 1
        self.seconds += seconds

    @property
    def seconds_per_batch(self) -> float | None:
        """The mean of about the last minute; None before the second batch."""
        return self.seconds / self.batches if self.batches else None


class Training:
    """One run: a network, the text that it learns and its folder."""

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
        """Build the network; begin with the initial weights, or go on from a checkpoint, where one is given.

        Args:
            label: stands before the epochs in the progress bar.
        """
        keras.utils.set_random_seed(recipe.random_seed)
        self.corpus = corpus
        self.vocabulary = vocabulary
        self.recipe = recipe
        self.folder = folder
        self.label = label
        self.network = build_network(len(vocabulary), recipe)
        self.initial = checkpoint.initial if checkpoint else initial or {}
        self.progress = Progress()
        self.best_arrays: dict[str, NDArray[np.float32]] = {}
        self.interrupted = False
        self.diverged = False
        self.pace = Pace()
        self._closings: list[float] = []  # seconds from one epoch to the next, which validation takes
        self._ids = vocabulary.encode(corpus.training)
        self._held_out = vocabulary.encode(corpus.validation)
        # In one pass over the text; the last batch of windows may be smaller than the others.
        self.pass_batches = count_batches(self._ids, recipe)
        self.sequence_count = self.pass_batches * recipe.batch_size
        if recipe.reading == "windows":
            self.sequence_count = len(sequences(self._ids, recipe))
        # Of an epoch, where minutes end the run. A stream is judged in one batch more, of what comes before.
        self._validation_batches = count_batches(self._held_out, recipe) + 1
        ratio = TRAINING_PER_VALIDATION_OF_LEARNT if self.initial else TRAINING_PER_VALIDATION
        self._least_sequences = ratio * self._validation_batches * recipe.batch_size
        if initial:
            import_arrays(self.network, initial)
        if checkpoint:
            self.progress, self.best_arrays = checkpoint.progress, checkpoint.best
            self._assign(checkpoint.state)

    @property
    def share(self) -> float:
        """The share of the run that is done, in time or in batches."""
        if self.recipe.minutes:
            time = self.progress.seconds / (60 * self.recipe.minutes)
            return max(time, self.progress.batches / self.most_batches)
        return self.progress.batches / self.most_batches

    @property
    def most_batches(self) -> float:
        """The batches after which the run ends, whatever the time; infinity if time alone ends it."""
        if not self.recipe.minutes:
            return self.pass_batches * self.recipe.epochs
        if not self.initial:
            return math.inf
        enough = max(PASSES_OF_LEARNT * self.pass_batches, BATCHES_OF_LEARNT)
        return min(enough, MOST_PASSES_OF_LEARNT * self.pass_batches)

    @property
    def seconds_left(self) -> float | None:
        """About how long the run still takes, unless it stops early; None while nothing tells."""
        time = 60 * self.recipe.minutes - self.progress.seconds if self.recipe.minutes else math.inf
        if self.most_batches == math.inf:
            return max(0.0, time)
        if self.pace.seconds_per_batch is None:
            return None
        batches = max(0.0, self.most_batches - self.progress.batches)
        needed = batches * self.pace.seconds_per_batch + self._validations_left(batches)
        return max(0.0, min(time, needed))

    def _validations_left(self, batches: float) -> float:
        """Return the seconds for the validations after so many more batches of training."""
        epochs = self.recipe.epochs - len(self.progress.epochs)
        if self.recipe.minutes:  # epochs are long there if much is held out
            epochs = min(epochs, math.ceil(batches * self.recipe.batch_size / self._least_sequences))
        assumed = self._validation_batches * JUDGING * (self.pace.seconds_per_batch or 0.0)
        return epochs * min(self._closings[1:], default=assumed)  # the first one compiles

    @property
    def characters_per_second(self) -> float | None:
        """The speed of training alone, without compilation; None before the second batch."""
        if not self.pace.seconds_per_batch:
            return None
        return self.characters_per_batch / self.pace.seconds_per_batch

    @property
    def characters_per_batch(self) -> int:
        """The number of characters that a batch adds to what was read."""
        apart = self.recipe.step if self.recipe.reading == "windows" else self.recipe.sequence_length
        return self.recipe.batch_size * apart

    @property
    def end(self) -> End | None:
        """Why the run is finished; None while it isn't."""
        done = len(self.progress.epochs)
        if not done:
            return None
        if self.recipe.minutes and self.progress.batches >= self.most_batches:
            return "passes"
        if self.recipe.minutes and self.share >= 1:
            return "minutes"
        if done >= self.recipe.epochs:
            return "epochs"
        return "in vain" if has_stopped_improving(self.progress, self.recipe) else None

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return the weights as they are now, in the persona file's names."""
        return export_arrays(self.network)

    def epochs(self) -> Iterator[Epoch]:
        """Train, yielding after each epoch.

        Ends early on Ctrl-C, when the validation of a stream has stopped to improve, and when the loss goes on being no
        number after the run was taken back to the last epoch at half the learning rate, several times. An epoch that
        loses what was learnt is taken back too. A finished run that is resumed yields none.

        Raises:
            FileError: the disk is full or the folder can't be written; the last checkpoint is still there.
        """
        self._before, self._began = self.progress.seconds, time.perf_counter()
        with _interrupts(self):
            self.progress.finished = self.end is not None  # or not any more: the run may have been lengthened
            good = self._snapshot()
            while not self.progress.finished and not self.has_to_stop():
                epoch = self._close_epoch() if self._train_epoch() else None
                lost = self.diverged or (epoch is not None and has_lost(epoch, self.progress, self.recipe))
                if lost and self.progress.rollbacks < ROLLBACKS:
                    self._roll_back(good)
                    continue
                if not self.diverged:  # the last checkpoint is worth more than weights that are no numbers
                    good = self._snapshot()
                    save_checkpoint(good, self.corpus, self.recipe, self.folder)
                if epoch:
                    yield epoch

    def _train_epoch(self) -> bool:
        """Train the rest of the running epoch; return whether it was finished."""
        progress = self.progress
        number = len(progress.epochs) + 1
        while not self.epoch_is_over(number):
            passes, first = divmod(progress.batches, self.pass_batches)
            if first == 0 and self.recipe.reading == "stream":
                reset_state(self.network)
            watch = _Watch(self, number)
            batches = _Dataset(training_pass(self._ids, self.recipe, passes, first))
            self.network.fit(batches, shuffle=False, verbose=0, callbacks=[watch])
            if self.has_to_stop():
                break
        return self.epoch_is_over(number) and not self.diverged

    def has_to_stop(self) -> bool:
        """Say whether the run ends before its time."""
        return self.interrupted or self.diverged

    def epoch_is_over(self, number: int) -> bool:
        """Say whether the epoch of this number, from 1, has had its share of the time or its pass over the text."""
        if self.recipe.minutes:
            due = self.progress.epoch_sequences >= self._least_sequences
            # A batch at least: time may be up before it begins.
            return self.progress.epoch_sequences > 0 and (
                self.share >= 1 or (due and self.share >= number / self.recipe.epochs)
            )
        return self.progress.batches >= number * self.pass_batches

    def _close_epoch(self) -> Epoch | None:
        """Validate, and begin the next epoch's count; None where the epoch's last batch has ruined the weights."""
        progress = self.progress
        bits = progress.nats / math.log(2)
        validation_bits = self.validate()
        if validation_bits is not None and not math.isfinite(validation_bits):
            self.diverged = True
            return None
        epoch = Epoch(len(progress.epochs) + 1, bits, validation_bits, progress.epoch_seconds)
        progress.epochs.append(epoch)
        if is_best(epoch, progress, self.recipe):
            progress.best, self.best_arrays = epoch, self.arrays()
        elif epoch.number in (kept := kept_epochs(progress, self.recipe)):
            share = 1 / len(kept)
            self.best_arrays = {
                name: (1 - share) * self.best_arrays[name] + share * array for name, array in self.arrays().items()
            }
        progress.epoch_sequences, progress.nats, progress.epoch_seconds = 0, 0.0, 0.0
        trained, progress.seconds = progress.seconds, self.elapsed()
        self._closings.append(progress.seconds - trained)
        progress.finished = self.end is not None
        return epoch

    def elapsed(self) -> float:
        """Return the seconds of this run, whatever they went into, with those before it was resumed."""
        return self._before + time.perf_counter() - self._began

    def validate(self) -> float | None:
        """Return the bits per character of the held-out text; None where there is none.

        A stream codes an unknown character as unknown and then as one of the kinds that are: nothing is gained by
        leaving characters out. Windows have no such thing: there, `unpredictable` ones are left out.
        """
        if self.recipe.reading == "windows":
            return self._validate_windows()
        if len(self._held_out) == 0:
            return None
        batches, places = held_out_stream(self._ids, self._held_out, self.recipe)
        before = [np.asarray(state) for state in recurrent_state(self.network)]
        reset_state(self.network)
        # Keras averages the weighted losses over all places, judged or not.
        nats = float(self.network.evaluate(_Dataset(batches), verbose=0)) * places
        for state, value in zip(recurrent_state(self.network), before, strict=True):
            state.assign(value)
        unknown = int((self._held_out == self.vocabulary.unknown).sum())
        nats += unknown * math.log(max(1, self.vocabulary.unknown_kinds))
        return nats / len(self._held_out) / math.log(2)

    @property
    def unpredictable(self) -> int:
        """The number of held-out windows whose next character the training text lacks, and their network too."""
        return int((sequences(self._held_out, self.recipe)[:, -1] == self.vocabulary.unknown).sum())

    def _validate_windows(self) -> float | None:
        windows = held_out_windows(self._held_out, self.recipe, self.vocabulary.unknown)
        if len(windows) == 0:
            return None
        return float(self.network.evaluate(_Dataset(windows), verbose=0)) / math.log(2)

    def _snapshot(self) -> Checkpoint:
        return Checkpoint(copy.deepcopy(self.progress), self._values(), self.best_arrays, self.initial)

    def _roll_back(self, good: Checkpoint) -> None:
        """Take the run back to its last checkpoint, at half the learning rate; the time is spent all the same."""
        rollbacks = self.progress.rollbacks + 1
        self.progress = copy.deepcopy(good.progress)
        self.progress.seconds, self.progress.rollbacks = self.elapsed(), rollbacks
        self.progress.finished = self.end is not None
        self._assign(good.state)
        self.diverged = False
        place = f"the end of epoch {len(self.progress.epochs)}" if self.progress.epochs else "the beginning"
        if self.progress.epoch_sequences:  # that checkpoint is of an interrupted epoch
            place = "where it was resumed"
        tqdm.write(f"the loss grew: taken back to {place}, and from there at half the learning rate")

    def _values(self) -> dict[str, NDArray[Any]]:
        return {
            name: np.array(keras.ops.convert_to_numpy(variable))
            for name, variable in all_variables(self.network).items()
        }

    def _assign(self, values: Arrays) -> None:
        state = all_variables(self.network)
        if {name: tuple(variable.shape) for name, variable in state.items()} != {n: a.shape for n, a in values.items()}:
            raise ResumeError(
                f"the checkpoint in {self.folder} is of another version, of this or of Keras; delete the folder"
            )
        for name, variable in state.items():
            variable.assign(values[name])


class _Dataset(keras.utils.PyDataset):
    """Hands batches to Keras, each when it is asked for."""

    def __init__(self, batches: Windows | Stream) -> None:
        # With two workers Keras looks ahead itself; with one TensorFlow does, and takes up to a second to stop. JAX's
        # first look at the data would leave batches behind in the workers' queue, which then came out of turn.
        super().__init__(workers=2 if is_tensorflow() else 1)
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, batch: int) -> tuple[Any, ...]:
        return self._batches[batch]


class _Watch(keras.callbacks.Callback):
    """Sets the learning rate, counts and shows the batches, and stops where an epoch or the run ends."""

    def __init__(self, training: Training, number: int) -> None:
        super().__init__()
        self._training = training
        self._number = number

    def on_train_begin(self, logs: Any = None) -> None:
        training, progress = self._training, self._training.progress
        self._start = training.elapsed()
        self._epoch_seconds = progress.epoch_seconds
        self._sequences, self._nats = progress.epoch_sequences, progress.nats
        self._bar = tqdm(
            desc=f"{training.label}epoch {self._number}{epochs_in_all(training.recipe)}",
            total=1.0,
            initial=min(training.share, 1.0),
            bar_format="{desc} |{bar}| {percentage:3.0f}%{postfix}",
            miniters=0,  # else tqdm guesses how many steps pass unseen
            disable=None,  # no bar where the output is a file or a pipe
            leave=False,
        )

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        training = self._training
        progress = training.progress
        rate = learning_rate(training.recipe, training.share, progress.batches, learnt=bool(training.initial))
        self.model.optimizer.learning_rate = rate / 2**progress.rollbacks

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        training, progress = self._training, self._training.progress
        # The last batch of a pass over windows may be smaller.
        place = progress.batches % training.pass_batches
        size = min(training.recipe.batch_size, training.sequence_count - place * training.recipe.batch_size)
        progress.seconds = training.elapsed()
        epoch_seconds = self._epoch_seconds + progress.seconds - self._start
        training.pace.add(size, epoch_seconds - progress.epoch_seconds)
        progress.epoch_seconds = epoch_seconds
        loss = float(logs["loss"])  # the mean since this fit began
        training.diverged = not math.isfinite(loss)
        if not training.diverged:
            progress.batches += 1
            progress.epoch_sequences += size
            new = progress.epoch_sequences - self._sequences
            progress.nats = (self._nats * self._sequences + loss * new) / progress.epoch_sequences
        self.model.stop_training = training.epoch_is_over(self._number) or training.has_to_stop()
        self._bar.set_postfix_str(self._standing(), refresh=False)
        self._bar.update(min(training.share, 1.0) - self._bar.n)

    def _standing(self) -> str:
        """Describe where the run stands, behind the bar."""
        bits = f"{self._training.progress.nats / math.log(2):.3f} bits per character"
        left = self._training.seconds_left
        return bits if left is None else f"{bits}, {describe_seconds(left)} left"

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
