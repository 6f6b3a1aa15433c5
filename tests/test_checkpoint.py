from dataclasses import replace

import numpy as np
import pytest

from model.checkpoint import (
    FILE,
    Checkpoint,
    Epoch,
    Progress,
    ResumeError,
    load_checkpoint,
    refuse_unfinished,
    save_checkpoint,
)
from model.recipe import RECIPES
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
    with pytest.raises(ResumeError, match="learnt from other text"):
        load_checkpoint(replace(CORPUS, training="other"), RECIPE, tmp_path)


def test_nothing_to_resume_is_said(tmp_path):
    with pytest.raises(ResumeError, match=r"nothing to resume: .* no such file"):
        load_checkpoint(CORPUS, RECIPE, tmp_path)
    (tmp_path / FILE).write_bytes(b"cut")
    with pytest.raises(ResumeError, match=r"nothing to resume: .* damaged"):
        load_checkpoint(CORPUS, RECIPE, tmp_path)


def test_a_new_run_does_not_write_over_an_unfinished_one(tmp_path):
    refuse_unfinished(tmp_path)
    save_checkpoint(CHECKPOINT, CORPUS, RECIPE, tmp_path)
    with pytest.raises(ResumeError, match=r"unfinished run \(1 of 3 epochs\): go on with --resume"):
        refuse_unfinished(tmp_path)
    save_checkpoint(replace(CHECKPOINT, progress=replace(CHECKPOINT.progress, finished=True)), CORPUS, RECIPE, tmp_path)
    refuse_unfinished(tmp_path)
