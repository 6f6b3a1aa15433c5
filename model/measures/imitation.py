"""How good an imitation is: bits per character beside references, and what its replies are like. Knows no Keras.

Every measure stands beside the same measure of the person's real, held-out text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from model.corpus import Corpus
from model.measures.bits import held_out_bits, reference_bits
from model.measures.canaries import Canary
from model.measures.exposure import describe_canaries, measure_canaries
from model.persona import Persona
from model.recipe import TEMPERATURES
from model.sampler import Request, sampled_as_trained
from model.vocabulary import readable

REPLIES = 300  # at each temperature: a share of them is uncertain by 0.03
BLOCK = 400  # characters of a reply, and of the real text beside it
COPIED = 40  # a run of so many characters that the training text holds too is no accident
ACTIVE_AUTHORS = 10
KNOWN_WORD = 3  # times that the real text holds a word that counts as one
FEWEST_BLOCKS = 20  # of real text, from which telling them from replies means something
MOST_BLOCKS = 400
HASH_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd and large: 2^64 over the golden ratio
ROWS = {
    "copied": "copied word for word",
    "known_words": "words that people use",
    "attributed": "taken for the author's",
}
Metrics = dict[str, float]


def evaluate(persona: Persona, corpus: Corpus, canaries: Sequence[Canary] = ()) -> Metrics:
    """Measure a persona on its author's held-out text; what there is too little text for is left out.

    Names: `*_bits` are bits per character; `copied_T`, `attributed_T` and `known_words_T` are shares from 0 to 1 of the
    replies at temperature T, and with `real` in its place of the held-out text; `told_apart` is an AUC, 0.5 to 1. The
    canaries' are those of `measure_canaries`.
    """
    metrics: Metrics = measure_canaries(persona, canaries)
    if not corpus.validation:
        return metrics
    metrics |= reference_bits(corpus, persona.vocabulary) | {"validation_bits": held_out_bits(persona, corpus)}
    real = real_blocks(corpus)
    texts = replies(
        persona, corpus, {each: max(REPLIES, len(real)) if each == 1.0 else REPLIES for each in TEMPERATURES}
    )
    metrics |= measure_replies({str(each): parts[:REPLIES] for each, parts in texts.items()}, corpus)
    if len(real) >= FEWEST_BLOCKS:
        metrics["told_apart"] = told_apart(real, texts[1.0][: len(real)])
    return metrics


def measure_replies(texts: Mapping[str, Sequence[str]], corpus: Corpus) -> Metrics:
    """Return the shares copied, known and attributed of each kind of text, and of the real text beside them."""
    learnt = readable(corpus.community or corpus.training)
    words = Counter(each_word(learnt))
    attribution = Attribution.of(corpus)
    kinds = {**texts, "real": real_blocks(corpus)}
    # Forty blanks before a line of code are in every chat: who writes so many has copied nobody's words.
    spaced = {name: [_evenly_spaced(part) for part in parts] for name, parts in kinds.items()}
    found = found_in(_evenly_spaced(learnt), [part for parts in spaced.values() for part in parts])
    metrics: Metrics = {}
    for name, parts in kinds.items():
        if not parts:
            continue
        metrics[f"copied_{name}"] = share_copied(spaced[name], found)
        metrics[f"known_words_{name}"] = share_known(parts, words)
        if attribution:
            metrics[f"attributed_{name}"] = attribution.share(parts)
    return metrics


def describe(metrics: Metrics) -> str:
    """Lay the measures out to be read."""
    nothing = ["nothing is held out, so nothing can be measured"]
    imitation = _describe_imitation(metrics) if "validation_bits" in metrics else nothing
    return "\n".join([*imitation, *describe_canaries(metrics)])


def _describe_imitation(metrics: Metrics) -> list[str]:
    bits = metrics["validation_bits"]
    lines = [
        f"held out: {bits:.3f} bits per character, a perplexity of {2**bits:.2f}",
        f"  for comparison: any character {metrics['uniform_bits']:.3f}, by frequency {metrics['unigram_bits']:.3f}, "
        f"PPMd, which goes on learning, {metrics['ppmd_bits']:.3f}",
    ]
    columns = [*map(str, TEMPERATURES), "real"]
    lines.append(f"{'replies at temperature':<32}" + "".join(f"{column:>8}" for column in columns))
    for name, title in ROWS.items():
        cells = [metrics.get(f"{name}_{column}") for column in columns]
        if any(cell is not None for cell in cells):
            lines.append(f"{title:<32}" + "".join(" " * 8 if cell is None else f"{cell:8.3f}" for cell in cells))
    if "told_apart" in metrics:
        told = f"{metrics['told_apart']:.2f} (0.50: not at all, 1.00: always)"
        lines.append(f"replies at 1.0 told from real text: {told}")
    return lines


def replies(persona: Persona, corpus: Corpus, counts: Mapping[float, int]) -> dict[float, list[str]]:
    """Sample so many replies of a block's length at each temperature, each to held-out text, which it never saw."""
    length = min(persona.recipe.sequence_length, len(corpus.validation))
    random = np.random.default_rng(persona.recipe.random_seed)
    # The same prompts and random numbers at each temperature: the replies differ by it alone.
    starts = random.integers(len(corpus.validation) - length + 1, size=max(counts.values())).tolist()
    requests = [
        Request(corpus.validation[start : start + length], temperature, BLOCK, number)
        for temperature, count in counts.items()
        for number, start in enumerate(starts[:count])
    ]
    sampled = iter(sampled_as_trained(persona, requests))
    return {temperature: list(islice(sampled, count)) for temperature, count in counts.items()}


