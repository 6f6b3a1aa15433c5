"""How long a run, an epoch and a pass over the text last, in batches or by the clock. Knows no Keras."""

import math
from dataclasses import dataclass, field
from typing import Literal

from model.persona.recipe import Recipe
from model.persona.vocabulary import Ids
from model.training.batches import count_batches, sequences
from model.training.progress import Progress
from model.training.selection import has_stopped_improving

# A batch of validation takes this share of the time of a training batch. Assumed until one was measured.
JUDGING = 1 / 3
# Batches of training, at least, for each of validation, if minutes end the run: a fifteenth of the time.
TRAINING_PER_VALIDATION = 5
# A base network's weights are at their best early and soon past it, so they are judged more often.
TRAINING_PER_VALIDATION_OF_LEARNT = 3
# A base network reads the author's text twice if minutes end the run. It reads a short text more often, up to the
# given number of batches but at most eight times. After that it learns the text by heart.
PASSES_OF_LEARNT, MOST_PASSES_OF_LEARNT = 2, 8
BATCHES_OF_LEARNT = 128
PACE_SECONDS = 60.0  # of batches; older ones count half, so that a change of speed shows soon

# Why a run ended: the last epoch, the time, enough passes by a base network, or no better validation.
End = Literal["epochs", "minutes", "passes", "in vain"]


@dataclass
class Pace:
    """The measured speed of batches and validations. The first of each kind compiles and doesn't count."""

    batches: float = 0.0
    seconds: float = 0.0
    validations: list[float] = field(default_factory=list)  # seconds each, the first one too
    _compiled: set[int] = field(default_factory=set)  # sizes of batches

    def add(self, size: int, seconds: float) -> None:
        """Count a batch of `size` sequences."""
        if size not in self._compiled:
            self._compiled.add(size)
            return
        if self.seconds > PACE_SECONDS:
            self.batches /= 2
            self.seconds /= 2
        self.batches += 1
        self.seconds += seconds

    @property
    def seconds_per_batch(self) -> float | None:
        """The mean of about the last minute; None before the second batch."""
        if not self.batches:
            return None
        return self.seconds / self.batches


@dataclass(frozen=True)
class Plan:
    """The length of a run over one text."""

    recipe: Recipe
    sequence_count: int  # of the text
    pass_batches: int  # in one pass over the text; the last batch of windows may be smaller
    validation_batches: int
    from_base: bool  # whether the run begins with the weights of a base network

    @classmethod
    def of(cls, ids: Ids, held_out: Ids, recipe: Recipe, *, from_base: bool) -> "Plan":
        """Plan the run that learns from one text and is judged by another."""
        pass_batches = count_batches(ids, recipe)
        sequence_count = pass_batches * recipe.batch_size
        if recipe.reading == "windows":
            sequence_count = len(sequences(ids, recipe))
        # A stream is judged in one batch more, which reads the text before.
        validation_batches = count_batches(held_out, recipe) + 1
        return cls(recipe, sequence_count, pass_batches, validation_batches, from_base)

    @property
    def characters_per_batch(self) -> int:
        """The number of new characters that a batch reads."""
        if self.recipe.reading == "windows":
            return self.recipe.batch_size * self.recipe.step
        return self.recipe.batch_size * self.recipe.sequence_length

    def batch_sequences(self, batch: int) -> int:
        """Return the number of sequences in a batch, counted over the whole run from 0."""
        place = batch % self.pass_batches
        left = self.sequence_count - place * self.recipe.batch_size
        return min(self.recipe.batch_size, left)

    @property
    def least_sequences(self) -> int:
        """The least number of sequences in an epoch, if minutes end the run."""
        ratio = TRAINING_PER_VALIDATION
        if self.from_base:
            ratio = TRAINING_PER_VALIDATION_OF_LEARNT
        return ratio * self.validation_batches * self.recipe.batch_size

    @property
    def most_batches(self) -> float:
        """The number of batches after which the run ends in any case; infinity if only time ends it."""
        if not self.recipe.minutes:
            return self.pass_batches * self.recipe.epochs
        if not self.from_base:
            return math.inf
        enough = max(PASSES_OF_LEARNT * self.pass_batches, BATCHES_OF_LEARNT)
        return min(enough, MOST_PASSES_OF_LEARNT * self.pass_batches)

    def share(self, progress: Progress) -> float:
        """Return the share of the run that is done, in time or in batches."""
        batches = progress.batches / self.most_batches
        if not self.recipe.minutes:
            return batches
        time = progress.seconds / (60 * self.recipe.minutes)
        return max(time, batches)

    def epoch_is_over(self, progress: Progress) -> bool:
        """Return whether the current epoch has had its pass over the text, or its share of the time."""
        number = len(progress.epochs) + 1
        if not self.recipe.minutes:
            return progress.batches >= number * self.pass_batches
        if progress.epoch_sequences == 0:
            return False  # even if time is up before the first batch
        share = self.share(progress)
        long_enough = progress.epoch_sequences >= self.least_sequences
        return share >= 1 or (long_enough and share >= number / self.recipe.epochs)

    def end(self, progress: Progress) -> End | None:
        """Return why the run is finished; None if it isn't."""
        done = len(progress.epochs)
        if not done:
            return None
        if self.recipe.minutes and progress.batches >= self.most_batches:
            return "passes"
        if self.recipe.minutes and self.share(progress) >= 1:
            return "minutes"
        if done >= self.recipe.epochs:
            return "epochs"
        if has_stopped_improving(progress, self.recipe):
            return "in vain"
        return None

    def seconds_left(self, progress: Progress, pace: Pace) -> float | None:
        """Estimate how long the run still takes unless it stops early; None before the second batch."""
        time = math.inf
        if self.recipe.minutes:
            time = max(0.0, 60 * self.recipe.minutes - progress.seconds)
        if self.most_batches == math.inf:
            return time
        if pace.seconds_per_batch is None:
            return None
        batches = max(0.0, self.most_batches - progress.batches)
        validations = self._validations_left(progress, batches) * self._validation_seconds(pace)
        return min(time, batches * pace.seconds_per_batch + validations)

    def _validations_left(self, progress: Progress, batches: float) -> int:
        """Return the number of validations during the last `batches` of training."""
        epochs = self.recipe.epochs - len(progress.epochs)
        if not self.recipe.minutes:
            return epochs
        # Epochs are longer and fewer if much is held out.
        longest = math.ceil(batches * self.recipe.batch_size / self.least_sequences)
        return min(epochs, longest)

    def _validation_seconds(self, pace: Pace) -> float:
        """Return the seconds of a validation, assumed until the second one was measured."""
        assumed = self.validation_batches * JUDGING * (pace.seconds_per_batch or 0.0)
        return min(pace.validations[1:], default=assumed)
