"""The LSTM's steps compiled: lays the weights out for kernel.c and calls it. Its results equal those of lstm.py.

`python -m model.persona.kernel` compiles it, as `make` does. Without a C compiler the bot samples with NumPy: the same
replies, more slowly.
"""

import ctypes
import functools
import hashlib
import itertools
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.persona.lstm import LSTM, Draws, Floats, Int32s, State
from model.persona.storage import FileError, written_aside
from model.persona.vocabulary import NGRAM, POWERS, SPREAD

SOURCE = Path(__file__).with_name("kernel.c")
FOLDER = Path(__file__).parents[2] / "build"
CPUINFO = Path("/proc/cpuinfo")
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-shared", "-fPIC")
MOST_LAYERS = 8  # the same in kernel.c; the most that a recipe allows
WORTH_SHARING = 8_000_000  # multiplications; with fewer, starting a thread costs more than a second core saves
GATE_FACTORS = np.array([2, 2, 2, 1], np.float32)  # undo the halves of LSTM's first three gates
Pointer = ctypes.c_void_p


class _Network(ctypes.Structure):
    """`struct network` of kernel.c."""

    _fields_ = [
        ("layers", ctypes.c_int32),
        ("units", ctypes.c_int32),
        ("known", ctypes.c_int32),
        ("logits", ctypes.c_int32),
        ("embedding", ctypes.c_int32),
        ("ngram", ctypes.c_int32),
        ("ngram_rows", ctypes.c_uint64),
        ("spread", ctypes.c_uint64),
        ("powers", Pointer),
        ("ngrams", Pointer),
        ("rows", Pointer),
        ("biases", Pointer * MOST_LAYERS),
        ("kernels", Pointer * MOST_LAYERS),
        ("dense", Pointer),
        ("dense_bias", Pointer),
        ("min_p", ctypes.c_float),
    ]


def library_file() -> Path:
    """Return the path of the compiled kernel, one for each source and kind of processor, whether it exists or not."""
    machine = FLAGS, platform.machine(), _processor_features()
    source = SOURCE.read_bytes()
    key = hashlib.sha256(source + repr(machine).encode())
    return FOLDER / f"kernel-{key.hexdigest()[:16]}.so"


def _processor_features() -> str:
    if CPUINFO.exists():
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                return line
    return platform.processor()


def compile_kernel() -> str:
    """Compile the kernel for this machine unless that is done; return the problem, "" if there is none."""
    file = library_file()
    compiler = shutil.which("cc")
    if file.exists():
        return ""
    if not compiler:
        return "no C compiler (cc) is here"
    try:
        with written_aside(file) as aside:
            command = [compiler, *FLAGS, "-o", str(aside), str(SOURCE)]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words
            aside.chmod(0o755)  # the bot may run under another account than the one that installs it
    except FileError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        complaint = error.stderr.decode(errors="replace").splitlines()
        first = complaint[0] if complaint else "it says nothing"
        return f"the C compiler can't compile {SOURCE.name}: {first}"
    return ""


@functools.cache
def load_kernel() -> ctypes.CDLL | None:
    """Return the compiled kernel; None if it is missing or can't be loaded."""
    try:
        library = ctypes.CDLL(str(library_file()))
    except OSError:
        return None
    arrays = [Pointer] * 10
    library.advance.argtypes = [Pointer, ctypes.c_int, ctypes.c_int, *arrays]
    library.advance.restype = None
    library.lanes.restype = ctypes.c_int32
    return library


@dataclass(frozen=True)
class _Layout:
    """The widths that kernel.c reads in: vectors of `lanes` numbers, panels of four vectors."""

    lanes: int
    units: int  # a multiple of lanes; the units added have weights of 0, so their states stay 0

    @classmethod
    def of(cls, units: int, lanes: int) -> "_Layout":
        """Round the units up to whole vectors."""
        return cls(lanes, _round_up(units, lanes))

    @property
    def panel(self) -> int:
        """Numbers in a row of a panel."""
        return 4 * self.lanes

    def gates(self, array: Floats) -> Floats:
        """Set the four gates of `lanes` units side by side: (..., 4H)."""
        leading = array.shape[:-1]
        gates = array.reshape(*leading, 4, -1)
        gates = gates * GATE_FACTORS[:, np.newaxis]
        gates = _pad(gates, columns=self.units)
        vectors = gates.reshape(*leading, 4, -1, self.lanes)
        side_by_side = np.ascontiguousarray(vectors.swapaxes(-3, -2))
        return side_by_side.reshape(*leading, -1)

    def panels(self, matrix: Floats) -> Floats:
        """Cut a matrix (K, columns) into panels, one after the other: (columns / panel, K, panel)."""
        rows = len(matrix)
        panels = matrix.reshape(rows, -1, self.panel)
        return np.ascontiguousarray(panels.swapaxes(0, 1))

    def kernel(self, kernel: Floats, units: int, rows_below: int) -> Floats:
        """Lay out a layer's kernel in panels: the rows for its input, padded to `rows_below`, then for its state."""
        below = _pad(kernel[:-units], rows=rows_below)
        own = _pad(kernel[-units:], rows=self.units)
        both = np.concatenate([below, own])
        return self.panels(self.gates(both))


