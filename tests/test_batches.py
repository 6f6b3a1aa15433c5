from dataclasses import replace

import numpy as np

from model.persona.recipe import RECIPES
from model.persona.vocabulary import NGRAM, ngram_rows
from model.training.batches import Stream, Windows, held_out_stream, sequences, training_pass

RECIPE = replace(RECIPES["tutorial"], sequence_length=5, step=1, units=8, batch_size=16, epochs=2)
STREAM = replace(RECIPE, reading="stream", batch_size=2)
NGRAMS = replace(STREAM, embedding=4, ngrams=97)


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
    batches = Stream(rows, STREAM)
    (first, first_targets), (second, second_targets) = batches[0], batches[1]
    assert first.tolist() == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]] and (first_targets == first + 1).all()
    assert second.tolist() == [[5, 6, 7, 8, 9], [15, 16, 17, 18, 19]] and (second_targets == second + 1).all()
    assert len(batches) == 2 and Stream(rows, STREAM, first_batch=1)[0][0].tolist() == second.tolist()


def rows_after(text, end):
    """The rows of the runs that end at a place of the text, as the sampler finds them: from what was read so far."""
    latest = [0] * NGRAM
    for character in text[max(0, end - NGRAM + 1) : end + 1]:
        latest = [int(character) + 1, *latest[:-1]]
    return ngram_rows(np.array(latest), NGRAMS.ngrams).tolist()


def test_each_character_of_a_stream_comes_with_the_runs_that_it_ends():
    text = np.random.default_rng(0).integers(0, 9, 41)
    batches = training_pass(text, NGRAMS, number=0, first_batch=0)
    plain = training_pass(text, STREAM, number=0, first_batch=0)
    assert len(batches) == len(plain) == 4
    for batch in range(4):
        inputs, targets = batches[batch]
        ids, plain_targets = plain[batch]
        assert inputs.shape == (2, 5, NGRAM)
        assert (inputs[..., 0] == ids).all() and (targets == plain_targets).all()
        for row in range(2):
            for place in range(5):
                end = row * 20 + batch * 5 + place
                if end >= NGRAM - 1:  # before that, a pass that goes round reaches back to the text's end
                    assert inputs[row, place, 1:].tolist() == rows_after(text, end)


def test_held_out_characters_are_judged_once_each_however_short_the_text_before():
    held_out = np.arange(100, 123)
    for before in (np.arange(50), np.arange(3)):
        for recipe in (STREAM, NGRAMS):
            batches, _ = held_out_stream(before, held_out, recipe)
            judged = [targets[weights == 1] for _, targets, weights in (batches[b] for b in range(len(batches)))]
            assert sorted(np.concatenate(judged)) == held_out.tolist()
