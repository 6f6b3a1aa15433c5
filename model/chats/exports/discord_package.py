"""Discord's own data package: all messages that one person wrote, and nobody else's.

Folders have names in the language of their owner, files do not. So a channel is any folder with a file of messages,
and the other files are found from there.

Source: Discord's Settings > Data & Privacy > Request all of my Data.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
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
CHANNEL_FOLDER = re.compile(r"c?\d{15,20}")  # without the c before 2021
PRIVATE = {"1", "3", "DM", "GROUP_DM"}  # types of channels
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # Discord's ids count milliseconds from here, in all bits but the last 22
OWNER = "owner"  # if there is no account folder


def claims(names: Iterable[str]) -> set[str]:
    """Recognise the folders of channels and the files that belong to them, of any number of packages."""
    paths = {PurePosixPath(name): name for name in names}
    channels = set(_channels(paths))
    folders = {channel.parent for channel in channels}
    packages = {folder.parent for folder in folders}
    claimed = set()
    for path, name in paths.items():
        in_channel = path.parent in channels and path.name in (*MESSAGES, "channel.json")
        is_index = path.parent in folders and path.name == "index.json"
        is_account = path.parent.parent in packages and path.name == "user.json"
        if in_channel or is_index or is_account:
            claimed.add(name)
    return claimed


def _channels(paths: Collection[PurePosixPath]) -> Iterator[PurePosixPath]:
    """Yield the folders of channels, by the file beside the messages or by their names."""
    for path in paths:
        folder = path.parent
        if path.name not in MESSAGES:
            continue
        if folder / "channel.json" in paths or CHANNEL_FOLDER.fullmatch(folder.name):
            yield folder


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what the owner wrote in channels that others may read. Leave out private conversations."""
    by_path = {PurePosixPath(name): file for name, file in files.items()}
    yield from tables(_rows(by_path, dropped))


def _rows(files: Files, dropped: Counter[str]) -> Iterator[Row]:
    owners: dict[PurePosixPath, tuple[str, str]] = {}
    indices: dict[PurePosixPath, Object] = {}
    for path, file in files.items():
        if path.name not in MESSAGES:
            continue
        folder = path.parent.parent
        if folder not in owners:
            owners[folder] = _owner(files, folder.parent)
            indices[folder] = _object(files, folder / "index.json")
        channel = _object(files, path.parent / "channel.json")
        if str(channel.get("type")) in PRIVATE or "recipients" in channel:
            dropped["private messages"] += sum(1 for _ in _messages(path, file))
            continue
        name = _channel_name(channel, indices[folder], path.parent.name)
        for message in _messages(path, file):
            yield _row(path, message, owners[folder], name)


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
    return value if isinstance(value, dict) else {}


def _owner(files: Files, package: PurePosixPath) -> tuple[str, str]:
    """Return the id and the name of the package's owner.

    If the package does not hold them, the id of its first message, which nobody else has, makes an id for the owner.
    """
    for path in files:
        if path.name == "user.json" and path.parent.parent == package:
            account = _object(files, path)
            if "id" in account and "username" in account:
                return str(account["id"]), str(account["username"])
    return f"{OWNER}/{_first_message_id(files, package)}", OWNER


def _first_message_id(files: Files, package: PurePosixPath) -> str:
    for path, file in files.items():
        if path.name in MESSAGES and path.parent.parent.parent == package:
            for message in _messages(path, file):
                return str(message.get("ID", ""))
    return ""


def _channel_name(channel: Object, index: Object, folder: str) -> str:
    return str(channel.get("name") or index.get(folder.removeprefix("c")) or folder)


def _row(path: PurePosixPath, message: Object, owner: tuple[str, str], channel: str) -> Row:
    try:
        message_id = str(message["ID"])
        sent_at = _sent_at(message_id, str(message["Timestamp"] or ""))
        text = readable(message["Contents"] or "")
        return Row(message_id, *owner, sent_at, channel, text)
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path}: a message isn't as Discord writes it ({error!r})") from error


def _sent_at(message_id: str, timestamp: str) -> str:
    """Return the time to the millisecond from a message's id, or its timestamp if the two are of different minutes."""
    if not re.fullmatch(r"\d{1,20}", message_id):
        return timestamp
    exact = EPOCH + timedelta(milliseconds=int(message_id) >> 22)
    same = exact.isoformat(" ", "milliseconds").startswith(timestamp.replace("T", " ")[:16])
    return exact.isoformat() if same else timestamp


PACKAGE = FolderFormat("discord-package", claims, read)
