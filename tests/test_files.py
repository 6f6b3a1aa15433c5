import os
import stat
from pathlib import Path

import numpy as np
import pytest

from model.persona import storage as files
from model.persona.storage import FileError, load_arrays, save_arrays, written_aside


def test_arrays_and_metadata_come_back_as_they_were_saved(tmp_path):
    arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3).T, "b": np.zeros(0, np.float32)}
    save_arrays(arrays, {"what": "é"}, tmp_path / "new" / "file.safetensors")
    loaded, metadata = load_arrays(tmp_path / "new" / "file.safetensors")
    assert metadata == {"what": "é"} and set(loaded) == set(arrays)
    assert all(
        np.array_equal(loaded[name], array) and loaded[name].dtype == array.dtype for name, array in arrays.items()
    )


GRID = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    "array",
    [
        GRID.T,
        GRID[:, ::2],
        GRID[1:, 1:3],
        GRID[::-1],
        GRID[:, ::-1].T,
        GRID.T[:1],
        np.broadcast_to(np.float32(7), (2, 3)),
        np.asfortranarray(GRID),
        GRID.astype(">f4"),
        GRID.astype(">f2").T,
        np.array([True, False])[::-1],
        np.float32(3),
    ],
)
def test_an_array_is_saved_as_it_looks_however_it_lies_in_memory(tmp_path, array):
    save_arrays({"a": array}, {}, tmp_path / "file.safetensors")
    loaded = load_arrays(tmp_path / "file.safetensors")[0]["a"]
    assert loaded.tolist() == np.asarray(array).tolist() and loaded.shape == array.shape
    assert loaded.dtype == array.dtype.newbyteorder("<")


@pytest.mark.parametrize("array", [np.array(["a"]), np.zeros(2, complex), np.array([None]), np.zeros(2, "M8[s]")])
def test_what_a_file_can_not_hold_is_a_mistake_of_the_caller(tmp_path, array):
    with pytest.raises(TypeError, match=r"a is of type .*, which a safetensors file can't hold"):
        save_arrays({"a": array}, {}, tmp_path / "file.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "file.safetensors"
    save_arrays({"a": np.ones(3)}, {}, file)
    before = file.read_bytes()

    def full(arrays, path, metadata):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "save_file", full)
    with pytest.raises(FileError, match="No space left on device"):
        save_arrays({"a": np.zeros(3)}, {}, file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_what_fails_while_written_aside_leaves_nothing_behind(tmp_path):
    def fail():
        with written_aside(tmp_path / "deep" / "file.txt") as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list((tmp_path / "deep").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows can't flush a folder")
def test_before_a_file_is_in_place_its_content_is_on_the_disk_and_then_the_folder_is(tmp_path, monkeypatch):
    """A power cut leaves the file before or the new one, whole."""
    steps, fsync, rename = [], os.fsync, Path.replace

    def flushed(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        fsync(descriptor)

    def replaced(aside, path):
        steps.append("place")
        return rename(aside, path)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", replaced)
    with written_aside(tmp_path / "file.txt") as aside:
        aside.write_text("whole")
    assert steps == ["content", "place", "folder"]
