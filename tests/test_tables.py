import csv
import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.chats import exports
from model.chats.exports import ChatExportError
from model.chats.exports.lines import lines
from model.chats.exports.tables import table


def read(tmp_path, text, name="chat.csv", file_format=None):
    (tmp_path / name).write_bytes(text.encode())
    return exports.read([tmp_path / name], file_format=file_format)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_by_the_names_of_its_columns_whatever_divides_it(tmp_path, delimiter):
    rows = ["no|when|nick|body", "1|2024-01-02T03:04:05|ada|“hi”", '2|1704164646|bob|"two\n""lines"""', "", "3"]
    text = "\n".join(rows).replace("|", delimiter)
    export = read(tmp_path, text, file_format=table("nick", "body", "when"))
    assert export.formats == "table"
    assert export.messages[["author_id", "text", "sent_at", "channel"]].values.tolist() == [
        ["ada", "“hi”", pd.Timestamp("2024-01-02T03:04:05", tz="UTC"), "chat"],
        ["bob", 'two\n"lines"', pd.Timestamp("2024-01-02T03:04:06", tz="UTC"), "chat"],
    ]
    assert export.dropped["by deleted authors"] == 1  # the row that ends after its number


def test_a_table_without_times_keeps_the_order_of_its_rows(tmp_path):
    export = read(tmp_path, "nick;body\nada;b, c\nbob;a\nada;b, c\n", file_format=table("nick", "body"))
    assert export.messages["text"].tolist() == ["b, c", "a", "b, c"]
    assert export.messages["sent_at"].isna().all()


def test_who_names_the_columns_knows_better_than_the_formats_that_are_known(tmp_path):
    text = "fromUser.id,text,clean\na1,hi <b>,hi\n"
    assert read(tmp_path, text).messages["text"].tolist() == ["hi <b>"]
    assert read(tmp_path, text, file_format=table("fromUser.id", "clean")).messages["text"].tolist() == ["hi"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("user,message\na,b\n", "found the columns user, message; wanted nick and body among them"),
        ("nick;message\na;b\n", "found the columns nick, message; wanted body among them"),
        ("nick,body,when\nada,hello, world,1\n", "line 2 has more fields than the header; texts with ',' need quotes"),
        ('nick,body,when\nada,"never closed\n', "the file is damaged or cut off"),
        ("nick,body,when\nada,hi,02/01/2024\n", "found the time '02/01/2024'; wanted one such as 2024-01-31T12:34:56"),
        ("", "the file is empty"),
    ],
)
def test_a_table_that_is_another_says_so_in_one_line(tmp_path, text, sentence):
    file_format = table("nick", "body", "when" if "when" in text else None)
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(tmp_path, text, file_format=file_format)
    assert str(error.value).startswith(str(tmp_path / "chat.csv")) and "\n" not in str(error.value)


def test_lines_are_one_persons_messages_in_their_order(tmp_path):
    export = read(tmp_path, 'b, "c"\r\n\na\n', "ada.txt", file_format=lines("Ada"))
    assert export.formats == "lines"
    assert export.messages[["author_id", "author", "text"]].values.tolist() == [
        ["Ada", "Ada", 'b, "c"'],
        ["Ada", "Ada", "a"],
    ]
    assert export.dropped["without text"] == 1


def test_many_blank_lines_are_counted(tmp_path):
    export = read(tmp_path, "a\n" + "\n" * 2_000_000, "ada.txt", file_format=lines("Ada"))
    assert export.messages["text"].tolist() == ["a"] and export.dropped["without text"] == 2_000_000


def test_markov_discords_messages_are_those_of_whom_the_file_is_called_like(tmp_path):
    export = read(tmp_path, json.dumps([{"message": "hi\nthere", "attachments": []}, {"message": ""}]), "ada.json")
    assert export.formats == "markov-discord"
    assert export.messages[["author_id", "author", "text"]].values.tolist() == [["ada", "ada", "hi\nthere"]]
    assert export.dropped["without text"] == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (5, "message 2 isn't as markov-discord writes it"),
        (None, "message 2 isn't as markov-discord writes it"),
        ({"message": ["a"]}, r"found \['a'\] as a message's text; wanted text"),
        ({"message": True}, "found True as a message's text; wanted text"),
    ],
)
def test_an_entry_of_markov_discord_that_holds_no_text_is_refused_in_one_line(tmp_path, more, sentence):
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(tmp_path, json.dumps([{"message": "hi"}, more]), "ada.json")
    assert str(error.value).isprintable()


def test_mimicbots_table_has_exactly_its_two_columns(tmp_path):
    assert read(tmp_path, 'author_id,content\n5,"a, b"\n').messages[["author_id", "text"]].values.tolist() == [
        ["5", "a, b"]
    ]
    assert read(tmp_path, "author_id,content").messages.empty
    with pytest.raises(ChatExportError, match="found a table with the columns author_id, content, more"):
        read(tmp_path, "author_id,content,more\n5,a,b\n")


SIGNS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\,;|👋👩‍🚀")
TEXTS = st.text(SIGNS, min_size=1).filter(str.strip)
NAMES = st.sampled_from(["Ada L.", 'B"o"b; 👋', "nan"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@settings(deadline=None, derandomize=True, max_examples=25)
@given(sent=st.lists(st.tuples(NAMES, st.integers(0, 2**31), TEXTS), min_size=1))
def test_any_message_of_a_table_survives_in_its_place(tmp_path_factory, delimiter, sent):
    path = tmp_path_factory.getbasetemp() / "chat.csv"
    messages = [(datetime.fromtimestamp(moment, UTC), who, text) for who, moment, text in sent]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("when", "who", "what"), *messages])
    found = exports.read([path], file_format=table("who", "what", "when")).messages
    assert found[["sent_at", "author", "text"]].values.tolist() == [
        [pd.Timestamp(moment), who, text] for moment, who, text in sorted(messages, key=lambda message: message[0])
    ]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(sent=st.lists(TEXTS.map(lambda text: text.replace("\n", " ")).filter(str.strip), min_size=1))
def test_any_line_and_any_text_of_markov_discord_survive_in_their_order(tmp_path_factory, sent):
    folder = tmp_path_factory.getbasetemp()
    assert read(folder, "\n".join(sent), "a.txt", file_format=lines("a")).messages["text"].tolist() == sent
    written = json.dumps([{"message": text} for text in sent], ensure_ascii=False)
    assert read(folder, written, "a.json").messages["text"].tolist() == sent
