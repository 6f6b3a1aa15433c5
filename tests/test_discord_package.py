import csv
import io
import json
import zipfile

import pandas as pd
import pytest
from hypothesis import given, settings

from model.chats import exports
from model.chats.exports import ChatExportError
from tests.chats import chats, found, snowflake

GENERAL, DIRECT = "222222222222222222", "333333333333333333"
USER = {"id": "501", "username": "ada", "global_name": "Ada L", "email": "ada@example.com", "payments": []}
ROW = {"ID": 900100200300400500, "Timestamp": "2021-10-19 19:10:41", "Contents": "hello", "Attachments": ""}
MOMENT = pd.Timestamp((900100200300400500 >> 22) + 1420070400000, unit="ms", tz="UTC")


def as_csv(rows):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, ["ID", "Timestamp", "Contents", "Attachments"])
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def package(rows=(ROW,), *, account="Account", messages="Messages", prefix="c", written=json.dumps, channel=None):
    """The files of a package with one channel of a server."""
    channel = channel or {"id": GENERAL, "type": "GUILD_TEXT", "name": "general", "guild": {"id": "1", "name": "E"}}
    folder = f"{messages}/{prefix}{GENERAL}"
    return {
        "README.txt": "Welcome to your data",
        f"{account}/user.json": json.dumps(USER),
        f"{messages}/index.json": json.dumps({GENERAL: "general in Engines", "4": None}),
        f"{folder}/channel.json": json.dumps(channel),
        f"{folder}/messages.{'csv' if written is as_csv else 'json'}": written(list(rows)),
    }


def read(folder, files, *, packed=True):
    path = folder / "package.zip"
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return exports.read([path])
    for name, content in files.items():
        (folder / "package" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "package" / name).write_text(content, encoding="utf-8")
    return exports.read([folder / "package"])


@pytest.mark.parametrize("written", [json.dumps, as_csv])
@settings(deadline=None, derandomize=True, max_examples=50)
@given(chat=chats())
def test_what_is_in_a_package_is_read(tmp_path_factory, written, chat):
    chat = [(moment, ("501", "ada"), text) for moment, _, text in chat]  # all by its owner
    rows = [
        {"ID": snowflake(moment, n), "Timestamp": f"{moment:%Y-%m-%d %H:%M:%S}", "Contents": text, "Attachments": ""}
        for n, (moment, _, text) in enumerate(chat)
    ]
    export = read(tmp_path_factory.getbasetemp(), package(reversed(rows), written=written))
    assert export.formats == "discord-package"
    ties = sorted(found(export.messages)), sorted(chat)  # the newest stands first: those of one time are turned round
    assert ties[0] == ties[1] and export.messages["sent_at"].is_monotonic_increasing


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    "names",
    [
        {"account": "account", "messages": "messages", "prefix": ""},
        {"account": "Konto", "messages": "Nachrichten"},
        {"account": "package/Compte", "messages": "package/MESSAGES"},
        {"account": "Учётная запись", "messages": "Сообщения"},
    ],
)
def test_folders_are_found_whatever_they_are_called(tmp_path, names, packed):
    export = read(tmp_path, package(**names), packed=packed)
    assert export.messages[["message_id", "author_id", "author", "channel", "text"]].values.tolist() == [
        ["900100200300400500", "501", "ada", "general", "hello"]
    ]
    assert export.unread == ["README.txt"]


def test_a_part_of_a_package_is_enough(tmp_path):
    files = {name.partition("/")[2]: content for name, content in package().items() if name.startswith("Messages/")}
    export = read(tmp_path, files)
    assert export.messages[["author_id", "author", "text"]].values.tolist() == [
        ["owner/900100200300400500", "owner", "hello"]
    ]
    del files[f"c{GENERAL}/channel.json"]
    assert read(tmp_path, files).messages["channel"].tolist() == ["general in Engines"]
    one = {name.partition("/")[2]: content for name, content in files.items() if name.startswith("c")}
    one["channel.json"] = json.dumps({"id": GENERAL, "type": 0})
    assert read(tmp_path, one).messages["text"].tolist() == ["hello"]


def test_two_packages_in_one_folder_have_two_owners(tmp_path):
    bob = {"one/account/user.json": json.dumps({"id": 502, "username": "bob"})}
    files = package(account="two/Account", messages="two/Messages") | bob
    files |= package([ROW | {"ID": "900100200300400501"}], account="x/x/x", messages="one/messages")
    assert sorted(read(tmp_path, files).messages["author"]) == ["ada", "bob"]


