import json
from dataclasses import replace

import numpy as np
import pytest

from model.persona.recipe import RECIPES
from model.persona.storage import load_arrays, save_arrays
from model.training.checkpoint import (
    FILE,
    METADATA_KEY,
    Checkpoint,
    ResumeError,
    load_checkpoint,
    refuse_unfinished,
    save_checkpoint,
)
from model.training.progress import Epoch, Progress
from tests.conftest import corpus

CORPUS = corpus("some text", "more")
RECIPE = replace(RECIPES["tutorial"], epochs=3)
FIRST = Epoch(1, 3.0, None, 12.5)
CHECKPOINT = Checkpoint(
    Progress([FIRST], 7, 20.0, 48, 1.5, 2.5, FIRST),
    {"0": np.ones(3, np.float32)},
    {"w": np.zeros(2, np.float32)},
    {"w": np.full(2, 0.5, np.float32)},
)


def test_a_checkpoint_comes_back_as_it_was_saved(tmp_path):
    save_checkpoint(CHECKPOINT, CORPUS, RECIPE, tmp_path)
    loaded = load_checkpoint(CORPUS, replace(RECIPE, epochs=9), tmp_path)  # more epochs may be wanted now
    assert loaded.progress == CHECKPOINT.progress
    assert loaded.state["0"].tolist() == [1, 1, 1] and loaded.best["w"].tolist() == [0, 0]
    assert loaded.initial["w"].tolist() == [0.5, 0.5]


def test_another_recipe_or_text_is_refused_and_named(tmp_path):
    save_checkpoint(CHECKPOINT, CORPUS, RECIPE, tmp_path)
    with pytest.raises(ResumeError, match="units was 128 and is now 64"):
        load_checkpoint(CORPUS, replace(RECIPE, units=64), tmp_path)
    with pytest.raises(
        ResumeError, match="units was 128 and is now 64; --minutes has changed, and the size follows from"
    ):
        load_checkpoint(CORPUS, replace(RECIPE, units=64, minutes=5.0), tmp_path)
    with pytest.raises(ResumeError, match="learnt from other text"):
        load_checkpoint(replace(CORPUS, training="other"), RECIPE, tmp_path)


def edit_recipe(folder, change) -> None:
    """Change the recipe that a checkpoint holds."""
    arrays, metadata = load_arrays(folder / FILE)
    document = json.loads(metadata[METADATA_KEY])
    change(document["recipe"])
    save_arrays(arrays, {METADATA_KEY: json.dumps(document)}, folder / FILE)


def test_a_run_from_before_a_knob_existed_goes_on_where_the_knob_is_neutral(tmp_path):
    save_checkpoint(CHECKPOINT, CORPUS, RECIPE, tmp_path)
    edit_recipe(tmp_path, lambda recipe: recipe.pop("clip_norm"))
    assert load_checkpoint(CORPUS, RECIPE, tmp_path).progress == CHECKPOINT.progress
    with pytest.raises(ResumeError, match=r"clip_norm was 0\.0 and is now 1\.0"):
        load_checkpoint(CORPUS, replace(RECIPE, clip_norm=1.0), tmp_path)


def test_a_run_of_a_newer_version_is_refused_and_its_unknown_knobs_are_named(tmp_path):
    save_checkpoint(CHECKPOINT, CORPUS, RECIPE, tmp_path)
    edit_recipe(tmp_path, lambda recipe: recipe.update(weight_decay=0.1))
    with pytest.raises(ResumeError, match=r"newer version of Mimic: it uses weight_decay; update Mimic"):
        load_checkpoint(CORPUS, RECIPE, tmp_path)


def test_arrays_come_back_as_they_look_however_they_lie_in_memory(tmp_path):
    grid = np.arange(6, dtype=np.float32).reshape(2, 3)
    laid = replace(CHECKPOINT, state={"0": grid.T}, best={"w": grid[:, ::2]}, initial={"w": grid[::-1]})
    save_checkpoint(laid, CORPUS, RECIPE, tmp_path)
    loaded = load_checkpoint(CORPUS, RECIPE, tmp_path)
    assert loaded.state["0"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert loaded.best["w"].tolist() == [[0, 2], [3, 5]] and loaded.initial["w"].tolist() == [[3, 4, 5], [0, 1, 2]]


def test_nothing_to_resume_is_said(tmp_path):
    with pytest.raises(ResumeError, match=r"nothing to resume: .* no such file"):
        load_checkpoint(CORPUS, RECIPE, tmp_path)
    (tmp_path / FILE).write_bytes(b"cut")
    with pytest.raises(ResumeError, match=r"nothing to resume: .* damaged"):
        load_checkpoint(CORPUS, RECIPE, tmp_path)


def test_a_new_run_does_not_write_over_an_unfinished_one(tmp_path):
    refuse_unfinished(tmp_path)
    save_checkpoint(CHECKPOINT, CORPUS, RECIPE, tmp_path)
    with pytest.raises(ResumeError, match=r"unfinished run \(1 of 3 epochs\): continue it with --resume"):
        refuse_unfinished(tmp_path)
    save_checkpoint(replace(CHECKPOINT, progress=replace(CHECKPOINT.progress, finished=True)), CORPUS, RECIPE, tmp_path)
    refuse_unfinished(tmp_path)
