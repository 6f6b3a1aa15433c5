import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.chats import exports
from model.chats.exports import ChatExportError


def message(number, text, *, author="Ada", author_id="user42", **others):
    moment = {"date": "2024-01-02T04:04:05", "date_unixtime": str(1704164645 + number)}
    return {"id": number, "type": "message", **moment, "from": author, "from_id": author_id, "text": text} | others


def chat(*messages, name="Friends", kind="private_supergroup", chat_id=123):
    return {"name": name, "type": kind, "id": chat_id, "messages": list(messages)}


def read(tmp_path, export):
    (tmp_path / "result.json").write_text(json.dumps(export, indent=1, ensure_ascii=False), encoding="utf-8")
    return exports.read([tmp_path / "result.json"])


def test_a_chats_messages_keep_id_author_time_and_channel(tmp_path):
    export = read(tmp_path, chat(message(7, "hello\n“there” 👋")))
    assert export.formats == "telegram"
    assert export.messages.iloc[0].to_dict() == {
        "message_id": "telegram/123/7",
        "author_id": "user42",
        "author": "Ada",
        "sent_at": pd.Timestamp("2024-01-02T03:04:12", tz="UTC"),  # 1704164645 is 03:04:05; `date` is a local time
        "channel": "Friends",
        "text": "hello\n“there” 👋",
        "is_bot": False,
        "format": "telegram",
    }


def test_text_in_parts_is_joined_without_spaces_and_mentions_lose_the_name(tmp_path):
    parts = [
        "see ",
        {"type": "link", "text": "https://x.y"},
        ", ",
        {"type": "mention", "text": "@bob"},
        {"type": "bold", "text": "!"},
        {"type": "mention_name", "text": "Bob", "user_id": 7},
    ]
    assert read(tmp_path, chat(message(1, parts))).messages["text"].tolist() == ["see https://x.y, @someone!@someone"]


def test_what_is_not_its_authors_words_is_left_out_and_counted(tmp_path):
    export = read(
        tmp_path,
        chat(
            {
                "id": 1,
                "type": "service",
                "date": "2024-01-02T03:04:05",
                "actor": "Bob",
                "action": "pin_message",
                "text": "",
            },
            {"id": 2, "type": "unsupported"},
            message(3, "not mine", forwarded_from="Bob"),
            message(4, "nor this", forwarded_from=None),
            message(5, "a bot's", via_bot="@gif"),
            message(6, "", photo="photos/1.jpg"),
            message(7, [], media_type="sticker"),
            message(8, "a caption", photo="photos/2.jpg"),
        ),
    )
    assert export.messages["text"].tolist() == ["a caption"]
    assert +export.dropped == {
        "service lines": 2,
        "forwarded messages": 2,
        "messages via bots": 1,
        "media without text": 2,
    }


def test_authors_are_known_by_id_in_older_exports_too(tmp_path):
    export = read(
        tmp_path,
        chat(
            message(1, "new"),
            message(2, "old", author_id=42),
            message(3, "gone", author=None, author_id="user7"),
            message(4, "oldest", author="Eve", author_id=None),
            message(5, "nobody's", author=None, author_id=None),
        ),
    )
    assert export.messages[["author_id", "author", "text"]].values.tolist() == [
        ["user42", "Ada", "new"],
        ["user42", "Ada", "old"],
        ["user7", "user7", "gone"],
        ["Eve", "Eve", "oldest"],
    ]
    assert export.dropped["by deleted authors"] == 1


def test_exports_without_unix_times_give_the_local_one(tmp_path):
    old = message(1, "hi")
    del old["date_unixtime"]
    sent_at = read(tmp_path, chat(old)).messages["sent_at"].tolist()
    assert sent_at == [pd.Timestamp("2024-01-02T04:04:05", tz="UTC")]


def account(**lists):
    about = {"about": "The data you requested", "personal_information": {"user_id": 1, "first_name": "Ada"}}
    return about | {key: {"about": "…", "list": chats} for key, chats in lists.items()}


def test_an_account_gives_its_groups_and_leaves_out_private_chats(tmp_path):
    export = read(
        tmp_path,
        account(
            chats=[
                chat(message(1, "private"), message(2, "too"), name="Bob", kind="personal_chat", chat_id=7),
                {"type": "saved_messages", "id": 1, "messages": [message(3, "a note")]},
                chat(message(1, "in a group"), chat_id=8),
            ],
            left_chats=[chat(message(1, "in a group left"), name="Old", kind="public_supergroup", chat_id=9)],
        ),
    )
    assert export.messages[["message_id", "channel", "text"]].values.tolist() == [
        ["telegram/8/1", "Friends", "in a group"],
        ["telegram/9/1", "Old", "in a group left"],
    ]
    assert export.dropped["private messages"] == 3


