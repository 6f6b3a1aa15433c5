"""Discord's own data package: all messages that one person wrote, and nobody else's.

Folders have names in the language of their owner, files do not. So a channel is any folder with a file of messages,
and the other files are found from there.

Source: Discord's Settings > Data & Privacy > Request all of my Data.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import pandas as pd

from model.chats.exports.discord_markup import readable
from model.chats.exports.files import File, FolderFormat, FormatError, Row, records, tables, within
from model.chats.exports.json_values import items

Object: TypeAlias = dict[str, Any]
Files: TypeAlias = Mapping[PurePosixPath, File]

MESSAGES = ("messages.json", "messages.csv")  # the latter before 2024
CHANNEL_FILES = (*MESSAGES, "channel.json")
CHANNEL_FOLDER = re.compile(r"c?\d{15,20}")  # without the c before 2021
PRIVATE = {"1", "3", "DM", "GROUP_DM"}  # types of channels
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # Discord's ids count milliseconds from here, in all bits but the last 22
OWNER = "owner"  # if there is no account folder


def claims(names: Iterable[str]) -> set[str]:
    """Recognise the folders of channels and the files that belong to them, of any number of packages."""
    paths = {}
    for name in names:
        path = PurePosixPath(name)
        paths[path] = name
    channels = set(_channels(paths))
    folders = {channel.parent for channel in channels}
    packages = {folder.parent for folder in folders}
    claimed = set()
    for path, name in paths.items():
        in_channel = path.parent in channels and path.name in CHANNEL_FILES
        is_index = path.parent in folders and path.name == "index.json"
        if in_channel or is_index or _is_account(path, packages):
            claimed.add(name)
    return claimed


def _is_account(path: PurePosixPath, packages: Collection[PurePosixPath]) -> bool:
    package = path.parent.parent
    return path.name == "user.json" and package in packages


def _channels(paths: Collection[PurePosixPath]) -> Iterator[PurePosixPath]:
    """Yield the folders of channels, by the file beside the messages or by their names."""
    for path in paths:
        folder = path.parent
        if path.name not in MESSAGES:
            continue
        has_facts = folder / "channel.json" in paths
        if has_facts or CHANNEL_FOLDER.fullmatch(folder.name):
            yield folder


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what the owner wrote in channels that others may read. Leave out private conversations."""
    by_path = {}
    for name, file in files.items():
        path = PurePosixPath(name)
        by_path[path] = file
    yield from tables(_rows(by_path, dropped))


def _rows(files: Files, dropped: Counter[str]) -> Iterator[Row]:
    packages: dict[PurePosixPath, _Package] = {}  # by the folder of their channels
    for path, file in files.items():
        if path.name not in MESSAGES:
            continue
        channel_folder = path.parent
        folder = channel_folder.parent
        if folder not in packages:
            packages[folder] = _Package.of(files, folder)
        package = packages[folder]
        channel = _object(files, channel_folder / "channel.json")
        if _is_private(channel):
            messages = sum(1 for _ in _messages(path, file))
            dropped["private messages"] += messages
            continue
        name = package.channel_name(channel, channel_folder.name)
        for message in _messages(path, file):
            yield _row(path, message, package, name)


@dataclass(frozen=True)
class _Package:
    owner_id: str
    owner: str
    index: Object  # channels' ids to their names

    @classmethod
    def of(cls, files: Files, folder: PurePosixPath) -> "_Package":
        """Read the account and the index of a package, from the folder of its channels."""
        owner_id, owner = _owner(files, folder.parent)
        index = _object(files, folder / "index.json")
        return cls(owner_id, owner, index)

    def channel_name(self, channel: Object, folder: str) -> str:
        """Return a channel's name, or its folder's if neither the channel nor the index has one."""
        channel_id = folder.removeprefix("c")
        name = channel.get("name") or self.index.get(channel_id)
        return str(name or folder)


def _is_private(channel: Object) -> bool:
    kind = str(channel.get("type"))
    return kind in PRIVATE or "recipients" in channel


def _messages(path: PurePosixPath, file: File) -> Iterator[Object]:
    with within(path):
        if path.suffix == ".json":
            yield from items(file, "item")
        else:
            yield from records(file)


def _object(files: Files, path: PurePosixPath) -> Object:
    """Return a file's JSON object; an empty one if the file does not exist."""
    if path not in files:
        return {}
    with within(path):
        value = next(items(files[path], ""))
    if not isinstance(value, dict):
        return {}
    return value


def _owner(files: Files, package: PurePosixPath) -> tuple[str, str]:
    """Return the id and the name of the package's owner.

    If the package does not hold them, the id of its first message, which nobody else has, makes an id for the owner.
    """
    for path in files:
        if _is_account(path, (package,)):
            account = _object(files, path)
            if "id" in account and "username" in account:
                return str(account["id"]), str(account["username"])
    first_id = _first_message_id(files, package)
    return f"{OWNER}/{first_id}", OWNER


def _first_message_id(files: Files, package: PurePosixPath) -> str:
    for path, file in files.items():
        channel_folder = path.parent
        its_package = channel_folder.parent.parent
        if path.name not in MESSAGES or its_package != package:
            continue
        for message in _messages(path, file):
            return str(message.get("ID", ""))
    return ""


def _row(path: PurePosixPath, message: Object, package: _Package, channel: str) -> Row:
    try:
        message_id = str(message["ID"])
        timestamp = str(message["Timestamp"] or "")
        return Row(
            message_id=message_id,
            author_id=package.owner_id,
            author=package.owner,
            sent_at=_sent_at(message_id, timestamp),
            channel=channel,
            text=readable(message["Contents"] or ""),
        )
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path}: a message isn't as Discord writes it ({error!r})") from error


def _sent_at(message_id: str, timestamp: str) -> str:
    """Return the time to the millisecond from a message's id, or its timestamp if the two are of different minutes."""
    if not re.fullmatch(r"\d{1,20}", message_id):
        return timestamp
    milliseconds = int(message_id) >> 22
    exact = EPOCH + timedelta(milliseconds=milliseconds)
    minute = timestamp.replace("T", " ")[: len("2024-12-31 23:59")]
    if exact.isoformat(" ").startswith(minute):
        return exact.isoformat()
    return timestamp


PACKAGE = FolderFormat("discord-package", claims, read)
