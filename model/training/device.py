"""The device that Keras computes on, and its settings. Imports Keras and TensorFlow only when they are needed."""

import contextlib
import ctypes
import functools
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

# Parameters of glibc's mallopt: from which size on memory is mapped afresh, from which size on freed memory goes back
# to the system, and the number of heaps.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

# Copies its input to its output without the lines that TensorFlow logs on every start: information (I), warnings (W),
# the line about where they go, and two errors (E): one about missing drivers on a machine without a GPU, one about
# libraries registered twice on a machine that has it. Fatal errors, which end the process at once, are copied too.
_WITHOUT_NOISE = r"""
import re, sys
noise = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|[IW]\d{4} |\d{4}-\d\d-\d\d [\d:.]+: [IW] |"
    rb"E\d{4} .*(failed call to cuInit|Unable to register cu)|To enable the following instructions: "
)
for line in sys.stdin.buffer:
    if not noise.match(line):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
"""


def settle_tensorflow() -> None:
    """Choose TensorFlow's fast kernels and keep its memory; call before Keras is imported."""
    # By default it uses oneDNN's kernels on Intel's newest processors only. On AMD's too they halve the time of an LSTM
    # of 512 units.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only
    # A training step allocates and frees some hundred MB. If they are mapped afresh each time, the system zeroes every
    # page, which takes a fifth of the step.
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        # A thread's own heap is too small for such sizes.
        libc.mallopt(_M_ARENA_MAX, 1)


@contextlib.contextmanager
def without_noise() -> Iterator[None]:
    """Keep TensorFlow's start-up messages off standard error; its errors are printed.

    No setting silences what its libraries log while they are loaded, so the lines are filtered out of the stream. A
    process does that, not a thread of this one, so that TensorFlow's last words before it aborts are printed too.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # standard error is closed, as in a service
        yield
        return
    words = [sys.executable, "-I", "-S", "-c", _WITHOUT_NOISE]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=2) as reader:  # noqa: S603 - our own words
        assert reader.stdin
        os.dup2(reader.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            reader.stdin.close()


@functools.cache
def _keras() -> Any:
    """Import Keras, and set up TensorFlow if that is its backend, without start-up messages."""
    with without_noise():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            for device in tf.config.list_physical_devices("GPU"):
                # Else TensorFlow takes all memory of a GPU at once.
                tf.config.experimental.set_memory_growth(device, True)
    return keras


def describe_device() -> str:
    """Say in plain words what Keras computes on."""
    keras = _keras()
    if not is_tensorflow():
        devices = map(str, keras.distribution.list_devices())
        return f"{keras.backend.backend()}: {', '.join(devices)}"
    if gpus():
        return f"GPU: {', '.join(gpus())}"
    return "CPU: TensorFlow sees no GPU"


def share_batches(batch_size: int) -> None:
    """Split each batch over all devices that Keras sees, if they divide it evenly. Only the JAX backend can.

    Source: Keras' distribution API, data parallelism.
    """
    keras = _keras()
    if is_tensorflow():
        return
    devices = keras.distribution.list_devices()
    if len(devices) > 1 and batch_size % len(devices) == 0:
        parallel = keras.distribution.DataParallel(devices=devices)
        keras.distribution.set_distribution(parallel)


def is_tensorflow() -> bool:
    """Return whether TensorFlow is Keras' backend."""
    return bool(_keras().backend.backend() == "tensorflow")


def has_xla() -> bool:
    """Return whether XLA can compile networks; TensorFlow isn't built with it everywhere."""
    if not is_tensorflow():
        return True
    import tensorflow as tf

    return bool(tf.test.is_built_with_xla())


@functools.cache
def gpus() -> list[str]:
    """Return the names of the GPUs that Keras computes on."""
    keras = _keras()
    if not is_tensorflow():
        return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
    import tensorflow as tf

    names = []
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        names.append(details.get("device_name", device.name))
    return names
