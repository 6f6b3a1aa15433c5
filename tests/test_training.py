import io
import itertools
import math
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import pytest
from tqdm import tqdm

from model.persona.lstm import LSTM
from model.persona.recipe import RECIPES, learning_rate
from model.persona.vocabulary import Vocabulary
from model.training.checkpoint import load_checkpoint
from model.training.loop import Training
from model.training.plan import Pace
from model.training.selection import PATIENCE, kept_epochs, score
from tests.conftest import corpus, make_persona

pytestmark = pytest.mark.numeric

RECIPE = replace(RECIPES["tutorial"], sequence_length=5, step=1, units=8, batch_size=16, epochs=2)


def training(recipe, folder, corpus=None, **options) -> Training:
    corpus = corpus or CORPUS
    return Training(corpus, Vocabulary.of(corpus.training, recipe.rare), recipe, folder, **options)


CORPUS = corpus()
STREAM = replace(
    RECIPE, reading="stream", embedding=4, ngrams=50, batch_size=4, schedule="cosine", clip_norm=1.0, epochs=3
)


@pytest.mark.parametrize("recipe", [RECIPE, STREAM])
def test_the_loss_is_in_bits_of_the_held_out_text(tmp_path, recipe):
    run = training(recipe, tmp_path)
    run.network.set_weights([np.zeros_like(array) for array in run.network.get_weights()])
    # All logits 0: each of the 4 characters (a stream has the unknown one too) is as likely as the others.
    assert run.validate() == pytest.approx(2.0 if recipe is RECIPE else math.log2(5), abs=1e-5)


def test_an_unknown_character_of_a_stream_is_coded_as_unknown_and_as_one_of_its_kinds(tmp_path):
    text = corpus("abcab " * 40 + "xyz", validation="abxab zz")  # x, y and z are met once: three kinds of unknown
    run = training(replace(STREAM, rare=2), tmp_path, text)
    run.network.set_weights([np.zeros_like(array) for array in run.network.get_weights()])
    assert run.vocabulary.unknown_kinds == 3
    assert run.validate() == pytest.approx(math.log2(5) + 3 / 8 * math.log2(3), abs=1e-5)


def test_validating_a_stream_changes_nothing_and_each_character_counts_once(tmp_path):
    run = training(STREAM, tmp_path, corpus(validation="abcab abc"))
    list(run.epochs())
    before = {name: value.copy() for name, value in run._values().items()}
    bits = run.validate()
    assert all(np.array_equal(value, before[name]) for name, value in run._values().items())
    # The same in NumPy, one character at a time; each row there has read the T characters before it.
    persona = make_persona("".join(run.vocabulary.characters), **run.recipe.as_dict())
    lstm = LSTM(replace(persona, arrays=run.arrays()))
    text = run.vocabulary.encode(run.corpus.training[-11:] + "abcab abc").astype(int)
    nats = 0.0
    for place in range(9):
        row = place // 5 * 5  # the rows judge T = 5 characters each
        state = lstm.start(1, text[np.newaxis, row : row + 5])  # runs reach back to them, the network doesn't
        for character in text[row + 5 : place + 11]:
            lstm.step(np.array([character]), state)
        logits = lstm.logits(state)[0]
        nats += np.log(np.exp(logits).sum()) - logits[text[place + 11]]
    assert bits == pytest.approx(nats / 9 / math.log(2), abs=1e-4)


# Batches of 4 x 5 characters: two passes of 65, 128 where a pass has 33, and eight passes of 6.
@pytest.mark.parametrize(("characters", "batches"), [(1302, 130), (672, 128), (132, 48)])
def test_weights_that_have_learnt_read_a_text_so_often_whatever_the_time(tmp_path, characters, batches):
    learnt = training(STREAM, tmp_path / "before").arrays()
    text = corpus(("abcab " * characters)[:characters])
    run = training(replace(STREAM, epochs=4, minutes=60.0), tmp_path, text, initial=learnt)
    list(run.epochs())
    assert run.progress.finished and run.progress.batches == batches


