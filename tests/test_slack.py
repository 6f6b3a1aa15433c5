import json
import zipfile
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.chats import exports
from model.chats.exports import ChatExportError

ADA = {"id": "U0ADA", "name": "ada", "real_name": "Ada L.", "is_bot": False, "profile": {"display_name": "Ada"}}
BOB = {"id": "U0BOB", "name": "bob", "real_name": "Bob", "profile": {"display_name": "", "real_name": "Bob Jones"}}
ROBOT = {"id": "U0BOT", "name": "robot", "is_bot": True, "profile": {}}
LISTS = {
    "users.json": [ADA, BOB, ROBOT],
    "channels.json": [{"id": "C0GEN", "name": "general"}],
    "groups.json": [{"id": "G0SEC", "name": "secret"}],
    "dms.json": [{"id": "D0ABCDEFG", "members": ["U0ADA", "U0BOB"]}],
    "mpims.json": [{"id": "G0MPDM", "name": "mpdm-ada--bob--eve-1"}],
}


def message(text, ts="1452988121.000015", user="U0ADA", **others):
    return {"type": "message", "user": user, "text": text, "ts": ts} | others


def write(path, days, lists=LISTS, root=""):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (lists | days).items():
            archive.writestr(root + name, json.dumps(content))
    return path


def read(tmp_path, days, **options):
    return exports.read([write(tmp_path / "export.zip", days, **options)])


def texts(tmp_path, *messages):
    return read(tmp_path, {"general/2016-01-16.json": messages}).messages["text"].tolist()


def test_messages_keep_id_author_time_to_the_microsecond_and_channel(tmp_path):
    export = read(tmp_path, {"general/2016-01-16.json": [message("hello\n“there” 👋")]})
    assert (export.formats, export.unread) == ("slack", [])
    assert export.messages.iloc[0].to_dict() == {
        "message_id": "slack/C0GEN/1452988121.000015",
        "author_id": "U0ADA",
        "author": "Ada",
        "sent_at": pd.Timestamp("2016-01-16T23:48:41.000015", tz="UTC"),
        "channel": "general",
        "text": "hello\n“there” 👋",
        "is_bot": False,
        "format": "slack",
    }


def test_a_folder_reads_like_its_zip_wherever_in_it_the_export_is(tmp_path):
    days = {"general/2016-01-16.json": [message("hi")], "secret/2016-01-17.json": [message("psst", "2.0")]}
    path = write(tmp_path / "export.zip", days, root="my export/")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    found = exports.read([path])
    assert found.messages["channel"].tolist() == ["secret", "general"]
    assert exports.read([tmp_path / "unpacked"]).messages.equals(found.messages)
    assert exports.read([path, tmp_path / "unpacked"]).dropped["duplicates"] == 2


def test_other_files_beside_an_export_are_left_to_their_readers(tmp_path):
    days = {"general/2016-01-16.json": [message("hi")], "other/notes.json": {}, "app/config.json": {}}
    assert read(tmp_path, days).unread == ["app/config.json", "other/notes.json"]
    with pytest.raises(ChatExportError, match="no file in it is a chat export"):
        read(tmp_path, {"logs/2016-01-16.json": [{}]}, lists={})


def test_direct_messages_are_left_out_and_counted(tmp_path):
    private = {
        "D0ABCDEFG/2016-01-16.json": [message("private")],
        "mpdm-ada--bob--eve-1/2016-01-16.json": [message("among three"), message("too", "2.0")],
    }
    export = read(tmp_path, private | {"secret/2016-01-16.json": [message("in a closed channel")]})
    assert export.messages["text"].tolist() == ["in a closed channel"]
    assert export.dropped["private messages"] == 3
    without_lists = read(tmp_path, private, lists={"users.json": [ADA]})
    assert without_lists.messages.empty and without_lists.dropped["private messages"] == 3


