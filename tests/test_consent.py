import io

import pytest

from model.consent import ask_consent, choose_consent, may_teach, show_notices, who_agreed
from model.options import parse_arguments
from model.people import AuthorError, Chat, find_author
from model.persona import Consent, PersonaError, today
from tests.test_messages import table

MESSAGES = table(
    *(("1", "a1", "Ada", None, "", "x"), ("2", "b1", "Bob", None, "", "x"), ("3", "e1", "Eve", None, "", "x")),
    ("4", "m1", "MEE6", None, "", "x"),
)
CHAT = Chat.of(MESSAGES)
ADA = find_author(CHAT.ranking, "Ada")


def AGREED(names):
    return who_agreed(CHAT, names)


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
    assert may_teach(CHAT, ADA, given) == ids
    assert set(CHAT.of_authors(ids).messages["author_id"]) == ids


def test_how_many_did_not_agree_is_said(capsys):
    may_teach(CHAT, ADA, consent("written-consent", ["b1"]))
    assert (
        "learnt from 2 of 3 people; of the rest no consent is given: --community-consent NAME"
        in capsys.readouterr().out
    )
    may_teach(CHAT, ADA, consent("written-consent", ["everyone"]))
    assert not capsys.readouterr().out


def test_who_agreed_is_one_person_of_the_chat():
    assert who_agreed(CHAT, ["BOB", "e1"]) == ["b1", "e1"] and who_agreed(CHAT, ["Everyone"]) == ["everyone"]
    with pytest.raises(AuthorError, match="no author is called 'Bo'; the nearest names are Bob"):
        who_agreed(CHAT, ["Bo"])
    both = table(("1", "x1", "Alex", None, "", "x"), ("2", "x2", "Alex", None, "", "x"))
    with pytest.raises(AuthorError, match="2 authors are called 'Alex'; give one of their ids: x1, x2"):
        who_agreed(Chat.of(both), ["Alex"])
    with pytest.raises(AuthorError, match="somebody is called 'everyone'"):
        who_agreed(Chat.of(both.assign(author="Everyone")), ["everyone"])


def test_a_bot_that_is_asked_for_may_be_learnt():
    assert may_teach(CHAT, find_author(CHAT.ranking, "MEE6"), None) == {"m1"}


def test_a_consent_is_asked_for_in_six_questions_and_the_others(capsys):
    given = ask_consent("Ada", AGREED, answers("2", "", "2026-01-02", " 7 ", "2027-12-31", "y", "Bo", "Bob, Eve,"))
    assert given == Consent("written-consent", "Ada", "2026-01-02", "7", "2027-12-31", True, ["b1", "e1"])
    assert "By what right may Ada's messages be learnt?" in capsys.readouterr().out
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
    assert [line for line in said.splitlines() if "is no answer" in line] == [
        f"{words!r} is no answer to that"
        for words in ("6", "own", "tomorrow", "2999-01-01", "2027-02-30", "2020-01-01", "maybe")
    ]


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
        ("--consent-date", "2999-01-01", "the consent is of 2999-01-01, and today is"),
        ("--consent-date", "2026-02-30", "'2026-02-30' is no date of a consent; wanted one as 2027-12-31"),
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
