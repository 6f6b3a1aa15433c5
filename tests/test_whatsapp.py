import re
import zipfile
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.chats import exports

IOS = """\
[07.03.26, 21:22:39] Friends: \u200eMessages and calls are end-to-end encrypted.\r
[07.03.26, 21:22:40] Chris: Hey 👋\r
[07.03.26, 21:22:41] Ada: first … line
“second” line

- last\r
\u200e[07.03.26, 21:23:00] Chris: \u200eimage omitted\r
[07.03.26, 21:23:01] Chris: look \u200e<attached: 00000012-PHOTO-2026-03-07.jpg>\r
[07.03.26, 21:23:02] Chris: there \u200eimage omitted\r
[07.03.26, 21:23:03] Chris: minutes.pdf • \u200e3 pages \u200edocument omitted\r
[07.03.26, 21:23:04] Chris: \u200e<attached: 00000013-AUDIO-2026-03-07.opus>\r
[07.03.26, 21:23:05] Chris: \u200eThis message was deleted.\r
[07.03.26, 21:23:06] Chris: better \u200e<This message was edited>\r
[07.03.26, 21:23:07] Chris: \u200eSprachanruf verpasst\r
[07.03.26, 21:23:08] \u202a+49\xa0123\xa04567890\u202c: @\u2068Ada L.\u2069 and @4912345678901, not 12@12345678\r
"""
ANDROID = """\
30/06/20, 09:10 - Messages and calls are end-to-end encrypted. No one outside of this chat can read them.
30/06/20, 09:10 - You were added
30/06/20, 09:10 - Ada changed the subject from “a: b” to “c”
30/06/20, 09:11 - John Doe: Lorem: ipsum
30/06/20, 09:12 - John Doe: <Media omitted>
30/06/20, 09:12 - John Doe: <Media omitted>
what I see
30/06/20, 09:13 - John Doe: This message was deleted
30/06/20, 09:14 - John Doe: IMG-20200630-WA0001.jpg (file attached)
30/06/20, 09:15 - John Doe: IMG-20200630-WA0002.jpg (file attached)
a caption
30/06/20, 09:16 - John Doe: mended <This message was edited>
30/06/20, 09:17 - John Doe:
30/06/20, 09:18 - John Doe: dolor
"""


def read(tmp_path, text, name="WhatsApp Chat with Ada.txt"):
    (tmp_path / name).write_bytes(text.encode())
    return exports.read([tmp_path / name])


def test_a_telephone_of_apples_writes_marks_that_tell_its_own_words_in_any_language(tmp_path):
    export = read(tmp_path, IOS, "_chat.txt")
    assert export.formats == "whatsapp"
    assert export.messages[["author_id", "text"]].values.tolist() == [
        ["Chris", "Hey 👋"],
        ["Ada", "first … line\n“second” line\n\n- last"],
        ["Chris", "look"],
        ["Chris", "there"],
        ["Chris", "better"],
        ["+49 123 4567890", "@someone and @someone, not 12@12345678"],
    ]
    assert +export.dropped == {"system lines": 2, "media without text": 3, "deleted messages": 1}
    assert export.messages["sent_at"].tolist()[0] == pd.Timestamp("2026-03-07T21:22:40", tz="UTC")


def test_a_telephone_with_android_tells_its_own_words_by_what_they_say(tmp_path):
    export = read(tmp_path, ANDROID)
    assert export.messages["author"].unique().tolist() == ["John Doe"]
    assert export.messages["text"].tolist() == ["Lorem: ipsum", "what I see", "a caption", "mended", "dolor"]
    assert +export.dropped == {"system lines": 3, "media without text": 3, "deleted messages": 1}


