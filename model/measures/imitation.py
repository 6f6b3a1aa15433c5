"""How good an imitation is: bits per character, and what its replies copy, which words they use, whose they seem.

Every measure is compared with the same measure of the person's real, held-out text. Knows no Keras.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from model.measures.bits import held_out_bits, reference_bits
from model.measures.canaries import Canary
from model.measures.exposure import describe_canaries, measure_canaries
from model.persona.file import Persona
from model.persona.recipe import TEMPERATURES
from model.persona.sampler import Request, sampled_as_trained
from model.persona.vocabulary import readable
from model.training.corpus import Corpus

REPLIES = 300  # a temperature; a share of them is uncertain by 0.03
BLOCK = 400  # characters of a reply, and of a block of real text
COPIED = 40  # characters; a passage this long that the training text holds too is no accident
ACTIVE_AUTHORS = 10
KNOWN_WORD = 3  # occurrences in the training text that make a word a known one
FEWEST_BLOCKS = 20  # blocks of real text that a classifier needs at least
MOST_BLOCKS = 400
HASH_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd and large: 2^64 over the golden ratio
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
ROWS = {
    "copied": "copied word for word",
    "known_words": "words that people use",
    "attributed": "taken for the author's",
}
Metrics = dict[str, float]
Fingerprints = NDArray[np.uint64]


def evaluate(persona: Persona, corpus: Corpus, canaries: Sequence[Canary] = ()) -> Metrics:
    """Measure a persona on its author's held-out text; a measure that needs more text than there is is left out.

    Names: `*_bits` are bits per character; `copied_T`, `attributed_T` and `known_words_T` are shares from 0 to 1 of the
    replies at temperature T, and `copied_real` and so on of the held-out text; `told_apart` is an AUC, 0.5 to 1. The
    canaries' names are in `measure_canaries`.
    """
    metrics: Metrics = measure_canaries(persona, canaries)
    if not corpus.validation:
        return metrics
    metrics |= reference_bits(corpus, persona.vocabulary)
    metrics["validation_bits"] = held_out_bits(persona, corpus)
    real = real_blocks(corpus)
    counts = dict.fromkeys(TEMPERATURES, REPLIES)
    counts[1.0] = max(REPLIES, len(real))  # told_apart needs as many as there are real blocks
    texts = replies(persona, corpus, counts)
    measured = {}
    for temperature, parts in texts.items():
        measured[str(temperature)] = parts[:REPLIES]
    metrics |= measure_replies(measured, corpus)
    if len(real) >= FEWEST_BLOCKS:
        imitated = texts[1.0][: len(real)]
        metrics["told_apart"] = told_apart(real, imitated)
    return metrics


def measure_replies(texts: Mapping[str, Sequence[str]], corpus: Corpus) -> Metrics:
    """Return the shares copied, known and attributed of each kind of text, and of the real text as "real"."""
    learnt = readable(corpus.community or corpus.training)
    words = Counter(each_word(learnt))
    attribution = Attribution.of(corpus)
    kinds = {**texts, "real": real_blocks(corpus)}
    # Forty blanks before a line of code are in every chat: nobody's words are copied with them.
    spaced = {}
    every = []
    for name, parts in kinds.items():
        spaced[name] = list(map(_single_spaced, parts))
        every += spaced[name]
    copied = found_in(_single_spaced(learnt), every)
    metrics: Metrics = {}
    for name, parts in kinds.items():
        if not parts:
            continue
        metrics[f"copied_{name}"] = share_copied(spaced[name], copied)
        metrics[f"known_words_{name}"] = share_known(parts, words)
        if attribution:
            metrics[f"attributed_{name}"] = attribution.share(parts)
    return metrics


def describe(metrics: Metrics) -> str:
    """Lay the measures out in lines."""
    lines = ["nothing is held out, so nothing can be measured"]
    if "validation_bits" in metrics:
        lines = _describe_imitation(metrics)
    return "\n".join(lines + describe_canaries(metrics))


def _describe_imitation(metrics: Metrics) -> list[str]:
    bits = metrics["validation_bits"]
    columns = [*map(str, TEMPERATURES), "real"]
    header = f"{'replies at temperature':<32}"
    for column in columns:
        header += f"{column:>8}"
    lines = [
        f"held out: {bits:.3f} bits per character, a perplexity of {2**bits:.2f}",
        f"  for comparison: any character {metrics['uniform_bits']:.3f}, by frequency {metrics['unigram_bits']:.3f}, "
        f"PPMd, which continues to learn, {metrics['ppmd_bits']:.3f}",
        header,
    ]
    for name, title in ROWS.items():
        if line := _row(name, title, metrics, columns):
            lines.append(line)
    if "told_apart" in metrics:
        auc = metrics["told_apart"]
        lines.append(f"replies at 1.0 told from real text: {auc:.2f} (0.50: not at all, 1.00: always)")
    return lines


def _row(name: str, title: str, metrics: Metrics, columns: Sequence[str]) -> str:
    """Return a line of the table, blank where a column has no such measure; "" if none has."""
    cells = ""
    for column in columns:
        share = metrics.get(f"{name}_{column}")
        cells += " " * 8 if share is None else f"{share:8.3f}"
    if not cells.strip():
        return ""
    return f"{title:<32}{cells}"


def replies(
    persona: Persona,
    corpus: Corpus,
    counts: Mapping[float, int],  # temperature to number of replies
) -> dict[float, list[str]]:
    """Sample replies of a block's length to held-out text, which the network never saw, at each temperature.

    The temperatures share prompts and random numbers, so that their replies differ by temperature alone.
    """
    length = min(persona.recipe.sequence_length, len(corpus.validation))
    random = np.random.default_rng(persona.recipe.random_seed)
    last_start = len(corpus.validation) - length
    most = max(counts.values())
    prompts = []
    for start in random.integers(last_start + 1, size=most).tolist():
        end = start + length
        prompts.append(corpus.validation[start:end])
    requests = []
    for temperature, count in counts.items():
        for number, prompt in enumerate(prompts[:count]):
            requests.append(Request(prompt, temperature, BLOCK, number))
    sampled = sampled_as_trained(persona, requests)
    texts: dict[float, list[str]] = {}
    for request, text in zip(requests, sampled, strict=True):
        texts.setdefault(request.temperature, []).append(text)
    return texts


def real_blocks(corpus: Corpus) -> list[str]:
    """Return the first MOST_BLOCKS blocks of the held-out text."""
    return blocks(readable(corpus.validation))[:MOST_BLOCKS]


def blocks(text: str) -> list[str]:
    """Cut a text into whole blocks; a shorter rest is left out."""
    starts = range(0, len(text) - BLOCK + 1, BLOCK)
    return [text[start : start + BLOCK] for start in starts]


def _single_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def found_in(text: str, parts: Sequence[str]) -> Fingerprints:
    """Return the fingerprints of the passages of COPIED characters that the parts share with a text."""
    # This takes far less memory than a set of strings. In one of a thousand texts with 10^8 different passages two of
    # them share a fingerprint.
    fingerprints = [_fingerprints(part) for part in parts]
    wanted = np.unique(np.concatenate(fingerprints))
    found = []
    for piece in _in_pieces(text):
        found.append(wanted[np.isin(wanted, piece)])
    return np.concatenate(found)


def share_copied(parts: Sequence[str], found: Fingerprints) -> float:
    """Return the share of the parts' characters inside passages with these fingerprints."""
    copied = 0
    for part in parts:
        copies = np.isin(_fingerprints(part), found)
        starts = np.flatnonzero(copies)
        steps = np.zeros(len(part) + 1, np.int64)  # +1 where a copied passage begins, -1 after its end
        np.add.at(steps, starts, 1)
        np.add.at(steps, starts + COPIED, -1)
        passages = steps.cumsum()  # the number of passages around each character
        copied += int((passages > 0).sum())
    return copied / sum(map(len, parts))


