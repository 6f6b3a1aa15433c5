"""The Keras graph: character ids in, logits of the next character out. With training.py the only Keras in the house.

Dimensions: B sequences, T time steps, V characters, H units.
"""

import functools

import keras
import numpy as np
from numpy.typing import NDArray

from model.device import gpus, is_tensorflow
from model.persona import Arrays
from model.recipe import Recipe
from model.vocabulary import NGRAM

OPTIMIZERS = {
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    # Muon turns the LSTM's matrices; embedding, logits and biases are AdamW's, as its authors advise.
    # Three of its steps towards an orthogonal matrix, instead of five, learn as much from a batch in less time.
    "muon": functools.partial(keras.optimizers.Muon, exclude_layers=["logits"], ns_steps=3),
    "sgd": keras.optimizers.SGD,
}

# Characters; the graph, and with it the seconds before the first batch, grow with each.
LONGEST_UNROLLED = 64


def build_network(vocabulary_size: int, recipe: Recipe) -> keras.Model:
    """Build and compile the network: ids, of 0 to V where V is the unknown character, to logits.

    With n-grams each id comes with the rows of the runs that it ends, (B, T, N), and their embeddings are added to its.

    Windows (B, T) give the logits (B, V) of the character after them. A stream (B, T) gives those after each of its
    characters, (B, T, V + 1), and goes on from batch to batch until the state is reset.
    """
    stream = recipe.reading == "stream"
    shape = (recipe.batch_size if stream else None, recipe.sequence_length)  # a state is kept for each row of a batch
    inputs = keras.Input(batch_shape=(*shape, NGRAM) if recipe.ngrams else shape, dtype="int32")
    ids = inputs[..., 0] if recipe.ngrams else inputs
    if recipe.embedding:
        activations = keras.layers.Embedding(vocabulary_size + 1, recipe.embedding, name="embedding")(ids)  # (B, T, E)
        if recipe.ngrams:
            runs = keras.layers.Embedding(recipe.ngrams, recipe.embedding, name="ngrams")(inputs[..., 1:])
            activations += keras.ops.sum(runs, axis=2)
    else:
        # One-hot here, batch by batch: for the whole corpus at once it is 1 GB for 0.7 MB of text. Unknown: all zeros.
        activations = keras.ops.one_hot(ids, vocabulary_size)  # (B, T, V)
    # Steps written out one after the other save a tenth of the time on a CPU; a GPU's fused kernel wants the loop.
    unroll = not stream and recipe.sequence_length <= LONGEST_UNROLLED and is_tensorflow() and not gpus()
    # Where a fused kernel is out of the question, Keras has XLA compile the whole step: a CPU is up to a third faster.
    cudnn = "auto" if gpus() or unroll else False
    for layer in range(recipe.layers):
        every = stream or layer < recipe.layers - 1
        lstm = keras.layers.LSTM(recipe.units, return_sequences=every, stateful=stream, unroll=unroll, use_cudnn=cudnn)
        activations = lstm(activations)  # (B, T, H); the last layer's of windows (B, H)
        if recipe.dropout:
            activations = keras.layers.Dropout(recipe.dropout)(activations)
    logits = keras.layers.Dense(vocabulary_size + stream, name="logits")(activations)
    network = keras.Model(inputs, logits)
    network.compile(
        optimizer=OPTIMIZERS[recipe.optimizer](recipe.learning_rate, clipnorm=recipe.clip_norm or None),
        # The tutorial's softmax and categorical cross-entropy in one: safe from log(0), and targets stay ids.
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return network


def recurrent_layers(network: keras.Model) -> list[keras.layers.LSTM]:
    """Return the LSTM layers, the first one first."""
    return [layer for layer in network.layers if isinstance(layer, keras.layers.LSTM)]


def export_arrays(network: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return the weights under the names of `model.persona.array_shapes`, in Keras' own layout."""
    return {name: np.asarray(variable) for name, variable in _named(network).items()}


def import_arrays(network: keras.Model, arrays: Arrays) -> None:
    """Set the weights to those of `export_arrays`."""
    for name, variable in _named(network).items():
        variable.assign(arrays[name])


def _named(network: keras.Model) -> dict[str, keras.Variable]:
    """Name the weights as a persona file does."""
    named = {layer.name: layer.embeddings for layer in network.layers if isinstance(layer, keras.layers.Embedding)}
    for number, layer in enumerate(recurrent_layers(network)):
        for part, variable in zip(("kernel", "recurrent_kernel", "bias"), layer.trainable_variables, strict=True):
            named[f"lstm_{number}.{part}"] = variable
    dense = network.layers[-1]
    return named | {"dense.kernel": dense.kernel, "dense.bias": dense.bias}


def recurrent_state(network: keras.Model) -> list[keras.Variable]:
    """Return what a stream carries from batch to batch: hidden and cell state of each LSTM layer."""
    return [state for layer in recurrent_layers(network) for state in layer.states or ()]


def reset_state(network: keras.Model) -> None:
    """Begin a stream anew, from zeros."""
    for state in recurrent_state(network):
        state.assign(np.zeros(state.shape, np.float32))


def all_variables(network: keras.Model) -> dict[str, keras.Variable]:
    """Return what a run goes on from: the variables of network, optimizer and state, numbered alike for a recipe."""
    optimizer = network.optimizer
    optimizer.build(network.trainable_variables)
    variables = [*network.variables, *optimizer.variables, *recurrent_state(network)]
    return {str(number): variable for number, variable in enumerate(variables)}