@pytest.mark.parametrize(
    "line",
    [
        "{}: <Medien ausgeschlossen>",
        "{}: <Médias omis>",
        "{}: <Multimedia omitido>",
        "{}: <Mídia oculta>",
        "{}: <Без медиафайлов>",
        "{}: <省略多媒体文件>",
        "{}: Standort: https://maps.google.com/?q=47.0,8.0",
        "{}: Diese Nachricht wurde gelöscht.",
        "{}: Eliminaste este mensaje.",
        "{}: Ce message a été supprimé",
        "{}: Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.",
        "{} hat die Gruppe verlassen",
    ],
)
def test_other_languages_media_deletions_and_notices_are_left_out(tmp_path, line):
    export = read(tmp_path, "".join(f"20.01.19, 11:23 - {text}\n" for text in (line.format("Ada"), "Ada: hallo")))
    assert export.messages["text"].tolist() == ["hallo"] and export.dropped.total() == 1


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("[07.03.26, 21:22:39] ", "2026-03-07T21:22:39"),  # iOS, Germany
        ("\u200e[07.03.26, 21:22:39] ", "2026-03-07T21:22:39"),
        ("[30/1/2019, 8:49:12\u202fPM] ", "2019-01-30T20:49:12"),  # iOS, Britain
        ("[1/30/19, 12:49:12 AM] ", "2019-01-30T00:49:12"),  # iOS, USA
        ("20/01/19, 11:23 - ", "2019-01-20T11:23:00"),  # Android
        ("01/30/2019, 08:49 p. m. - ", "2019-01-30T20:49:00"),  # Mexico
        ("1/30/19, 12:05\u202fpm - ", "2019-01-30T12:05:00"),
        ("30/01/2019, 8:49\xa0a.m. - ", "2019-01-30T08:49:00"),
        ("30-01-19 08:49 - ", "2019-01-30T08:49:00"),  # Netherlands
        ("30.1.2019 klo 8.49 - ", "2019-01-30T08:49:00"),  # Finland
        ("30/01/2019 às 08:49 - ", "2019-01-30T08:49:00"),  # Portugal
        ("2019-01-30 08:49 - ", "2019-01-30T08:49:00"),  # Sweden
        ("2019. 01. 30. 8:49 - ", "2019-01-30T08:49:00"),  # Hungary
        ("[2019/1/30 下午8:49:00] ", "2019-01-30T20:49:00"),  # China
        ("2019. 1. 30. 오전 12:49 - ", "2019-01-30T00:49:00"),  # Korea
        ("30\u200f/1\u200f/2019، 8:49 م - ", "2019-01-30T20:49:00"),  # Arabic
        ("٣٠\u200f/١\u200f/٢٠١٩، ٨:٤٩ ص - ", "2019-01-30T08:49:00"),
        ("30/01/2019, 8:49:12 PM: ", "2019-01-30T20:49:12"),  # iOS before brackets
    ],
)
def test_dates_and_times_are_read_as_each_place_writes_them(tmp_path, start, moment):
    messages = read(tmp_path, f"{start}Ada: hi\nthere\n").messages
    assert messages[["author", "text", "sent_at"]].values.tolist() == [
        ["Ada", "hi\nthere", pd.Timestamp(moment, tz="UTC")]
    ]


@pytest.mark.parametrize(
    ("dates", "month"),
    [
        (["03/04/20", "05/13/20"], 3),  # a thirteenth tells, wherever it stands
        (["03/04/20", "13/05/20"], 4),
        (["03/04/20", "05/06/20"], 4),  # else the day comes first
        (["2020/03/04", "2020/05/13"], 3),
    ],
)
def test_the_order_of_day_and_month_is_found_in_the_whole_file(tmp_path, dates, month):
    export = read(tmp_path, "".join(f"{date}, 11:23 - Ada: hi\n" for date in dates))
    assert export.messages["sent_at"].min().month == month


def test_a_chat_quoted_in_the_other_style_stays_in_its_message(tmp_path):
    text = "he wrote:\n[07.03.26, 21:22:39] Bob: no\n1.2.3: see"
    assert read(tmp_path, f"20/01/19, 11:23 - Ada: {text}\n").messages["text"].tolist() == [text]


