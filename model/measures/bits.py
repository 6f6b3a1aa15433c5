"""Bits per character of held-out text: a network's, and those of who knows less. Knows no Keras."""

import math

import numpy as np
import pyppmd
from numpy.typing import NDArray

from model.batches import held_out_stream
from model.corpus import Corpus
from model.lstm import LSTM, cross_entropy
from model.persona import Persona
from model.recipe import author_part
from model.vocabulary import Vocabulary

PPM_ORDER = 8
PPM_MEMORY = 2**30  # bytes at most; touched only as far as the text needs it
READ_AT_ONCE = 4096  # windows


def held_out_bits(persona: Persona, corpus: Corpus) -> float:
    """Return the network's bits per character of the held-out text, every character counted once.

    An unknown character costs being unknown and being one of the unknown kinds. The tutorial's network has no unknown
    one: there it costs what one more character in all the training text would.
    """
    before, held_out = (persona.vocabulary.encode(text) for text in (corpus.training, corpus.validation))
    unknown = held_out == persona.vocabulary.unknown
    if persona.recipe.reading == "windows":
        nats = _nats_of_windows(persona, before, held_out, unknown)
        nats += unknown.sum() * math.log((len(before) + 1) * max(1, len(set(corpus.validation))))
    else:
        nats = _nats_of_stream(persona, before, held_out)
        nats += unknown.sum() * math.log(max(1, persona.vocabulary.unknown_kinds))
    return float(nats / len(held_out) / math.log(2))


def _nats_of_stream(persona: Persona, before: NDArray[np.integer], held_out: NDArray[np.integer]) -> float:
    recipe, lstm = author_part(persona.recipe), LSTM(persona)
    batches, _ = held_out_stream(before, held_out, recipe)
    state = lstm.start(recipe.batch_size, batches.before)
    nats = 0.0
    for batch in range(len(batches)):
        inputs, targets, weights = batches[batch]
        ids = inputs[..., 0] if recipe.ngrams else inputs  # each (B, T); the LSTM finds the runs itself
        for place in range(ids.shape[1]):
            lstm.step(ids[:, place], state)
            if weights[:, place].any():
                nats += float(weights[:, place] @ cross_entropy(lstm.logits(state), targets[:, place]))
    return nats


def _nats_of_windows(
    persona: Persona, before: NDArray[np.integer], held_out: NDArray[np.integer], unknown: NDArray[np.bool_]
) -> float:
    lstm, length = LSTM(persona), persona.recipe.sequence_length
    text = np.concatenate([before[-length:], held_out])
    places = np.flatnonzero(~unknown) + len(text) - len(held_out)
    nats = 0.0
    for start in range(0, len(places), READ_AT_ONCE):
        chosen = places[start : start + READ_AT_ONCE]
        state = lstm.read([text[place - length : place] for place in chosen])
        nats += float(cross_entropy(lstm.logits(state), text[chosen]).sum())
    return nats


def reference_bits(corpus: Corpus, vocabulary: Vocabulary) -> dict[str, float]:
    """Return the bits per character of the held-out text for who knows nothing, frequencies, and PPMd."""
    kinds = math.log2(max(1, vocabulary.unknown_kinds))
    held_out = vocabulary.encode(corpus.validation)
    unknown = float((held_out == vocabulary.unknown).mean()) * kinds
    counts = np.bincount(vocabulary.encode(corpus.training), minlength=len(vocabulary) + 1) + 1
    others = "".join(text for author_id, text in corpus.authors.items() if author_id != corpus.author.author_id)
    return {
        "uniform_bits": math.log2(len(vocabulary) + 1) + unknown,
        "unigram_bits": float(-np.log2(counts / counts.sum())[held_out].mean()) + unknown,
        "ppmd_bits": ppmd_bits(others + corpus.training, corpus.validation),
    }


def ppmd_bits(training: str, held_out: str) -> float:
    """Return PPMd's bits per character of a text after the training text; it goes on learning while it reads.

    Source: Cleary and Witten (1984), Shkarin (2002), as in 7-Zip.
    """
    encoder = pyppmd.Ppmd7Encoder(max_order=PPM_ORDER, mem_size=PPM_MEMORY)
    # What the encoder still holds back when the training text ends is four bytes at most.
    encoder.encode(training.encode("utf-8", "surrogatepass"))
    size = len(encoder.encode(held_out.encode("utf-8", "surrogatepass"))) + len(encoder.flush())
    return 8 * size / len(held_out)
