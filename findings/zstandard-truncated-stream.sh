#!/bin/sh
# python-zstandard's stream reader ends quietly where a compressed file was cut off; gzip, bz2 and xz raise EOFError.
#
# One expects: reading a truncated .zst to its end raises, as Python's own readers of compressed files do.
# What happens: read() returns the beginning of the content and then b"", as at a proper end. Only a decompressor with
#   decompressobj() tells: its `eof` is still False.
# For whom it matters: whoever reads archives that were downloaded (chat dumps are often .zst): a broken download is a
#   shorter data set, without a word. Check `eof`, or the content size of the frame.
# Seen with: zstandard 0.25.0, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" zstandard==0.25.0
PYTHONPATH="$folder" python3 - <<'PYTHON'
import bz2
import gzip
import io
import lzma
import random

import zstandard

content = random.Random(0).randbytes(400_000)


def read_to_end(file):
    try:
        return f"{len(file.read()):,} bytes, no error"
    except (EOFError, zstandard.ZstdError) as error:
        return f"{type(error).__name__}: {error}"


results = {}
for name, compress, open_file in (
    ("gzip", gzip.compress, gzip.open),
    ("bz2", bz2.compress, bz2.open),
    ("xz", lzma.compress, lzma.open),
    ("zstandard", zstandard.ZstdCompressor().compress, zstandard.ZstdDecompressor().stream_reader),
):
    packed = compress(content)
    results[name] = read_to_end(open_file(io.BytesIO(packed[: len(packed) // 2])))
    print(f"{name}: {results[name]}")
assert all("EOFError" in results[name] for name in ("gzip", "bz2", "xz"))
assert results["zstandard"].endswith("no error")
PYTHON
