"""Where a training run stands. Knows neither the network nor the recipe."""

import math
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Epoch:
    """The results of one epoch."""

    number: int  # from 1
    training_bits: float  # bits per character, mean over the epoch while the weights moved
    validation_bits: float | None  # bits per character of the held-out text after it; None if nothing is held out
    seconds: float  # of training, without validation


@dataclass
class Progress:
    """Everything that changes during a run, apart from the weights. A checkpoint stores it."""

    epochs: list[Epoch] = field(default_factory=list)  # finished ones
    batches: int = 0  # of the whole run
    seconds: float = 0.0  # of the whole run, with validation and saving
    epoch_sequences: int = 0  # read in the current epoch
    epoch_seconds: float = 0.0  # spent on them
    nats: float = 0.0  # mean loss over them
    best: Epoch | None = None
    rollbacks: int = 0  # times the run was taken back; each halves the learning rate
    finished: bool = False  # all epochs are done, or more would not help
    diverged: bool = False  # the loss is not finite

    def finish_batch(self, sequences: int, nats: float, seconds: float) -> None:
        """Count a batch; if the loss has diverged, count its time only.

        Args:
            sequences: in the batch.
            nats: mean loss of the epoch, with this batch.
            seconds: since the previous batch.
        """
        self.seconds += seconds
        self.epoch_seconds += seconds
        self.diverged = not math.isfinite(nats)
        if self.diverged:
            return
        self.batches += 1
        self.epoch_sequences += sequences
        self.nats = nats

    def finish_epoch(self, validation_bits: float | None) -> Epoch:
        """Record the current epoch and return it; the counts of the next one begin at zero."""
        number = len(self.epochs) + 1
        training_bits = self.nats / math.log(2)
        epoch = Epoch(number, training_bits, validation_bits, self.epoch_seconds)
        self.epochs.append(epoch)
        self.epoch_sequences = 0
        self.epoch_seconds = 0.0
        self.nats = 0.0
        return epoch

    def copy(self) -> "Progress":
        """Return a copy that later batches and epochs leave as it is."""
        return replace(self, epochs=list(self.epochs))

    def rolled_back(self, good: "Progress") -> "Progress":
        """Return an earlier state of this run, with one rollback more and the time spent since."""
        return replace(good.copy(), seconds=self.seconds, rollbacks=self.rollbacks + 1)
