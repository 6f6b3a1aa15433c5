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

from model.chats.exports.discord_markup import plain
from model.chats.exports.files import File, Format, FormatError, Row, records, tables
from model.chats.exports.json_values import WrittenBy, items

PREAMBLE = [re.compile(pattern) for pattern in (r'"guild"\s*:\s*\{', r'"channel"\s*:\s*\{', r'"messages"\s*:\s*\[')]
SPOKEN = {"Default", "Reply", "0", "19"}  # a version that doesn't know a type writes its number
GHOST = "456226577798135808"  # Discord's "Deleted User", to whom the messages of many deleted accounts are moved
HELD = ("attachments", "embeds", "stickers", "poll", "forwardedMessage")  # what a message may hold but for its content
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
    """Recognise what stands before the messages."""
    return head.lstrip().startswith("{") and all(part.search(head) for part in PREAMBLE)


def read_json(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what people wrote, a message at a time."""
    yield from tables(_rows(file, dropped))


def _rows(file: File, dropped: Counter[str]) -> Iterator[Row]:
    channel = next(items(file, "channel.name"), None) or ""
    by_people = blank = 0
    for number, message in enumerate(items(file, "messages.item"), 1):
        with WrittenBy("DiscordChatExporter", number):
            if str(message.get("type", "Default")) not in SPOKEN:
                dropped["system lines"] += 1
            elif _is_forwarded(message):
                dropped["forwarded messages"] += 1
            else:
                row = _row(message, channel)
                by_people += not row.is_bot
                blank += not row.is_bot and not row.text and not any(message.get(name) for name in HELD)
                yield row
    _refuse_silence(by_people, blank)


def _is_forwarded(message: dict[str, Any]) -> bool:
    """Say whether a message passes another's words on and adds none; older versions leave those words out."""
    kind = (message.get("reference") or {}).get("type")
    return not message["content"] and (kind == "Forward" or bool(message.get("forwardedMessage")))


def _row(message: dict[str, Any], channel: str) -> Row:
    author = message["author"]
    mentioned = (person.get(name) for person in message.get("mentions") or () for name in ("nickname", "name"))
    return Row(
        message_id=str(message["id"]),
        author_id="" if str(author["id"]) == GHOST else str(author["id"]),
        author=author["name"] or "",  # not the nickname, which another server's export has another of
        sent_at=message["timestamp"],
        channel=channel,
        text=plain(message["content"] or "", mentioned),
        is_bot=bool(author.get("isBot")),
    )


def _refuse_silence(messages: int, blank: int) -> None:
    """Refuse an export in which nobody says anything.

    Raises:
        FormatError: there are messages, and all are blank.
    """
    if messages and messages == blank:
        raise FormatError(
            f"all {messages:,} messages are blank: the bot that exported them may not read them; "
            "switch its Message Content intent on in Discord's Developer Portal and export again"
        )


def is_csv(head: str) -> bool:
    """Recognise the columns that all versions have."""
    first = re.split(r"[\r\n]", head, maxsplit=1)[0]
    return set(COLUMNS) <= set(re.split("[,;]", first.replace('"', "")))


def read_csv(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read all lines that people may have written."""
    yield from tables(_csv_rows(file, dropped))


def _csv_rows(file: File, dropped: Counter[str]) -> Iterator[Row]:
    channel = re.split(r" \[\d+\]|\.csv", file.name)[0]
    day_first = _day_first(record["Date"] for record in records(replace(file, progress=None), COLUMNS))
    messages = blank = 0
    for record in records(file, COLUMNS):
        if SYSTEM_LINE.fullmatch(record["Content"]):
            dropped["system lines"] += 1
            continue
        messages += 1
        blank += not record["Content"] and not record.get("Attachments")
        name = re.sub(r"#\d{4}$", "", record["Author"])
        author_id = record.get("AuthorID") or ("" if name == "Deleted User" else record["Author"])
        yield Row(
            message_id="",
            author_id="" if author_id == GHOST else author_id,
            author=name,
            sent_at=_moment(record["Date"], day_first),
            channel=channel,
            text=plain(record["Content"]),
        )
    _refuse_silence(messages, blank)


def _day_first(dates: Iterable[str]) -> bool | None:
    """Say whether days stand before months, by the first date that tells; None: none does."""
    for date in dates:
        if ISO.match(date):
            return True
        if found := LOCALE_DATE.fullmatch(date.strip()):
            first, between, second = found.group(1, 2, 3)
            if len(first) == 4 or not second.isdecimal() or "." in between or int(first) > 12:
                return True
            if int(second) > 12:
                return False
    return None


def _moment(date: str, day_first: bool | None) -> str:
    """Return a date as ISO 8601; "" where it can't be told. The zone isn't in the file: UTC."""
    if ISO.match(date):
        return date
    found = LOCALE_DATE.fullmatch(date.strip())
    if not found or day_first is None:
        return ""
    first, _, second, third, hour, minute, seconds, half = found.groups()
    year, month, day = (first, second, third) if len(first) == 4 else (third, second, first)
    if not day_first:
        month, day = day, month
    hours = int(hour) % 12 + 12 * (half.lower() == "p") if half else int(hour)
    try:
        number = int(month) if month.isdecimal() else MONTHS.index(month.lower()) + 1
        moment = datetime(int(year) + 2000 * (len(year) == 2), number, int(day), hours, int(minute), int(seconds or 0))
    except ValueError:
        return ""
    return moment.isoformat()


JSON = Format("discord-chat-exporter-json", is_json, read_json)
CSV = Format("discord-chat-exporter-csv", is_csv, read_csv)