@dataclass(frozen=True)
class _Weights:
    """A network's arrays as kernel.c reads them. `struct network` holds only their addresses: this keeps them alive."""

    ngrams: NDArray[np.float16]  # (rows, E); (1, 0) without n-grams
    inputs: Floats  # (V + 1, 4H)
    biases: list[Floats]  # (4H,) each
    kernels: list[Floats]  # panels (E + H or H + H, panel)
    dense: Floats  # panels (H, panel)
    dense_bias: Floats  # (logits,)

    @classmethod
    def of(cls, lstm: LSTM, layout: _Layout) -> "_Weights":
        """Lay a network's weights out."""
        ngrams = lstm.ngrams
        if ngrams is None:
            ngrams = np.empty((1, 0), np.float16)
        logits = _round_up(lstm.dense_kernel.shape[1], layout.panel)
        dense_bias = np.full(logits, -np.inf, np.float32)  # never drawn: the unknown character and the padding
        dense_bias[: lstm.known] = lstm.dense_bias[: lstm.known]
        dense = _pad(lstm.dense_kernel, rows=layout.units, columns=logits)
        kernels = []
        rows_below = 0  # the first layer reads n-grams' embeddings, or nothing: no padding
        for kernel in lstm.kernels:
            kernels.append(layout.kernel(kernel, lstm.units, rows_below))
            rows_below = layout.units
        return cls(
            ngrams=ngrams,
            inputs=layout.gates(lstm.inputs),
            biases=list(map(layout.gates, lstm.biases)),
            kernels=kernels,
            dense=layout.panels(dense),
            dense_bias=dense_bias,
        )

    @property
    def arrays(self) -> list[NDArray[Any]]:
        """All arrays."""
        return [
            *self.kernels,
            *self.biases,
            POWERS,
            self.ngrams,
            self.inputs,
            self.dense,
            self.dense_bias,
        ]

    @property
    def multiplications(self) -> int:
        """Multiplications for one character of one row."""
        return self.dense.size + sum(kernel.size for kernel in self.kernels)


class CompiledLSTM:
    """A persona's network for the compiled kernel. Holds no state between calls, so threads may share it."""

    def __init__(self, lstm: LSTM, library: ctypes.CDLL) -> None:
        """Lay the weights out in panels. This copies all of the network's arrays except the n-grams."""
        layout = _Layout.of(lstm.units, library.lanes())
        weights = _Weights.of(lstm, layout)
        embedding = weights.ngrams.shape[1]
        self._library = library
        self._weights = weights
        self._layers = lstm.layers
        self._units = layout.units
        self._logits = len(weights.dense_bias)
        self._widest = layout.units + max(layout.units, embedding)  # numbers that a layer reads at most
        self._network = _Network(
            layers=lstm.layers,
            units=layout.units,
            known=lstm.known,
            logits=self._logits,
            embedding=embedding,
            ngram=NGRAM,
            ngram_rows=len(weights.ngrams),
            spread=int(SPREAD),
            powers=POWERS.ctypes.data,
            ngrams=weights.ngrams.ctypes.data,
            rows=weights.inputs.ctypes.data,
            biases=_pointers(weights.biases),
            kernels=_pointers(weights.kernels),
            dense=weights.dense.ctypes.data,
            dense_bias=weights.dense_bias.ctypes.data,
            min_p=lstm.min_p,
        )

    @property
    def nbytes(self) -> int:
        """The memory that the weights take."""
        return sum(array.nbytes for array in self._weights.arrays)

    def start(self, batch: int) -> State:
        """Return the state before the first character."""
        return State.zeros(batch, self._layers, self._units)

    def advance(
        self,
        state: State,
        given: Int32s,  # (B, S)
        uniforms: Floats,  # (B, S)
        draws: Draws,
    ) -> Int32s:
        """Read or draw S characters in each row, as `LSTM.advance` does; other Python threads run meanwhile."""
        batch, steps = given.shape
        ids = np.empty((batch, steps), np.int32)
        arrays: list[NDArray[Any]] = [
            state.h,
            state.c,
            state.latest,
            given,
            uniforms,
            draws.sharpness,
            draws.top_p,
            ids,
            np.empty((batch, self._widest), np.float32),  # room for a layer's input
            np.empty((batch, self._logits), np.float32),  # room for the logits
        ]
        assert all(array.flags.c_contiguous for array in arrays)
        bounds = self._bounds(batch, steps)
        others = []
        for first, last in itertools.pairwise(bounds[1:]):
            other = _threads().submit(self._advance_rows, arrays, steps, first, last)
            others.append(other)
        self._advance_rows(arrays, steps, 0, bounds[1])
        for other in others:
            other.result()
        return ids

    def _bounds(self, batch: int, steps: int) -> list[int]:
        """Return where the rows of each thread begin, and the number of rows."""
        shares = 1
        if batch * steps * self._weights.multiplications >= WORTH_SHARING:
            shares = min(_cores(), batch)
        return [batch * share // shares for share in range(shares + 1)]

    def _advance_rows(
        self,
        arrays: Sequence[NDArray[Any]],
        steps: int,
        first: int,
        last: int,
    ) -> None:
        """Call the kernel for the rows from `first` to before `last`."""
        addresses = [array[first:last].ctypes.data for array in arrays]
        network = ctypes.byref(self._network)
        self._library.advance(network, last - first, steps, *addresses)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), thread_name_prefix="kernel")


@functools.cache
def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pointers(arrays: Sequence[Floats]) -> Any:
    """Return the addresses of a layer's arrays, as `struct network` holds them."""
    addresses = [array.ctypes.data for array in arrays]
    return (Pointer * MOST_LAYERS)(*addresses)


def _pad(array: Floats, rows: int = 0, columns: int = 0) -> Floats:
    """Add zeros until the last two axes have at least these lengths."""
    *leading, height, width = array.shape
    padding = [(0, 0)] * len(leading)
    padding.append((0, max(0, rows - height)))
    padding.append((0, max(0, columns - width)))
    return np.pad(array, padding)


def _round_up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def main() -> None:
    """Compile the kernel, or print that replies will take longer."""
    if problem := compile_kernel():
        print(f"{problem}: replies are sampled with NumPy, the same ones but more slowly", file=sys.stderr)


if __name__ == "__main__":
    main()