def test_a_personal_chat_exported_alone_is_read(tmp_path):
    export = read(tmp_path, chat(message(1, "on purpose"), name="Bob", kind="personal_chat"))
    assert export.messages["text"].tolist() == ["on purpose"]


def test_an_export_of_one_chat_twice_gives_each_message_once(tmp_path):
    for name, length in (("a.json", 2), ("b.json", 3)):
        export = chat(*(message(number, f"text {number}") for number in range(length)))
        (tmp_path / name).write_text(json.dumps(export), encoding="utf-8")
    export = exports.read([tmp_path / "a.json", tmp_path / "b.json"])
    assert export.messages["text"].tolist() == ["text 0", "text 1", "text 2"]
    assert export.dropped["duplicates"] == 2


def test_control_characters_as_telegram_writes_them_are_read(tmp_path):
    written = json.dumps(chat(message(1, "a%sb \\x0B"))).replace("%s", "\\x0B")  # the second is typed: \\x0B
    (tmp_path / "result.json").write_text(written, encoding="utf-8")
    assert exports.read([tmp_path / "result.json"]).messages["text"].tolist() == ["ab \\x0B"]


@pytest.mark.parametrize("length", range(64_600, 65_540, 37))
def test_an_escape_across_two_reads_stays_whole(tmp_path, length):
    text = "a" * length + '\\"\n' * 60 + "\v" * 60
    written = json.dumps(chat(message(1, text))).replace("\\u000b", "\\x0B")
    (tmp_path / "result.json").write_text(written, encoding="utf-8")
    found = exports.read([tmp_path / "result.json"]).messages["text"].tolist()
    assert found == [text.rstrip("\v")]


def test_a_file_cut_off_is_said_in_one_line(tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(chat(message(1, "hi")))[:-30], encoding="utf-8")
    with pytest.raises(ChatExportError, match=r"result\.json: the file is cut off; export it again") as error:
        exports.read([tmp_path / "result.json"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [5, None, True, "hi", [1]])
def test_a_message_that_is_no_object_is_refused_in_one_line(tmp_path, value):
    with pytest.raises(ChatExportError, match="in the place of message 2; wanted an object") as error:
        read(tmp_path, chat(message(1, "hi"), value))
    assert str(error.value).isprintable()


def test_a_number_out_of_all_bounds_is_refused_in_one_line(tmp_path):
    written = json.dumps(chat(message(1, "hi"), chat_id=123)).replace("123", "1e99999999999999999999")
    (tmp_path / "result.json").write_text(written, encoding="utf-8")
    with pytest.raises(ChatExportError, match=r"found .* wanted an export") as error:
        exports.read([tmp_path / "result.json"])
    assert str(error.value).isprintable()


@pytest.mark.parametrize("text", [5, True, {"type": "bold"}, ["a", None], [["a"]], [{"text": 5}]])
def test_text_that_is_none_is_refused_in_one_line(tmp_path, text):
    with pytest.raises(ChatExportError, match=r"message 2 isn't as Telegram writes it|; wanted text") as error:
        read(tmp_path, chat(message(1, "hi"), message(2, text)))
    assert str(error.value).isprintable()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_other_encodings_are_read(tmp_path, encoding):
    (tmp_path / "result.json").write_text(json.dumps(chat(message(1, "naïve 😀"))), encoding=encoding)
    assert exports.read([tmp_path / "result.json"]).messages["text"].tolist() == ["naïve 😀"]


SIGNS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\<>&👋👩‍🚀")
TEXTS = st.text(SIGNS, min_size=1).filter(str.strip)
SENT = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**31), TEXTS), min_size=1)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(sent=SENT)
def test_any_message_survives_in_its_place(tmp_path_factory, sent):
    messages = [
        message(number, [text[:2], {"type": "italic", "text": text[2:]}], author=f"“{who}”", author_id=f"user{who}")
        | {"date_unixtime": str(moment)}
        for number, (who, moment, text) in enumerate(sent)
    ]
    found = read(tmp_path_factory.getbasetemp(), chat(*messages)).messages
    assert found[["author_id", "author", "sent_at", "text"]].values.tolist() == [
        [f"user{who}", f"“{who}”", pd.Timestamp(datetime.fromtimestamp(moment, UTC)), text]
        for who, moment, text in sorted(sent, key=lambda message: message[1])
    ]
