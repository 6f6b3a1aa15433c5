"""Discord's own data package: all that one person ever wrote, and nothing that others did.

Folders are named in the language of their owner, files are not: a channel is a folder with the file of its messages
in it, and what lies around it is found from there.

Source: Discord's Settings > Data & Privacy > Request all of my Data.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from model.chats.exports.discord_markup import plain
from model.chats.exports.files import File, FolderFormat, FormatError, Row, records, tables, within
from model.chats.exports.json_values import items

MESSAGES = ("messages.json", "messages.csv")  # the latter before 2024
CHANNEL_FOLDER = re.compile(r"c?\d{15,20}")  # without the c before 2021
PRIVATE = {"1", "3", "DM", "GROUP_DM"}  # a channel's types
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # Discord's ids count milliseconds from here, in all bits but the last 22
OWNER = "owner"  # where there is no account folder


def claims(names: Iterable[str]) -> set[str]:
    """Recognise channels' folders and what belongs to them, in as many packages as there are."""
    paths = {PurePosixPath(name): name for name in names}
    channels = {path.parent for path in paths if path.name in MESSAGES and _is_channel(path.parent, paths)}
    indices = {channel.parent / "index.json" for channel in channels}
    packages = {channel.parent.parent for channel in channels}
    return {
        name
        for path, name in paths.items()
        if (path.parent in channels and path.name in (*MESSAGES, "channel.json"))
        or path in indices
        or (path.name == "user.json" and path.parent.parent in packages)
    }


def _is_channel(folder: PurePosixPath, paths: Mapping[PurePosixPath, str]) -> bool:
    return folder / "channel.json" in paths or CHANNEL_FOLDER.fullmatch(folder.name) is not None


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read what the owner wrote where others may read it, not their private conversations."""
    yield from tables(_rows({PurePosixPath(name): file for name, file in files.items()}, dropped))


def _rows(files: Mapping[PurePosixPath, File], dropped: Counter[str]) -> Iterator[Row]:
    owners: dict[PurePosixPath, tuple[str, str]] = {}
    indices: dict[PurePosixPath, dict[str, Any]] = {}
    for path, file in files.items():
        if path.name not in MESSAGES:
            continue
        folder = path.parent.parent
        if folder not in owners:
            owners[folder] = _owner(files, folder.parent)
            indices[folder] = _whole(files, folder / "index.json")
        channel = _whole(files, path.parent / "channel.json")
        if str(channel.get("type")) in PRIVATE or "recipients" in channel:
            dropped["private messages"] += sum(1 for _ in _messages(path, file))
            continue
        name = _name(channel, indices[folder], path.parent.name)
        for message in _messages(path, file):
            yield _row(path, message, owners[folder], name)


def _messages(path: PurePosixPath, file: File) -> Iterator[dict[str, Any]]:
    with within(path):
        yield from items(file, "item") if path.suffix == ".json" else records(file)


def _whole(files: Mapping[PurePosixPath, File], path: PurePosixPath) -> dict[str, Any]:
    """Return a file's JSON object, {} where there is no such file."""
    if path not in files:
        return {}
    with within(path):
        found = next(items(files[path], ""))
    return found if isinstance(found, dict) else {}


def _owner(files: Mapping[PurePosixPath, File], package: PurePosixPath) -> tuple[str, str]:
    """Return id and name of the person whose package it is.

    Where the package doesn't say, its first message's id, which nobody else has, keeps it apart from other people's.
    """
    for path in files:
        if path.name == "user.json" and path.parent.parent == package:
            account = _whole(files, path)
            if "id" in account and "username" in account:
                return str(account["id"]), str(account["username"])
    own = (path for path in files if path.name in MESSAGES and path.parent.parent.parent == package)
    first = next((message.get("ID", "") for path in own for message in _messages(path, files[path])), "")
    return f"{OWNER}/{first}", OWNER


def _name(channel: Mapping[str, Any], index: Mapping[str, Any], folder: str) -> str:
    return str(channel.get("name") or index.get(folder.removeprefix("c")) or folder)


def _row(path: PurePosixPath, message: dict[str, Any], owner: tuple[str, str], channel: str) -> Row:
    try:
        message_id = str(message["ID"])
        sent_at = _sent_at(message_id, str(message["Timestamp"] or ""))
        return Row(message_id, *owner, sent_at, channel, plain(message["Contents"] or ""))
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path}: a message isn't as Discord writes it ({error!r})") from error


def _sent_at(message_id: str, timestamp: str) -> str:
    """Return the millisecond that a message's id was made in; the timestamp, where that is of another minute."""
    if not re.fullmatch(r"\d{1,20}", message_id):
        return timestamp
    exact = EPOCH + timedelta(milliseconds=int(message_id) >> 22)
    same = exact.isoformat(" ", "milliseconds").startswith(timestamp.replace("T", " ")[:16])
    return exact.isoformat() if same else timestamp


PACKAGE = FolderFormat("discord-package", claims, read)
