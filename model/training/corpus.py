"""One author's messages to a training and a validation text. Knows no characters' ids and no network."""

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
    """An author has too little text; the text says how much there is and how much is wanted."""


@dataclass(frozen=True)
class Corpus:
    """What a network learns from, and the later messages that it is judged by."""

    author: Author
    training: str
    validation: str  # "" where nothing is held out
    authors: Mapping[str, str]  # what everybody wrote, by author_id, the last messages held out; {} without others
    training_messages: int
    validation_messages: int
    first: str  # dates of the training messages, ISO 8601; "" where the export doesn't say
    last: str
    quotes: Sequence[str] = ()  # held-out messages of a line's length, as they were written

    @cached_property
    def community(self) -> str:
        """All authors' texts, one author after the other, so that who is speaking can be felt from what came before."""
        return "".join(self.authors.values())

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of the texts: a run goes on with the corpus that it began with, or not at all."""
        texts = "\0".join((self.training, self.validation, self.community))
        return hashlib.sha256(texts.encode("utf-8", "surrogatepass")).hexdigest()

    def source(self, files: list[str], chat: Chat) -> Source:
        """Say for a persona whose text it learnt from, and which."""
        others = {other: chat.names[other] for other in self.authors if other != self.author.author_id}
        for other in list(others):
            others |= chat.joined.get(other, {})
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
        bots: the ids of authors whom nobody learns from, but for the one who is asked for.

    Raises:
        CorpusError: less training text than fills one batch, of the author's or everybody's.
    """
    messages = messages[~messages["author_id"].isin(set(bots) - {author.author_id})]
    own = messages[messages["author_id"] == author.author_id]
    training = own.head(int(len(own) * recipe.fraction + 1e-9))
    held_out = own.tail(len(own) - _learnt(len(own), recipe))
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
    apart = recipe.step if recipe.reading == "windows" else recipe.sequence_length
    own_part = author_part(recipe) if corpus.community else recipe
    wanted = recipe.sequence_length + apart * own_part.batch_size
    if len(corpus.training) < wanted:
        raise CorpusError(
            f"{author.author} has too little text: {len(corpus.training):,} characters in the first "
            f"{recipe.fraction:.0%} of {len(own):,} messages; wanted at least {wanted:,}, "
            f"and about {READABLE_CHARACTERS:,} to be readable (--fraction takes more of the messages)"
        )
    wanted = recipe.sequence_length + apart * recipe.batch_size
    if corpus.community and len(corpus.community) < wanted:
        raise CorpusError(
            f"everybody together has too little text: {len(corpus.community):,} characters; wanted at least {wanted:,} "
            f"(a smaller --batch-size wants less, and --no-community learns from {author.author} alone)"
        )
    return corpus


def _quotes(texts: Iterable[str]) -> list[str]:
    """Return the latest of the messages that are long enough to have a style and are read at a glance."""
    fitting = [text for text in texts if SHORTEST_QUOTE <= len(text) <= LONGEST_QUOTE and "\n" not in text]
    return fitting[-MOST_QUOTES:]


def _learnt(count: int, recipe: Recipe) -> int:
    """Return how many of an author's messages are not held out."""
    return int(count * (1 - recipe.held_out) + 1e-9)


def _authors(messages: pd.DataFrame, recipe: Recipe) -> dict[str, str]:
    """Return each author's text; nothing where there is one author alone.

    Everybody's last messages are held out, so that one base network serves whoever is imitated next.
    """
    rows = messages.groupby("author_id", sort=True).indices  # a table for each of thousands takes far longer
    if len(rows) == 1:
        return {}
    texts = messages["text"].tolist()
    end = " " if recipe.message_end == "space" else ""
    learnt = {author_id: own[: _learnt(len(own), recipe)] for author_id, own in rows.items()}  # of one message: none
    return {
        str(author_id): _join([texts[row] for row in own], recipe) + end
        for author_id, own in learnt.items()
        if len(own)
    }


def _join(messages: Iterable[str], recipe: Recipe) -> str:
    if recipe.message_end == "space":
        text = " ".join(messages)
    else:
        text = "".join(message.replace(END, "") + END for message in messages)
    return text.lower() if recipe.case == "lower" else text


def _date(moment: object) -> str:
    return moment.date().isoformat() if isinstance(moment, pd.Timestamp) and not pd.isna(moment) else ""