def test_a_zip_as_the_telephone_shares_it_gives_the_chat_its_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "WhatsApp Chat - Friends.zip", "w") as archive:
        archive.writestr("_chat.txt", IOS)
        archive.writestr("00000012-PHOTO-2026-03-07.jpg", b"\xff\xd8\xff\xe0")
    export = exports.read([tmp_path / "WhatsApp Chat - Friends.zip"])
    assert export.messages["channel"].unique().tolist() == ["WhatsApp Chat - Friends"]
    assert export.unread == ["00000012-PHOTO-2026-03-07.jpg"]


def test_two_exports_of_one_chat_give_each_message_once_and_repeated_words_stay(tmp_path):
    lines = ["20/01/19, 11:23 - Ada: ha\n", "20/01/19, 11:23 - Ada: ha\n", "20/01/19, 11:24 - Bob: what\n"]
    for folder, text in (("old", lines[:2]), ("new", lines)):
        (tmp_path / folder).mkdir()
        read(tmp_path / folder, "".join(text))
    export = exports.read([tmp_path])
    assert export.messages["text"].tolist() == ["ha", "ha", "what"] and export.dropped["duplicates"] == 2


def chat(count: int, words: str = "hello") -> str:
    return "".join(f"[01/02/2024, 10:{number:02}:00] Ada: {words} {number}\n" for number in range(count))


def test_a_copy_of_a_chat_in_another_folder_or_under_another_name_counts_once(tmp_path):
    copies = (("one/_chat.txt", chat(15)), ("two/_chat.txt", chat(20)), ("three/renamed.txt", chat(20)))
    for name, text in copies:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    export = exports.read([tmp_path])
    assert len(export.messages) == 20 and export.dropped["duplicates"] == 15 + 20
    assert export.messages["channel"].nunique() == 1


def test_what_is_sent_to_two_chats_at_once_stays_in_both(tmp_path):
    for name, text in (("one", chat(15)), ("two", chat(9) + chat(30, "other"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_chat.txt").write_text(text, encoding="utf-8")
    export = exports.read([tmp_path])
    assert len(export.messages) == 15 + 9 + 30 and set(export.messages["channel"]) == {"one", "two"}


def test_names_that_never_end_take_no_longer_than_others(tmp_path, linear_time):
    text = "@\u2068" * 500_000
    assert read(tmp_path, f"20/01/19, 11:23 - Ada: {text}\n").messages["text"].tolist() == [text]


SIGNS = st.characters(exclude_categories=["Cs", "Cc", "Cf"]) | st.sampled_from("\n\t\"'<>:👋👩‍🚀[] 0123456789/-,")
MARKED = re.compile(r"\d[./,-]|@")  # dates, and numbers that could be mentions
TEXTS = st.text(SIGNS, min_size=1).filter(lambda text: text == text.strip() != "" and not MARKED.search(text))
MINUTES = st.integers(946684800 // 60, 4102444800 // 60 - 1)  # 2000 to 2099
SENT = st.lists(st.tuples(st.sampled_from(["Ada L.", "“Bob” 👋", "+49 123 4567890"]), MINUTES, TEXTS), min_size=1)
STARTS = ["%d.%m.%Y, %H:%M - ", "[%d/%m/%y, %I:%M:%S\u202f%p] ", "[%Y-%m-%d %H:%M:%S] "]


@pytest.mark.parametrize("start", STARTS)
@settings(deadline=None, derandomize=True, max_examples=25)
@given(sent=SENT)
def test_any_message_survives_in_its_place(tmp_path_factory, start, sent):
    messages = [(datetime.fromtimestamp(60 * minute, UTC), who, text) for who, minute, text in sent]
    written = "".join(f"{moment:{start}}{who}: {text}\n" for moment, who, text in messages)
    found = read(tmp_path_factory.getbasetemp(), written).messages
    assert found[["author_id", "sent_at", "text"]].values.tolist() == [
        [who, pd.Timestamp(moment), text] for moment, who, text in sorted(messages, key=lambda message: message[0])
    ]
