"""Messages of one author whose name isn't in the file: plain lines, and markov-discord's JSON.

Source: markov-discord's img/example-training.json.
"""

import re
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from model.chats.exports.files import File, Format, Row, is_text, tables
from model.chats.exports.json_values import WrittenBy, items

MARKOV_DISCORD_HEAD = re.compile(r'\s*\[\s*\{\s*"(?:message|attachments)"\s*:')


def lines(author: str) -> Format:
    """Return the format of files that hold one message of this author on each line."""

    def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
        yield from tables(_line_rows(file, author, dropped))

    return Format("lines", is_text, read)


def _line_rows(file: File, author: str, dropped: Counter[str]) -> Iterator[Row]:
    with file.open_text() as text:
        for line in text:
            if line.isspace():  # as rows, millions of empty lines take long
                dropped["without text"] += 1
            else:
                yield Row(
                    message_id="",
                    author_id=author,
                    author=author,
                    sent_at="",
                    channel=file.stem,
                    text=line.rstrip("\r\n"),
                )


def _is_markov_discord(head: str) -> bool:
    return MARKOV_DISCORD_HEAD.match(head) is not None


def _read_markov_discord(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read the messages; the author gets the file's name."""
    yield from tables(_markov_discord_rows(file))


def _markov_discord_rows(file: File) -> Iterator[Row]:
    for number, message in enumerate(items(file, "item"), 1):
        with WrittenBy("markov-discord", number):
            yield Row(
                message_id="",
                author_id=file.stem,
                author=file.stem,
                sent_at="",
                channel="",
                text=message.get("message") or "",
            )


MARKOV_DISCORD = Format("markov-discord", _is_markov_discord, _read_markov_discord)
