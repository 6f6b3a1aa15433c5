"""The Keras graph: character ids in, logits of the next character out. With training.py the only Keras in the house.

Dimensions: B sequences, T time steps, V characters, H units.
"""

import functools
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from model.device import gpus, has_xla, is_tensorflow
from model.files import Arrays
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
    # Keras hands over batches without their sizes; compiled for sizes that it knows, a loop takes half the time.
    known = ops.reshape(inputs, [-1 if size is None else size for size in inputs.shape])
    ids = known[..., 0] if recipe.ngrams else known
    if recipe.embedding:
        activations = keras.layers.Embedding(vocabulary_size + 1, recipe.embedding, name="embedding")(ids)  # (B, T, E)
        if recipe.ngrams:
            runs = keras.layers.Embedding(recipe.ngrams, recipe.embedding, name="ngrams")(known[..., 1:])
            if recipe.dropout:
                # Whole runs: one that is always there is learnt by heart with what follows it.
                runs = keras.layers.Dropout(recipe.dropout, noise_shape=(*shape, NGRAM - 1, 1))(runs)
            activations += ops.sum(runs, axis=2)
        if recipe.dropout:
            activations = keras.layers.Dropout(recipe.dropout)(activations)
    else:
        # One-hot here, batch by batch: for the whole corpus at once it is 1 GB for 0.7 MB of text. Unknown: all zeros.
        activations = ops.one_hot(ids, vocabulary_size)  # (B, T, V)
    # The steps of small windows written out one after the other save a tenth of the time on a CPU.
    unroll = not stream and recipe.sequence_length <= LONGEST_UNROLLED and is_tensorflow() and not gpus()
    for layer in range(recipe.layers):
        every = stream or layer < recipe.layers - 1
        lstm = LSTMLayer(recipe.units, return_sequences=every, stateful=stream, unroll=unroll)
        activations = lstm(activations)  # (B, T, H); the last layer's of windows (B, H)
        if recipe.dropout:
            activations = keras.layers.Dropout(recipe.dropout)(activations)
    logits = keras.layers.Dense(vocabulary_size + stream, name="logits")(activations)
    network = keras.Model(inputs, logits)
    network.compile(
        optimizer=OPTIMIZERS[recipe.optimizer](recipe.learning_rate, clipnorm=recipe.clip_norm or None),
        # The tutorial's softmax and categorical cross-entropy in one: safe from log(0), and targets stay ids.
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # Left to itself, Keras has XLA compile on a GPU alone; for a loop of steps it pays on a CPU too.
        jit_compile="auto" if gpus() or unroll else has_xla(),
    )
    return network


class LSTMLayer(keras.layers.LSTM):
    """Keras' LSTM layer, without masks; where no GPU's fused kernel computes it, with the gradient of `_recurrence`."""

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Create the variables, and count what a stream carries from batch to batch among them.

        Keras leaves that out, and under JAX, where a step returns the variables that it changed, it stayed at zero.
        """
        super().build(sequences_shape, initial_state_shape)
        self.carried = [*(self.states or ())]

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Return the last output (B, H), all of them (B, T, H), and the state that they leave, two of (B, H)."""
        if gpus() or self.unroll:
            return super().inner_loop(sequences, initial_state, mask, training)
        cell = self.cell
        projections = ops.matmul(ops.moveaxis(sequences, 1, 0), cell.kernel) + cell.bias
        outputs, state = _recurrence(projections, cell.recurrent_kernel.value, *initial_state)
        return outputs[-1], ops.moveaxis(outputs, 0, 1), [outputs[-1], state]


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _recurrence(projections: Any, kernel: Any, hidden: Any, cell: Any) -> Any:
    """Return the LSTM's outputs (T, B, H) and its last cell state (B, H), with their gradient.

    Derived automatically, the gradient adds each step's share of the kernel's, (H, 4H), to a sum in memory. Here it is
    one product over all steps, and what doesn't depend on the next step is computed for all of them before the loop.

    Args:
        projections: what the inputs add to the gates before their non-linearities, (T, B, 4H), in Keras' order: input,
            forget, candidate, output.
        kernel: what the last output adds, (H, 4H).
        hidden: the output before the first step, (B, H).
        cell: the cell state before it, (B, H).
    """
    steps, units = projections.shape[0], kernel.shape[0]
    # sigmoid(x) = (1 + tanh(x / 2)) / 2: all gates with one function.
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), units)

    def forward(state: Any, projection: Any) -> Any:
        output, cell, _ = state
        gates = half * ops.tanh(half * (projection + ops.matmul(output, kernel))) + (1 - half)
        i, f, g, o = ops.split(gates, 4, axis=-1)
        cell = f * cell + i * g
        state = o * ops.tanh(cell), cell, gates
        return state, state

    begin = hidden, cell, ops.zeros_like(projections[0])
    (_, last, _), (outputs, cells, gates) = ops.scan(forward, begin, projections, length=steps)

    def gradient(*upstream: Any) -> Any:
        d_outputs, d_last = keras.tree.flatten(upstream)
        i, f, g, o = ops.split(gates, 4, axis=-1)
        squashed = ops.tanh(cells)
        before = ops.concatenate([cell[None], cells[:-1]], axis=0)
        through_output = o * (1 - squashed * squashed)
        through_cell = ops.concatenate([g * i * (1 - i), before * f * (1 - f), i * (1 - g * g)], axis=-1)
        of_output_gate = squashed * o * (1 - o)
        transposed = ops.transpose(kernel)

        def backward(state: Any, step: Any) -> Any:
            d_cell, d_gates = state  # of the step after this one
            d_output, f, through_output, through_cell, of_output_gate = step
            d_output += ops.matmul(d_gates, transposed)
            d_cell += d_output * through_output
            parts = [ops.tile(d_cell, (1, 3)) * through_cell, d_output * of_output_gate]
            state = d_cell * f, ops.concatenate(parts, axis=-1)
            return state, state

        steps_back = d_outputs, f, through_output, through_cell, of_output_gate
        end = d_last, ops.zeros_like(projections[0])
        (d_cell, first), (_, d_gates) = ops.scan(backward, end, steps_back, length=steps, reverse=True)
        inputs = ops.reshape(ops.concatenate([hidden[None], outputs[:-1]], axis=0), (-1, units))
        d_kernel = ops.matmul(ops.transpose(inputs), ops.reshape(d_gates, (-1, 4 * units)))
        return d_gates, d_kernel, ops.matmul(first, transposed), d_cell

    return (outputs, last), gradient


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
    return [state for layer in recurrent_layers(network) for state in layer.carried]


def reset_state(network: keras.Model) -> None:
    """Begin a stream anew, from zeros."""
    for state in recurrent_state(network):
        state.assign(np.zeros(state.shape, np.float32))


def all_variables(network: keras.Model) -> dict[str, keras.Variable]:
    """Return what a run goes on from: the variables of network, optimizer and state, numbered alike for a recipe."""
    optimizer = network.optimizer
    optimizer.build(network.trainable_variables)
    variables = [*network.variables, *optimizer.variables]
    return {str(number): variable for number, variable in enumerate(variables)}
