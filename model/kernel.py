"""The LSTM's steps compiled: the weights laid out for kernel.c, and the way there and back. Equal to model/lstm.py.

`python -m model.kernel` compiles it, as `make` does, where there is a C compiler; where there is none the bot samples
with NumPy, which says the same and takes longer.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.files import FileError, written_aside
from model.lstm import LSTM, Floats, State, sharpness
from model.vocabulary import NGRAM, POWERS, SPREAD

SOURCE = Path(__file__).with_name("kernel.c")
FOLDER = Path(__file__).parent.parent / "build"
CPUINFO = Path("/proc/cpuinfo")
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-shared", "-fPIC")
MOST_LAYERS = 8  # as in kernel.c, and as a recipe may have
WORTH_SHARING = 8_000_000  # multiplications, from which a second core saves more than a thread costs
Pointer = ctypes.c_void_p


class _Network(ctypes.Structure):
    """`struct network` of kernel.c."""

    _fields_ = [
        *[(name, ctypes.c_int32) for name in ("layers", "units", "known", "logits", "embedding", "ngram")],
        *[(name, ctypes.c_uint64) for name in ("ngram_rows", "spread")],
        *[(name, Pointer) for name in ("powers", "ngrams", "rows")],
        ("biases", Pointer * MOST_LAYERS),
        ("kernels", Pointer * MOST_LAYERS),
        ("dense", Pointer),
        ("dense_bias", Pointer),
        ("min_p", ctypes.c_float),
    ]


def library_file() -> Path:
    """Return where the compiled kernel is, or would be: one for each source and kind of processor."""
    features = platform.processor()
    if CPUINFO.exists():
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
        features = next((line for line in lines if line.startswith(("flags", "Features"))), features)
    key = hashlib.sha256(SOURCE.read_bytes() + repr((FLAGS, platform.machine(), features)).encode())
    return FOLDER / f"kernel-{key.hexdigest()[:16]}.so"


def compile_kernel() -> str:
    """Compile the kernel for this machine, unless it is; return what stands in the way, "" if nothing does."""
    file, compiler = library_file(), shutil.which("cc")
    if file.exists():
        return ""
    if not compiler:
        return "no C compiler (cc) is here"
    try:
        with written_aside(file) as aside:
            subprocess.run([compiler, *FLAGS, "-o", str(aside), str(SOURCE)], check=True, capture_output=True)  # noqa: S603 - our own words
            aside.chmod(0o755)  # whoever installs the bot need not be who runs it
    except FileError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").splitlines() or ["it says nothing"]
        return f"the C compiler can't compile {SOURCE.name}: {lines[0]}"
    return ""


@functools.cache
def load_kernel() -> ctypes.CDLL | None:
    """Return the compiled kernel; None where there is none that can be loaded."""
    try:
        library = ctypes.CDLL(str(library_file()))
    except OSError:
        return None
    library.advance.argtypes = [Pointer, ctypes.c_int, ctypes.c_int, *[Pointer] * 9]
    library.advance.restype = None
    library.lanes.restype = ctypes.c_int32
    return library


class CompiledLSTM:
    """A persona's network for the compiled kernel. Holds no state between calls, so threads may share it."""

    def __init__(self, lstm: LSTM, library: ctypes.CDLL) -> None:
        """Lay the weights out in panels: about as many bytes again as the network's, but for the n-grams'."""
        self._library = library
        self._lanes: int = library.lanes()
        self._units = _up_to(lstm.units, self._lanes)  # those that fill up a vector have weights, and stay, 0
        self._layers = lstm.layers
        runs = np.empty((1, 0), np.float16) if lstm.runs is None else lstm.runs
        embedding = runs.shape[1]
        self._widest = self._units + max(self._units, embedding)
        dense = _padded(lstm.dense_kernel, self._units, _up_to(lstm.dense_kernel.shape[1], 4 * self._lanes))
        self._logits = dense.shape[1]
        dense_bias = np.full(self._logits, -np.inf, np.float32)  # what is never drawn: the unknown and the padding
        dense_bias[: lstm.known] = lstm.dense_bias[: lstm.known]
        kernels = [
            np.concatenate(
                [
                    part[:embedding] if layer == 0 else _padded(part[: -lstm.units], self._units),
                    _padded(part[-lstm.units :], self._units),
                ]
            )
            for layer, part in enumerate(lstm.kernels)
        ]
        # Kept, since the structure below holds their addresses alone.
        self._kernels = [self._panels(self._gates(kernel)) for kernel in kernels]
        self._biases = [self._gates(bias) for bias in lstm.biases]
        self._others: list[NDArray[Any]] = [POWERS, runs, self._gates(lstm.inputs), self._panels(dense), dense_bias]
        powers, ngrams, rows, dense_kernel, dense_bias_ = (array.ctypes.data for array in self._others)
        self._network = _Network(
            layers=self._layers,
            units=self._units,
            known=lstm.known,
            logits=self._logits,
            embedding=embedding,
            ngram=NGRAM,
            ngram_rows=len(runs),
            spread=int(SPREAD),
            powers=powers,
            ngrams=ngrams,
            rows=rows,
            biases=(Pointer * MOST_LAYERS)(*[bias.ctypes.data for bias in self._biases]),
            kernels=(Pointer * MOST_LAYERS)(*[kernel.ctypes.data for kernel in self._kernels]),
            dense=dense_kernel,
            dense_bias=dense_bias_,
            min_p=lstm.min_p,
        )
        self._weights = sum(array.size for array in (*self._kernels, dense))

    @property
    def nbytes(self) -> int:
        """What the weights take of the memory."""
        return sum(array.nbytes for array in (*self._kernels, *self._biases, *self._others))

    def _gates(self, array: Floats) -> Floats:
        """Set the gates of LANES units side by side, and take back the halves of the first three: (..., 4H)."""
        gates = array.reshape(*array.shape[:-1], 4, -1) * np.array([2, 2, 2, 1], np.float32)[:, np.newaxis]
        gates = _padded(gates, None, self._units).reshape(*array.shape[:-1], 4, -1, self._lanes)
        return np.ascontiguousarray(gates.swapaxes(-3, -2)).reshape(*array.shape[:-1], -1)

    def _panels(self, matrix: Floats) -> Floats:
        """Cut a matrix (K, columns) into panels, one after the other: (columns / PANEL, K, PANEL)."""
        return np.ascontiguousarray(matrix.reshape(len(matrix), -1, 4 * self._lanes).swapaxes(0, 1))

    def start(self, batch: int) -> State:
        """Return the state before any character: zeros."""
        return State.zeros(batch, self._layers, self._units)

    def advance(
        self, state: State, given: NDArray[np.int32], uniforms: Floats, temperatures: Floats
    ) -> NDArray[np.int32]:
        """Let each row go on by so many characters, as `LSTM.advance` does; other Python threads run meanwhile."""
        batch, steps = given.shape
        ids = np.empty((batch, steps), np.int32)
        scratch = np.empty((batch, self._widest), np.float32), np.empty((batch, self._logits), np.float32)
        arrays: tuple[NDArray[Any], ...] = (
            *(state.h, state.c, state.latest, given, uniforms, sharpness(temperatures), ids),
            *scratch,
        )
        assert all(array.flags.c_contiguous for array in arrays)

        def advance(first: int, last: int) -> None:
            parts = [array[first:last].ctypes.data for array in arrays]
            self._library.advance(ctypes.byref(self._network), last - first, steps, *parts)

        shares = min(_cores(), batch) if batch * steps * self._weights >= WORTH_SHARING else 1
        bounds = [batch * share // shares for share in range(shares + 1)]
        others = [_threads().submit(advance, *bound) for bound in itertools.pairwise(bounds[1:])]
        advance(0, bounds[1])
        for other in others:
            other.result()
        return ids


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), thread_name_prefix="kernel")


@functools.cache
def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _padded(array: Floats, rows: int | None, columns: int | None = None) -> Floats:
    """Add zeros until the second to last axis is so long, and the last one."""
    lengths = [*array.shape[:-2], rows or array.shape[-2], columns or array.shape[-1]]
    return np.pad(array, [(0, length - before) for length, before in zip(lengths, array.shape, strict=True)])


def _up_to(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def main() -> None:
    """Compile the kernel, or say that replies will take longer."""
    if problem := compile_kernel():
        print(f"{problem}: replies are sampled with NumPy, the same ones but more slowly", file=sys.stderr)


if __name__ == "__main__":
    main()