def _in_pieces(text: str, size: int = 2**20) -> Iterator[Fingerprints]:
    for start in range(0, max(1, len(text)), size):
        end = start + size + COPIED - 1
        yield _fingerprints(text[start:end])


def _fingerprints(text: str) -> Fingerprints:
    """Return a polynomial hash, modulo 2^64, of each passage of COPIED characters."""
    encoded = text.encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(encoded, "<u4").astype(np.uint64)
    count = max(0, len(codes) - COPIED + 1)
    hashes = np.zeros(count, np.uint64)
    for place in range(COPIED):
        hashes = hashes * HASH_BASE + codes[place : place + count]
    return hashes


def each_word(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case."""
    for match in WORD.finditer(text):
        yield match[0].lower()


def share_known(parts: Sequence[str], words: Mapping[str, int]) -> float:
    """Return the share of the parts' words that people use.

    Args:
        parts: the first and last word of each don't count, since they may be cut.
        words: how often people used each word.
    """
    known = 0
    total = 0
    for part in parts:
        whole = list(each_word(part))[1:-1]
        total += len(whole)
        for word in whole:
            known += words.get(word, 0) >= KNOWN_WORD
    return known / max(1, total)


@dataclass(frozen=True)
class Attribution:
    """A classifier of authorship among the most active authors and the imitated one."""

    classifier: Pipeline
    author_id: str

    @classmethod
    def of(cls, corpus: Corpus) -> "Attribution | None":
        """Learn from real text before the held-out part; None if fewer than two authors have enough of it."""
        author_id = corpus.author.author_id
        texts: list[str] = []
        authors: list[str] = []
        for candidate, text in _candidates(corpus).items():
            parts = blocks(readable(text))[:MOST_BLOCKS]
            if len(parts) >= FEWEST_BLOCKS:
                texts += parts
                authors += [candidate] * len(parts)
        if author_id not in authors or len(set(authors)) < 2:
            return None
        # Balanced: otherwise the author who writes most would be taken for the author of everything.
        svm = LinearSVC(class_weight="balanced", random_state=0)
        classifier = make_pipeline(_character_ngrams(), svm)
        classifier.fit(texts, authors)
        return cls(classifier, author_id)

    def share(self, parts: Sequence[str]) -> float:
        """Return the share of the parts that are taken for the author's."""
        authors = self.classifier.predict(parts)
        return float((authors == self.author_id).mean())


def _candidates(corpus: Corpus) -> dict[str, str]:
    """Return the training texts of the most active authors and of the imitated one, by id."""

    def length(author_id: str) -> int:
        return len(corpus.authors[author_id])

    ranking = sorted(corpus.authors, key=length, reverse=True)
    texts = {author_id: corpus.authors[author_id] for author_id in ranking[:ACTIVE_AUTHORS]}
    texts[corpus.author.author_id] = corpus.training
    return texts


def told_apart(real: Sequence[str], imitated: Sequence[str]) -> float:
    """Return how well a classifier tells two kinds of text apart on unseen parts: the AUC, cross-validated."""
    regression = LogisticRegression(C=10.0, max_iter=1000)
    classifier = make_pipeline(_character_ngrams(), regression)
    kinds = np.array([0] * len(real) + [1] * len(imitated))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(
        classifier,
        [*real, *imitated],
        kinds,
        scoring="roc_auc",
        cv=folds,
    )
    return float(scores.mean())


def _character_ngrams() -> TfidfVectorizer:
    """Count n-grams of one to four characters, rarer ones with more weight; letter case is style."""
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 4),
        min_df=2,
        sublinear_tf=True,
        lowercase=False,
    )