def test_a_resumed_run_knows_what_it_began_with(tmp_path):
    learnt = training(STREAM, tmp_path / "before").arrays()
    run = training(STREAM, tmp_path, initial=learnt)
    next(run.epochs())
    again = training(STREAM, tmp_path, checkpoint=load_checkpoint(CORPUS, STREAM, tmp_path))
    assert set(again.initial) == set(learnt)
    assert all(np.array_equal(again.initial[name], array) for name, array in learnt.items())


def test_a_cosine_schedule_warms_up_and_goes_down_to_zero():
    recipe = replace(STREAM, learning_rate=1.0)
    rates = [learning_rate(recipe, share, 1000) for share in (0.0, 0.02, 0.5, 1.0, 1.5)]
    assert rates == pytest.approx([0.01, 0.999, 0.5, 0, 0], abs=1e-3)
    # However short the run is: the 10th of the 40 batches in which it rises at the fastest.
    assert learning_rate(recipe, 0.5, 9) == pytest.approx(0.5 / 4)
    # Weights that have learnt already want four.
    assert learning_rate(recipe, 0.5, 0, learnt=True) == pytest.approx(0.5 / 4)
    assert learning_rate(recipe, 0.5, 3, learnt=True) == pytest.approx(0.5)
    assert learning_rate(RECIPE, 0.7, 0) == RECIPE.learning_rate


@pytest.mark.parametrize("recipe", [replace(RECIPE, epochs=12, units=16), replace(STREAM, epochs=40, units=16)])
def test_training_learns_what_can_be_learnt(tmp_path, recipe):
    run = training(replace(recipe, learning_rate=0.01), tmp_path)
    epochs = list(run.epochs())
    # The next character follows from the last five: 0 bits are possible, and 2 are a blind guess.
    assert epochs[0].training_bits > 1 > epochs[-1].training_bits > 0
    assert run.progress.best.validation_bits < 0.5
    assert run.progress.best == min(epochs, key=lambda epoch: score(epoch, run.recipe))
    assert run.progress.finished


def test_what_a_stream_keeps_is_the_mean_of_the_best_epoch_and_those_like_it(tmp_path):
    run = training(replace(STREAM, epochs=6), tmp_path)
    # Each is compared with the lowest, 2.996: 3.003 is like it, 3.0061 is not.
    run.validate = iter([3.1, 3.0, 2.996, 3.003, 3.0061, 3.0]).__next__
    after = [run.arrays() for _ in run.epochs()]
    assert run.progress.best.number == 3 and kept_epochs(run.progress, run.recipe) == [3, 4, 6]
    for name, array in run.best_arrays.items():
        assert array == pytest.approx((after[2][name] + after[3][name] + after[5][name]) / 3, abs=1e-6)


def test_windows_keep_the_best_epoch_to_the_last_digit(tmp_path):
    run = training(replace(RECIPE, epochs=4), tmp_path)
    after = [run.arrays() for _ in run.epochs()]
    best = min(run.progress.epochs, key=lambda epoch: epoch.training_bits)
    assert kept_epochs(run.progress, run.recipe) == [best.number]
    assert all(np.array_equal(run.best_arrays[name], array) for name, array in after[best.number - 1].items())


def test_a_stream_stops_when_its_validation_improves_no_more(tmp_path):
    run = training(replace(STREAM, epochs=50), tmp_path)
    run.validate = iter([3.0, *[4.0] * 49]).__next__
    epochs = run.epochs()
    next(epochs)
    first = run.arrays()
    assert len(list(epochs)) == PATIENCE and run.progress.best.number == 1 and run.end == "in vain"
    for name, array in first.items():  # the best weights are kept, not the last
        assert np.array_equal(run.best_arrays[name], array) and not np.array_equal(run.arrays()[name], array)


def test_minutes_end_a_run_by_the_clock(tmp_path, monkeypatch):
    clock = itertools.count(0.0, 2.0)
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: next(clock))  # each look takes two seconds
    run = training(replace(STREAM, epochs=4, minutes=2.0), tmp_path)
    assert len(list(run.epochs())) == 4
    assert 120 <= run.progress.seconds <= 120 + 5 * 2 and run.share >= 1


