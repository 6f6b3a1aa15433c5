import numpy as np
import pytest

from model.vocabulary import Vocabulary


def test_ids_are_places_in_code_point_order_and_unknown_is_one_past_the_last():
    vocabulary = Vocabulary.of("cab😀 cab")
    assert vocabulary.characters == " abc😀"
    assert vocabulary.encode("a 😀zé").tolist() == [1, 0, 4, 5, 5]
    assert vocabulary.unknown == len(vocabulary) == 5


def test_decoding_undoes_encoding():
    text = "naïve\tline\n—😀👩‍💻 ok"
    vocabulary = Vocabulary.of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_half_a_surrogate_pair_is_an_unknown_character_and_no_error():
    assert Vocabulary("ab").encode("a\ud83d").tolist() == [0, 2]


def test_rare_characters_are_folded_into_the_unknown_one_and_their_kinds_counted():
    vocabulary = Vocabulary.of("aabbbcd", rare=2)
    assert (vocabulary.characters, vocabulary.unknown_kinds) == ("ab", 2)
    assert vocabulary.encode("abcd").tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize("characters", ["", "ba", "aab"])
def test_characters_that_are_no_sorted_set_are_refused(characters):
    with pytest.raises(ValueError, match="sorted by code point"):
        Vocabulary(characters)


def test_an_empty_text_has_no_ids():
    assert Vocabulary("a").encode("").dtype == np.uint16 and len(Vocabulary("a").encode("")) == 0