def test_only_what_people_wrote_is_kept(tmp_path):
    export = read(
        tmp_path,
        {
            "general/2016-01-16.json": [
                message("<@U0ADA> has joined", "1.0", subtype="channel_join"),
                message("from a webhook", "2.0", user=None, subtype="bot_message", bot_id="B1"),
                message("from an app without a user", "3.0", user=None, bot_id="B1"),
                {"type": "event", "ts": "4.0"},
                message("a reply shown to all", "5.0", subtype="thread_broadcast"),
                message("waves", "6.0", subtype="me_message"),
                message("from an app", "7.0", user="U0BOB", bot_id="B1"),
                message("from a robot", "8.0", user="U0BOT"),
                message("reminder", "9.0", user="USLACKBOT"),
                message("", "10.0", files=[{"id": "F1"}]),
            ]
        },
    )
    assert export.messages[["text", "is_bot"]].values.tolist() == [
        ["a reply shown to all", False],
        ["/me waves", False],
        ["from an app", True],
        ["from a robot", True],
        ["reminder", True],
    ]
    assert +export.dropped == {"system lines": 2, "messages of bots": 2, "without text": 1}


def test_names_are_those_that_others_see(tmp_path):
    guest = {"display_name": "", "real_name": "Guest"}
    messages = [
        message("a", "1.0"),
        message("b", "2.0", "U0BOB"),
        message("c", "3.0", "U0BOT"),
        message("d", "4.0", "U0FAR", user_profile=guest),
        message("e", "5.0", "U0UNKNOWN"),
    ]
    names = read(tmp_path, {"general/2016-01-16.json": messages}).messages["author"].tolist()
    assert names == ["Ada", "Bob Jones", "robot", "Guest", "U0UNKNOWN"]


def test_enterprise_exports_name_their_people_in_org_users(tmp_path):
    lists = {"org_users.json": [ADA], "channels.json": []}
    export = read(tmp_path, {"general/2016-01-16.json": [message("hi")]}, lists=lists)
    assert export.messages["author"].tolist() == ["Ada"]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("<@U0BOB>: hi <@U0BOB|bob>", "@someone: hi @someone"),
        ("in <#C0GEN|general> and <#C0GEN> and <#C0FAR>", "in #general and #general and #channel"),
        ("<https://x.y/?a=1&amp;b=2> <http://x.y|x.y>", "https://x.y/?a=1&b=2 http://x.y"),
        ("<mailto:a@x.y|a@x.y> <tel:123|1 23>", "a@x.y 1 23"),
        ("<!here> <!channel> <!subteam^S1|@team>", "@here @channel @someone"),
        ("<!date^1392734382^{date}|18 Feb 2014>", "18 Feb 2014"),
        ("1 &lt; 2 &gt; 0 &amp;amp; &quot;", "1 < 2 > 0 &amp; &quot;"),
        ("a &lt;@U0BOB&gt; that was typed", "a <@U0BOB> that was typed"),
    ],
)
def test_slacks_marks_become_what_was_typed(tmp_path, written, typed):
    assert texts(tmp_path, message(written)) == [typed]


def test_a_damaged_day_is_named_in_one_line(tmp_path):
    path = write(tmp_path / "export.zip", {})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("general/2016-01-16.json", '[{"type":')
    with pytest.raises(ChatExportError, match=r"export\.zip: general/2016-01-16\.json: ") as error:
        exports.read([path])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ([message("hi"), 5], r"general/2016-01-16\.json: found 5 as its entry 2; wanted an object"),
        ([message("hi"), message(["a"])], "general: message 2 isn't as Slack writes it"),
        ([message("hi", subtype=[])], "general: message 1 isn't as Slack writes it"),
        ([message("hi", user="U1", user_profile="Ada")], "general: message 1 isn't as Slack writes it"),
    ],
)
def test_values_of_other_types_are_refused_in_one_line(tmp_path, day, sentence):
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(tmp_path, {"general/2016-01-16.json": day})
    assert str(error.value).isprintable()


SIGNS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\<>&|@#!👋👩‍🚀")
TEXTS = st.text(SIGNS, min_size=1).filter(str.strip)
MICROSECONDS = st.integers(0, 2**31 * 10**6)
SENT = st.dictionaries(MICROSECONDS, st.tuples(st.sampled_from([ADA, BOB]), TEXTS), min_size=1)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(sent=SENT)
def test_any_message_survives_in_its_place(tmp_path_factory, sent):
    def escaped(text):
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    messages = [
        message(escaped(text), f"{moment // 10**6}.{moment % 10**6:06}", user["id"])
        for moment, (user, text) in sent.items()
    ]
    found = read(tmp_path_factory.getbasetemp(), {"general/2016-01-16.json": messages}).messages
    assert found[["author_id", "sent_at", "text"]].values.tolist() == [
        [user["id"], pd.Timestamp(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)), text]
        for moment, (user, text) in sorted(sent.items())
    ]
