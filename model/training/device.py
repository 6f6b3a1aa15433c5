"""What Keras computes on, and what makes the most of it. Imports Keras and TensorFlow only when it is asked."""

import contextlib
import ctypes
import functools
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

# glibc's mallopt: the sizes from which it maps memory afresh, and hands freed memory back to the system; its heaps.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

# Prints what it reads, but for what TensorFlow logs on every start: information (I) and warnings (W), the line that
# says where they go, and two errors (E) of its own that name what is not there to a machine without a GPU, or there
# twice to one that has it. All else is printed, a fatal error too, for which the process doesn't outlive the line.
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
    # By itself it takes oneDNN's kernels on Intel's newest processors only; on AMD's too they halve the time of an LSTM
    # of 512 units.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors alone
    # A training step allocates and frees some hundred MB. Mapped afresh each time, every page zeroed by the system,
    # they take a fifth of the step.
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        # A thread's own heap is too small for such sizes.
        libc.mallopt(_M_ARENA_MAX, 1)


@contextlib.contextmanager
def without_noise() -> Iterator[None]:
    """Keep TensorFlow's chatter off standard error while it starts; its errors are printed.

    What its libraries log while they are loaded heeds no setting: it has to be taken out of the stream. Another process
    does that, not a thread of this one, so that what TensorFlow says before it aborts is printed all the same.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # closed, as of a service
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
    """Import Keras, and TensorFlow where that computes, without the noise of its start."""
    with without_noise():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices()  # the first look for GPUs is as loud
    return keras


def describe_device() -> str:
    """Say in plain words what Keras computes on."""
    keras = _keras()
    if not is_tensorflow():
        return f"{keras.backend.backend()}: {', '.join(map(str, keras.distribution.list_devices()))}"
    return f"GPU: {', '.join(gpus())}" if gpus() else "CPU: TensorFlow sees no GPU"


def share_batches(batch_size: int) -> None:
    """Let every device that Keras sees learn from its share of each batch; under JAX, the backend that can.

    Source: Keras' distribution API, data parallelism.
    """
    keras = _keras()
    devices = keras.distribution.list_devices()
    if not is_tensorflow() and len(devices) > 1 and batch_size % len(devices) == 0:
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))


def is_tensorflow() -> bool:
    """Say whether Keras computes with TensorFlow."""
    return bool(_keras().backend.backend() == "tensorflow")


def has_xla() -> bool:
    """Say whether what Keras computes with can be compiled by XLA; TensorFlow is not built with it everywhere."""
    if not is_tensorflow():
        return True
    import tensorflow as tf

    return bool(tf.test.is_built_with_xla())


@functools.cache
def gpus() -> list[str]:
    """Name the GPUs that Keras computes on; let TensorFlow's memory there grow with need instead of taking it whole."""
    keras = _keras()
    if not is_tensorflow():
        return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    for device in devices:
        tf.config.experimental.set_memory_growth(device, True)
    return [tf.config.experimental.get_device_details(device).get("device_name", device.name) for device in devices]
