"""What a run leaves on disk but for its network."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from model.chats.people import Author
from model.persona.recipe import Recipe
from model.persona.storage import FileError, save_arrays
from model.persona.vocabulary import END
from model.training.corpus import Corpus
from model.training.run import Run
from model.training.samples import append_samples, draw_samples, in_one_line, sample_prompt, visible
from tests.conftest import corpus, make_persona


def test_the_prompt_of_the_samples_is_a_window_of_the_training_text():
    text = "".join(np.random.default_rng(0).choice(list("abc"), 100))
    recipe = Recipe(sequence_length=40)
    prompt = sample_prompt(Corpus(Author("", "", 1, 1), text, "", {}, 1, 0, "", ""), recipe)
    assert prompt in text and len(prompt) == 40


def test_a_base_network_of_another_shape_or_without_numbers_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ada = make_persona()
    run = Run("ada", ada.recipe, SimpleNamespace(community="text"), ada.vocabulary, ada.source, ada.consent)
    save_arrays(ada.arrays, {}, run.base_file)
    arrays, time = run.read_base()
    assert time == "an unknown time" and set(arrays) == set(ada.arrays)
    bias = ada.arrays["dense.bias"]
    for wrong in ({"dense.bias": bias[1:]}, {"dense.bias": bias * np.nan}, {"extra": bias}):
        save_arrays({**ada.arrays, **wrong}, {}, run.base_file)
        with pytest.raises(FileError, match="not the base network of this text; delete it"):
            run.read_base()


def test_a_persona_goes_further_from_everybody_than_the_authors_text_moved_it():
    ada = make_persona()
    run = Run("ada", ada.recipe, SimpleNamespace(quotes=[]), ada.vocabulary, ada.source, ada.consent)
    learnt = {"dense.bias": np.array([1.0, 2.0], np.float32)}
    base = {"dense.bias": np.array([1.0, 1.0], np.float32)}
    # 1 + 1.25 * (1 - 1) and 1 + 1.25 * (2 - 1); from no base, what was learnt.
    assert run.persona(learnt, None, base).arrays["dense.bias"] == pytest.approx([1.0, 2.25])
    assert run.persona(learnt, None, {}).arrays["dense.bias"] == pytest.approx([1.0, 2.0])


def test_an_interrupted_run_on_everybodys_text_of_another_size_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ada = make_persona()
    own, other, done = (
        Run("ada", replace(ada.recipe, units=units), corpus(authors={"a": "b"}), ada.vocabulary, ada.source, None)
        for units in (8, 16, 32)
    )
    for run in (own, other, done):
        run.base_folder.mkdir(parents=True)
        (run.base_folder / "checkpoint.safetensors").touch()
    done.base_file.touch()
    assert own.other_bases == [other.base_folder] and other.other_bases == [own.base_folder]


def test_what_a_terminal_would_obey_is_shown_escaped():
    assert visible("a\x1b[2J\tb\nc\u202e😀") == "a\\x1b[2J\\tb\nc\\u202e😀"
    assert in_one_line(f"so it is{END}{END}\n and\x07 then {END}") == "so it is / and\\x07 then"


def test_samples_after_the_first_epoch_are_two_short_lines(tmp_path):
    characters = f"{END}\n abcdefgh"
    prompt = f"abc{END}fed"
    brief = draw_samples(make_persona(characters), prompt, 1, briefly=True)
    append_samples(brief, 1, tmp_path)
    head, *samples = brief.strip().split("\n\n")
    assert head == "samples after epoch 1, of how this goes on: abc / fed"
    assert [line.split(": ")[0] for line in samples] == ["temperature 0.5", "temperature 1.0"]
    assert all("\n" not in line and 50 < len(line.split(": ", 1)[1]) <= 300 for line in samples)
    whole = draw_samples(make_persona(characters), prompt, 2)
    append_samples(whole, 2, tmp_path)
    assert [whole.count(f"temperature {each}: ") for each in (0.2, 0.5, 1.0, 1.2)] == [1, 1, 1, 1]
    assert (tmp_path / "samples.txt").read_text(encoding="utf-8") == brief + whole
