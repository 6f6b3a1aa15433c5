"""Find the same message, and the same chat, in several files. For formats whose messages have no ids."""

from collections import Counter

import pandas as pd

FEWEST_SHARED = 10  # messages that two files of one chat have in common
LEAST_SHARE = 0.5  # that these messages are of the shorter file
IDENTITY = ["author_id", "sent_at", "text"]  # tell apart messages of one chat


class KnownChats:
    """Recognises a chat that was read before under another name: a copy of a file may have a new name.

    Messages count as the same if their author, time and text are the same. The chat's name has to tell them apart
    otherwise, since people send the same words to several chats at once.
    """

    def __init__(self) -> None:
        self._channels: dict[int, str] = {}  # by a message's hash: where it was read first
        self._sizes: Counter[str] = Counter()  # messages of each channel

    def with_first_name(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a file's messages, with the name under which their chat was read first."""
        without_ids = table[_lacks_id(table)]
        if without_ids.empty or without_ids["channel"].nunique() > 1:
            return table
        identities = without_ids[IDENTITY]
        hashes = _hashes(identities)
        channel = self._known_channel(hashes)
        if channel is None:
            own_channel = without_ids["channel"].iloc[0]
            channel = str(own_channel)
        for message in hashes:
            self._channels.setdefault(message, channel)
        self._sizes[channel] += len(hashes)
        return table.assign(channel=channel)

    def _known_channel(self, hashes: "pd.Series[int]") -> str | None:
        """Return the channel that shares enough of these messages, None if none does."""
        known = hashes.map(self._channels).dropna()
        shared_messages = Counter(known.tolist())
        for channel, shared in shared_messages.most_common(1):
            shorter = min(len(hashes), self._sizes[channel])
            least = LEAST_SHARE * shorter
            if shared >= max(FEWEST_SHARED, least):
                return str(channel)
        return None


def number_messages(table: pd.DataFrame) -> pd.DataFrame:
    """Give an id to messages that have a time but no id; the same message in two exports gets the same id."""
    is_missing = _lacks_id(table)
    if is_missing.any():
        messages = table.loc[is_missing, ["author_id", "sent_at", "channel", "text"]]
        hashes = _hashes(messages)
        table.loc[is_missing, "message_id"] = hashes.astype(str)
    return table


def _lacks_id(table: pd.DataFrame) -> "pd.Series[bool]":
    without_id = table["message_id"] == ""
    with_time = table["sent_at"].notna()
    return without_id & with_time


def _hashes(messages: pd.DataFrame) -> "pd.Series[int]":
    """Return a hash for each message; equal messages of one file are numbered, and differ by it."""
    columns = list(messages.columns)
    number = messages.groupby(columns).cumcount()
    numbered = messages.assign(number=number)
    return pd.util.hash_pandas_object(numbered, index=False)
