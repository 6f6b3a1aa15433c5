"""Which epochs of a run to keep, and whether it still improves. Knows no network.

A stream is judged by the held-out text; the tutorial's windows, faithfully, by the training loss.
"""

from model.persona.recipe import Recipe
from model.training.progress import Epoch, Progress

PATIENCE = 5  # epochs without a better validation after which a stream stops
# An epoch of a stream whose bits per character exceed the best epoch's by less than this may still contribute: the mean
# of all such weights is kept. For one author the best weights had 1.686 bits, and 76 % of their replies at 0.5 were
# taken for the author's; the last weights, which had settled, 1.692 and 78 %; the mean of both 1.684 and 78 %.
# Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018.
ALIKE = 0.01
# An epoch whose bits per character exceed the best epoch's by this, in training and in validation, took too long steps.
# Learning by heart improves the training bits, and harder text worsens them alone and by less.
LOST = 0.1


def score(epoch: Epoch, recipe: Recipe) -> float:
    """Return the bits per character by which epochs are compared; the best epoch has the least."""
    if recipe.reading == "windows" or epoch.validation_bits is None:
        return epoch.training_bits
    return epoch.validation_bits


def is_best(epoch: Epoch, progress: Progress, recipe: Recipe) -> bool:
    """Return whether an epoch is better than all before it."""
    if progress.best is None:
        return True
    return score(epoch, recipe) < score(progress.best, recipe)


def kept_epochs(progress: Progress, recipe: Recipe) -> list[int]:
    """Return the numbers of the epochs whose mean weights are kept: the best and, of a stream, similar later ones."""
    best = progress.best
    if best is None:
        return []
    kept = [best.number]
    if recipe.reading == "windows":
        return kept
    limit = score(best, recipe) + ALIKE
    for epoch in progress.epochs[best.number :]:
        if score(epoch, recipe) < limit:
            kept.append(epoch.number)
    return kept


def has_lost(epoch: Epoch, progress: Progress, recipe: Recipe) -> bool:
    """Return whether an epoch of a stream lost what the earlier ones had learnt."""
    best = progress.best
    if recipe.reading == "windows" or best is None:
        return False
    if epoch.validation_bits is None or best.validation_bits is None:
        return False
    forgot = epoch.training_bits > best.training_bits + LOST
    return forgot and epoch.validation_bits > best.validation_bits + LOST


def has_stopped_improving(progress: Progress, recipe: Recipe) -> bool:
    """Return whether PATIENCE epochs of a stream have passed without a better validation."""
    if recipe.reading == "windows" or progress.best is None:
        return False
    return len(progress.epochs) - progress.best.number >= PATIENCE
