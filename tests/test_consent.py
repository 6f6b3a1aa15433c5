from types import SimpleNamespace

import pytest

from model.consent import ask_consent, choose_consent, may_teach, show_notices
from model.options import parse_arguments
from model.people import AuthorError, Chat, find_author
from model.persona import Consent, today
from tests.test_messages import table

MESSAGES = table(
    *(("1", "a1", "Ada", None, "", "x"), ("2", "b1", "Bob", None, "", "x"), ("3", "e1", "Eve", None, "", "x")),
    ("4", "m1", "MEE6", None, "", "x"),
)
CHAT = Chat.of(MESSAGES)
ADA = find_author(CHAT.ranking, "Ada")


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
        (consent("written-consent", ["bob"]), {"a1", "b1"}),
        (consent("written-consent", ["bob", "e1"]), {"a1", "b1", "e1"}),
        (consent("written-consent", ["everyone"]), {"a1", "b1", "e1"}),
        (consent("public-dataset"), {"a1", "b1", "e1"}),
        (consent("public-domain"), {"a1", "b1", "e1"}),
        (consent("fiction"), {"a1", "b1", "e1"}),
    ],
)
def test_nobody_teaches_but_the_author_who_agreed_and_the_people_of_what_is_public(given, ids):
    assert may_teach(CHAT, [ADA], given) == ids
    assert set(CHAT.of_authors(ids).messages["author_id"]) == ids


def test_how_many_did_not_agree_is_said(capsys):
    may_teach(CHAT, [ADA], consent("written-consent", ["Bob"]))
    assert (
        "learnt from 2 of 3 people; of the rest no consent is given: --community-consent NAME"
        in capsys.readouterr().out
    )
    may_teach(CHAT, [ADA], consent("written-consent", ["everyone"]))
    assert not capsys.readouterr().out


def test_who_agreed_must_be_in_the_chat():
    with pytest.raises(AuthorError, match="no author is called 'Bo'; the nearest names are Bob"):
        may_teach(CHAT, [ADA], consent("written-consent", ["Bo"]))


def test_a_bot_that_is_asked_for_may_be_learnt():
    assert may_teach(CHAT, [find_author(CHAT.ranking, "MEE6")], None) == {"m1"}


def test_a_consent_is_asked_for_in_six_questions_and_the_others(capsys):
    given = ask_consent("Ada", answers("2", "", "2026-01-02", " 7 ", "2027-12-31", "y", "Bob, Eve,"))
    assert given == Consent("written-consent", "Ada", "2026-01-02", "7", "2027-12-31", True, ["Bob", "Eve"])
    assert "By what right may Ada's messages be learnt?" in capsys.readouterr().out
    given = ask_consent("Ada", answers("fiction", "its author", "", "", "", "", "never asked for"))
    assert given == Consent("fiction", "its author", today(), "", "", False, [])


def test_what_is_no_answer_is_asked_again(capsys):
    given = ask_consent("Ada", answers("6", "own", "1", "", "tomorrow", "", "", "2027-02-30", "", "maybe", "n", ""))
    assert given == Consent("own-data", "Ada", today(), "")
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if "is no answer" in line] == [
        f"{words!r} is no answer to that" for words in ("6", "own", "tomorrow", "2027-02-30", "maybe")
    ]


@pytest.mark.parametrize("words", [[""], [], ["1", "Ada"]])
def test_no_answer_is_no_consent(words):
    assert ask_consent("Ada", answers(*words)) is None


@pytest.mark.parametrize(("kind", "by"), [("own-data", "Ada"), ("written-consent", "Ada"), ("public-dataset", "")])
def test_a_consent_is_the_authors_where_nobody_else_is_named(kind, by):
    assert choose_consent(parse_arguments(["CHAT", "--consent-kind", kind]), "Ada") == Consent(kind, by, today(), "")
    given = choose_consent(parse_arguments(["CHAT", "--consent-kind", kind, "--consent-by", "Eve"]), "Ada")
    assert given.by == "Eve"


def test_nobody_is_asked_where_there_is_no_terminal(capsys):
    arguments = SimpleNamespace(consent_kind=None)
    assert choose_consent(arguments, "Ada") is None
    assert capsys.readouterr().out.startswith("no consent is recorded, and the bot won't load the persona")


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
