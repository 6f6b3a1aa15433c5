"""A chat to the numbers that a look at it shows. Counts and names leave here, never what somebody wrote."""

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from model.chats.report.languages import guess_languages
from model.corpus import READABLE_CHARACTERS
from model.people import Chat
from model.recipe import MIMIC

# With so much an author is worth a try, where READABLE_CHARACTERS by everybody teach the language first.
ENOUGH_CHARACTERS = 10_000

LONG = 20  # characters from which a message that is sent again is hardly a greeting

# Most of them: Python's Unicode tables don't know which are. Skin tones (1f3fb to 1f3ff) only colour others.
EMOJI = re.compile("[\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff]")


@dataclass(frozen=True)
class Survey:
    """What there is to know about a chat before one trains on it. Bots are among the authors, and nowhere else."""

    formats: str
    authors: pd.DataFrame  # the ranking, and with it level: how much text there is to learn from
    channels: "pd.Series[int]"  # messages of each, the most first; none where the export doesn't say
    moments: "pd.Series[pd.Timestamp]"  # when messages were sent, UTC; only of those that say
    lengths: "pd.Series[int]"  # of messages, in characters
    repeated: int  # messages that their author had sent before, word for word
    repeated_long: int  # those among them of at least LONG characters
    characters: Counter[str]
    languages: Counter[str]  # of a sample of the long messages

    @property
    def bots(self) -> pd.DataFrame:
        """The authors that are bots."""
        return self.authors[self.authors["bot"] != ""]

    @property
    def people(self) -> pd.DataFrame:
        """The authors that are none."""
        return self.authors[self.authors["bot"] == ""]

    @property
    def messages(self) -> int:
        """How many there are."""
        return len(self.lengths)

    @property
    def rare(self) -> dict[str, int]:
        """The characters that the default recipe doesn't tell apart."""
        return {character: count for character, count in self.characters.items() if count < MIMIC.rare}

    @property
    def signs(self) -> dict[str, int]:
        """Punctuation and other signs, the most used first."""
        used = self.characters.most_common()
        return {sign: count for sign, count in used if _category(sign) in "PS" and not EMOJI.match(sign)}

    @property
    def emoji(self) -> dict[str, int]:
        """Emoji, the most used first; one that is made of several is counted as each of them."""
        return {sign: count for sign, count in self.characters.most_common() if EMOJI.match(sign)}


def survey(chat: Chat) -> Survey:
    """Count everything that a report shows."""
    people = chat.messages[~chat.messages["author_id"].isin(chat.bots)]
    again = people.duplicated(["author_id", "text"])
    lengths = people["text"].str.len().astype(int)
    channels = people["channel"].value_counts()
    return Survey(
        formats=chat.formats,
        authors=chat.ranking.assign(level=_levels(chat)),
        channels=channels[channels.index != ""],
        moments=pd.to_datetime(people["sent_at"], utc=True).dropna(),
        lengths=lengths,
        repeated=int(again.sum()),
        repeated_long=int((again & (lengths >= LONG)).sum()),
        characters=Counter(itertools.chain.from_iterable(people["text"])),
        languages=guess_languages(people["text"]),
    )


def _category(character: str) -> str:
    return unicodedata.category(character)[0]


def _levels(chat: Chat) -> "pd.Series[str]":
    """Say of each author whether the text is plenty, enough or little."""
    characters = chat.ranking["characters"]
    level = pd.Series("little", characters.index)
    if chat.people["characters"].sum() >= READABLE_CHARACTERS:
        level[characters >= ENOUGH_CHARACTERS] = "enough"
    level[characters >= READABLE_CHARACTERS] = "plenty"
    return level
