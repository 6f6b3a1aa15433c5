"""The proof that NumPy's small step is Keras' big network."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from model.persona.file import array_shapes
from model.persona.lstm import LSTM
from model.persona.recipe import RECIPES
from model.persona.sampler import Request, windowed_replies
from model.persona.vocabulary import NGRAM
from model.training.batches import Stream, context
from model.training.network import LSTMLayer, build_network, export_arrays, import_arrays, recurrent_state
from tests.conftest import make_persona
from tests.test_lstm import error_in_logits, naive_step

pytestmark = pytest.mark.numeric


def trained(layers: int, sequence_length: int, units: int = 16):
    """A persona and its Keras network, a little trained so that no gate is at its initial value."""
    keras.utils.set_random_seed(0)
    persona = make_persona(units=units, layers=layers, sequence_length=sequence_length, dropout=0.3)
    network = build_network(len(persona.vocabulary), persona.recipe)
    random = np.random.default_rng(0)
    ids = random.integers(0, len(persona.vocabulary) + 1, (256, sequence_length + 1))
    network.fit(ids[:, :-1], ids[:, -1].clip(max=len(persona.vocabulary) - 1), epochs=3, verbose=0)
    return replace(persona, arrays=export_arrays(network)), network


@pytest.mark.parametrize(("layers", "sequence_length"), [(1, 40), (2, 12), (2, 70)])  # written out, and as a loop
def test_the_reference_reads_what_keras_reads(layers, sequence_length):
    persona, network = trained(layers, sequence_length)
    random = np.random.default_rng(1)
    texts = random.integers(0, len(persona.vocabulary) + 1, (5, sequence_length))  # unknown characters too
    lstm = LSTM(persona)
    ours, theirs = lstm.logits(lstm.read(list(texts))), network.predict(texts, verbose=0)
    for row, text in enumerate(texts):
        exact, error = naive_step(persona, text), error_in_logits(persona, text)
        assert np.abs(ours[row] - exact).max() <= error and np.abs(theirs[row] - exact).max() <= error


@pytest.mark.parametrize("every", [True, False])
def test_the_written_gradient_is_the_one_that_tensorflow_derives(every):
    random = np.random.default_rng(0)
    inputs, hidden, cell = (tf.constant(random.normal(size=s), tf.float64) for s in ((3, 9, 5), (3, 4), (3, 4)))
    options = {"return_sequences": every, "return_state": True, "dtype": "float64"}
    ours, theirs = LSTMLayer(4, **options), keras.layers.LSTM(4, use_cudnn=False, **options)
    for layer in (ours, theirs):
        layer.build(inputs.shape)
    for variable, other in zip(ours.weights, theirs.weights, strict=True):
        variable.assign(random.normal(size=variable.shape))
        other.assign(variable)
    values, gradients = [], []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch([inputs, hidden, cell])
            results = layer(inputs, initial_state=[hidden, cell])
            weighted = sum(tf.reduce_sum(tf.sin(result + number)) for number, result in enumerate(results))
        wanted = [inputs, hidden, cell, *(variable.value for variable in layer.trainable_variables)]
        values.append(results)
        gradients.append(tape.gradient(weighted, wanted))
    assert len(gradients[0]) == 6
    for mine, derived in zip([*values[0], *gradients[0]], [*values[1], *gradients[1]], strict=True):
        np.testing.assert_allclose(mine, derived, rtol=1e-10, atol=1e-10)


def test_the_windowed_reading_is_keras_on_the_last_window():
    persona, network = trained(1, 8)
    prompt = "hello there, window"
    window, expected = list(persona.encode(prompt)[-8:]), ""
    for _ in range(40):
        logits = network.predict(np.array([window]), verbose=0)[0]
        second, first = np.sort(logits)[-2:]
        assert first - second > 1e-3  # much more than rounding
        likeliest = int(logits.argmax())
        window, expected = [*window[1:], likeliest], expected + persona.vocabulary.characters[likeliest]
    assert windowed_replies(persona, [Request(prompt, 0.0, 40)]) == [expected]


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (1, 0, 2, 3), (0, 1, 3, 2)])
def test_any_other_gate_order_is_caught(order):
    persona, network = trained(1, 20)
    arrays = dict(persona.arrays)
    for name in ("lstm_0.kernel", "lstm_0.recurrent_kernel", "lstm_0.bias"):
        gates = np.split(arrays[name], 4, axis=-1)
        arrays[name] = np.concatenate([gates[k] for k in order], axis=-1)
    lstm = LSTM(replace(persona, arrays=arrays))
    text = np.arange(20) % len(persona.vocabulary)
    assert np.abs(lstm.logits(lstm.read([text])) - network.predict(text[np.newaxis], verbose=0)).max() > 1e-3


def test_the_exported_arrays_are_those_of_the_persona_file():
    persona, _ = trained(2, 8)
    shapes = {name: array.shape for name, array in persona.arrays.items()}
    assert shapes == array_shapes(len(persona.vocabulary), persona.recipe)


@pytest.mark.parametrize("ngrams", [0, 50])
def test_a_stream_gives_the_references_logits_after_every_character_and_carries_on(ngrams):
    keras.utils.set_random_seed(0)
    knobs = {"reading": "stream", "embedding": 6, "layers": 2, "batch_size": 3, "sequence_length": 5, "dropout": 0.3}
    persona = make_persona(units=16, ngrams=ngrams, **knobs)
    network = build_network(len(persona.vocabulary), persona.recipe)
    persona = replace(persona, arrays=export_arrays(network))
    assert {name: array.shape for name, array in persona.arrays.items()} == array_shapes(40, persona.recipe)
    text = np.random.default_rng(0).integers(0, 41, (3, 11))  # the unknown character, 40, is read and predicted too
    # What is before a text's beginning is no character at all: -1, and with one added 0.
    rows = np.concatenate([np.full((3, context(persona.recipe)), -1), text], axis=1)
    batches = Stream(rows, persona.recipe)
    logits = np.concatenate([network.predict(batches[batch][0], verbose=0) for batch in range(2)], axis=1)
    # What is carried has to be among the variables: under JAX a step changes no others.
    variables = {variable.path for variable in network.non_trainable_variables}
    assert len(recurrent_state(network)) == 4 and {state.path for state in recurrent_state(network)} <= variables
    lstm = LSTM(persona)
    for place in range(10):
        read = lstm.logits(lstm.read(list(text[:, : place + 1])))
        assert read.shape == (3, 41) and np.abs(read - logits[:, place]).max() < 1e-5


def test_every_knob_of_the_network_is_turned():
    knobs = {
        "optimizer": "adamw",
        "learning_rate": 0.002,
        "clip_norm": 1.5,
        "dropout": 0.25,
        "layers": 2,
        "embedding": 6,
    }
    network = build_network(40, make_persona(units=16, reading="stream", **knobs).recipe)
    optimizer = network.optimizer
    assert isinstance(optimizer, keras.optimizers.AdamW) and optimizer.clipnorm == 1.5
    assert float(optimizer.learning_rate) == pytest.approx(0.002)
    dropouts = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropouts == [0.25, 0.25, 0.25]  # of what goes into the first layer, and comes out of both
    muon = build_network(40, make_persona(units=16, reading="stream", optimizer="muon", embedding=6).recipe)
    adamw = {v.path for v in muon.trainable_variables if muon.optimizer._should_use_adamw(v)}
    assert {path.split("/")[-2] + "/" + path.split("/")[-1] for path in adamw} == {
        "embedding/embeddings",
        "lstm_cell/bias",
        "logits/kernel",
        "logits/bias",
    }
    tutorial = build_network(40, RECIPES["tutorial"])
    assert isinstance(tutorial.optimizer, keras.optimizers.RMSprop) and tutorial.optimizer.clipnorm is None
    assert float(tutorial.optimizer.learning_rate) == pytest.approx(0.01)
    assert not [layer for layer in tutorial.layers if isinstance(layer, keras.layers.Dropout)]


def test_weights_go_back_as_they_came_out():
    _, network = trained(2, 8)
    before = export_arrays(network)
    import_arrays(network, {name: array + 1 for name, array in before.items()})
    assert all(np.array_equal(array, before[name] + 1) for name, array in export_arrays(network).items())


def test_dropout_takes_whole_runs_away_and_none_where_the_network_is_only_asked():
    knobs = {"reading": "stream", "embedding": 6, "ngrams": 50, "batch_size": 64, "sequence_length": 50}
    keras.utils.set_random_seed(0)
    network = build_network(40, make_persona(units=16, dropout=0.5, **knobs).recipe)
    runs = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dropout))
    ones = np.ones((64, 50, NGRAM - 1, 6), np.float32)
    dropped = np.asarray(runs(ones, training=True))
    assert (dropped == dropped[..., :1]).all()  # all six numbers of a run, or none
    # What is left counts for what is gone: 16,000 draws of 0 or 2 with the mean 1, and a standard error of 0.008.
    assert set(np.unique(dropped)) == {0.0, 2.0} and abs(dropped.mean() - 1) < 0.04
    assert (np.asarray(runs(ones, training=False)) == 1).all()