def test_most_of_the_time_goes_into_training_however_much_is_held_out(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: now[0])
    # 20 batches to judge, of 4 times 5 characters; five times as many are learnt before that is done once more.
    run = training(replace(STREAM, epochs=20, minutes=10.0), tmp_path, corpus(validation="abc" * 127))
    fit = run.network.fit

    def timed_fit(data, callbacks, **options):
        tick = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: now.__setitem__(0, now[0] + 1.0))
        return fit(data, callbacks=[tick, *callbacks], **options)

    def validate():
        now[0] += 25.0
        return 3.0 - now[0] / 1000

    run.network.fit, run.validate = timed_fit, validate  # a batch takes a second
    epochs = list(run.epochs())
    assert [round(epoch.seconds) for epoch in epochs] == [100, 100, 100, 100, 100] and run.progress.finished


def test_a_batch_of_a_new_size_compiles_and_is_no_measure_of_speed():
    pace = Pace()
    pace.add(64, 7.0)
    assert pace.seconds_per_batch is None
    for size, seconds in ((64, 0.25), (64, 0.5), (40, 9.0), (64, 0.75)):
        pace.add(size, seconds)
    assert pace.seconds_per_batch == pytest.approx(0.5)


def test_a_pace_follows_a_machine_that_becomes_slower():
    pace = Pace()
    for seconds in [1.0] * 62 + [5.0] * 60:
        pace.add(64, seconds)
    assert 4.5 < pace.seconds_per_batch < 5.0


def timed(run: Training, now: list[float], seconds: Callable[[int], float], validation: float) -> None:
    """Let each batch, counted over the whole run from 0, and each validation take so many seconds."""
    fit, validate = run.network.fit, run.validate

    def timed_fit(data, callbacks, **options):
        def tick(batch, logs):
            now[0] += seconds(run.progress.batches)

        return fit(data, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=tick), *callbacks], **options)

    def timed_validate():
        now[0] += validation
        return validate()

    run.network.fit, run.validate = timed_fit, timed_validate


def test_the_speed_and_the_time_left_are_those_without_compilation(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: now[0])
    run = training(STREAM, tmp_path)  # passes of 5 batches of 4 x 5 characters
    timed(run, now, lambda batch: 7.0 if batch == 0 else 0.5, validation=2.0)
    assert run.seconds_left is None and run.characters_per_second is None
    left = []
    for _ in run.epochs():
        left.append(run.seconds_left)
        assert run.characters_per_second == pytest.approx(4 * 5 / 0.5)
    # Of two epochs: ten batches, and validations of one batch, assumed to take a third of learning one until the
    # second is measured.
    assert left == pytest.approx([10 * 0.5 + 2 * (0.5 / 3), 5 * 0.5 + 2.0, 0.0])
    assert run.end == "epochs"


def test_the_time_left_of_a_run_by_the_clock_is_the_clocks(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: now[0])
    run = training(replace(STREAM, epochs=4, minutes=1.0), tmp_path)
    timed(run, now, lambda batch: 7.0 if batch == 0 else 0.5, validation=2.0)
    for _ in run.epochs():
        assert run.seconds_left == pytest.approx(max(0.0, 60 - now[0]))
    assert run.end == "minutes"


def test_what_weights_that_have_learnt_still_read_bounds_the_time_left(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: now[0])
    learnt = training(STREAM, tmp_path / "before").arrays()
    run = training(replace(STREAM, epochs=4, minutes=60.0), tmp_path, corpus("abcab " * 22), initial=learnt)
    timed(run, now, lambda batch: 0.5, validation=0.0)
    for _ in run.epochs():
        assert run.seconds_left < 48 * 0.5 + 4 * 0.5 < 60 * 60 - now[0]  # 48 batches, and validations of a few
    assert run.end == "passes" and run.seconds_left == 0.0


