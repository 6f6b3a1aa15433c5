"""The Keras graph: character ids in, logits of the next character out. With training.py the only Keras in the house.

Dimensions: B sequences, T time steps, V characters, H units.
"""

import functools

import keras
import numpy as np
from numpy.typing import NDArray

from model.recipe import Recipe

OPTIMIZERS = {
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
}

# Characters; the graph, and with it the seconds before the first batch, grow with each.
LONGEST_UNROLLED = 64


def build_network(vocabulary_size: int, recipe: Recipe) -> keras.Model:
    """Build and compile the network: ids (B, T), of 0 to V where V is the unknown character, to logits (B, V)."""
    ids = keras.Input((recipe.sequence_length,), dtype="int32")
    # One-hot here, batch by batch: for the whole corpus at once it is 1 GB for 0.7 MB of text. The unknown: all zeros.
    activations = keras.ops.one_hot(ids, vocabulary_size)  # (B, T, V)
    # Steps written out one after the other save a tenth of the time on a CPU; a GPU's fused kernel wants the loop.
    unroll = recipe.sequence_length <= LONGEST_UNROLLED and _on_tensorflow() and not _gpus()
    for layer in range(recipe.layers):
        last = layer == recipe.layers - 1
        lstm = keras.layers.LSTM(recipe.units, return_sequences=not last, unroll=unroll)
        activations = lstm(activations)  # (B, T, H), last (B, H)
        if recipe.dropout:
            activations = keras.layers.Dropout(recipe.dropout)(activations)
    logits = keras.layers.Dense(vocabulary_size)(activations)  # (B, V)
    network = keras.Model(ids, logits)
    network.compile(
        optimizer=OPTIMIZERS[recipe.optimizer](recipe.learning_rate),
        # The tutorial's softmax and categorical cross-entropy in one: safe from log(0), and targets stay ids.
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return network


def export_arrays(network: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return the weights under the names of `model.persona.array_shapes`, in Keras' own layout."""
    arrays: dict[str, NDArray[np.float32]] = {}
    recurrent = [layer for layer in network.layers if isinstance(layer, keras.layers.LSTM)]
    for number, layer in enumerate(recurrent):
        for part, array in zip(("kernel", "recurrent_kernel", "bias"), layer.get_weights(), strict=True):
            arrays[f"lstm_{number}.{part}"] = array
    arrays["dense.kernel"], arrays["dense.bias"] = network.layers[-1].get_weights()
    return arrays


def describe_device() -> str:
    """Say in plain words what Keras computes on."""
    if not _on_tensorflow():
        return f"{keras.backend.backend()}: {', '.join(map(str, keras.distribution.list_devices()))}"
    return f"GPU: {', '.join(_gpus())}" if _gpus() else "CPU: TensorFlow sees no GPU"


def _on_tensorflow() -> bool:
    return bool(keras.backend.backend() == "tensorflow")


@functools.cache
def _gpus() -> list[str]:
    """Name TensorFlow's GPUs, and let their memory grow with need instead of taking it whole."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
