"""Clean the messages table: filter its texts in Arrow, and run the rules over those that pass.

Knows no file formats and no authors.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from model.chats.cleaning.characters import LONGEST
from model.chats.cleaning.stages import OTHER_TEXT, PASTES, RULES, SECRETS, Rule, Sweep

Texts: TypeAlias = pa.LargeStringArray
Marks: TypeAlias = pa.BooleanArray

MOST_ROUNDS = 4  # in which one text is cleaned again
# Messages. RE2 builds its machines anew for each part, which takes as long as to search ten thousand messages; of
# such a part Python sees some 50 MB.
AT_A_TIME = 250_000


@dataclass
class Cleaned:
    """The cleaned messages; by each rule's name how many texts it changed, and how many it emptied."""

    messages: pd.DataFrame
    changed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def clean(messages: pd.DataFrame, rules: Collection[str] = tuple(RULES)) -> Cleaned:
    """Clean every message's text by the rules named; drop the messages that become empty."""
    cleaned = Cleaned(messages)
    cleaner = _Cleaner(rules, cleaned.changed, cleaned.dropped)
    parts = [cleaner.clean(part) for part in _parts(messages["text"])]
    if cleaned.changed or cleaned.dropped:
        column = pa.chunked_array(parts, pa.large_string())
        text = column.to_pandas().set_axis(messages.index)
        cleaned.messages = messages.assign(text=text)
    if cleaned.dropped:
        not_empty = cleaned.messages["text"] != ""
        rest = cleaned.messages[not_empty]
        cleaned.messages = rest.reset_index(drop=True)
    return cleaned


def _parts(texts: "pd.Series[str]") -> Iterator[Texts]:
    """Yield the texts, at most AT_A_TIME in a part."""
    column = pa.Array.from_pandas(texts, type=pa.large_string())
    for start in range(0, len(column), AT_A_TIME):
        part = column.slice(start, AT_A_TIME)
        if isinstance(part, pa.ChunkedArray):
            part = part.combine_chunks()
        yield part


@dataclass(frozen=True)
class _Cleaner:
    """Cleans texts by the rules named, and counts what they do."""

    names: Collection[str]
    changed: Counter[str]
    dropped: Counter[str]

    def clean(self, texts: Texts, rounds: int = MOST_ROUNDS) -> Texts:
        """Clean the texts; clean those that lost a secret or their end again, for that may uncover another."""
        chat = self.sweep(texts, OTHER_TEXT)
        if "pastes" in self.names:  # the rest is cut off later; a secret may reach over the end
            chat = _cut(chat, 2 * LONGEST)
        cleaned = self.sweep(chat, SECRETS)
        suspects = _may_be_longer(cleaned, LONGEST)
        cleaned = self.apply([PASTES], cleaned, suspects)
        different = pc.not_equal(chat, cleaned)
        any_differs = pc.any(different, min_count=0).as_py()
        if rounds == 1 or not any_differs:
            return cleaned
        changed = cleaned.filter(different)
        again = self.clean(changed, rounds - 1)
        return pc.replace_with_mask(cleaned, different, again)

    def sweep(self, texts: Texts, sweep: Sweep) -> Texts:
        """Run the stages of a sweep over the texts that pass its pattern."""
        candidates = pc.match_substring_regex(texts, sweep.pattern)
        cleaned = texts.filter(candidates)
        for stage in sweep.stages:
            suspects = pc.match_substring_regex(cleaned, stage.filter.fine)
            cleaned = self.apply(stage.rules, cleaned, suspects)
        return pc.replace_with_mask(texts, candidates, cleaned)

    def apply(self, rules: Iterable[Rule], texts: Texts, suspects: Marks) -> Texts:
        """Apply those of the rules that are named to the texts that are marked."""
        chosen = [rule for rule in rules if rule.name in self.names]
        cleaned = []
        for text in texts.filter(suspects).to_pylist():
            cleaned.append(self.clean_text(text, chosen))
        replacements = pa.array(cleaned, pa.large_string())
        return pc.replace_with_mask(texts, suspects, replacements)

    def clean_text(self, text: str, rules: Sequence[Rule]) -> str:
        """Apply the rules in turn, and count the effect of each; return "" if nothing remains."""
        for rule in rules:
            cleaned = rule.clean(text)
            if cleaned == text:
                continue
            if not cleaned.strip():
                self.dropped[rule.name] += 1
                return ""
            self.changed[rule.name] += 1
            text = cleaned
        return text


def _cut(texts: Texts, length: int) -> Texts:
    long = _may_be_longer(texts, length)
    long_texts = texts.filter(long)
    shorter = pc.utf8_slice_codeunits(long_texts, 0, length)
    return pc.replace_with_mask(texts, long, shorter)


def _may_be_longer(texts: Texts, length: int) -> Marks:
    """Mark the texts of more bytes than that: no other text has more characters."""
    sizes = pc.binary_length(texts)
    return pc.greater(sizes, length)
