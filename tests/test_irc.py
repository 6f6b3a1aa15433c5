import gzip
import zipfile
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.chats import exports

IRSSI = """\
--- Log opened Sun Dec 31 23:58:12 2023
23:58 -!- ada [ada@example.org] has joined #room
23:58 < Ada> is it “time”?
23:59 <@bob>  two  spaces
23:59  * bob waves
23:59 -eve:#room- a notice
--- Day changed Mon Jan 01 2024
00:00 <+ada_> yes
00:01 -!- ada_ is now known as Ada
--- Log closed Mon Jan 01 00:02:00 2024

--- Log opened Fri Feb 02 10:00:00 2024
10:00 < Ada> later
"""
WEECHAT = (
    "2024-01-01 12:34:55\t-->\tada (~ada@example.org) has joined #room\n"
    "2024-01-01 12:34:56\t@Ada\thello\tthere\n"
    "2024-01-01 12:34:57\t--\tMode #room [+o ada] by eve\n"
    "2024-01-01 12:34:58\t *\tbob waves\n"
    "2024-01-01 12:34:59\t<--\tbob has quit (gone)\n"
    "2024-01-01 12:35:00\t\tno prefix\n"
    "2024-05-01T12:35:01.250000Z\tada\tnew times\n"
)
ZNC = """\
[12:34:55] *** Joins: ada (~ada@example.org)
[12:34:56] <Ada> hello
[12:34:57] * bob waves
[12:34:58] *** bob sets mode: +o ada
[12:34:59] -eve- a notice
[12:35:00] <ada>
[12:35:01] Disconnected from IRC (irc.example.org:6697)
"""
WHITEQUARK = """\
2024-01-01 12:34 ada has joined #room
2024-01-01 12:34 <Ada> hello
2024-01-01 12:35 * bob waves
2024-01-01 12:36 bob has quit [gone]
"""
LOUNGE = """\
[2024-01-01T12:34:55.000Z] * ada (~ada@example.org) has joined
[2024-01-01 12:34:56] <Ada> hello
[2024-01-01 12:34:57] * bob waves
[2024-01-01 12:34:58] * bob is now known as rob
[2024-01-01 12:34:59] * bob has left the building
"""


def read(tmp_path, log, name="room.log"):
    (tmp_path / name).write_bytes(log.encode())
    return exports.read([tmp_path / name])


def rows(export):
    return [[author, text, str(sent_at)] for _, author, sent_at, text in export.messages[COLUMNS].values.tolist()]


COLUMNS = ["author_id", "author", "sent_at", "text"]


def test_irssi_says_the_day_when_it_changes(tmp_path):
    export = read(tmp_path, IRSSI)
    assert export.formats == "irc"
    assert rows(export) == [
        ["Ada", "is it “time”?", "2023-12-31 23:58:00+00:00"],
        ["bob", " two  spaces", "2023-12-31 23:59:00+00:00"],
        ["bob", "/me waves", "2023-12-31 23:59:00+00:00"],
        ["ada_", "yes", "2024-01-01 00:00:00+00:00"],
        ["Ada", "later", "2024-02-02 10:00:00+00:00"],
    ]
    assert +export.dropped == {"system lines": 3}


@pytest.mark.parametrize("day", ["Tue Mar 05 2024", "Di Mär 05 2024", "mar. mars  5 2024", "2024-03-05"])
def test_irssi_says_the_day_in_the_language_of_its_computer(tmp_path, day):
    export = read(tmp_path, f"--- Day changed {day}\n12:34 <ada> hi\n")
    assert export.messages["sent_at"].tolist() == [pd.Timestamp("2024-03-05T12:34", tz="UTC")]


def test_weechat_divides_by_tabs(tmp_path):
    export = read(tmp_path, WEECHAT)
    assert rows(export) == [
        ["Ada", "hello\tthere", "2024-01-01 12:34:56+00:00"],
        ["bob", "/me waves", "2024-01-01 12:34:58+00:00"],
        ["ada", "new times", "2024-05-01 12:35:01.250000+00:00"],
    ]
    assert +export.dropped == {"system lines": 4}


@pytest.mark.parametrize("name", ["2024-01-01.log", "#room_20240101.log", "2024-01-01.log.gz"])
def test_znc_and_energymech_have_the_day_in_the_files_name(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(ZNC.encode()) if name.endswith("gz") else ZNC.encode())
    export = exports.read([tmp_path / name])
    assert rows(export) == [
        ["Ada", "hello", "2024-01-01 12:34:56+00:00"],
        ["bob", "/me waves", "2024-01-01 12:34:57+00:00"],
    ]
    assert +export.dropped == {"system lines": 4, "without text": 1}


