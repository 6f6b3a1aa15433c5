"""Print the name of a kernel of OpenBLAS that this processor can run and NumPy doesn't use: `make test-numeric`.

Kernels are named after processors. They add up the same products in different orders, so they round differently, as
other machines do. Prints nothing if there is none, and the reason to stderr.
"""

import sys
from pathlib import Path

import numpy as np  # loads OpenBLAS
from threadpoolctl import threadpool_info

CPUINFO = Path("/proc/cpuinfo")
# Each kernel with the features that it needs; OpenBLAS has no others for the x86-64 processors of these years.
KERNELS = {"Haswell": {"avx2", "fma"}, "Sandybridge": {"avx"}, "Nehalem": {"sse4_2"}}
ALIKE = {"Zen": "Haswell", "Excavator": "Haswell"}  # other names of one kernel


def main() -> None:
    """Print the kernel."""
    used = [library["architecture"] for library in threadpool_info() if library["internal_api"] == "openblas"]
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.exists() else []
    features = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    if not used or not features:
        print(f"no other kernel is known for this processor and NumPy {np.__version__}: skipped", file=sys.stderr)
        return
    now = ALIKE.get(used[0], used[0])
    others = [kernel for kernel, needed in KERNELS.items() if kernel != now and needed <= features]
    if not others:
        print(f"this processor runs no other kernel than {now}: skipped", file=sys.stderr)
        return
    print(f"the numeric tests once more, with OpenBLAS's kernel {others[0]} instead of {used[0]}", file=sys.stderr)
    print(others[0])


if __name__ == "__main__":
    main()
