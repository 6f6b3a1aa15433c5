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
        hashes = _hashes(without_ids[IDENTITY])
        channel = self._known_channel(hashes)
        if channel is None:
            channel = str(without_ids["channel"].iloc[0])
        for message in hashes:
            self._channels.setdefault(message, channel)
        self._sizes[channel] += len(hashes)
        return table.assign(channel=channel)

    def _known_channel(self, hashes: "pd.Series[int]") -> str | None:
        """Return the channel that shares enough of these messages, None if none does."""
        known = hashes.map(self._channels).dropna()
        for channel, shared in Counter(known.tolist()).most_common(1):
            shorter = min(len(hashes), self._sizes[channel])
            if shared >= FEWEST_SHARED and shared >= LEAST_SHARE * shorter:
                return str(channel)
        return None


def number_messages(table: pd.DataFrame) -> pd.DataFrame:
    """Give an id to messages that have a time but no id; the same message in two exports gets the same id."""
    is_missing = _lacks_id(table)
    if is_missing.any():
        messages = table.loc[is_missing, ["author_id", "sent_at", "channel", "text"]]
        table.loc[is_missing, "message_id"] = _hashes(messages).astype(str)
    return table


def _lacks_id(table: pd.DataFrame) -> "pd.Series[bool]":
    return (table["message_id"] == "") & table["sent_at"].notna()


def _hashes(messages: pd.DataFrame) -> "pd.Series[int]":
    """Return a hash for each message; equal messages of one file are numbered, and differ by it."""
    number = messages.groupby(list(messages.columns)).cumcount()
    return pd.util.hash_pandas_object(messages.assign(number=number), index=False)
