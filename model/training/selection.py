"""Which of a run's epochs are worth keeping, and whether its weights get better at all. Knows no network.

A stream is judged by the held-out text; the tutorial's windows, faithfully, by the training loss.
"""

from model.persona.recipe import Recipe
from model.training.checkpoint import Epoch, Progress

PATIENCE = 5  # epochs without a better validation after which a stream stops
# Bits per character by which an epoch of a stream may be worse than the best before it and still have something to
# give: the mean of all such weights is kept. An author's best weights had 1.686 bits, and 76 % of their replies at 0.5
# were taken for the author's; the last, which had settled, 1.692 and 78 %; the mean of both 1.684 and 78 %.
# Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018.
ALIKE = 0.01
# Bits per character by which an epoch is worse than the best, both in what it learnt and in the held-out text, if its
# steps are too long. Learning by heart makes the first better; harder text, by less, the first alone worse.
LOST = 0.1


def score(epoch: Epoch, recipe: Recipe) -> float:
    """Return what the best epoch has least of, in bits per character."""
    if recipe.reading == "windows" or epoch.validation_bits is None:
        return epoch.training_bits
    return epoch.validation_bits


def is_best(epoch: Epoch, progress: Progress, recipe: Recipe) -> bool:
    """Say whether an epoch is better than all before it."""
    return progress.best is None or score(epoch, recipe) < score(progress.best, recipe)


def kept_epochs(progress: Progress, recipe: Recipe) -> list[int]:
    """Return the numbers of the epochs whose mean weights are kept: the best and, of a stream, later ones like it."""
    best = progress.best
    if best is None:
        return []
    limit = score(best, recipe) + (0.0 if recipe.reading == "windows" else ALIKE)
    later = progress.epochs[best.number :]
    return [best.number, *(epoch.number for epoch in later if score(epoch, recipe) < limit)]


def has_lost(epoch: Epoch, progress: Progress, recipe: Recipe) -> bool:
    """Say whether an epoch of a stream lost what those before it had learnt."""
    best = progress.best
    if recipe.reading == "windows" or best is None or None in (epoch.validation_bits, best.validation_bits):
        return False
    return score(epoch, recipe) > score(best, recipe) + LOST and epoch.training_bits > best.training_bits + LOST


def has_stopped_improving(progress: Progress, recipe: Recipe) -> bool:
    """Say whether a stream has gone on in vain for so long that it would go on so."""
    if recipe.reading == "windows" or progress.best is None:
        return False
    return len(progress.epochs) - progress.best.number >= PATIENCE
