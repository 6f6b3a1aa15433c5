import io

import pytest

from model.chats.consent import (
    agreed_ids,
    ask_author,
    ask_consent,
    choose_consent,
    describe_missing_consent,
    learnable_authors,
    show_notices,
)
from model.chats.people import AuthorError, Chat, find_author
from model.persona.file import Consent, PersonaError, today
from model.training.options import parse_arguments
from tests.test_messages import table

MESSAGES = table(
    *(("1", "a1", "Ada", None, "", "x"), ("2", "b1", "Bob", None, "", "x"), ("3", "e1", "Eve", None, "", "x")),
    ("4", "m1", "MEE6", None, "", "x"),
)
CHAT = Chat.of(MESSAGES)
ADA = find_author(CHAT.ranking, "Ada")


def AGREED(names):
    return agreed_ids(CHAT, names)


def consent(kind="written-consent", community=()) -> Consent:
    return Consent(kind, "Ada", "2026-01-01", "", community=list(community))


def answers(*words):
    """A person at the terminal who says these words, and then closes it."""
    left = list(words)

    def ask(question: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return ask


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (None, {"a1"}),
        (consent("own-data"), {"a1"}),
        (consent("written-consent", ["b1"]), {"a1", "b1"}),
        (consent("written-consent", ["b1", "e1"]), {"a1", "b1", "e1"}),
        (consent("written-consent", ["everyone"]), {"a1", "b1", "e1"}),
        (consent("public-dataset"), {"a1", "b1", "e1"}),
        (consent("public-domain"), {"a1", "b1", "e1"}),
        (consent("fiction"), {"a1", "b1", "e1"}),
    ],
)
def test_nobody_teaches_but_the_author_who_agreed_and_the_people_of_what_is_public(given, ids):
    assert learnable_authors(CHAT, ADA, given) == ids
    assert set(CHAT.of_authors(ids).messages["author_id"]) == ids


def test_how_many_did_not_agree_is_described():
    some = learnable_authors(CHAT, ADA, consent("written-consent", ["b1"]))
    assert describe_missing_consent(CHAT, some).startswith(
        "learnt from 2 of 3 people; no consent is recorded for the others:\nadd --community-consent NAME"
    )
    everyone = learnable_authors(CHAT, ADA, consent("written-consent", ["everyone"]))
    assert describe_missing_consent(CHAT, everyone) == ""


def test_who_agreed_is_one_person_of_the_chat():
    assert agreed_ids(CHAT, ["BOB", "e1"]) == ["b1", "e1"] and agreed_ids(CHAT, ["Everyone"]) == ["everyone"]
    with pytest.raises(AuthorError, match="no author is called 'Bo'; the nearest names are Bob"):
        agreed_ids(CHAT, ["Bo"])
    both = table(("1", "x1", "Alex", None, "", "x"), ("2", "x2", "Alex", None, "", "x"))
    with pytest.raises(AuthorError, match="2 authors are called 'Alex'; give one of their ids: x1, x2"):
        agreed_ids(Chat.of(both), ["Alex"])
    with pytest.raises(AuthorError, match="somebody is called 'everyone'"):
        agreed_ids(Chat.of(both.assign(author="Everyone")), ["everyone"])


def test_a_bot_that_is_asked_for_may_be_learnt():
    assert learnable_authors(CHAT, find_author(CHAT.ranking, "MEE6"), None) == {"m1"}


def test_a_consent_is_asked_for_in_six_questions_and_the_others(capsys):
    given = ask_consent("Ada", AGREED, answers("2", "", "2026-01-02", " 7 ", "2027-12-31", "y", "Bo", "Bob, Eve,"))
    assert given == Consent("written-consent", "Ada", "2026-01-02", "7", "2027-12-31", True, ["b1", "e1"])
    assert "1 of 7  On what grounds may Ada's messages be learnt from?" in capsys.readouterr().out
    given = ask_consent("Ada", AGREED, answers("fiction", "its author", "", "", "", "", "never asked for"))
    assert given == Consent("fiction", "its author", today(), "", "", False, [])


