"""Bits per character of held-out text: a network's, and those of simpler models as references. Knows no Keras."""

import math

import numpy as np
import pyppmd
from numpy.typing import NDArray

from model.persona.file import Persona
from model.persona.lstm import LSTM, cross_entropy
from model.persona.recipe import author_part
from model.persona.vocabulary import Ids, Vocabulary
from model.training.batches import held_out_stream
from model.training.corpus import Corpus

PPM_ORDER = 8
PPM_MEMORY = 2**30  # bytes at most; only what the text needs is touched
WINDOWS_AT_ONCE = 4096


def held_out_bits(persona: Persona, corpus: Corpus) -> float:
    """Return the network's bits per character of the held-out text; every character counts once.

    An unknown character costs two things: being unknown, and being one of the unknown kinds. The tutorial's network
    has no unknown character; there it costs as much as a character that the training text holds once.
    """
    vocabulary = persona.vocabulary
    before = vocabulary.encode(corpus.training)
    held_out = vocabulary.encode(corpus.validation)
    unknown = held_out == vocabulary.unknown  # (T,)
    if persona.recipe.reading == "windows":
        nats = _nats_of_windows(persona, before, held_out, unknown)
        held_out_kinds = len(set(corpus.validation))
        kinds = (len(before) + 1) * max(1, held_out_kinds)
    else:
        nats = _nats_of_stream(persona, before, held_out)
        kinds = max(1, vocabulary.unknown_kinds)
    nats += unknown.sum() * math.log(kinds)
    nats_per_character = nats / len(held_out)
    return float(nats_per_character / math.log(2))


def _nats_of_stream(persona: Persona, before: Ids, held_out: Ids) -> float:
    recipe = author_part(persona.recipe)
    lstm = LSTM(persona)
    batches, _ = held_out_stream(before, held_out, recipe)
    state = lstm.start(recipe.batch_size, batches.before)
    nats = 0.0
    for batch in range(len(batches)):
        inputs, targets, weights = batches[batch]
        if recipe.ngrams:
            inputs = inputs[..., 0]  # (B, T): the LSTM finds the n-grams itself
        for step in range(inputs.shape[1]):
            lstm.step(inputs[:, step], state)
            judged = weights[:, step]  # (B,)
            if not judged.any():
                continue
            logits = lstm.logits(state)
            costs = cross_entropy(logits, targets[:, step])
            nats += float(judged @ costs)
    return nats


def _nats_of_windows(
    persona: Persona,
    before: Ids,
    held_out: Ids,
    unknown: NDArray[np.bool_],
) -> float:
    lstm = LSTM(persona)
    length = persona.recipe.sequence_length
    context = before[-length:]
    text = np.concatenate([context, held_out])
    known_places = np.flatnonzero(~unknown)
    places = known_places + len(context)
    nats = 0.0
    for start in range(0, len(places), WINDOWS_AT_ONCE):
        chosen = places[start : start + WINDOWS_AT_ONCE]
        windows = [text[place - length : place] for place in chosen]
        state = lstm.read(windows)
        logits = lstm.logits(state)
        costs = cross_entropy(logits, text[chosen])
        nats += float(costs.sum())
    return nats


def reference_bits(corpus: Corpus, vocabulary: Vocabulary) -> dict[str, float]:
    """Return the held-out text's bits per character of three references.

    `uniform_bits`: all characters are equally likely. `unigram_bits`: as likely as frequent in the training text.
    `ppmd_bits`: the compressor PPMd, after it has read everybody's text.
    """
    held_out = vocabulary.encode(corpus.validation)
    is_unknown = held_out == vocabulary.unknown  # (T,)
    unknown_share = float(is_unknown.mean())
    unknown_kinds = max(1, vocabulary.unknown_kinds)
    unknown_bits = unknown_share * math.log2(unknown_kinds)
    ids = len(vocabulary) + 1
    training = vocabulary.encode(corpus.training)
    counts = np.bincount(training, minlength=ids) + 1
    probabilities = counts / counts.sum()
    costs = -np.log2(probabilities)  # (V + 1,)
    unigram = float(costs[held_out].mean())
    everyones_text = _everyones_text(corpus)
    return {
        "uniform_bits": math.log2(ids) + unknown_bits,
        "unigram_bits": unigram + unknown_bits,
        "ppmd_bits": ppmd_bits(everyones_text, corpus.validation),
    }


def _everyones_text(corpus: Corpus) -> str:
    """Return the text of all others, then the author's."""
    own_id = corpus.author.author_id
    texts = []
    for author_id, text in corpus.authors.items():
        if author_id != own_id:
            texts.append(text)
    texts.append(corpus.training)
    return "".join(texts)


def ppmd_bits(training: str, held_out: str) -> float:
    """Return PPMd's bits per character of a text after the training text; PPMd continues to learn while it reads.

    Source: Cleary and Witten (1984), Shkarin (2002), as in 7-Zip.
    """
    encoder = pyppmd.Ppmd7Encoder(max_order=PPM_ORDER, mem_size=PPM_MEMORY)
    # At the end of the training text the encoder still holds back at most four bytes: they are counted here too.
    encoder.encode(_in_bytes(training))
    encoded = encoder.encode(_in_bytes(held_out))
    rest = encoder.flush()
    size = len(encoded) + len(rest)
    return 8 * size / len(held_out)


def _in_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
