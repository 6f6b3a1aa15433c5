"""DiscordChatExporter's JSON and CSV, of every version.

Its CSV says neither who is a bot nor what the server wrote itself, nor whom a message mentions: JSON is better.

Source: https://github.com/Tyrrrz/DiscordChatExporter, JsonMessageWriter.cs and CsvMessageWriter.cs
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from model.chats.exports.discord_markup import readable
from model.chats.exports.files import File, Format, FormatError, Row, records, tables
from model.chats.exports.json_values import WrittenBy, items

PREAMBLE = (
    re.compile(r'"guild"\s*:\s*\{'),
    re.compile(r'"channel"\s*:\s*\{'),
    re.compile(r'"messages"\s*:\s*\['),
)
OWN_WORDS = {"Default", "Reply", "0", "19"}  # types; a version that doesn't know a type writes its number
DELETED_USER = "456226577798135808"  # to whom Discord moves the messages of deleted accounts
OTHER_CONTENT = ("attachments", "embeds", "stickers", "poll", "forwardedMessage")
SYSTEM_LINE = re.compile(
    r"Joined the server\.|Pinned a message\.|Started a thread\.|Started a call(?: that lasted [\d,]+ minutes)?\."
    r"|Changed the channel icon\.|Changed the channel name(?:\.|: .*)|Left the group\.|(?:Added|Removed) a recipient\."
    r"|Added .+ to the group\.|Removed .+ from the group\."
)
COLUMNS = ("Author", "Date", "Content")  # of every CSV
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO = re.compile(r"\d{4}-\d\d-\d\dT")
LOCALE_DATE = re.compile(  # 14-Jul-19 09:30 PM, 07/14/2019 9:30 PM, 14.07.2019 21:30, 2019/7/14 21:30
    r"(\d{1,4})(\W{1,2})(\d{1,2}|[a-z]{3})\W{1,2}(\d{1,4})\W{1,3}"
    r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\s*([ap])\.?\s?m\.?)?",
    re.IGNORECASE,
)


def is_json(head: str) -> bool:
    """Recognise the keys before the messages."""
    if not head.lstrip().startswith("{"):
        return False
    return all(key.search(head) for key in PREAMBLE)


def read_json(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what people wrote, a message at a time."""
    yield from tables(_rows(file, dropped))


def _rows(file: File, dropped: Counter[str]) -> Iterator[Row]:
    channel = next(items(file, "channel.name"), None) or ""
    by_people = blank = 0
    for number, message in enumerate(items(file, "messages.item"), 1):
        with WrittenBy("DiscordChatExporter", number):
            if str(message.get("type", "Default")) not in OWN_WORDS:
                dropped["system lines"] += 1
            elif _is_forwarded(message):
                dropped["forwarded messages"] += 1
            else:
                row = _row(message, channel)
                if not row.is_bot:
                    by_people += 1
                    blank += _is_blank(message, row.text)
                yield row
    _refuse_silence(by_people, blank)


def _is_blank(message: dict[str, Any], text: str) -> bool:
    if text:
        return False
    return not any(map(message.get, OTHER_CONTENT))


def _is_forwarded(message: dict[str, Any]) -> bool:
    """Return whether a message only forwards another's words; older versions leave those words out."""
    reference = message.get("reference") or {}
    forwards = reference.get("type") == "Forward" or message.get("forwardedMessage")
    if not forwards:
        return False
    return not message["content"]


def _row(message: dict[str, Any], channel: str) -> Row:
    author = message["author"]
    author_id = str(author["id"])
    content = message["content"] or ""
    return Row(
        message_id=str(message["id"]),
        author_id=_without_deleted(author_id),
        author=author["name"] or "",  # not the nickname, which differs between servers
        sent_at=message["timestamp"],
        channel=channel,
        text=readable(content, _mentioned_names(message)),
        is_bot=bool(author.get("isBot")),
    )


def _without_deleted(author_id: str) -> str:
    """Return the id, "" if it stands for all deleted accounts."""
    if author_id == DELETED_USER:
        return ""
    return author_id