@pytest.mark.parametrize("recipe", [replace(STREAM, epochs=3), replace(STREAM, epochs=6, minutes=2.0)])
def test_a_progress_bar_has_the_epoch_the_share_and_the_time_left_from_its_first_line(tmp_path, monkeypatch, recipe):
    clock = itertools.count(0.0, 2.0)
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: next(clock))
    shown = io.StringIO()
    monkeypatch.setattr(
        "model.training.loop.tqdm",
        lambda **options: tqdm(**options | {"disable": False, "file": shown, "ncols": 80, "mininterval": 0}),
    )
    run = training(recipe, tmp_path, label="community, ")
    list(run.epochs())
    lines = [line.strip() for line in shown.getvalue().split("\r") if line.strip()]
    shape = r"community, epoch (\d+)(/3)? \|.*\| +(\d+)%(, \d\.\d{3} bits per character(, .* left)?)?"
    found = [re.fullmatch(shape, line) for line in lines]
    assert all(found) and all(len(line) <= 80 for line in lines)
    shares = [int(each[3]) for each in found]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 100
    for each in found:  # epochs of equal length
        number, of = int(each[1]), recipe.epochs
        assert (number - 1) / of - 0.11 <= int(each[3]) / 100 <= number / of + 0.11


def test_no_epoch_is_empty_when_the_time_is_up_early(tmp_path, monkeypatch):
    clock = itertools.count(0.0, 100.0)
    monkeypatch.setattr("model.training.loop.time.perf_counter", lambda: next(clock))
    run = training(replace(STREAM, epochs=4, minutes=1.0), tmp_path)
    (epoch,) = run.epochs()
    assert epoch.training_bits > 0 and run.progress.batches == 1 and run.progress.finished


def test_held_out_characters_that_cannot_be_predicted_are_left_out_and_counted(tmp_path):
    run = training(RECIPE, tmp_path, corpus(validation="abcab Xabcab"))
    assert run.unpredictable == 1 and math.isfinite(run.validate())
    assert training(RECIPE, tmp_path, corpus(validation="")).validate() is None
    assert training(STREAM, tmp_path, corpus(validation="")).validate() is None


def test_the_same_random_seed_trains_the_same_network(tmp_path):
    runs = [training(replace(RECIPE, random_seed=seed), tmp_path) for seed in (1, 1, 2)]
    bits = [[epoch.training_bits for epoch in run.epochs()] for run in runs]
    assert bits[0] == bits[1] != bits[2]


@pytest.mark.parametrize("recipe", [RECIPE, replace(STREAM, dropout=0.2, optimizer="muon")])
def test_a_run_that_goes_on_ends_where_an_unbroken_one_ends(tmp_path, recipe):
    unbroken = training(recipe, tmp_path / "unbroken")
    whole = list(unbroken.epochs())

    broken = training(recipe, tmp_path / "broken")
    stop_after(broken, batches=3)
    assert list(broken.epochs()) == [] and broken.interrupted and broken.progress.batches == 3

    resumed = training(recipe, tmp_path / "broken", checkpoint=load_checkpoint(CORPUS, recipe, tmp_path / "broken"))
    rest = list(resumed.epochs())
    assert [epoch.training_bits for epoch in rest] == pytest.approx([epoch.training_bits for epoch in whole], rel=1e-4)
    for name, array in unbroken.arrays().items():
        assert np.allclose(resumed.arrays()[name], array, atol=1e-4)


@pytest.mark.parametrize("recipe", [RECIPE, STREAM, replace(STREAM, epochs=9, minutes=1e-6)])
def test_a_finished_run_that_goes_on_has_nothing_left_to_do(tmp_path, recipe):
    run = training(recipe, tmp_path)
    list(run.epochs())
    resumed = training(recipe, tmp_path, checkpoint=load_checkpoint(CORPUS, recipe, tmp_path))
    assert list(resumed.epochs()) == [] and resumed.progress.finished
    assert all(np.array_equal(resumed.best_arrays[name], array) for name, array in run.best_arrays.items())


