"""One author's messages to a training and a validation text. Knows no characters' ids and no network."""

import hashlib
from dataclasses import dataclass

import pandas as pd

from model.messages import Author
from model.recipe import Recipe

# Below this the network learns words at best; said to the user, never enforced.
READABLE_CHARACTERS = 50_000


class CorpusError(Exception):
    """An author has too little text; the text says how much there is and how much is wanted."""


@dataclass(frozen=True)
class Corpus:
    """What a network learns from, and the later messages that it is judged by."""

    author: Author
    training: str
    validation: str  # "" where nothing is held out
    training_messages: int
    validation_messages: int
    first: str  # dates of the training messages, ISO 8601; "" where the export doesn't say
    last: str

    @property
    def sha256(self) -> str:
        """Fingerprint of both texts: a run goes on with the corpus that it began with, or not at all."""
        return hashlib.sha256("\0".join((self.training, self.validation)).encode("utf-8", "surrogatepass")).hexdigest()


def build_corpus(messages: pd.DataFrame, author: Author, recipe: Recipe) -> Corpus:
    """Join the author's first messages for training and the last for validation, each by one space.

    Args:
        messages: the author's own, in time order.

    Raises:
        CorpusError: less training text than fills one batch.
    """
    count = len(messages)
    training = messages.head(int(count * recipe.fraction))
    validation = messages.tail(count - int(count * (1 - recipe.held_out) + 1e-9))
    corpus = Corpus(
        author=author,
        training=_join(training, recipe),
        validation=_join(validation, recipe),
        training_messages=len(training),
        validation_messages=len(validation),
        first=_date(training["sent_at"].min()),
        last=_date(training["sent_at"].max()),
    )
    wanted = recipe.sequence_length + recipe.step * recipe.batch_size
    if len(corpus.training) < wanted:
        raise CorpusError(
            f"{author.author} has too little text: {len(corpus.training):,} characters in the first "
            f"{recipe.fraction:.0%} of {count:,} messages; wanted at least {wanted:,}, "
            f"and about {READABLE_CHARACTERS:,} to be readable (--fraction takes more of the messages)"
        )
    return corpus


def _join(messages: pd.DataFrame, recipe: Recipe) -> str:
    text = " ".join(messages["text"])
    return text.lower() if recipe.case == "lower" else text


def _date(moment: object) -> str:
    return moment.date().isoformat() if isinstance(moment, pd.Timestamp) and not pd.isna(moment) else ""
