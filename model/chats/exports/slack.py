"""Slack workspaces as their owners export them: a folder for each channel, in it a file for each day.

Source: https://slack.com/help/articles/220556107 and archives of hfaran/slack-export-viewer
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from model.chats.exports.files import File, FolderFormat, FormatError, Row, from_unix, tables, within
from model.chats.exports.json_values import WrittenBy, items
from model.chats.messages import SOMEONE

Object: TypeAlias = dict[str, Any]

DAY = re.compile(r"(?P<root>.*/|)(?P<channel>[^/]+)/\d{4}-\d\d-\d\d\.json")
LISTS = ("channels", "groups", "dms", "mpims", "users", "org_users")
WITHOUT_MESSAGES = ("canvases", "file_conversations", "huddle_transcripts", "integration_logs", "lists")
PRIVATE = re.compile(r"mpdm-.*|D[0-9A-Z]{7,}")  # names of direct messages, if no list mentions them
OWN_WORDS = {None, "thread_broadcast", "me_message"}  # subtypes of messages that people wrote
TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def claims(names: Iterable[str]) -> set[str]:
    """Recognise a workspace by its days with lists of channels or people beside their folders."""
    present = set(names)
    claimed: set[str] = set()
    for root, channels in _days(present).items():
        if present.isdisjoint(_files(root, LISTS)):
            continue
        for days in channels.values():
            claimed.update(days)
        others = _files(root, LISTS + WITHOUT_MESSAGES)
        claimed.update(present.intersection(others))
    return claimed


def _files(root: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{root}{name}.json" for name in names)


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what people wrote in channels. Leave out direct messages: they are other people's private words."""
    for root, channels in _days(files).items():
        workspace = _Workspace.of(root, files)
        for channel, names in channels.items():
            messages = _messages(names, files)
            rows = workspace.rows(channel, messages, dropped)
            yield from tables(rows)


def _days(files: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Return the names of the days' files, by the workspace's root and the channel."""
    days: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in files:
        if day := DAY.fullmatch(name):
            days[day["root"]][day["channel"]].append(name)
    return days


def _messages(names: Iterable[str], files: Mapping[str, File]) -> Iterator[Object]:
    for name in names:
        yield from _objects(name, files)


def _objects(name: str, files: Mapping[str, File]) -> Iterator[Object]:
    """Yield the objects of a file's list; nothing if the file does not exist."""
    if name not in files:
        return
    with within(name):
        entries = items(files[name], "item")
        for number, item in enumerate(entries, 1):
            if not isinstance(item, dict):
                raise FormatError(f"found {item!r:.40} as its entry {number:,}; wanted an object")
            yield item


@dataclass(frozen=True)
class _Workspace:
    users: Mapping[str, Object]
    channel_ids: Mapping[str, str]  # by name
    private: set[str]  # names of direct messages, or ids if they have no name

    @classmethod
    def of(cls, root: str, files: Mapping[str, File]) -> "_Workspace":
        """Read the lists."""
        lists = {}
        for name in LISTS:
            lists[name] = list(_objects(f"{root}{name}.json", files))
        users = {}
        members = lists["org_users"] + lists["users"]
        for user in members:
            user_id = str(user.get("id"))
            users[user_id] = user
        channel_ids = {}
        named_channels = lists["channels"] + lists["groups"]
        for channel in named_channels:
            name = str(channel.get("name"))
            channel_ids[name] = str(channel.get("id"))
        private: set[str] = set()
        direct_messages = lists["dms"] + lists["mpims"]
        for channel in direct_messages:
            for key in ("id", "name"):
                if key in channel:
                    private.add(str(channel[key]))
        return cls(users, channel_ids, private)

    def rows(self, channel: str, messages: Iterable[Object], dropped: Counter[str]) -> Iterator[Row]:
        """Yield a channel's messages."""
        private = self._is_private(channel)
        for number, message in enumerate(messages, 1):
            with within(channel), WrittenBy("Slack", number):
                reason = "private messages" if private else _reason_to_drop(message)
                if reason:
                    dropped[reason] += 1
                else:
                    yield self._row(channel, message)

    def _is_private(self, channel: str) -> bool:
        if channel in self.private:
            return True
        if channel in self.channel_ids:
            return False
        return PRIVATE.fullmatch(channel) is not None

    def _row(self, channel: str, message: Object) -> Row:
        author_id = str(message.get("user") or "")
        own_profile = {"profile": message.get("user_profile")}
        user = self.users.get(author_id) or own_profile
        timestamp = str(message.get("ts", ""))
        text = self._text(message.get("text") or "")
        if message.get("subtype") == "me_message":
            text = f"/me {text}"
        return Row(
            message_id=self._message_id(channel, timestamp),
            author_id=author_id,
            author=_visible_name(user) or author_id,
            sent_at=from_unix(timestamp),
            channel=channel,
            text=text,
            is_bot=_is_bot(message, user),
        )

    def _message_id(self, channel: str, timestamp: str) -> str:
        if not timestamp:
            return ""
        channel_id = self.channel_ids.get(channel, channel)
        return f"slack/{channel_id}/{timestamp}"

    def _text(self, text: str) -> str:
        """Undo Slack's markup of people, channels and links, and the escapes of HTML."""
        text = TOKEN.sub(self._replace_token, text)
        text = text.replace("&lt;", "<")
        text = text.replace("&gt;", ">")
        return text.replace("&amp;", "&")

    def _replace_token(self, token: re.Match[str]) -> str:
        """Return what people see: "<@U1|ada>" is a person, "<#C1|hall>" a channel, "<!here>" a call, else a link."""
        target = token[1]
        label = token[2] or ""
        kind = target[0]
        rest = target[1:]
        if kind == "@" or rest.startswith("subteam^"):
            return SOMEONE
        if kind == "#":
            name = label or self._channel_name(rest)
            return f"#{name}"
        if kind == "!":
            return _readable_command(rest, label)
        is_address = target.startswith(("mailto:", "tel:"))
        if is_address and label:
            return label
        return target

    def _channel_name(self, channel_id: str) -> str:
        for name, its_id in self.channel_ids.items():
            if its_id == channel_id:
                return name
        return "channel"


def _readable_command(command: str, label: str) -> str:
    """Return what people see of a date or of a call to a whole channel."""
    if command.startswith("date^"):
        return label
    call = command.split("^", maxsplit=1)[0]
    return f"@{call}"


def _is_bot(message: Object, user: Object) -> bool:
    if message.get("user") == "USLACKBOT":
        return True
    return bool(message.get("bot_id") or user.get("is_bot"))


def _reason_to_drop(message: Object) -> str:
    """Return why a message is not its author's own words, or "" if it is."""
    subtype = message.get("subtype")
    only_by_bot = message.get("bot_id") and not message.get("user")
    if subtype == "bot_message" or only_by_bot:
        return "messages of bots"
    if message.get("type") == "message" and subtype in OWN_WORDS:
        return ""
    return "system lines"


def _visible_name(user: Object) -> str:
    """Return the name that others see."""
    profile = user.get("profile") or {}
    names = (
        profile.get("display_name"),
        profile.get("real_name"),
        user.get("real_name"),
        user.get("name"),
    )
    return str(next(filter(None, names), ""))


SLACK = FolderFormat("slack", claims, read)