@pytest.mark.parametrize("name", ["room.log", "99999999.log", "room-2024-13-01.log"])
def test_without_a_day_messages_keep_their_order_and_have_no_time(tmp_path, name):
    export = read(tmp_path, ZNC, name)
    assert export.messages["text"].tolist() == ["hello", "/me waves"]
    assert export.messages["sent_at"].isna().all()


def test_whitequarks_texts_have_events_without_a_mark(tmp_path):
    export = read(tmp_path, WHITEQUARK)
    assert rows(export) == [
        ["Ada", "hello", "2024-01-01 12:34:00+00:00"],
        ["bob", "/me waves", "2024-01-01 12:35:00+00:00"],
    ]
    assert +export.dropped == {"system lines": 2}


def test_events_that_are_marked_like_actions_are_none(tmp_path):
    export = read(tmp_path, LOUNGE)
    assert export.messages["text"].tolist() == ["hello", "/me waves", "/me has left the building"]
    assert +export.dropped == {"system lines": 2}


def test_one_person_is_one_author_whatever_the_modes_and_letters_of_the_nick(tmp_path):
    log = "".join(
        f"[2024-01-01 12:34:5{number}] <{nick}> hi\n" for number, nick in enumerate(["Ada", "@ada", "+ADA", "~&ada"])
    )
    assert read(tmp_path, log).messages["author_id"].unique().tolist() == ["ada"]


def test_colours_go_and_their_numbers_with_them(tmp_path):
    log = "[2024-01-01 12:34:56] <ada> \x02bold\x02 \x0304,12red\x03 \x033green\x0f \x0312,no 12 \x04ff0000hex\x04\n"
    assert read(tmp_path, log).messages["text"].tolist() == ["bold red green ,no 12 hex"]


def test_the_channel_is_in_the_files_name_or_the_folders(tmp_path):
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("libera/#room/2024-01-01.log", ZNC)
        archive.writestr("libera/#other/2024-01-01.log", ZNC)
        archive.writestr("#third_20240101.log", ZNC)
        archive.writestr("irc.libera.#fourth.weechatlog", WEECHAT)
    export = exports.read([tmp_path / "logs.zip"])
    assert set(export.messages["channel"]) == {"#room", "#other", "#third", "irc.libera.#fourth"}
    assert export.dropped["duplicates"] == 0


def test_prose_with_a_clock_in_it_is_no_log(tmp_path):
    with pytest.raises(exports.ChatExportError, match="wanted an export"):
        read(tmp_path, "12:34 is when <ada> came\nand bob left\nat 12:35 <sharp>\n")


@pytest.mark.parametrize(("beginning", "sign"), [("<", "@"), ("* ada (", "@"), ("", " "), ("\t", "@")])
def test_a_long_damaged_line_takes_no_longer_than_others(tmp_path, linear_time, beginning, sign):
    line = beginning + sign * 1_000_000
    assert read(tmp_path, f"[12:34:55] <ada> hi\n[12:34:56] {line}\n").messages["text"].tolist()[0] == "hi"


SIGNS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\"'\\<>*:-👋👩‍🚀")
TEXTS = st.text(SIGNS, min_size=1).filter(str.strip)
SENT = st.lists(st.tuples(st.sampled_from(["ada", "b[o]b^", "_eve|away"]), st.integers(0, 2**31), TEXTS), min_size=1)
WRITTEN = {
    "weechat": "{:%Y-%m-%d %H:%M:%S}\t{}\t{}\n",
    "dated": "[{:%Y-%m-%d %H:%M:%S}] <@{}> {}\n",
    "irssi": "--- Day changed {0:%a %b %d %Y}\n{0:%H:%M:%S} < {1}> {2}\n",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
@settings(deadline=None, derandomize=True, max_examples=25)
@given(sent=SENT)
def test_any_message_survives_in_its_place(tmp_path_factory, written, sent):
    messages = [(datetime.fromtimestamp(moment, UTC), nick, text) for nick, moment, text in sent]
    found = read(tmp_path_factory.getbasetemp(), "".join(written.format(*message) for message in messages)).messages
    assert found[["sent_at", "author", "text"]].values.tolist() == [
        [pd.Timestamp(moment), nick, text] for moment, nick, text in sorted(messages, key=lambda message: message[0])
    ]
