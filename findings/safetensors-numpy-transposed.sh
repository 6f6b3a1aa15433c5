#!/bin/sh
# safetensors saves a transposed or sliced NumPy array with other numbers, without an error.
#
# One expects: what load_file returns equals what save_file was given, or save_file refuses, as its PyTorch half does
#   for tensors that are not contiguous.
# What happens: the array's shape is written with the memory behind the array, in memory order. A transposed matrix comes
#   back as a reshaped one, a column as the numbers that follow its first one.
# For whom it matters: whoever exports weights through NumPy; Keras kernels are often transposed on the way out. Save
#   numpy.ascontiguousarray(array).
# Seen with: safetensors 0.8.0, numpy 2.4.4, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" safetensors==0.8.0 numpy==2.4.4
PYTHONPATH="$folder" python3 - "$folder/arrays.safetensors" <<'PYTHON'
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
save_file({"transposed": matrix.T, "column": matrix[:, 1]}, sys.argv[1])
loaded = load_file(sys.argv[1])
print("transposed:", matrix.T.tolist(), "loaded:", loaded["transposed"].tolist())
print("column:", matrix[:, 1].tolist(), "loaded:", loaded["column"].tolist())
assert loaded["transposed"].tolist() == [[0, 1], [2, 3], [4, 5]]  # expected [[0, 3], [1, 4], [2, 5]]
assert loaded["column"].tolist() == [1, 2]  # expected [1, 4]
PYTHON
