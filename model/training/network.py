"""The Keras graph: character ids in, logits of the next character out.

Keras lives here and in loop.py; device.py imports it on demand.

Dimensions: B sequences of a batch, T time steps, V known characters, E numbers of an embedding, H units, N characters
of the longest n-gram.
"""

import functools
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from model.persona.recipe import Recipe
from model.persona.storage import Arrays
from model.persona.vocabulary import NGRAM
from model.training.device import gpus, has_xla, is_tensorflow

OPTIMIZERS = {
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    # Muon updates the LSTM's matrices, AdamW the embedding, the logits and the biases, as Muon's authors advise.
    # With three of its steps towards an orthogonal matrix, instead of five, a batch teaches as much in less time.
    "muon": functools.partial(
        keras.optimizers.Muon,
        exclude_layers=["logits"],
        ns_steps=3,
    ),
    "sgd": keras.optimizers.SGD,
}

LONGEST_UNROLLED = 64  # steps; the graph, and the seconds before the first batch, grow with each

Tensor = Any  # Keras' classes carry no types


def build_network(vocabulary_size: int, recipe: Recipe) -> keras.Model:
    """Build and compile the network: from ids of 0 to V, where V is the unknown character, to logits.

    Windows (B, T) give the logits (B, V) of the character after them. A stream (B, T) gives the logits (B, T, V + 1)
    after each of its characters, and its state continues from batch to batch until it is reset.

    With n-grams each id comes with the table rows of the n-grams that it ends, (B, T, N). Their embeddings are added to
    the id's.
    """
    stream = recipe.reading == "stream"
    unrolled = _is_unrolled(recipe)
    inputs = keras.Input(batch_shape=_input_shape(recipe), dtype="int32")
    activations = _embed(inputs, vocabulary_size, recipe)  # (B, T, E); one-hot: (B, T, V)
    for layer in range(recipe.layers):
        is_last = layer == recipe.layers - 1
        lstm = LSTMLayer(
            recipe.units,
            return_sequences=stream or not is_last,
            stateful=stream,
            unroll=unrolled,
        )
        activations = lstm(activations)  # (B, T, H); the last layer's of windows: (B, H)
        activations = _drop_out(activations, recipe)
    # A stream has rare characters, so it predicts the unknown one too.
    outputs = vocabulary_size + 1 if stream else vocabulary_size
    logits = keras.layers.Dense(outputs, name="logits")(activations)
    network = keras.Model(inputs, logits)
    optimizer = OPTIMIZERS[recipe.optimizer]
    network.compile(
        optimizer=optimizer(recipe.learning_rate, clipnorm=recipe.clip_norm or None),
        # The tutorial's softmax and categorical cross-entropy in one: safe from log(0), and targets stay ids.
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=_jit_compile(unrolled),
    )
    return network


def _input_shape(recipe: Recipe) -> tuple[int | None, ...]:
    """Return the shape of a batch of inputs; the number of windows in a batch is left open."""
    sequences = None
    if recipe.reading == "stream":
        sequences = recipe.batch_size  # a state is kept for each row
    if recipe.ngrams:
        return sequences, recipe.sequence_length, NGRAM
    return sequences, recipe.sequence_length


def _is_unrolled(recipe: Recipe) -> bool:
    """Return whether to write all steps out in the graph: on a CPU small windows take a tenth less time."""
    if recipe.reading == "stream" or recipe.sequence_length > LONGEST_UNROLLED:
        return False
    return is_tensorflow() and not gpus()


def _jit_compile(unrolled: bool) -> bool | str:
    """Return whether XLA compiles the network. Keras' own choice, "auto", is to do so on a GPU alone."""
    if unrolled or gpus():
        return "auto"
    return has_xla()  # a loop of steps is faster compiled on a CPU too


def _embed(inputs: Tensor, vocabulary_size: int, recipe: Recipe) -> Tensor:
    """Return the numbers that stand for the inputs, (B, T, E); without an embedding one-hot, (B, T, V)."""
    # Keras passes batches without their sizes; a loop compiled for known sizes takes half the time.
    sizes = [-1 if size is None else size for size in inputs.shape]
    known = ops.reshape(inputs, sizes)
    ids = known[..., 0] if recipe.ngrams else known  # (B, T)
    if not recipe.embedding:
        # One-hot here, batch by batch: for the whole corpus at once it is 1 GB for 0.7 MB of text. Unknown: all zeros.
        return ops.one_hot(ids, vocabulary_size)
    embedding = keras.layers.Embedding(vocabulary_size + 1, recipe.embedding, name="embedding")
    activations = embedding(ids)
    if recipe.ngrams:
        activations += _embed_ngrams(known[..., 1:], recipe)
    return _drop_out(activations, recipe)