def test_an_epoch_that_was_interrupted_is_taken_back_to_where_it_was_resumed(tmp_path, capsys):
    broken = training(STREAM, tmp_path)
    stop_after(broken, batches=3)
    assert list(broken.epochs()) == []
    resumed = training(STREAM, tmp_path, checkpoint=load_checkpoint(CORPUS, STREAM, tmp_path))
    train_epoch = resumed._train_epoch

    def ruined():
        resumed._train_epoch = train_epoch
        break_weights(resumed)
        return train_epoch()

    resumed._train_epoch = ruined
    assert len(list(resumed.epochs())) == STREAM.epochs and resumed.progress.rollbacks == 1
    assert "taken back to where it was resumed, and from there" in capsys.readouterr().out


def stop_after(run: Training, batches: int) -> None:
    """Press Ctrl-C when so many batches have been asked for."""
    fit = run.network.fit

    def interrupted_fit(data, callbacks, **options):
        press = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs: batch == batches - 1 and os.kill(os.getpid(), signal.SIGINT)
        )
        return fit(data, callbacks=[press, *callbacks], **options)

    run.network.fit = interrupted_fit


def test_ctrl_c_is_itself_again_after_training(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    list(training(replace(RECIPE, epochs=1), tmp_path).epochs())
    assert signal.getsignal(signal.SIGINT) is before


def break_weights(run: Training) -> None:
    run.network.layers[-1].bias.assign(np.full(run.network.layers[-1].bias.shape, np.nan))


def test_a_run_that_diverges_is_taken_back_and_goes_on_at_half_the_learning_rate(tmp_path):
    run = training(RECIPE, tmp_path)
    epochs = run.epochs()
    next(epochs)
    break_weights(run)
    rest = list(epochs)
    assert run.progress.rollbacks == 1 and len(rest) == RECIPE.epochs - 1 and math.isfinite(rest[-1].training_bits)
    assert float(run.network.optimizer.learning_rate) == pytest.approx(RECIPE.learning_rate / 2)
    longer = replace(RECIPE, epochs=RECIPE.epochs + 1)
    resumed = training(longer, tmp_path, checkpoint=load_checkpoint(CORPUS, longer, tmp_path))
    assert len(list(resumed.epochs())) == 1
    assert float(resumed.network.optimizer.learning_rate) == pytest.approx(RECIPE.learning_rate / 2)


def test_an_epoch_that_loses_what_was_learnt_is_taken_back_and_said(tmp_path, capsys):
    run = training(STREAM, tmp_path)
    run.validate = iter([2.3, 9.0, 2.2, 2.1]).__next__
    epochs = run.epochs()
    first = next(epochs)
    bias = run.network.layers[-1].bias
    bias.assign(100 * np.random.default_rng(0).normal(size=bias.shape))  # finite, and far from what was learnt
    rest = list(epochs)
    assert run.progress.rollbacks == 1 and [epoch.validation_bits for epoch in rest] == [2.2, 2.1]
    assert rest[0].training_bits < first.training_bits
    said = "the loss grew: taken back to the end of epoch 1, and from there at half the learning rate"
    assert said in capsys.readouterr().out


def test_an_epoch_whose_last_batch_ruins_the_weights_is_taken_back(tmp_path):
    run = training(STREAM, tmp_path)
    run.validate = iter([2.3, math.nan, math.inf, 2.2, 2.1]).__next__
    assert [epoch.validation_bits for epoch in run.epochs()] == [2.3, 2.2, 2.1]
    assert run.progress.rollbacks == 2 and kept_epochs(run.progress, run.recipe) == [3]


def test_a_run_that_goes_on_diverging_stops_and_keeps_its_last_checkpoint(tmp_path):
    run = training(RECIPE, tmp_path)
    epochs = run.epochs()
    next(epochs)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    assign = run._assign
    run._assign = lambda values: (assign(values), break_weights(run))
    break_weights(run)
    assert list(epochs) == [] and run.progress.diverged
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
    assert all(np.isfinite(array).all() for array in run.best_arrays.values())