def test_what_is_no_answer_is_asked_again(capsys):
    given = ask_consent(
        "Ada",
        AGREED,
        answers(
            "6", "own", "1", "", "tomorrow", "2999-01-01", "", "", "2027-02-30", "2020-01-01", "", "maybe", "n", ""
        ),
    )
    assert given == Consent("own-data", "Ada", today(), "")
    said = capsys.readouterr().out
    kind = "a number from 1 to 5, or a name as own-data"
    past, ahead = f"a day up to today, as {today()}", f"a day from today on, as {today()}"
    assert [line for line in said.splitlines() if "doesn't fit" in line] == [
        f"{words!r} doesn't fit here; type {wanted}, or just press Enter"
        for words, wanted in (
            *(("6", kind), ("own", kind), ("tomorrow", past), ("2999-01-01", past)),
            *(("2027-02-30", ahead), ("2020-01-01", ahead), ("maybe", "y or n")),
        )
    ]


def questions(asked: list[str], *words):
    """A person at the terminal, whose questions are noted."""
    answer = answers(*words)

    def ask(question: str) -> str:
        asked.append(question)
        return answer(question)

    return ask


@pytest.mark.parametrize(
    ("kind", "agreed", "counts"),
    [
        ("own-data", AGREED, [f"{number} of 7  " for number in range(2, 8)]),
        ("own-data", None, [f"{number} of 6  " for number in range(2, 7)]),
        ("fiction", AGREED, [f"{number} of 6  " for number in range(2, 7)]),  # nobody else has to agree
    ],
)
def test_the_questions_are_numbered_and_say_what_enter_does(kind, agreed, counts):
    asked = []
    ask_consent("Ada", agreed, questions(asked, kind, "", "", "", "", "", ""))
    assert [question[: len("2 of 7  ")] for question in asked[1:]] == counts
    assert all("Enter" in question or "(y/N)" in question for question in asked)


def test_whom_to_imitate_is_asked_by_number_name_or_id(capsys):
    people = CHAT.people
    for words, author_id in ((["2"], "b1"), (["eve"], "e1"), (["b1"], "b1"), ([""], "a1"), ([], "a1")):
        assert ask_author(people, answers(*words)).author_id == author_id
    assert "  1  Ada: 1 messages\n  2  Bob: 1 messages" in capsys.readouterr().out
    assert ask_author(people, answers("Adda", "ada")).author_id == "a1"
    assert "no author is called 'Adda'" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[""], [], ["1", "Ada"]])
def test_no_answer_is_no_consent(words):
    assert ask_consent("Ada", AGREED, answers(*words)) is None


@pytest.mark.parametrize(("kind", "by"), [("own-data", "Ada"), ("written-consent", "Ada"), ("public-dataset", "")])
def test_a_consent_is_the_authors_where_nobody_else_is_named(kind, by):
    words = ["CHAT", "--consent-kind", kind]
    assert choose_consent(parse_arguments(words), CHAT, ADA, True) == Consent(kind, by, today(), "")
    words += ["--consent-by", "Eve", "--community-consent", "Bob"]
    given = choose_consent(parse_arguments(words), CHAT, ADA, True)
    assert (given.by, given.community) == ("Eve", ["b1"])


@pytest.mark.parametrize(
    ("flag", "date", "sentence"),
    [
        ("--consent-expires", "2020-01-01", "the consent ended on 2020-01-01; ask again"),
        ("--consent-date", "2999-01-01", "the consent is dated 2999-01-01, but today is"),
        ("--consent-date", "2026-02-30", "'2026-02-30' is not a date of a consent; wanted one like 2027-12-31"),
    ],
)
def test_a_consent_that_does_not_hold_today_is_refused(flag, date, sentence):
    with pytest.raises(PersonaError, match=sentence):
        choose_consent(parse_arguments(["CHAT", "--consent-kind", "own-data", flag, date]), CHAT, ADA, True)


def test_nobody_is_asked_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    assert choose_consent(parse_arguments(["CHAT"]), CHAT, ADA, True) is None
    assert not capsys.readouterr().out


def test_what_a_service_forbids_is_shown_once_and_for_what_came_from_it_alone(tmp_path, capsys):
    show_notices("discord-package, gitter-csv", tmp_path / "runs")
    assert not capsys.readouterr().out and not (tmp_path / "runs").exists()
    show_notices("irc, discord-chat-exporter-json", tmp_path / "runs")
    said = capsys.readouterr().out
    (kept,) = (tmp_path / "runs").iterdir()
    assert "Rule 21 of Discord's Developer Policy" in said and kept.read_text(encoding="utf-8") == said
    show_notices("discord-chat-exporter-csv", tmp_path / "runs")
    assert not capsys.readouterr().out
    show_notices("telegram, mimicbot", tmp_path / "runs")
    assert capsys.readouterr().out.startswith("This export comes from Telegram.")
