"""A chat export, damaged and packed, as it may lie on a disk: a file, a folder, a zip. Knows no format."""

import bz2
import gzip
import io
import lzma
import os
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import zstandard

from benchmarks.damage import BYTES, CONTENTS

AROUND = [("a\nb/", ""), ("\x1b[2J", ""), ("x/" * 5000, ""), ("\u2028", ""), ("", "/"), ("/", ""), ("é" * 9000, "")]
NAMES = [b"a\nb.json", b"\xff\xfe.log", b"\x1b[2J.txt", b"x" * 250, b" ", b"-", "\u2028.csv".encode(), b"2024-01-01"]


def damaged(random: Random, files: dict[str, bytes], folder: Path) -> Path:
    """Write the export into the folder, damaged; return what is to be read."""
    files = dict(files)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        name = random.choice(list(files))
        files[name] = random.choice(CONTENTS)(random, files[name])
    return put(random, files, folder, damage=True)


def put(random: Random, files: dict[str, bytes], folder: Path, *, damage: bool = False) -> Path:
    """Write an export as a file, plain or packed, as a folder or as a zip."""
    if len(files) == 1 and random.random() < 0.8:
        ((name, content),) = files.items()
        path = folder / name
        content = _packed(random, content, damage) if random.random() < 0.3 else content
        path.write_bytes(content)
        return path
    path = folder / "export"
    if random.random() < 0.4:
        path.mkdir()
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        if damage and random.random() < 0.6:
            random.choice(FOLDERS)(random, path)
        return path
    content = _zip(random, files, damage)
    if damage and random.random() < 0.4:
        content = random.choice(BYTES)(random, content)
    path = folder / "export.zip"
    path.write_bytes(content)
    return path