def test_two_packages_that_do_not_say_whose_they_are_are_not_taken_for_one_persons(tmp_path):
    read_as = []
    for name, number in (("ada", 900100200300400500), ("bob", 900100200300400501), ("copy", 900100200300400501)):
        (tmp_path / name).mkdir()
        files = package([ROW | {"ID": number}, ROW | {"ID": number + 8, "Contents": "again"}])
        read(tmp_path / name, {path: content for path, content in files.items() if path.startswith("Messages/")})
        read_as.append(tmp_path / name / "package.zip")
    export = exports.read(read_as)
    assert export.messages.groupby("author_id")["author"].agg(list).to_dict() == {
        "owner/900100200300400500": ["owner", "owner"],
        "owner/900100200300400501": ["owner", "owner"],
    }
    assert export.dropped["duplicates"] == 2


@pytest.mark.parametrize("type_", ["DM", "GROUP_DM", 1, 3, "1", "3"])
def test_private_messages_are_left_out_and_counted(tmp_path, type_):
    private = {"id": DIRECT, "type": type_, "recipients": ["501", "502"]}
    files = package() | {
        f"Messages/c{DIRECT}/channel.json": json.dumps(private),
        f"Messages/c{DIRECT}/messages.json": json.dumps([ROW | {"ID": 1}, ROW | {"ID": 2}]),
    }
    export = read(tmp_path, files)
    assert export.messages["text"].tolist() == ["hello"] and export.dropped["private messages"] == 2


@pytest.mark.parametrize("written", [json.dumps, as_csv])
@pytest.mark.parametrize("id_", [900100200300400500, "900100200300400500"])
@pytest.mark.parametrize("seconds", ["", ":99"])
def test_ids_are_exact_and_the_clock(tmp_path, written, id_, seconds):
    stamp = f"{MOMENT:%Y-%m-%d %H:%M}" + seconds
    messages = read(tmp_path, package([ROW | {"ID": id_, "Timestamp": stamp}], written=written)).messages
    assert messages[["message_id", "sent_at"]].values.tolist() == [["900100200300400500", MOMENT]]


@pytest.mark.parametrize("stamp", ["2020-05-01 10:00:00", "2020-05-01 10:00:00.000000+00:00"])
def test_an_id_that_is_no_clock_leaves_the_timestamp(tmp_path, stamp):
    messages = read(tmp_path, package([ROW | {"ID": 42, "Timestamp": stamp}], written=as_csv)).messages
    assert messages["sent_at"].tolist() == [pd.Timestamp("2020-05-01 10:00", tz="UTC")]


def test_raw_markup_becomes_what_people_see(tmp_path):
    rows = [ROW | {"ID": 1, "Contents": "<@502> look at <#7> <:Kappa:33>"}, ROW | {"ID": 2, "Contents": None}]
    export = read(tmp_path, package(rows))
    assert export.messages["text"].tolist() == ["@someone look at #channel :Kappa:"]
    assert export.dropped["without text"] == 1


def test_the_same_message_exported_otherwise_is_a_duplicate(tmp_path):
    message = {"id": str(ROW["ID"]), "type": "Default", "timestamp": MOMENT.isoformat(), "content": "hello"}
    message["author"] = {"id": "501", "name": "ada", "isBot": False}
    exported = {"guild": {"name": "E"}, "channel": {"name": "general"}, "messages": [message]}
    export = read(tmp_path, package() | {"exported.json": json.dumps(exported)})
    assert export.formats == "discord-package, discord-chat-exporter-json"
    assert len(export.messages) == 1 and export.dropped["duplicates"] == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('[{"ID": 1, "Timestamp"', "the file is cut off; export it again"),
        ('[{"ID": 1, "Text": "x"}]', r"a message isn't as Discord writes it \(KeyError\('Timestamp'\)\)"),
        ('["x"]', "a message isn't as Discord writes it"),
    ],
)
def test_a_damaged_channel_is_named(tmp_path, content, sentence):
    files = package() | {f"Messages/c{GENERAL}/messages.json": content}
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(tmp_path, files)
    assert f"package.zip: Messages/c{GENERAL}/messages.json: " in str(error.value) and "\n" not in str(error.value)


def test_other_folders_are_no_package(tmp_path):
    with pytest.raises(ChatExportError, match="no file in it is a chat export"):
        read(tmp_path, {"general/messages.json": "{}", "user.json": "{}", "a/index.json": "{}"})
