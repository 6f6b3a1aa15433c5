"""Trainings spread over a Ray cluster, one persona a task; Ray decides which machine trains it.

Knows no Keras. Ray is optional.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import model
from model import UserError
from model.commands import pip_install
from model.training.device import settle_tensorflow
from model.training.run import Run

Fit = Callable[[Run, bool, bool], int]


class ClusterError(UserError):
    """The cluster can't be used; the text says why and what to do."""


def train_on_ray(runs: Sequence[Run], fit: Fit, address: str, gpus: int) -> Iterator[tuple[Run, bytes]]:
    """Fit each run on a machine of the cluster; yield it with its persona file, in the order in which they finish.

    Args:
        address: the cluster's head, or "local" for a cluster of this machine's processors.
        gpus: the number that each task asks for.

    Raises:
        ClusterError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise ClusterError(f"--ray needs Ray; to install it: {pip_install('ray')}") from error
    try:
        # The machines run this code, not another version that they may have.
        package = {"py_modules": [str(Path(model.__path__[0]))]}
        head = None if address == "local" else address
        ray.init(address=head, runtime_env=package)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterError(f"no Ray cluster at {address}: {error}") from error
    try:
        as_task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=2)
        task = as_task(_train)
        waiting: dict[Any, Run] = {}
        for run in runs:
            base = run.base_file.read_bytes() if run.corpus.community else b""
            waiting[task.remote(run, fit, base)] = run
        while waiting:
            finished, _ = ray.wait(list(waiting))
            done = finished[0]
            yield waiting.pop(done), ray.get(done)
    finally:
        ray.shutdown()


def _train(run: Run, fit: Fit, base: bytes) -> bytes:
    """Train in a temporary folder that holds the base network; return the persona file."""
    settle_tensorflow()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if base:
            run.base_file.parent.mkdir(parents=True)
            run.base_file.write_bytes(base)
        fit(run, False, False)
        return run.persona_file.read_bytes()
