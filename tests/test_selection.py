import pytest

from model.persona.recipe import RECIPES
from model.training.progress import Epoch, Progress
from model.training.selection import ALIKE, LOST, PATIENCE, has_lost, has_stopped_improving, is_best, kept_epochs, score

STREAM, WINDOWS = RECIPES["mimic"], RECIPES["tutorial"]


def progress(*bits: float, best: int) -> Progress:
    """Epochs of so many held-out bits, which learnt 2.0 each."""
    epochs = [Epoch(number, 2.0, validation_bits, 1.0) for number, validation_bits in enumerate(bits, 1)]
    return Progress(epochs, best=epochs[best - 1])


def test_a_stream_is_judged_by_the_held_out_text_and_windows_by_what_they_learnt():
    epoch = Epoch(1, 2.0, 3.0, 1.0)
    assert (score(epoch, STREAM), score(epoch, WINDOWS)) == (3.0, 2.0)
    assert score(Epoch(1, 2.0, None, 1.0), STREAM) == 2.0  # nothing is held out


def test_the_first_epoch_is_the_best_and_then_a_better_one():
    assert is_best(Epoch(1, 9.0, 9.0, 1.0), Progress(), STREAM)
    run = progress(3.0, best=1)
    assert is_best(Epoch(2, 9.0, 2.9, 1.0), run, STREAM) and not is_best(Epoch(2, 1.0, 3.0, 1.0), run, STREAM)


def test_kept_are_the_best_epoch_and_later_ones_like_it():
    run = progress(3.0, 2.99, 2.99 + 2 * ALIKE, 2.99 + ALIKE / 2, best=2)
    assert kept_epochs(run, STREAM) == [2, 4]
    assert kept_epochs(progress(3.0, 3.0, best=1), WINDOWS) == [1]  # not even one that is as good
    assert kept_epochs(Progress(), STREAM) == []


@pytest.mark.parametrize(("learnt", "held_out"), [(LOST / 2, 1.0), (1.0, LOST / 2)])
def test_harder_text_and_learning_by_heart_are_no_loss(learnt, held_out):
    run = progress(2.0, best=1)
    assert has_lost(Epoch(2, 2.0 + 2 * LOST, 2.0 + 2 * LOST, 1.0), run, STREAM)
    assert not has_lost(Epoch(2, 2.0 + learnt, 2.0 + held_out, 1.0), run, STREAM)


def test_the_tutorials_windows_are_left_to_themselves():
    run = progress(*[2.0] * (PATIENCE + 1), best=1)
    assert has_stopped_improving(run, STREAM) and not has_stopped_improving(run, WINDOWS)
    assert not has_stopped_improving(progress(*[2.0] * PATIENCE, best=1), STREAM)
    assert not has_lost(Epoch(2, 9.0, 9.0, 1.0), run, WINDOWS)
