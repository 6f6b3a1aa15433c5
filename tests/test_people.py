from collections import Counter

import pytest

from model.chats.people import (
    AuthorError,
    Chat,
    aliases,
    author_of_id,
    find_author,
    join_authors,
    matching,
    rank_authors,
    words_for,
)
from tests.test_messages import MESSAGES, table, tidy


def test_authors_are_ranked_by_messages_under_their_latest_name():
    ranking = rank_authors(tidy(MESSAGES, Counter()))
    assert ranking[["author_id", "messages", "characters"]].values.tolist() == [["b1", 3, 20], ["a1", 2, 11]]
    assert ranking["first"].dt.day.tolist() == [4, 1] and ranking["last"].dt.day.tolist() == [4, 2]


def test_authors_are_found_by_name_in_any_letter_case_and_by_id():
    ranking = rank_authors(tidy(MESSAGES, Counter()))
    assert find_author(ranking, None).author_id == "b1"
    assert find_author(ranking, "ADA").author_id == find_author(ranking, "a1").author_id == "a1"
    assert find_author(ranking, "A1").author_id == "a1"


def mixed(*rows):
    """Rank authors of several formats: (format, id, name) of each."""
    messages = table(*((f"m{i}", author_id, name, None, "", "x") for i, (_, author_id, name) in enumerate(rows)))
    return rank_authors(messages.assign(format=[name for name, _, _ in rows]))


TOBIS = mixed(("telegram", "user2", "Tobi"), ("whatsapp", "Tobi", "Tobi"), ("telegram", "user3", "Priya"))


def test_an_id_that_is_a_name_is_told_apart_by_its_format():
    with pytest.raises(AuthorError, match=r"2 authors are called 'Tobi'; give one of their ids: user2, whatsapp:Tobi$"):
        find_author(TOBIS, "Tobi")
    for words in ("user2", "telegram:user2", "whatsapp:Tobi"):
        assert find_author(TOBIS, words).author_id == words.rpartition(":")[2]
    assert author_of_id(TOBIS, "Tobi").author_id == "Tobi"  # as a persona's file has it
    assert find_author(TOBIS.iloc[1:], "Tobi").author_id == "Tobi"  # nobody else is called so


IRC = mixed(("irc", "ada", "Ada"), ("telegram", "user1", "Ada"), ("irc", "bob", "Bob"))


def test_an_id_in_small_letters_is_a_name_too():
    assert set(matching(IRC, "Ada")["author_id"]) == {"ada", "user1"}
    assert find_author(IRC, "ada").author_id == "ada"  # as it is written
    assert find_author(IRC, "irc:ada").author_id == "ada" and find_author(IRC, "BOB").author_id == "bob"


def test_an_exact_id_comes_before_similar_ids_and_names():
    ranking = mixed(
        ("whatsapp", "Ada ✪", "Ada ✪"),
        ("whatsapp", "Ada  ✪", "Ada ✪"),
        ("telegram", "user7", "user8"),
        ("telegram", "user8", "Eve"),
    )
    for author_id in ("Ada ✪", "Ada  ✪", "user8"):
        assert find_author(ranking, author_id).author_id == author_id
    assert find_author(ranking, "eve").author_id == "user8"


HARD_NAMES = ["-x-", "--author", "Ada B", "it's", 'say "hi"', "$HOME", "a;b", "Ada  B", "#1", "Jürgen", "a:b"]


@pytest.mark.parametrize("name", HARD_NAMES)
def test_words_that_are_printed_for_a_person_mean_this_person_alone(name):
    shown = " ".join(name.split())
    ranking = mixed(("whatsapp", name, shown), ("telegram", "user1", shown), ("irc", name.lower() + "_", name))
    for author_id, words in zip(ranking["author_id"], words_for(ranking, ranking), strict=True):
        assert find_author(ranking, words).author_id == author_id and not words.startswith("-")


def test_the_advice_for_a_name_of_many_is_short():
    ranking = mixed(*(("slack", f"U{number}", "Guest") for number in range(500)))
    with pytest.raises(AuthorError, match=r"500 authors are called 'Guest'; .*: U0, .*U9 and 490 more$"):
        find_author(ranking, "Guest")


def test_an_author_of_a_data_package_goes_by_the_user_name():
    with pytest.raises(
        AuthorError, match=r"nearest names are mara_k; the author of a Discord data package goes by the"
    ):
        find_author(mixed(("discord-package", "501", "mara_k")), "Mara")


def test_an_unknown_author_gets_the_nearest_names():
    ranking = rank_authors(table(*((f"m{i}", f"i{i}", name, None, "", "x") for i, name in enumerate(("Ada", "Bob")))))
    with pytest.raises(AuthorError, match=r"nearest names are Ada$"):
        find_author(ranking, "adda")
    with pytest.raises(AuthorError, match="every author in this export was taken for a bot"):
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


def test_a_name_of_several_people_is_not_taken_for_all_of_them():
    for named in {"bots": ["Ada"]}, {"people": ["Ada"]}:
        with pytest.raises(AuthorError, match="2 authors are called 'Ada'; give one of their ids: a1, a2"):
            Chat.of(people(("Ada", "a1"), ("Ada", "a2")), **named)


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
