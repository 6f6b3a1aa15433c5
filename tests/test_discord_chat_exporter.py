import gzip
import json
import zipfile
from datetime import timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings

from model.chats import exports
from model.chats.exports import ChatExportError
from model.chats.exports.discord_markup import readable
from tests.chats import chats, found, snowflake

ADA = {"id": "501", "name": "ada", "discriminator": "0000", "nickname": "Ada L", "color": None, "isBot": False}
BOB = {"id": "502", "name": "bob", "discriminator": "1234", "nickname": "Bob", "isBot": False, "avatarUrl": "x"}
HEADER = {"guild": {"id": "1", "name": "Engines"}, "channel": {"id": "2", "type": "GuildTextChat", "name": "general"}}


def message(number=1, content="hello", author=ADA, **others):
    sent = f"2026-02-01T10:{number:02}:00.123+02:00"
    return {"id": f"90{number}", "type": "Default", "timestamp": sent, "content": content, "author": author} | others


def document(messages, **others):
    dates = {"dateRange": {"after": None, "before": None}, "exportedAt": "2026-03-01T12:00:00+00:00"}
    return HEADER | dates | {"messages": messages, "messageCount": len(messages)} | others


def read(tmp_path, content, name="export.json"):
    """Read a file of that content."""
    path = tmp_path / name
    if isinstance(content, (dict, list)):
        content = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return exports.read([path])


def texts(tmp_path, *messages):
    return read(tmp_path, document(messages)).messages["text"].tolist()


@settings(deadline=None, derandomize=True, max_examples=50)
@given(chat=chats())
def test_what_is_written_as_json_is_read(tmp_path_factory, chat):
    zone = timezone(timedelta(hours=-9, minutes=-30))
    messages = [
        message(content=text, author={"id": author_id, "name": author, "isBot": False})
        | {"id": str(snowflake(moment, number)), "timestamp": moment.astimezone(zone).isoformat()}
        for number, (moment, (author_id, author), text) in enumerate(chat)
    ]
    export = read(tmp_path_factory.getbasetemp(), document(messages))
    assert export.formats == "discord-chat-exporter-json"
    assert found(export.messages) == chat


def quoted(*fields, between=","):
    return between.join('"' + field.replace('"', '""') + '"' for field in fields)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(chat=chats())
