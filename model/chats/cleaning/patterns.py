"""What all rules share: the mark that a removal leaves, filters, and small tools for regular expressions."""

import re
from dataclasses import dataclass

REMOVED = "[removed]"
FILE_ENDINGS = "css|gif|html?|ico|jpe?g|js|json|jsx|md|mp[34]|pdf|png|py|rb|scss|so|svg|ts|tsx|txt|webp|zip"


@dataclass(frozen=True)
class Filter:
    """Two RE2 patterns that every text matches in which a rule finds something.

    RE2 searches all messages in the time that Python needs for a few: 20 ms for the first two hundred thousand. It
    needs more time the more states a pattern has, as counted repetitions and ".*" do.
    """

    fine: str  # searched in the texts that pass the coarse patterns of all rules
    coarse: str = ""  # searched in every text; empty if `fine` is cheap enough

    @property
    def first(self) -> str:
        """The pattern that is searched in every text."""
        return self.coarse or self.fine


def one_of(words: str) -> str:
    """Return a pattern for any of the words, which may be patterns without a blank in them."""
    alternatives = "|".join(words.split())
    return f"(?:{alternatives})"


def text_before(match: re.Match[str], most: int) -> str:
    """Return at most so many characters before a match."""
    start = max(0, match.start() - most)
    return match.string[start : match.start()]


def text_after(match: re.Match[str], most: int) -> str:
    """Return at most so many characters after a match."""
    return match.string[match.end() : match.end() + most]


def replace_group(match: re.Match[str], group: int | str, replacement: str = REMOVED) -> str:
    """Return the matched text with one of its groups replaced."""
    start = match.start(group) - match.start()
    end = match.end(group) - match.start()
    return match[0][:start] + replacement + match[0][end:]
