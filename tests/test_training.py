import math
import os
import signal
from dataclasses import replace

import keras
import numpy as np
import pytest

from model.checkpoint import load_checkpoint
from model.corpus import Corpus
from model.messages import Author
from model.recipe import RECIPES
from model.training import Training, Windows, sequences

RECIPE = replace(RECIPES["tutorial"], sequence_length=5, step=1, units=8, batch_size=16, epochs=2)


def corpus(training="abcab " * 20, validation="abcab abc") -> Corpus:
    return Corpus(Author("a1", "Ada", 1, 1), training, validation, 1, 1, "", "")


def test_sequences_are_the_tutorials_windows():
    text, recipe = np.arange(11), replace(RECIPE, sequence_length=4, step=3)
    # The notebook: range(0, len(text) - maxlen, step), each of maxlen characters, and the next one as the target.
    expected = [[*range(i, i + 4), i + 4] for i in range(0, 11 - 4, 3)]
    assert sequences(text, recipe).tolist() == expected
    assert len(sequences(np.arange(4), recipe)) == 0


def test_batches_hold_every_sequence_once_in_the_given_order():
    order = np.array([5, 0, 3, 1])
    batches = Windows(np.arange(20), replace(RECIPE, batch_size=3), order)
    inputs, targets = zip(*(batches[i] for i in range(len(batches))), strict=True)
    assert np.concatenate(targets).tolist() == [10, 5, 8, 6]
    assert np.concatenate(inputs)[:, 0].tolist() == order.tolist()
    assert Windows(np.arange(20), replace(RECIPE, batch_size=3), order, first_batch=1)[0][1].tolist() == [6]


def test_the_loss_is_in_bits_of_the_held_out_text(tmp_path):
    training = Training(corpus(), RECIPE, tmp_path)
    training.network.set_weights([np.zeros_like(array) for array in training.network.get_weights()])
    # All logits 0: each of the 4 characters has the probability 1/4, which is log2(4) = 2 bits.
    assert training._validate() == pytest.approx(2.0, abs=1e-5)


def test_training_learns_what_can_be_learnt(tmp_path):
    training = Training(corpus(), replace(RECIPE, epochs=12, units=16), tmp_path)
    epochs = list(training.epochs())
    # The next character follows from the last five: 0 bits are possible, and 2 are a blind guess.
    assert epochs[0].training_bits > 1 > epochs[-1].training_bits > 0
    assert epochs[-1].validation_bits < 0.5
    assert training.progress.best == min(epochs, key=lambda epoch: epoch.training_bits)


def test_held_out_characters_that_cannot_be_predicted_are_left_out_and_counted(tmp_path):
    training = Training(corpus(validation="abcab Xabcab"), RECIPE, tmp_path)
    assert training.unpredictable == 1 and math.isfinite(training._validate())
    assert Training(corpus(validation=""), RECIPE, tmp_path)._validate() is None


def test_the_same_random_seed_trains_the_same_network(tmp_path):
    runs = [Training(corpus(), replace(RECIPE, random_seed=seed), tmp_path) for seed in (1, 1, 2)]
    bits = [[epoch.training_bits for epoch in run.epochs()] for run in runs]
    assert bits[0] == bits[1] != bits[2]


def test_a_run_that_goes_on_ends_where_an_unbroken_one_ends(tmp_path):
    unbroken = Training(corpus(), RECIPE, tmp_path / "unbroken")
    whole = list(unbroken.epochs())

    broken = Training(corpus(), RECIPE, tmp_path / "broken")
    stop_after(broken, batches=3)
    assert list(broken.epochs()) == [] and broken.interrupted and broken.progress.batches == 3

    resumed = Training(corpus(), RECIPE, tmp_path / "broken", load_checkpoint(corpus(), RECIPE, tmp_path / "broken"))
    rest = list(resumed.epochs())
    assert [epoch.training_bits for epoch in rest] == pytest.approx([epoch.training_bits for epoch in whole], rel=1e-4)
    for name, array in unbroken.arrays().items():
        assert np.allclose(resumed.arrays()[name], array, atol=1e-4)


def stop_after(training: Training, batches: int) -> None:
    """Press Ctrl-C when so many batches have been asked for."""
    fit = training.network.fit

    def interrupted_fit(data, callbacks, **options):
        press = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: batch == batches - 1 and os.kill(os.getpid(), signal.SIGINT)
        )
        return fit(data, callbacks=[press, *callbacks], **options)

    training.network.fit = interrupted_fit


def test_ctrl_c_is_itself_again_after_training(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    list(Training(corpus(), replace(RECIPE, epochs=1), tmp_path).epochs())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(tmp_path):
    training = Training(corpus(), RECIPE, tmp_path)
    epochs = training.epochs()
    next(epochs)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    training.network.layers[-1].bias.assign(np.full(4, np.nan))
    assert list(epochs) == [] and training.diverged
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    assert all(np.isfinite(array).all() for array in training.best_arrays.values())