def _embed_ngrams(rows: Tensor, recipe: Recipe) -> Tensor:
    """Return the sum of the n-grams' embeddings, (B, T, E), from their rows in the table, (B, T, N - 1)."""
    table = keras.layers.Embedding(recipe.ngrams, recipe.embedding, name="ngrams")
    embeddings = table(rows)  # (B, T, N - 1, E)
    # Drop whole n-grams: one that is never missing is learnt by heart with the text after it.
    one_per_ngram = (recipe.batch_size, recipe.sequence_length, NGRAM - 1, 1)
    embeddings = _drop_out(embeddings, recipe, noise_shape=one_per_ngram)
    return ops.sum(embeddings, axis=2)


def _drop_out(activations: Tensor, recipe: Recipe, **options: Any) -> Tensor:
    """Drop the recipe's share of the activations in training."""
    if not recipe.dropout:
        return activations
    return keras.layers.Dropout(recipe.dropout, **options)(activations)


class LSTMLayer(keras.layers.LSTM):
    """Keras' LSTM layer, without masks. If no GPU's fused kernel computes it, its gradient is that of `_recurrence`."""

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        """Create the variables, with a stream's state among them.

        Keras leaves the state out. Under JAX, where a step returns the variables that it changed, it stayed at zero.
        """
        super().build(sequences_shape, initial_state_shape)
        self.carried = list(self.states or [])

    def inner_loop(
        self,
        sequences: Tensor,  # (B, T, E)
        initial_state: Tensor,  # two of (B, H)
        mask: Tensor,
        training: bool = False,
    ) -> Tensor:
        """Return the last output (B, H), all outputs (B, T, H), and the final state, two of (B, H)."""
        if gpus() or self.unroll:
            return super().inner_loop(sequences, initial_state, mask, training)
        cell = self.cell
        steps = ops.moveaxis(sequences, 1, 0)  # (T, B, E)
        projections = ops.matmul(steps, cell.kernel) + cell.bias  # (T, B, 4H)
        kernel = cell.recurrent_kernel.value
        outputs, state = _recurrence(projections, kernel, *initial_state)
        last = outputs[-1]
        sequence = ops.moveaxis(outputs, 0, 1)
        return last, sequence, [last, state]


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _recurrence(
    projections: Tensor,  # (T, B, 4H)
    kernel: Tensor,  # (H, 4H)
    hidden: Tensor,  # (B, H)
    cell: Tensor,  # (B, H)
) -> Tensor:
    """Return the LSTM's outputs (T, B, H) and its last cell state (B, H), with their gradient.

    Derived automatically, the gradient adds each step's share of the kernel's, (H, 4H), to a sum in memory. Here it is
    one product over all steps, and all that doesn't depend on the next step is computed for all steps before the loop.

    Args:
        projections: the inputs' part of the gates before their non-linearities, in Keras' order: input, forget,
            candidate, output.
        kernel: multiplies the output before to give the other part.
        hidden: the output before the first step.
        cell: the cell state before the first step.
    """
    outputs, cells, gates, last = _scan_forward(projections, kernel, hidden, cell)

    def gradient(*upstream: Tensor) -> Tensor:
        d_outputs, d_last = keras.tree.flatten(upstream)
        transposed = ops.transpose(kernel)  # (4H, H)
        cells_before = _shift(cells, cell)
        d_gates, d_first_gates, d_cell = _scan_backward(
            transposed,
            gates,
            cells,
            cells_before,
            d_outputs=d_outputs,
            d_last=d_last,
        )
        d_hidden = ops.matmul(d_first_gates, transposed)
        d_kernel = _sum_of_products(_shift(outputs, hidden), d_gates)
        return d_gates, d_kernel, d_hidden, d_cell

    return (outputs, last), gradient


def _scan_forward(
    projections: Tensor,  # (T, B, 4H)
    kernel: Tensor,  # (H, 4H)
    hidden: Tensor,  # (B, H)
    cell: Tensor,  # (B, H)
) -> tuple[Tensor, ...]:
    """Return outputs and cell states (T, B, H), gates (T, B, 4H), and the last cell state (B, H)."""
    # sigmoid(x) = (1 + tanh(x / 2)) / 2: all gates with one function.
    factors = np.array([0.5, 0.5, 1, 0.5], np.float32)
    half = np.repeat(factors, kernel.shape[0])  # (4H,)

    def step(state: Tensor, projection: Tensor) -> Tensor:
        output, cell, _ = state
        sums = projection + ops.matmul(output, kernel)
        gates = half * ops.tanh(half * sums) + (1 - half)
        i, f, g, o = ops.split(gates, 4, axis=-1)
        cell = f * cell + i * g
        output = o * ops.tanh(cell)
        state = output, cell, gates
        return state, state

    start = hidden, cell, ops.zeros_like(projections[0])
    end, states = ops.scan(
        step,
        start,
        projections,
        length=projections.shape[0],
    )
    _, last, _ = end
    outputs, cells, gates = states
    return outputs, cells, gates, last


