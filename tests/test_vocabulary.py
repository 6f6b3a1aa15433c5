import numpy as np
import pytest

from model.persona.vocabulary import Vocabulary, ngram_rows


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


def test_runs_are_looked_up_by_their_polynomial_hash():
    latest = [3, 1, 2, 0, 0, 0]  # ids 1, 0, 2 were read, the last one 2; before them nothing
    expected, total = [], 0
    for place, number in enumerate(latest):
        total += number * 1_000_003**place
        if place:
            expected.append(total * 0x9E3779B97F4A7C15 % 2**64 // 2**32 % 1000)
    assert ngram_rows(np.array([latest, latest]), 1000).tolist() == [expected, expected]
