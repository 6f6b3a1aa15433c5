from collections import Counter

import pytest

from model.people import AuthorError, Chat, aliases, find_author, is_named, join_authors, rank_authors
from tests.test_messages import MESSAGES, table, tidy


def test_authors_are_ranked_by_messages_under_their_latest_name():
    ranking = rank_authors(tidy(MESSAGES, Counter()))
    assert ranking[["author_id", "messages", "characters"]].values.tolist() == [["b1", 3, 20], ["a1", 2, 11]]
    assert ranking["first"].dt.day.tolist() == [4, 1] and ranking["last"].dt.day.tolist() == [4, 2]


def test_authors_are_found_by_name_in_any_letter_case_and_by_id():
    ranking = rank_authors(tidy(MESSAGES, Counter()))
    assert find_author(ranking, None).author_id == "b1"
    assert find_author(ranking, "ADA").author_id == find_author(ranking, "a1").author_id == "a1"
    assert is_named(ranking, ["A1", "nobody"]).tolist() == [False, True]


def test_an_unknown_author_gets_the_nearest_names():
    ranking = rank_authors(table(*((f"m{i}", f"i{i}", name, None, "", "x") for i, name in enumerate(("Ada", "Bob")))))
    with pytest.raises(AuthorError, match=r"nearest names are Ada$"):
        find_author(ranking, "adda")
    with pytest.raises(AuthorError, match="no message by anyone"):
        find_author(ranking.head(0), None)


def test_two_people_of_one_name_are_told_apart_by_id():
    ranking = rank_authors(table(("1", "i1", "Sam", None, "", "x"), ("2", "i2", "Sam", None, "", "y")))
    with pytest.raises(AuthorError, match="2 authors are called 'Sam'; give one of their ids: i1, i2"):
        find_author(ranking, "Sam")


def test_bots_are_those_named_and_those_that_show_it_but_for_those_named_as_people():
    messages = tidy(MESSAGES, Counter())
    marked = messages.assign(is_bot=messages["author_id"] == "b1")
    assert set(Chat.of(messages).bots) == set() and set(Chat.of(marked).bots) == {"b1"}
    assert set(Chat.of(marked, bots=["Ada"]).bots) == {"a1", "b1"}
    assert set(Chat.of(marked, bots=["Ada"], people=["BOB", "Ada"]).bots) == set()


def test_a_name_of_nobody_is_not_passed_over():
    for named in {"bots": ["Alxe"]}, {"people": ["Alxe"]}:
        with pytest.raises(AuthorError, match="no author is called 'Alxe'"):
            Chat.of(tidy(MESSAGES, Counter()), **named)


def people(*names_and_ids):
    return table(*((f"m{i}", author_id, name, None, "", "x") for i, (name, author_id) in enumerate(names_and_ids)))


def test_joined_authors_are_one_under_the_first_name():
    messages = people(("Ada", "a1"), ("ada_", "a2"), ("Bob", "b1"), ("ada|work", "a3"))
    joined, aliases = join_authors(messages, [("ada|work", "ada_"), ("a1", "ada|work")])
    assert aliases == {"a1": {"a3": "ada|work", "a2": "ada_"}}
    assert joined[["author_id", "author"]].values.tolist() == [["a1", "Ada"]] * 2 + [["b1", "Bob"], ["a1", "Ada"]]
    assert messages["author_id"].tolist() == ["a1", "a2", "b1", "a3"]  # those given are left as they are


def test_all_authors_of_one_name_can_be_joined():
    messages = people(("Ada", "a1"), ("Ada", "a2"), ("Ada", "a2"), ("Bob", "b1"))
    assert join_authors(messages, [("Ada", "Ada")])[0]["author_id"].tolist() == ["a2", "a2", "a2", "b1"]


def test_who_cannot_be_joined_is_said():
    with pytest.raises(AuthorError, match="no author is called 'adda'; the nearest names are Ada"):
        join_authors(people(("Ada", "a1")), [("Ada", "adda")])
    with pytest.raises(AuthorError, match="2 authors are called 'Ada'; give one of their ids: a1, a2"):
        join_authors(people(("Bob", "b1"), ("Ada", "a1"), ("Ada", "a2")), [("Bob", "Ada")])
    with pytest.raises(AuthorError, match="'a1' and 'Ada' are one author already"):
        join_authors(people(("Ada", "a1")), [("a1", "Ada")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Learath2", "learath2"),
        ("ada-byron", "AdaByron"),
        ("ada", "ada_"),
        ("ada", "ada[m]"),
        ("ada", "Ada|away"),
        ("ada", "ada-work"),
        ("ada", "Ada (they)"),
        ("ada", "ada#1815"),
        ("Ada", "\uff21\uff44\uff41"),  # full-width letters
        ("Ada", "Ada"),
    ],
)
def test_names_that_say_the_same_may_be_one_persons(one, other):
    (rows,) = aliases(rank_authors(people((one, "1"), ("Bob", "2"), (other, "3"))))
    assert set(rows["author_id"]) == {"1", "3"}


@pytest.mark.parametrize(
    ("one", "other"), [("ada1", "ada2"), ("ada", "adam"), ("work", "away"), ("_", "-"), ("[a] bob", "[a] eve")]
)
def test_names_that_say_something_else_are_not_suggested(one, other):
    assert aliases(rank_authors(people((one, "1"), (other, "2")))) == []


def test_a_name_that_a_service_gives_to_many_is_not_suggested():
    assert aliases(rank_authors(people(*(("Guest", str(number)) for number in range(5))))) == []
