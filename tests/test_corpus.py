from dataclasses import replace

import pandas as pd
import pytest

from model.chats.messages import COLUMNS
from model.chats.people import Author
from model.persona.recipe import RECIPES
from model.persona.vocabulary import END
from model.training.corpus import CorpusError, build_corpus

ADA = Author("a1", "Ada", 10, 50)
RECIPE = replace(RECIPES["tutorial"], sequence_length=3, step=1, batch_size=1)


def messages(count: int, author_id: str = "a1", text: str = "Text") -> pd.DataFrame:
    sent = pd.date_range("2026-01-01", periods=count, tz="UTC")
    rows = [(f"{author_id}{i}", author_id, author_id, sent[i], "", f"{text}{i}", False) for i in range(count)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_first_messages_train_and_the_last_are_held_out():
    corpus = build_corpus(messages(10), ADA, RECIPE)
    assert corpus.training == "text0 text1" and corpus.validation == "text9"
    assert (corpus.training_messages, corpus.validation_messages) == (2, 1)
    assert (corpus.first, corpus.last) == ("2026-01-01", "2026-01-02")


def test_case_is_kept_when_asked():
    assert build_corpus(messages(10), ADA, replace(RECIPE, case="keep")).training == "Text0 Text1"


@pytest.mark.parametrize("count", range(1, 120, 7))
def test_no_message_both_trains_and_validates(count):
    recipe = replace(RECIPE, fraction=0.9, sequence_length=1)
    try:
        corpus = build_corpus(messages(count), ADA, recipe)
    except CorpusError:
        assert count < 2
        return
    assert corpus.training_messages + corpus.validation_messages <= count
    assert not set(corpus.training.split()) & set(corpus.validation.split())


def test_nothing_is_held_out_when_asked():
    assert build_corpus(messages(10), ADA, replace(RECIPE, fraction=1.0, held_out=0.0)).validation == ""


def test_a_message_can_end_in_a_character_of_its_own():
    recipe = replace(RECIPE, message_end="character")
    odd = messages(10).replace("Text0", f"{END}one{END} two")
    assert build_corpus(odd, ADA, recipe).training == f"one two{END}text1{END}"


def test_the_community_is_everybody_but_for_the_last_messages_of_each():
    recipe = replace(RECIPE, community=True, held_out=0.5)
    both = pd.concat([messages(4), messages(2, "b1", "Other")])
    assert build_corpus(both, ADA, replace(recipe, fraction=0.5)).community == "text0 text1 other0 "
    recipe = replace(recipe, message_end="character", fraction=0.5)
    assert build_corpus(both, ADA, recipe).community == f"text0{END}text1{END}other0{END}"
    assert build_corpus(both, ADA, replace(recipe, community=False)).community == ""
    assert build_corpus(messages(4), ADA, recipe).community == ""  # nobody else is there


def test_too_little_text_says_how_much_there_is_and_how_much_is_wanted():
    with pytest.raises(CorpusError, match=r"Ada has too little text: 11 characters .* wanted at least 12,"):
        build_corpus(messages(10), ADA, replace(RECIPE, sequence_length=11))


def test_the_fingerprint_tells_texts_apart_and_where_they_end():
    corpus = build_corpus(messages(10), ADA, RECIPE)
    moved = replace(corpus, training=corpus.training[:-1], validation=corpus.training[-1] + corpus.validation)
    assert len({corpus.sha256, moved.sha256, replace(corpus, validation="").sha256}) == 3


def test_dates_may_be_unknown():
    undated = messages(10).assign(sent_at=pd.Series([pd.NaT] * 10, dtype="datetime64[ns, UTC]"))
    assert build_corpus(undated, ADA, RECIPE).first == ""


def test_what_is_enough_of_an_author_does_not_depend_on_everybodys_batches():
    recipe = replace(RECIPES["mimic"], sequence_length=5, batch_size=256)
    assert build_corpus(pd.concat([messages(100), messages(400, "b1")]), ADA, recipe).community
    with pytest.raises(CorpusError, match=r"Ada has too little text: .* wanted at least 325,"):  # 5 + 64 x 5
        build_corpus(pd.concat([messages(10), messages(400, "b1")]), ADA, recipe)
    with pytest.raises(CorpusError, match=r"Ada has too little text: .* wanted at least 1,285,"):  # alone, 5 + 256 x 5
        build_corpus(messages(100), ADA, recipe)


def test_too_little_text_of_everybody_for_their_batches_is_said():
    recipe = replace(RECIPES["mimic"], sequence_length=5, batch_size=256)
    both = pd.concat([messages(100), messages(20, "b1")])
    with pytest.raises(
        CorpusError, match=r"everybody .* too little text: \d+ characters; wanted at least 1,285 .*Ada alone"
    ):
        build_corpus(both, ADA, recipe)
