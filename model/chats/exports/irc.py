"""Logs of IRC channels: irssi, WeeChat, ZNC and EnergyMech, and the text of whitequark's irclogger.

Times are the log's own, taken as UTC. Where lines have only the time of day, the date is irssi's or in the file's name.
Source: the log modules of these programs, and https://github.com/whitequark/irclogger, lib/irclogger/message.rb
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

import pandas as pd

from model.chats.exports.files import File, Format, Row, tables

TIME = r"\[?(?:(?P<day>\d{4}-\d\d-\d\d)[T ])?(?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)\]?"
MODES = "@+%~&!"  # of a nick in its channel: operator, voice, ...
USUAL = re.compile(
    rf"{TIME}\s+(?:<\s?(?P<nick>[^\s>]+)>(?: (?P<text>.*))?"
    r"|\*\s?(?P<actor>[^\s*]+) (?P<action>.*)|(?P<system>-!-|\*\*\*|-->|<--|---?|-\S+-) .*)"
)
WEECHAT = re.compile(
    rf"{TIME}\t(?:(?P<system>|-->|<--|--|=!=)\t.*"
    rf"| ?\*\t(?P<actor>\S+) (?P<action>.*)|(?P<nick>[^\s*]+)\t(?P<text>.*))"
)
DAY = re.compile(r"--- (?:Log opened|Day changed) (.*)")  # of irssi
EVENT = re.compile(  # of mIRC and others, which mark an event like an action
    r"(?:Joins|Parts|Quits): "
    r"|\S+ (?:\([^\s@]+@\S+\)|sets? mode\b|is now known as |was kicked by |has (?:joined|left|quit)(?: [#&(\[]|$))"
)
FORMATTING = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x02\x0f\x11\x16\x1d-\x1f]")
DATE = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
MONTHS = (  # irssi uses the language of its computer
    ("jan", "ene", "gen"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "maa", "mrt"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)
FIRST_LINES = 20


def recognise(head: str) -> bool:
    """Recognise a log by its first lines: most have a time, and one has an author or a date."""
    all_lines = re.split(r"\r?\n", head)
    lines = list(filter(str.strip, all_lines))[:FIRST_LINES]
    timed = list(filter(_has_time, lines))
    if len(timed) * 2 <= len(lines):
        return False
    return any(_match(line) or DAY.match(line) for line in lines)


def _has_time(line: str) -> bool:
    return bool(DAY.match(line) or re.match(TIME, line))


def _match(line: str) -> "re.Match[str] | None":
    return WEECHAT.match(line) or USUAL.match(line)


def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read messages, and actions as people type them: "/me waves"."""
    with file.open_text() as lines:
        yield from tables(_rows(lines, _day(file.name), _channel(file), dropped))


def _channel(file: File) -> str:
    """Return the channel: the file's name without the date, or the folder's name if nothing else remains."""
    without_date = DATE.sub("", file.stem)
    return without_date.strip("-_. ") or file.folder


def _day(text: str) -> str:
    """Find a date, as in "2024-01-31", "20240131", "Wed Jan 31 2024" and "Wed Jan 31 12:34:56 2024"; "" if none."""
    if numbers := DATE.search(text):
        year, month, day = map(int, numbers.groups())
    elif words := re.search(r"(\w{3,5})\.? +(\d{1,2}) (?:[\d:]+ )?(\d{4})\s*$", text):
        year = int(words[3])
        month = _month_number(words[1])
        day = int(words[2])
    else:
        return ""
    with suppress(ValueError):
        return date(year, month, day).isoformat()
    return ""


def _month_number(name: str) -> int:
    """Return 1 for January; 0 for no month."""
    for number, beginnings in enumerate(MONTHS, 1):
        if name.lower().startswith(beginnings):
            return number
    return 0


def _rows(lines: Iterable[str], day: str, channel: str, dropped: Counter[str]) -> Iterator[Row]:
    for line in filter(str.strip, lines):
        new_day = DAY.match(line)
        if new_day:
            day = _day(new_day[1])
            continue
        match = _match(line.rstrip("\r\n"))
        if match and not _is_system_line(match):
            yield _row(match, match["day"] or day, channel)
        elif match or not line.startswith("--- Log closed "):
            dropped["system lines"] += 1


def _is_system_line(match: "re.Match[str]") -> bool:
    if match["system"] is not None:
        return True
    if not match["actor"]:
        return False
    action = f"{match['actor']} {match['action']}"
    return EVENT.match(action) is not None


def _row(match: "re.Match[str]", day: str, channel: str) -> Row:
    if match["nick"]:
        nick = match["nick"]
        text = match["text"] or ""
    else:
        nick = match["actor"]
        text = f"/me {match['action']}"
    nick = nick.lstrip(MODES)
    return Row(
        message_id="",
        author_id=nick.lower(),
        author=nick,
        sent_at=f"{day}T{match['time']}" if day else "",
        channel=channel,
        text=FORMATTING.sub("", text),
    )


IRC = Format("irc", recognise, read)
