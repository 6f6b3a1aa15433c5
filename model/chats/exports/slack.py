"""Slack workspaces as their owners export them: a folder for each channel, in it a file for each day.

Source: https://slack.com/help/articles/220556107 and archives of hfaran/slack-export-viewer
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from model.chats.exports.files import File, FolderFormat, FormatError, Row, from_unix, tables, within
from model.chats.exports.json_values import WrittenBy, items
from model.messages import SOMEONE

DAY = re.compile(r"(.*/|)([^/]+)/\d{4}-\d\d-\d\d\.json")
LISTS = ("channels", "groups", "dms", "mpims", "users", "org_users")
BESIDE = ("canvases", "file_conversations", "huddle_transcripts", "integration_logs", "lists")  # hold no messages
PRIVATE = re.compile(r"mpdm-.*|D[0-9A-Z]{7,}")  # how channels of a few people are called where no list says so
KEPT = {None, "thread_broadcast", "me_message"}  # subtypes that are people's own words
TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def claims(names: Iterable[str]) -> set[str]:
    """Recognise a workspace by its lists of channels and people with days beside them."""
    found = set(names)
    roots = {day[1] for day in map(DAY.fullmatch, found) if day}
    roots = {root for root in roots if any(f"{root}{name}.json" in found for name in LISTS)}
    beside = {f"{root}{name}.json" for root in roots for name in (*LISTS, *BESIDE)}
    return (beside & found) | {name for name in found if (day := DAY.fullmatch(name)) and day[1] in roots}


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what people wrote in channels; direct messages are left out, they are other people's private words."""
    days: dict[str, dict[str, list[str]]] = {}
    for name in files:
        if day := DAY.fullmatch(name):
            days.setdefault(day[1], {}).setdefault(day[2], []).append(name)
    for root, channels in days.items():
        workspace = _Workspace.of(root, files)
        for channel, names in channels.items():
            messages = (message for name in names for message in _items(name, files))
            yield from tables(workspace.rows(channel, messages, dropped))


def _items(name: str, files: Mapping[str, File]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list; none where there is no such file."""
    if name in files:
        with within(name):
            for number, item in enumerate(items(files[name], "item"), 1):
                if not isinstance(item, dict):
                    raise FormatError(f"found {item!r:.40} as its entry {number:,}; wanted an object")
                yield item


@dataclass(frozen=True)
class _Workspace:
    users: Mapping[str, dict[str, Any]]
    channel_ids: Mapping[str, str]  # by name
    private: set[str]  # names, or ids where they have none

    @classmethod
    def of(cls, root: str, files: Mapping[str, File]) -> "_Workspace":
        """Read the lists."""
        lists = {name: list(_items(f"{root}{name}.json", files)) for name in LISTS}
        private = (*lists["dms"], *lists["mpims"])
        return cls(
            {str(user.get("id")): user for user in (*lists["org_users"], *lists["users"])},
            {str(channel.get("name")): str(channel.get("id")) for channel in (*lists["channels"], *lists["groups"])},
            {str(channel[key]) for channel in private for key in ("id", "name") if key in channel},
        )

    def rows(self, channel: str, messages: Iterable[dict[str, Any]], dropped: Counter[str]) -> Iterator[Row]:
        """Yield a channel's messages."""
        private = channel in self.private or (channel not in self.channel_ids and PRIVATE.fullmatch(channel))
        for number, message in enumerate(messages, 1):
            with within(channel), WrittenBy("Slack", number):
                if reason := "private messages" if private else _left_out(message):
                    dropped[reason] += 1
                else:
                    yield self._row(channel, message)

    def _row(self, channel: str, message: dict[str, Any]) -> Row:
        author_id, ts = str(message.get("user") or ""), str(message.get("ts", ""))
        user = self.users.get(author_id) or {"profile": message.get("user_profile")}
        is_bot = bool(message.get("bot_id") or user.get("is_bot")) or author_id == "USLACKBOT"
        text = self._text(message.get("text") or "")
        return Row(
            f"slack/{self.channel_ids.get(channel, channel)}/{ts}" if ts else "",
            author_id,
            _name(user) or author_id,
            from_unix(ts),
            channel,
            f"/me {text}" if message.get("subtype") == "me_message" else text,
            is_bot,
        )

    def _text(self, text: str) -> str:
        """Undo Slack's marks of people, channels and links, and what HTML would need."""
        text = TOKEN.sub(lambda token: self._plain(token[1], token[2] or ""), text)
        return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    def _plain(self, target: str, label: str) -> str:
        kind, rest = target[0], target[1:]
        if kind == "@" or rest.startswith("subteam^"):
            return SOMEONE
        if kind == "#":
            names = (name for name, channel_id in self.channel_ids.items() if channel_id == rest)
            return f"#{label or next(names, 'channel')}"
        if kind == "!":
            return label if rest.startswith("date^") else f"@{rest.split('^')[0]}"
        return label if label and re.match("mailto:|tel:", target) else target


def _left_out(message: dict[str, Any]) -> str:
    """Say why a message is not its author's words, "" where it is."""
    subtype = message.get("subtype")
    if subtype == "bot_message" or (message.get("bot_id") and not message.get("user")):
        return "messages of bots"
    return "" if message.get("type") == "message" and subtype in KEPT else "system lines"


def _name(user: dict[str, Any]) -> str:
    """Return the name that others see."""
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return str(next(filter(None, names), ""))


SLACK = FolderFormat("slack", claims, read)