def real_blocks(corpus: Corpus) -> list[str]:
    """Return the held-out text in blocks, a number of them."""
    return blocks(readable(corpus.validation))[:MOST_BLOCKS]


def blocks(text: str) -> list[str]:
    """Cut a text into whole blocks."""
    return [text[start : start + BLOCK] for start in range(0, len(text) - BLOCK + 1, BLOCK)]


def _evenly_spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def found_in(text: str, parts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the fingerprints of the runs of COPIED characters that the parts share with a text."""
    # Far less memory than a set of strings; two of 10^8 different runs share a fingerprint once in a thousand texts.
    wanted = np.unique(np.concatenate([_fingerprints(part) for part in parts]))
    return np.concatenate([wanted[np.isin(wanted, piece)] for piece in _in_pieces(text)])


def share_copied(parts: Sequence[str], found: NDArray[np.uint64]) -> float:
    """Return the share of the parts' characters that lie in a run found in the text."""
    copied = 0
    for part in parts:
        marks = np.zeros(len(part) + 1, np.int64)  # +1 where a copied run begins, -1 where it has ended
        starts = np.flatnonzero(np.isin(_fingerprints(part), found))
        np.add.at(marks, starts, 1)
        np.add.at(marks, starts + COPIED, -1)
        copied += int((marks.cumsum() > 0).sum())
    return copied / sum(map(len, parts))


def _in_pieces(text: str, size: int = 2**20) -> Iterator[NDArray[np.uint64]]:
    for start in range(0, max(1, len(text)), size):
        yield _fingerprints(text[start : start + size + COPIED - 1])


def _fingerprints(text: str) -> NDArray[np.uint64]:
    """Return a polynomial hash, modulo 2^64, of each run of COPIED characters."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    hashes = np.zeros(max(0, len(codes) - COPIED + 1), np.uint64)
    for place in range(COPIED):
        hashes = hashes * HASH_BASE + codes[place : place + len(hashes)]
    return hashes


def each_word(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case."""
    return (match[0].lower() for match in re.finditer(r"[^\W_]+(?:['’][^\W_]+)*", text))


def share_known(parts: Sequence[str], words: Mapping[str, int]) -> float:
    """Return the share of the parts' words that people use; a part's first and last may be cut, and don't count."""
    whole = [word for part in parts for word in list(each_word(part))[1:-1]]
    return sum(words.get(word, 0) >= KNOWN_WORD for word in whole) / max(1, len(whole))


@dataclass(frozen=True)
class Attribution:
    """A classifier of authorship, for the most active authors and the one who is imitated."""

    classifier: Pipeline
    author_id: str

    @classmethod
    def of(cls, corpus: Corpus) -> "Attribution | None":
        """Learn from real text before the held-out part; None where no two authors have enough of it."""
        author_id = corpus.author.author_id
        active = sorted(corpus.authors, key=lambda each: len(corpus.authors[each]), reverse=True)[:ACTIVE_AUTHORS]
        texts = {each: corpus.authors[each] for each in active} | {author_id: corpus.training}
        samples = {each: blocks(readable(text))[:MOST_BLOCKS] for each, text in texts.items()}
        samples = {each: parts for each, parts in samples.items() if len(parts) >= FEWEST_BLOCKS}
        if author_id not in samples or len(samples) < 2:
            return None
        # Balanced: who writes most is not taken for the author of everything.
        classifier = make_pipeline(_character_runs(), LinearSVC(class_weight="balanced", random_state=0))
        classifier.fit(
            [part for parts in samples.values() for part in parts],
            [each for each, parts in samples.items() for _ in parts],
        )
        return cls(classifier, author_id)

    def share(self, parts: Sequence[str]) -> float:
        """Return the share of the parts that are taken for the author's."""
        return float((self.classifier.predict(parts) == self.author_id).mean())


def told_apart(real: Sequence[str], imitated: Sequence[str]) -> float:
    """Return how well a classifier tells two kinds of text apart on parts it did not learn: AUC, cross-validated."""
    classifier = make_pipeline(_character_runs(), LogisticRegression(C=10.0, max_iter=1000))
    kinds = np.repeat([0, 1], [len(real), len(imitated)])
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(classifier, [*real, *imitated], kinds, scoring="roc_auc", cv=folds)
    return float(scores.mean())


def _character_runs() -> TfidfVectorizer:
    """Count runs of one to four characters, rarer ones for more; letter case is style."""
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True, lowercase=False)
