from dataclasses import replace

import numpy as np

from model.batches import Stream, Windows, sequences
from model.recipe import RECIPES

RECIPE = replace(RECIPES["tutorial"], sequence_length=5, step=1, units=8, batch_size=16, epochs=2)


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


def test_a_row_of_a_stream_goes_on_where_it_ended_the_batch_before():
    text = np.arange(21)
    rows = np.stack([text[0:11], text[10:21]])  # each with the one target after its last input
    batches = Stream(rows, length=5)
    (first, first_targets), (second, second_targets) = batches[0], batches[1]
    assert first.tolist() == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]] and (first_targets == first + 1).all()
    assert second.tolist() == [[5, 6, 7, 8, 9], [15, 16, 17, 18, 19]] and (second_targets == second + 1).all()
    assert len(batches) == 2 and Stream(rows, length=5, first_batch=1)[0][0].tolist() == second.tolist()
