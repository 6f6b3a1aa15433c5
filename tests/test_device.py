"""What TensorFlow says on standard error while it starts."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Lines in the two forms in which TensorFlow logs, shortened.
NOISE = """WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795986928.473670    6543 port.cc:153] oneDNN custom operations are on. You may see slightly different
I0000 00:00:1795986928.474098    6543 cudart_stub.cc:31] Could not find cuda drivers on your machine
2026-11-29 21:12:08.760296: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized to
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate flags.
W0000 00:00:1795986928.760296    6543 gpu_device.cc:2341] Cannot dlopen some GPU libraries.
E0000 00:00:1795986928.760296    6543 cuda_dnn.cc:8310] Unable to register cuDNN factory
E0000 00:00:1795986933.080360    6543 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error
"""
ERRORS = """E0000 00:00:1795986933.080360    6543 cuda_dnn.cc:522] Loaded runtime CuDNN library: 8.9 but wanted 9.3
F0000 00:00:1795986933.080360    6543 cpu_feature_guard.cc:161] TensorFlow was compiled to use AVX instructions
"""


def run_python(code: str, **streams) -> subprocess.CompletedProcess:
    code = f"import os\nfrom model.training.device import without_noise\n{code}"
    streams = streams or {"capture_output": True}
    return subprocess.run([sys.executable, "-c", code], text=True, cwd=ROOT, **streams)


def test_the_noise_of_the_start_is_taken_out_and_errors_stay():
    lines = (NOISE + ERRORS).encode()
    done = run_python(f"with without_noise(): os.write(2, {lines!r})\nos.write(2, b'I0000 later')")
    assert (done.returncode, done.stderr) == (0, f"{ERRORS}I0000 later")


def test_an_error_is_printed_although_the_process_aborts_after_it():
    done = run_python(f"with without_noise(): os.write(2, {(NOISE + ERRORS).encode()!r}); os.abort()")
    assert done.returncode != 0 and done.stderr == ERRORS


def test_an_exception_in_between_is_not_held_back():
    done = run_python("with without_noise(): raise ValueError('no such thing')")
    assert done.returncode == 1 and done.stderr.endswith("ValueError: no such thing\n")


def test_without_a_standard_error_nothing_is_taken_out():
    done = run_python("os.close(2)\nwith without_noise(): print('started')", stdout=subprocess.PIPE)
    assert done.stdout == "started\n"