def test_what_is_written_as_csv_is_read(tmp_path_factory, chat):
    lines = ["AuthorID,Author,Date,Content,Attachments,Reactions"] + [
        quoted(author_id, author, moment.strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00"), text, "", "👍 (2)")
        for moment, (author_id, author), text in chat
    ]
    export = read(tmp_path_factory.getbasetemp(), "\r\n".join(lines) + "\r\n", "export.csv")
    assert export.formats == "discord-chat-exporter-csv"
    assert found(export.messages) == chat


@pytest.mark.parametrize("type_", ["Default", "Reply", "19", 0])
def test_messages_of_people_are_kept(tmp_path, type_):
    assert texts(tmp_path, message(type=type_)) == ["hello"]


@pytest.mark.parametrize("type_", ["GuildMemberJoin", "ChannelPinnedMessage", "Call", "ThreadCreated", "20", 7])
def test_what_the_server_writes_is_left_out_and_counted(tmp_path, type_):
    export = read(tmp_path, document([message(), message(2, "Joined the server.", type=type_)]))
    assert export.messages["text"].tolist() == ["hello"] and export.dropped["system lines"] == 1


def test_forwarded_words_are_nobodys_own(tmp_path):
    forwarded = [
        message(2, "", forwardedMessage={"content": "their secret", "attachments": []}),
        message(3, "", reference={"type": "Forward", "messageId": "1"}),
        message(4, "mine", reference={"type": "Default", "messageId": "1"}),
        message(5, "mine too", reference={"messageId": "1"}, type="Reply"),
    ]
    export = read(tmp_path, document(forwarded))
    assert export.messages["text"].tolist() == ["mine", "mine too"]
    assert export.dropped["forwarded messages"] == 2


def test_bots_are_marked_and_times_are_utc(tmp_path):
    messages = read(tmp_path, document([message(), message(2, author=BOB | {"isBot": True})])).messages
    assert messages["is_bot"].tolist() == [False, True]
    assert messages["sent_at"][0] == pd.Timestamp("2026-02-01T08:01:00.123", tz="UTC")
    assert messages["channel"].tolist() == ["general"] * 2 and messages["message_id"].tolist() == ["901", "902"]


def test_deleted_users_are_kept_apart_but_for_the_one_who_stands_for_many(tmp_path):
    ghosts = [{"id": id_, "name": "Deleted User"} for id_ in ("7", "8", "456226577798135808")]
    export = read(tmp_path, document([message(n, author=ghost) for n, ghost in enumerate(ghosts)]))
    assert export.messages["author_id"].tolist() == ["7", "8"] and export.dropped["by deleted authors"] == 1


def test_names_of_those_mentioned_become_someone(tmp_path):
    someone = ["@someone and @someone's engine, @everyone", "@someone", "mail a@b.c @Bob"]
    nameless = BOB | {"nickname": None, "name": ""}
    ada_short = BOB | {"nickname": "Ada", "name": "some"}
    assert someone == texts(
        tmp_path,
        message(1, "@Ada L and @bob's engine, @everyone", mentions=[ada_short, ADA, BOB]),
        message(2, "@Ada", mentions=[ada_short, nameless]),
        message(3, "mail a@b.c @Bob", mentions=[nameless]),  # a name that isn't in the list can't be told from text
    )


def test_names_are_not_patterns(tmp_path):
    assert texts(tmp_path, message(content="@A.*( @A)", mentions=[BOB | {"nickname": "A.*("}])) == ["@someone @A)"]


@pytest.mark.parametrize(
    ("content", "read_"),
    [
        ("<@501> <@!501> <@&9>", "@someone @someone @someone"),
        ("in <#22>: <:Kappa:33> <a:party_1:44> 😀", "in #channel: :Kappa: :party_1: 😀"),
        ("a < b <3 <@> <@x> <:a> >", "a < b <3 <@> <@x> <:a> >"),
    ],
)
def test_raw_markup_becomes_what_people_see(content, read_):
    assert readable(content) == read_


def test_an_export_without_message_content_says_what_to_switch_on(tmp_path):
    blank = {"attachments": [], "embeds": [], "stickers": []}
    bot = message(3, "beep", author=BOB | {"isBot": True})
    with pytest.raises(ChatExportError, match=r"all 2 messages are blank.*Message Content intent on"):
        read(tmp_path, document([message(1, "", **blank), message(2, "", **blank), bot]))
    with pytest.raises(ChatExportError, match="all 1 messages are blank"):
        read(tmp_path, 'AuthorID,Author,Date,Content,Attachments,Reactions\n"1","a","2026-01-01T10:00:00","","",""\n')


def test_a_channel_of_pictures_is_not_taken_for_one(tmp_path):
    export = read(tmp_path, document([message(1, "", attachments=[{"id": "1"}]), message(2, "", attachments=[])]))
    assert export.dropped["without text"] == 2
    assert read(tmp_path, document([])).messages.empty


def test_the_count_of_messages_is_not_trusted(tmp_path):
    assert len(read(tmp_path, document([message()], messageCount=99)).messages) == 1


def test_other_orders_marks_and_packings_are_read(tmp_path):
    whole = document([message(content="naïve 😀")])
    compact = json.dumps(whole, separators=(",", ":"), sort_keys=True)  # escapes 😀 as two surrogates
    for number, content in enumerate(
        [
            compact.encode(),
            gzip.compress(compact.encode()),
            "\ufeff".encode() + compact.encode(),
            json.dumps(whole, ensure_ascii=False).encode("utf-16"),
        ]
    ):
        assert read(tmp_path, content, f"{number}.txt").messages["text"].tolist() == ["naïve 😀"]


def test_partitions_in_a_zip_are_one_chat_and_what_is_there_twice_is_dropped(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a [part 1].json", json.dumps(document([message(1), message(2)])))
        archive.writestr("a [part 2].json", json.dumps(document([message(2), message(3)])))
    told = []
    export = exports.read([tmp_path / "all.zip"], progress=told.append)
    assert len(export.messages) == 3 and export.dropped["duplicates"] == 1
    assert sum(told) >= (tmp_path / "all.zip").stat().st_size


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (json.dumps(document([message()]))[:-60], "the file is cut off; export it again"),
        (json.dumps(document([message()])).replace('"hello"', "hello"), "not JSON"),
        (json.dumps(document([message(), {"id": "1", "content": "x"}])), "message 2 isn't as .*'author'"),
        (json.dumps(document(["hello"])), "message 1 isn't as"),
        (
            "Author,Date;Content\nada,2026;hi\n",
            "found the columns Author,Date, Content; wanted Author",
        ),
        ('Author,Date,Content\n"ada","2026-01-01T10:00:00","never closed\n', "line 2: unexpected end of data"),
        ('Author,Date,Content\n"ada","2026-01-01T10:00:00"\n', "line 2 ends a row of 2 fields, the header has 3"),
        ("Author,Date,Content\nada,2026-01-01T10:00:00,hello, world\n", "line 2 ends a row of 4 fields"),
    ],
)
def test_a_damaged_export_is_refused_in_one_line(tmp_path, content, sentence):
    with pytest.raises(ChatExportError, match=sentence) as error:
        read(tmp_path, content)
    assert str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"content": ["a"]},
        {"content": 5},
        {"content": True},
        {"author": None},
        {"author": ADA | {"name": 5}},
        {"timestamp": None},
        {"mentions": ["bob"], "content": "@bob"},
        {"reference": "Forward"},
    ],
)
def test_values_of_other_types_are_refused_in_one_line(tmp_path, changed):
    with pytest.raises(
        ChatExportError, match=r"message 2 isn't as DiscordChatExporter writes it|; wanted text"
    ) as error:
        read(tmp_path, document([message(), message(2) | changed]))
    assert str(error.value).isprintable()


