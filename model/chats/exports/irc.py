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
PLAIN = re.compile(
    rf"{TIME}\s+(?:<\s?(?P<nick>[^\s>]+)>(?: (?P<text>.*))?"
    r"|\*\s?(?P<actor>[^\s*]+) (?P<action>.*)|(?P<system>-!-|\*\*\*|-->|<--|---?|-\S+-) .*)"
)
WEECHAT = re.compile(
    rf"{TIME}\t(?:(?P<system>|-->|<--|--|=!=)\t.*"
    rf"| ?\*\t(?P<actor>\S+) (?P<action>.*)|(?P<nick>[^\s*]+)\t(?P<text>.*))"
)
DAY = re.compile(r"--- (?:Log opened|Day changed) (.*)")  # irssi's
EVENT = re.compile(  # of mIRC and others, who mark an event like an action
    r"(?:Joins|Parts|Quits): "
    r"|\S+ (?:\([^\s@]+@\S+\)|sets? mode\b|is now known as |was kicked by |has (?:joined|left|quit)(?: [#&(\[]|$))"
)
FORMATTING = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?|[\x02\x0f\x11\x16\x1d-\x1f]")
DATE = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
MONTHS = (  # irssi writes them in the language of its computer
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
LINES_LOOKED_AT = 20


def recognise(head: str) -> bool:
    """Recognise a log by its first lines: most say when, one says who."""
    lines = [line for line in re.split(r"\r?\n", head) if line.strip()][:LINES_LOOKED_AT]
    timed = sum(bool(DAY.match(line) or re.match(TIME, line)) for line in lines)
    return timed * 2 > len(lines) and any(_parsed(line) or DAY.match(line) for line in lines)


def _parsed(line: str) -> "re.Match[str] | None":
    return WEECHAT.match(line) or PLAIN.match(line)


def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read messages, and actions as people type them: "/me waves"."""
    with file.open_text() as lines:
        yield from tables(_rows(lines, _day(file.name), _channel(file), dropped))


def _channel(file: File) -> str:
    """Return the channel: in the file's name beside the date, or the folder's where there is only the date."""
    return DATE.sub("", file.stem).strip("-_. ") or file.folder


def _day(text: str) -> str:
    """Find a date, as in "2024-01-31", "20240131", "Wed Jan 31 2024" and "Wed Jan 31 12:34:56 2024"; "" for none."""
    if found := DATE.search(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.search(r"(\w{3,5})\.? +(\d{1,2}) (?:[\d:]+ )?(\d{4})\s*$", text):
        year, day = int(found[3]), int(found[2])
        month = next((n for n, names in enumerate(MONTHS, 1) if found[1].lower().startswith(names)), 0)
    else:
        return ""
    with suppress(ValueError):
        return date(year, month, day).isoformat()
    return ""


def _rows(lines: Iterable[str], day: str, channel: str, dropped: Counter[str]) -> Iterator[Row]:
    for line in filter(str.strip, lines):
        if changed := DAY.match(line):
            day = _day(changed[1])
        elif found := _parsed(line := line.rstrip("\r\n")):
            if found["system"] is not None or (found["actor"] and EVENT.match(f"{found['actor']} {found['action']}")):
                dropped["system lines"] += 1
            else:
                yield _row(found, found["day"] or day, channel)
        elif not line.startswith("--- Log closed "):
            dropped["system lines"] += 1


def _row(found: "re.Match[str]", day: str, channel: str) -> Row:
    nick = (found["nick"] or found["actor"]).lstrip(MODES)
    text = found["text"] or "" if found["nick"] else f"/me {found['action']}"
    return Row("", nick.lower(), nick, f"{day}T{found['time']}" if day else "", channel, FORMATTING.sub("", text))


IRC = Format("irc", recognise, read)
