import json

import pandas as pd
import pytest
from hypothesis import given, settings

from model.chats import exports
from model.chats.exports import ChatExportError
from tests.chats import chats, found

ADA = {"id": "a" * 24, "username": "ada", "displayName": "Ada L", "url": "/ada", "v": 18, "gv": "4"}
MESSAGE = {
    "id": "5" * 24,
    "text": "Hi **Bob**",
    "html": "Hi <b>Bob</b>",
    "sent": "2015-03-12T13:45:39.963Z",
    "editedAt": None,
    "fromUser": ADA,
    "readBy": 3,
    "mentions": [{"screenName": "x", "userIds": []}],
}


def read(tmp_path, messages):
    (tmp_path / "page.json").write_text(messages if isinstance(messages, str) else json.dumps(messages))
    return exports.read([tmp_path / "page.json"])


@settings(deadline=None, derandomize=True, max_examples=50)
@given(chat=chats())
def test_what_the_api_gives_is_read(tmp_path_factory, chat):
    page = [
        MESSAGE
        | {"id": f"{number:024x}", "text": text, "sent": moment.isoformat().replace("+00:00", "Z")}
        | {"fromUser": {"id": author_id, "username": author}}
        for number, (moment, (author_id, author), text) in enumerate(chat)
    ]
    assert found(read(tmp_path_factory.getbasetemp(), page).messages) == chat


def test_pages_of_the_api_are_one_chat(tmp_path):
    for number in range(3):
        page = [MESSAGE | {"id": f"{n:024x}", "text": f"text {n}"} for n in (number, number + 1)]
        (tmp_path / f"{number}.json").write_text(json.dumps(page, indent=1))
    (tmp_path / "last.json").write_text("[]")
    export = exports.read([tmp_path])
    assert export.formats == "gitter-json" and export.unread == ["last.json"]
    assert export.messages["text"].tolist() == ["text 0", "text 1", "text 2", "text 3"]
    assert export.dropped["duplicates"] == 2


def test_the_text_is_taken_as_it_was_typed_at_its_time(tmp_path):
    messages = read(tmp_path, [MESSAGE]).messages
    assert messages[["author_id", "author", "text"]].values.tolist() == [[ADA["id"], "ada", "Hi **Bob**"]]
    assert messages["sent_at"][0] == pd.Timestamp("2015-03-12T13:45:39.963", tz="UTC")


def test_messages_without_author_or_text_are_counted(tmp_path):
    without = {name: value for name, value in MESSAGE.items() if name != "fromUser"}
    gone = [
        without,
        MESSAGE | {"fromUser": None},
        MESSAGE | {"id": "6", "text": None},
        MESSAGE | {"id": "7", "text": ""},
    ]
    export = read(tmp_path, [MESSAGE, *gone])
    assert export.dropped == {"by deleted authors": 2, "without text": 2, "duplicates": 0}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (json.dumps([MESSAGE])[:-9], "the file is cut off; export it again"),
        (json.dumps([MESSAGE, {"text": "x"}]), r"message 2 isn't as Gitter writes it \(KeyError\('id'\)\)"),
        (json.dumps([MESSAGE, 5]), "message 2 isn't as Gitter"),
        (json.dumps([MESSAGE | {"text": ["Hi"]}]), r"found \['Hi'\] as a message's text; wanted text"),
        (json.dumps([MESSAGE | {"sent": None}]), "found None as a message's sent_at; wanted text"),
    ],
)
def test_a_damaged_page_is_refused_in_one_line(tmp_path, content, sentence):
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)
