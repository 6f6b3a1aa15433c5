"""What a run leaves on disk but for its network."""

import numpy as np

from model.corpus import Corpus
from model.people import Author
from model.recipe import Recipe
from model.run import sample_prompt


def test_the_prompt_of_the_samples_is_a_window_of_the_training_text():
    text = "".join(np.random.default_rng(0).choice(list("abc"), 100))
    recipe = Recipe(sequence_length=40)
    prompt = sample_prompt(Corpus(Author("", "", 1, 1), text, "", {}, 1, 0, "", ""), recipe)
    assert prompt in text and len(prompt) == 40
