"""One author's messages to a training and a validation text. Knows neither character ids nor the network."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from model import UserError
from model.chats.people import Author, Chat
from model.persona.file import LONGEST_QUOTE, MOST_QUOTES, SHORTEST_QUOTE, Source
from model.persona.recipe import READABLE_CHARACTERS, Recipe, author_part
from model.persona.vocabulary import END


class CorpusError(UserError):
    """There is too little text; the error says how much there is and how much is wanted."""


@dataclass(frozen=True)
class Corpus:
    """The text that a network learns from, and the later messages that judge it."""

    author: Author
    training: str
    validation: str  # "" if nothing is held out
    authors: Mapping[str, str]  # everybody's text by author_id, without held-out messages; {} if there is nobody else
    training_messages: int
    validation_messages: int
    first: str  # dates of the training messages, ISO 8601; "" if the export has none
    last: str
    quotes: Sequence[str] = ()  # held-out messages that may be quoted, as written

    @cached_property
    def community(self) -> str:
        """All authors' texts, one author after the other, so that the text before tells the network who is writing."""
        return "".join(self.authors.values())

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the texts: a run resumes with the corpus that it began with, or not at all."""
        texts = "\0".join((self.training, self.validation, self.community))
        return hashlib.sha256(texts.encode("utf-8", "surrogatepass")).hexdigest()

    def source(self, files: list[str], chat: Chat) -> Source:
        """Return what a persona records about the text that it learnt from."""
        others: dict[str, str] = {}
        for author_id in self.authors:
            if author_id != self.author.author_id:
                others[author_id] = chat.names[author_id]
        for author_id in list(others):
            others.update(chat.joined.get(author_id, {}))
        return Source(
            author=self.author.author,
            author_id=self.author.author_id,
            files=files,
            format=chat.formats,
            messages=self.training_messages,
            characters=len(self.training),
            first=self.first,
            last=self.last,
            sha256=self.sha256,
            aliases=dict(chat.joined.get(self.author.author_id, {})),
            community=others,
        )


def build_corpus(messages: pd.DataFrame, author: Author, recipe: Recipe, bots: Iterable[str] = ()) -> Corpus:
    """Take the author's first messages for training and the last for validation.

    Args:
        messages: of all people, in time order.
        bots: ids of authors to leave out, unless one is the author.

    Raises:
        CorpusError: the author's training text, or everybody's, doesn't fill one batch.
    """
    left_out = set(bots) - {author.author_id}
    messages = messages[~messages["author_id"].isin(left_out)]
    own = messages[messages["author_id"] == author.author_id]
    training = own.head(int(len(own) * recipe.fraction + 1e-9))
    held_out = own.iloc[_learnt(len(own), recipe) :]
    corpus = Corpus(
        author=author,
        training=_join(training["text"], recipe),
        validation=_join(held_out["text"], recipe),
        authors=_authors(messages, recipe) if recipe.community else {},
        training_messages=len(training),
        validation_messages=len(held_out),
        first=_date(training["sent_at"].min()),
        last=_date(training["sent_at"].max()),
        quotes=_quotes(held_out["text"]),
    )
    _check_lengths(corpus, recipe, len(own))
    return corpus


def _check_lengths(corpus: Corpus, recipe: Recipe, messages: int) -> None:
    """Check that the texts fill a batch.

    Args:
        messages: number of the author's.

    Raises:
        CorpusError: one doesn't.
    """
    author = corpus.author.author
    own_part = author_part(recipe) if corpus.community else recipe
    wanted = _one_batch(recipe, own_part.batch_size)
    if len(corpus.training) < wanted:
        raise CorpusError(
            f"{author} has too little text: {len(corpus.training):,} characters in the first "
            f"{recipe.fraction:.0%} of {messages:,} messages; wanted at least {wanted:,}, "
            f"and about {READABLE_CHARACTERS:,} to be readable (--fraction takes more of the messages)"
        )
    wanted = _one_batch(recipe, recipe.batch_size)
    if corpus.community and len(corpus.community) < wanted:
        raise CorpusError(
            f"everybody together has too little text: {len(corpus.community):,} characters; wanted at least {wanted:,} "
            f"(a smaller --batch-size wants less, and --no-community learns from {author} alone)"
        )


def _one_batch(recipe: Recipe, batch_size: int) -> int:
    """Return the number of characters that fill one batch."""
    apart = recipe.sequence_length
    if recipe.reading == "windows":
        apart = recipe.step
    return recipe.sequence_length + apart * batch_size


def _quotes(texts: Iterable[str]) -> list[str]:
    """Return the latest messages that are long enough to show a style and short enough to read at a glance."""
    fitting = []
    for text in texts:
        if "\n" not in text and SHORTEST_QUOTE <= len(text) <= LONGEST_QUOTE:
            fitting.append(text)
    return fitting[-MOST_QUOTES:]


def _learnt(count: int, recipe: Recipe) -> int:
    """Return how many of an author's messages aren't held out."""
    return int(count * (1 - recipe.held_out) + 1e-9)


def _authors(messages: pd.DataFrame, recipe: Recipe) -> dict[str, str]:
    """Return each author's text; nothing if there is only one author.

    Everybody's last messages are held out, so that one base network serves all who may be imitated.
    """
    rows = messages.groupby("author_id", sort=True).indices  # a table for each of thousands takes far longer
    if len(rows) == 1:
        return {}
    texts = messages["text"].tolist()
    end = " " if recipe.message_end == "space" else ""
    authors = {}
    for author_id, own in rows.items():
        learnt = own[: _learnt(len(own), recipe)]
        if len(learnt):  # of a single message nothing is left
            text = _join((texts[row] for row in learnt), recipe)
            authors[str(author_id)] = text + end
    return authors


def _join(messages: Iterable[str], recipe: Recipe) -> str:
    if recipe.message_end == "space":
        text = " ".join(messages)
    else:
        text = "".join(message.replace(END, "") + END for message in messages)
    return text.lower() if recipe.case == "lower" else text


def _date(moment: object) -> str:
    if not isinstance(moment, pd.Timestamp) or pd.isna(moment):
        return ""
    return moment.date().isoformat()