OLD_CSV = (
    "Author;Date;Content;Attachments;\r\n"
    '"ada#1234";"14-Jul-18 09:30 PM";"first; ""quoted""\nline";"";\r\n'
    '"Deleted User#0000";"14-Jul-18 09:31 PM";"gone";"";\r\n'
    '"ada#1234";"15-Jul-18 12:05 AM";"<:Kappa:33>";"";\r\n'
)


def test_the_csv_of_2018_is_read(tmp_path):
    export = read(tmp_path, OLD_CSV.encode("utf-8-sig"), "Engines - Text - general [22222222222222222].csv")
    assert export.messages[["author_id", "author", "channel", "text"]].values.tolist() == [
        ["ada#1234", "ada", "Engines - Text - general", 'first; "quoted"\nline'],
        ["ada#1234", "ada", "Engines - Text - general", ":Kappa:"],
    ]
    assert export.messages["sent_at"].dt.strftime("%Y-%m-%d %H:%M").tolist() == ["2018-07-14 21:30", "2018-07-15 00:05"]
    assert export.dropped["by deleted authors"] == 1


def dates(tmp_path, *written):
    rows = [quoted("501", "ada", date, f"text {number}", "") for number, date in enumerate(written)]
    messages = read(tmp_path, "\n".join(["AuthorID,Author,Date,Content,Attachments", *rows]), "dates.csv").messages
    assert messages["text"].tolist() == [f"text {number}" for number in range(len(written))]  # the file's order
    return [f"{date:%Y-%m-%d %H:%M}" if date is not pd.NaT else "" for date in messages["sent_at"]]


@pytest.mark.parametrize(
    ("written", "read_"),
    [
        (["02/01/2023 9:30 AM", "02/13/2023 12:30 PM"], ["2023-02-01 09:30", "2023-02-13 12:30"]),
        (["2/1/2023 9:30\u202fAM", "2/13/2023 12:00\u202fAM"], ["2023-02-01 09:30", "2023-02-13 00:00"]),
        (["02/01/2023 09:30", "13/02/2023 21:30"], ["2023-01-02 09:30", "2023-02-13 21:30"]),
        (["01.02.2023 09:30"], ["2023-02-01 09:30"]),  # nobody writes a month first with dots
        (["1. 2. 2023 9:30"], ["2023-02-01 09:30"]),
        (["2023-02-01 09:30:59"], ["2023-02-01 09:30"]),
        (["2023/2/1 9:30"], ["2023-02-01 09:30"]),
        (["01-Feb-23 09:30 PM"], ["2023-02-01 21:30"]),
        (["1/2/2023 9:30 a. m.", "31/1/2024 9:30 p. m."], ["2023-02-01 09:30", "2024-01-31 21:30"]),
        (["01/02/2023 09:30", "01/03/2023 09:30"], ["", ""]),  # no date tells
        (["2023. 2. 1. 오후 9:30"], [""]),
        (["13/02/2023 21:30", "31/02/2023 21:30"], ["2023-02-13 21:30", ""]),
        (["01-Zzz-23 09:30 PM"], [""]),
    ],
)
def test_dates_of_all_places_are_read_as_far_as_the_file_tells(tmp_path, written, read_):
    assert dates(tmp_path, *written) == read_


@pytest.mark.parametrize(
    "line",
    [
        "Joined the server.",
        "Pinned a message.",
        "Started a thread.",
        "Started a call.",
        "Started a call that lasted 1,024 minutes.",
        "Changed the channel name: engines",
        "Changed the channel icon.",
        "Left the group.",
        "Added Bob to the group.",
        "Removed Bob from the group.",
        "Added a recipient.",
    ],
)
def test_lines_of_the_server_are_left_out_of_a_csv_by_their_words(tmp_path, line):
    rows = [quoted("501", "ada", "2026-01-01T10:00:00", text) for text in ("I " + line, line)]
    export = read(tmp_path, "\n".join(["AuthorID,Author,Date,Content", *rows]), "lines.csv")
    assert export.messages["text"].tolist() == ["I " + line] and export.dropped["system lines"] == 1


def test_overlapping_csv_files_give_each_message_once(tmp_path):
    rows = [quoted("501", "ada", f"2026-01-01T10:0{n // 2}:00", "ha") for n in range(6)]
    for name, part in (("c [22222222222222222].csv", rows[:4]), ("c [22222222222222222] (after 2020).csv", rows[2:])):
        (tmp_path / name).write_text("\n".join(["AuthorID,Author,Date,Content", *part]))
    export = exports.read([tmp_path])
    assert len(export.messages) == 6 and export.dropped["duplicates"] == 2