def _scan_backward(
    transposed: Tensor,  # (4H, H), the kernel
    gates: Tensor,  # (T, B, 4H)
    cells: Tensor,  # (T, B, H)
    cells_before: Tensor,  # (T, B, H)
    *,
    d_outputs: Tensor,  # (T, B, H)
    d_last: Tensor,  # (B, H), of the last cell state
) -> tuple[Tensor, ...]:
    """Return the gradients of the projections (T, B, 4H), of the first step's (B, 4H), and of the first cell (B, H)."""
    i, f, g, o = ops.split(gates, 4, axis=-1)
    squashed = ops.tanh(cells)
    output_to_cell = o * (1 - squashed * squashed)
    output_to_output_gate = squashed * o * (1 - o)
    cell_to_input_gate = g * i * (1 - i)
    cell_to_forget_gate = cells_before * f * (1 - f)
    cell_to_candidate = i * (1 - g * g)
    cell_to_gates = ops.concatenate([cell_to_input_gate, cell_to_forget_gate, cell_to_candidate], axis=-1)

    def step(next_step: Tensor, factors: Tensor) -> Tensor:
        d_cell, d_gates = next_step
        d_output, f, output_to_cell, cell_to_gates, output_to_output_gate = factors
        d_output += ops.matmul(d_gates, transposed)
        d_cell += d_output * output_to_cell
        d_first_three = ops.tile(d_cell, (1, 3)) * cell_to_gates
        d_output_gate = d_output * output_to_output_gate
        d_gates = ops.concatenate([d_first_three, d_output_gate], axis=-1)
        state = d_cell * f, d_gates
        return state, state

    end = d_last, ops.zeros_like(gates[0])
    (d_cell, d_first_gates), (_, d_gates) = ops.scan(
        step,
        end,
        (d_outputs, f, output_to_cell, cell_to_gates, output_to_output_gate),
        length=gates.shape[0],
        reverse=True,
    )
    return d_gates, d_first_gates, d_cell


def _shift(states: Tensor, first: Tensor) -> Tensor:
    """Return the state before each step, (T, B, H), from those after it and the first one, (B, H)."""
    return ops.concatenate([first[None], states[:-1]], axis=0)


def _sum_of_products(inputs: Tensor, gradients: Tensor) -> Tensor:
    """Return the sum over steps and rows of input (T, B, H) times gradient (T, B, 4H): (H, 4H)."""
    units = inputs.shape[-1]
    flat_inputs = ops.reshape(inputs, (-1, units))
    flat_gradients = ops.reshape(gradients, (-1, 4 * units))
    return ops.matmul(ops.transpose(flat_inputs), flat_gradients)


def recurrent_layers(network: keras.Model) -> list[keras.layers.LSTM]:
    """Return the LSTM layers, the first one first."""
    return [layer for layer in network.layers if isinstance(layer, keras.layers.LSTM)]


def export_arrays(network: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return the weights under the names of `model.persona.file.array_shapes`, in Keras' own layout."""
    variables = _variables_by_name(network)
    return {name: np.asarray(variable) for name, variable in variables.items()}


def import_arrays(network: keras.Model, arrays: Arrays) -> None:
    """Set the weights to arrays that `export_arrays` returned."""
    for name, variable in _variables_by_name(network).items():
        variable.assign(arrays[name])


def _variables_by_name(network: keras.Model) -> dict[str, keras.Variable]:
    """Return the weights under the names that a persona file gives them."""
    names = {}
    for layer in network.layers:
        if isinstance(layer, keras.layers.Embedding):
            names[layer.name] = layer.embeddings
    for number, layer in enumerate(recurrent_layers(network)):
        kernel, recurrent_kernel, bias = layer.trainable_variables
        names[f"lstm_{number}.kernel"] = kernel
        names[f"lstm_{number}.recurrent_kernel"] = recurrent_kernel
        names[f"lstm_{number}.bias"] = bias
    dense = network.layers[-1]
    names["dense.kernel"] = dense.kernel
    names["dense.bias"] = dense.bias
    return names


def recurrent_state(network: keras.Model) -> list[keras.Variable]:
    """Return the state of a stream: hidden and cell state of each LSTM layer."""
    return [state for layer in recurrent_layers(network) for state in layer.carried]


def reset_state(network: keras.Model) -> None:
    """Set the state of a stream to zeros."""
    for state in recurrent_state(network):
        state.assign(np.zeros(state.shape, np.float32))


def all_variables(network: keras.Model) -> dict[str, keras.Variable]:
    """Return all that a run resumes from: the variables of network, optimizer and state, in a fixed order."""
    optimizer = network.optimizer
    optimizer.build(network.trainable_variables)
    variables = [*network.variables, *optimizer.variables]
    return {str(number): variable for number, variable in enumerate(variables)}
