"""A chat to the numbers of its report. Counts and names leave here, never a message."""

import functools
import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from model.chats.people import Chat
from model.chats.report.languages import guess_languages
from model.persona.recipe import MIMIC, READABLE_CHARACTERS

# From this many characters an author is worth a try, if READABLE_CHARACTERS by everyone teach the language first.
ENOUGH_CHARACTERS = 10_000

LONG = 20  # characters from which a repeated message is hardly a greeting

# Most emoji: Python's Unicode tables don't say which characters are. Skin tones (1f3fb to 1f3ff) only colour others.
EMOJI = re.compile("[\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001f3fa\U0001f400-\U0001faff]")


@dataclass(frozen=True)
class Survey:
    """The numbers to know before training on a chat. Only `authors` includes bots."""

    formats: str
    authors: pd.DataFrame  # the ranking, with a column `level`: how much text there is to learn from
    channels: "pd.Series[int]"  # messages of each, largest first; empty if the export doesn't name channels
    moments: "pd.Series[pd.Timestamp]"  # times of the messages that have one, UTC
    lengths: "pd.Series[int]"  # of messages, characters
    repeated: int  # messages that repeat an earlier one by the same author word for word
    repeated_long: int  # those of them with at least LONG characters
    characters: Counter[str]
    languages: Counter[str]  # of a sample of the long messages

    @property
    def bots(self) -> pd.DataFrame:
        """The authors that are bots."""
        return self.authors[self.authors["bot"] != ""]

    @property
    def people(self) -> pd.DataFrame:
        """The authors that are not bots."""
        return self.authors[self.authors["bot"] == ""]

    @functools.cached_property
    def ambiguous_names(self) -> set[str]:
        """The names that several authors have."""
        names = self.authors["author"]
        return set(names[names.duplicated()])

    @property
    def messages(self) -> int:
        """The number of messages."""
        return len(self.lengths)

    @property
    def rare(self) -> dict[str, int]:
        """The characters that the default recipe treats as unknown."""
        return {character: count for character, count in self.characters.items() if count < MIMIC.rare}

    @property
    def signs(self) -> dict[str, int]:
        """Punctuation and other signs, the most used first."""
        signs = {}
        for character, count in self.characters.most_common():
            punctuation_or_symbol = unicodedata.category(character)[0] in "PS"
            if punctuation_or_symbol and not EMOJI.match(character):
                signs[character] = count
        return signs

    @property
    def emoji(self) -> dict[str, int]:
        """Emoji, the most used first; each part of a composed one counts."""
        ranking = self.characters.most_common()
        return {character: count for character, count in ranking if EMOJI.match(character)}


def take_survey(chat: Chat) -> Survey:
    """Count everything that a report shows."""
    people = chat.messages[~chat.messages["author_id"].isin(chat.bots)]
    repeated = people.duplicated(["author_id", "text"])
    lengths = people["text"].str.len().astype(int)
    channels = people["channel"].value_counts()
    return Survey(
        formats=chat.formats,
        authors=chat.ranking.assign(level=_levels(chat)),
        channels=channels[channels.index != ""],
        moments=pd.to_datetime(people["sent_at"], utc=True).dropna(),
        lengths=lengths,
        repeated=int(repeated.sum()),
        repeated_long=int((repeated & (lengths >= LONG)).sum()),
        characters=Counter(itertools.chain.from_iterable(people["text"])),
        languages=guess_languages(people["text"]),
    )


def _levels(chat: Chat) -> "pd.Series[str]":
    """Return for each author whether there is plenty of text, enough or little."""
    characters = chat.ranking["characters"]
    level = pd.Series("little", characters.index)
    if chat.people["characters"].sum() >= READABLE_CHARACTERS:
        level[characters >= ENOUGH_CHARACTERS] = "enough"
    level[characters >= READABLE_CHARACTERS] = "plenty"
    return level