def _mentioned_names(message: dict[str, Any]) -> Iterator[str]:
    for person in message.get("mentions") or ():
        yield person.get("nickname")
        yield person.get("name")


def _refuse_silence(messages: int, blank: int) -> None:
    """Refuse an export in which all messages are blank.

    Raises:
        FormatError: all messages are blank, and there is at least one.
    """
    if messages and messages == blank:
        raise FormatError(
            f"all {messages:,} messages are blank: the bot that exported them may not read them; "
            "switch its Message Content intent on in Discord's Developer Portal and export again"
        )


def is_csv(head: str) -> bool:
    """Recognise the columns that all versions have."""
    first_line = re.split(r"[\r\n]", head, maxsplit=1)[0]
    without_quotes = first_line.replace('"', "")
    columns = re.split("[,;]", without_quotes)
    return set(COLUMNS) <= set(columns)


def read_csv(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read all lines that people may have written."""
    yield from tables(_csv_rows(file, dropped))


def _csv_rows(file: File, dropped: Counter[str]) -> Iterator[Row]:
    channel = re.split(r" \[\d+\]|\.csv", file.name)[0]
    unwatched = replace(file, progress=None)
    day_first = _day_first(record["Date"] for record in records(unwatched, COLUMNS))
    messages = blank = 0
    for record in records(file, COLUMNS):
        content = record["Content"]
        if SYSTEM_LINE.fullmatch(content):
            dropped["system lines"] += 1
            continue
        messages += 1
        if not content and not record.get("Attachments"):
            blank += 1
        name = re.sub(r"#\d{4}$", "", record["Author"])
        yield Row(
            message_id="",
            author_id=_csv_author_id(record, name),
            author=name,
            sent_at=_moment(record["Date"], day_first),
            channel=channel,
            text=readable(content),
        )
    _refuse_silence(messages, blank)


def _csv_author_id(record: dict[str, str], name: str) -> str:
    """Return the author's id; older versions have none, and there the name with its number stands for it."""
    author_id = record.get("AuthorID")
    if author_id:
        return _without_deleted(author_id)
    if name == "Deleted User":
        return ""
    return _without_deleted(record["Author"])


def _day_first(dates: Iterable[str]) -> bool | None:
    """Return whether days stand before months, by the first unambiguous date; None if there is none."""
    for date in dates:
        if ISO.match(date):
            return True
        match = LOCALE_DATE.fullmatch(date.strip())
        if not match:
            continue
        first, separator, second = match.group(1, 2, 3)
        year_first = len(first) == 4
        month_by_name = not second.isdecimal()
        if year_first or month_by_name or "." in separator:
            return True
        if int(first) > 12:
            return True
        if int(second) > 12:
            return False
    return None


def _moment(date: str, day_first: bool | None) -> str:
    """Return a date as ISO 8601, "" if it is ambiguous. The file holds no time zone: UTC is assumed."""
    if ISO.match(date):
        return date
    match = LOCALE_DATE.fullmatch(date.strip())
    if not match or day_first is None:
        return ""
    first, _, second, third, hour, minute, seconds, half = match.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    else:
        day, month, year = first, second, third
    if not day_first:
        month, day = day, month
    if len(year) == 2:
        year = f"20{year}"
    try:
        moment = datetime(
            int(year),
            _month_number(month),
            int(day),
            _hour(hour, half),
            int(minute),
            int(seconds or 0),
        )
    except ValueError:
        return ""
    return moment.isoformat()


def _month_number(month: str) -> int:
    if month.isdecimal():
        return int(month)
    return MONTHS.index(month.lower()) + 1


def _hour(hour: str, half: str | None) -> int:
    """Return the hour of the day; `half` is the "a" or "p" of a clock of twelve hours."""
    if not half:
        return int(hour)
    hours = int(hour) % 12
    if half.lower() == "p":
        hours += 12
    return hours


JSON = Format("discord-chat-exporter-json", is_json, read_json)
CSV = Format("discord-chat-exporter-csv", is_csv, read_csv)