def _bomb(random: Random, data: bytes) -> bytes:
    """Return what unpacks to far more than it is, to more than a reader bears or to just less."""
    size = random.choice((8, 90)) << 20
    filler = random.choice((b"\0", b"x", b" ", b"[", b"\n", b"hello there\n", b'{"a": "b"},', "😀".encode()))
    return data + filler * (size // len(filler))


def _packed(random: Random, data: bytes, damage: bool) -> bytes:
    if damage and random.random() < 0.02:
        return random.choice((gzip.compress, zstandard.compress))(_bomb(random, data))
    data = random.choice((gzip.compress, lzma.compress, bz2.compress, zstandard.compress))(data)
    if not damage or random.random() < 0.3:
        return data
    if random.random() < 0.1:
        return gzip.compress(data)  # twice
    return random.choice(BYTES)(random, data)


def _zip(random: Random, files: dict[str, bytes], damage: bool) -> bytes:
    file = io.BytesIO()
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if damage and random.random() < 0.7:
            with warnings.catch_warnings(action="ignore"):  # one name twice is meant
                random.choice(ARCHIVES)(random, archive, files)
    data = file.getvalue()
    return random.choice(ENTRIES)(random, data) if damage and random.random() < 0.3 else data


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo("a")
    info.filename = name  # not cleaned
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def _add_twice(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    name = random.choice(list(files))
    _add(archive, name, random.choice((files[name], b"", b"{}", b"[5]")))


def _add_outside(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    name, content = random.choice(list(files.items()))
    before = random.choice(("../", "../../../../", "/", "/etc/", "C:\\", "..\\..\\", "//", "./", "a/../../", "\\\\x\\"))
    _add(archive, before + random.choice((name, "passwd", "hosts")), content)


def _add_name(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    name, content = random.choice(list(files.items()))
    before, after = random.choice(AROUND)
    _add(archive, before + name + after, content)


def _add_link(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    info = zipfile.ZipInfo(random.choice(("link.json", "general/2016-01-18.json", "link.txt")))
    info.create_system, info.external_attr = 3, 0o120777 << 16
    archive.writestr(info, random.choice(("/etc/passwd", "../../secret.txt", "link.json")))


def _add_zip(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as nested:
        for name, content in files.items():
            nested.writestr(name, content)
    archive.writestr("inner.zip", inner.getvalue())


def _add_bombs(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    """Add many files that each unpack to little enough."""
    if random.random() < 0.1:
        name, content = random.choice(list(files.items()))
        content += random.choice((b"\0", b"\n", b"hello there\n")) * 700_000
        for number in range(20):
            _add(archive, f"{number}{name}", content)


def _add_bomb(random: Random, archive: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    if random.random() < 0.1:
        name, content = random.choice(list(files.items()))
        _add(archive, f"z{name}" if random.random() < 0.5 else name, _bomb(random, content))


ARCHIVES = [_add_twice, _add_outside, _add_name, _add_link, _add_zip, _add_bomb, _add_bombs]


def _set(data: bytes, offset: int, mark: bytes, value: bytes, which: int = 0) -> bytes:
    """Set some bytes of an entry in the zip's table of contents, or before its content."""
    places = [found.start() + offset for found in re.finditer(re.escape(mark), data)]
    place = places[which % len(places)]
    return data[:place] + value + data[place + len(value) :]


def _entry(local: int, central: int, *values: bytes) -> Callable[[Random, bytes], bytes]:
    """Return a change of one field of an entry, where it stands twice or only in one of the two places."""

    def change(random: Random, data: bytes) -> bytes:
        which, value, both = random.randrange(9), random.choice(values), random.random() < 0.7
        data = _set(data, central, b"PK\1\2", value, which)
        return _set(data, local, b"PK\3\4", value, which) if both else data

    return change


def _end(random: Random, data: bytes) -> bytes:
    """Change where the table of contents begins, or its size, or the count of its entries."""
    offset, size = random.choice(((8, 2), (10, 2), (12, 4), (16, 4), (20, 2)))
    return _set(data, offset, b"PK\5\6", random.choice((b"\0" * size, b"\xff" * size, random.randbytes(size))), -1)


ENTRIES = [
    _entry(6, 8, b"\x01\x00", b"\x01\x08", b"\x00\x08", b"\x20\x00", b"\x41\x00", b"\xff\xff"),  # encrypted, patched
    _entry(8, 10, b"\x09\x00", b"\x63\x00", b"\x00\x00", b"\x08\x00", b"\x0c\x00", b"\x0e\x00", b"\x5d\x00"),  # method
    _entry(14, 16, b"\0\0\0\0", b"\xff\xff\xff\xff"),  # CRC-32
    _entry(18, 20, b"\0\0\0\0", b"\x01\0\0\0", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff"),  # sizes
    _entry(22, 24, b"\0\0\0\0", b"\x01\0\0\0", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff"),
    _entry(26, 28, b"\0\0", b"\x01\0", b"\xff\xff"),  # length of the name
    _entry(28, 42, b"\x05\0\0\0", b"\xff\xff\xff\x7f"),  # where it begins
    _entry(30, 46, b"\xff", b"\0", b"\n", b"/", b"..", b"\xc3\x28"),  # the name
    _end,
]

# What is beside the files in a folder.


def _link(random: Random, folder: Path) -> None:
    outside = folder.parent.parent / f"{folder.parent.name}-outside"
    targets = (Path("/etc/passwd"), Path("/etc"), Path("/proc/self/environ"), folder, Path("link"), outside, Path("/"))
    name = random.choice(("link.json", "general", "link", "2016-01-16.json"))
    if not (folder / name).exists():
        (folder / name).symlink_to(random.choice(targets))


def _name(random: Random, folder: Path) -> None:
    file = random.choice([path for path in folder.rglob("*") if path.is_file()])
    file.rename(file.parent / os.fsdecode(random.choice(NAMES)))


def _beside(random: Random, folder: Path) -> None:
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    random.choice((_beside_zip, _beside_pipe, _beside_folder, _beside_zip_damaged))(random, folder, files)


def _beside_zip(random: Random, folder: Path, files: dict[str, bytes]) -> None:
    (folder / "inner.zip").write_bytes(_zip(random, files, True))


def _beside_zip_damaged(random: Random, folder: Path, files: dict[str, bytes]) -> None:
    (folder / "inner.zip").write_bytes(random.choice(BYTES)(random, _zip(random, files, True)))


def _beside_pipe(random: Random, folder: Path, files: dict[str, bytes]) -> None:
    os.mkfifo(folder / "pipe.json")


def _beside_folder(random: Random, folder: Path, files: dict[str, bytes]) -> None:
    path = folder / random.choice(("users.json", "messages.json", "index.json", "2016-01-16.json"))
    if not path.exists():
        path.mkdir()


FOLDERS = [_link, _name, _beside]
