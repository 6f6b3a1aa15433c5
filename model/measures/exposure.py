"""How well a network knows the canaries that it read: their exposure in bits, and how many replies hold one.

Source: Carlini et al., "The Secret Sharer" (2019).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.lstm import LSTM, cross_entropy
from model.measures.canaries import REDACTED, SECRETS, TIMES, Canary
from model.persona import Persona
from model.sampler import Request, Sampler
from model.vocabulary import END

REPLIES = 10_000
REPLY = 400  # characters, the bot's own length
TEMPERATURES = (0.5, 1.0)
OTHERS = 999  # of its kind, that a secret which cleaning removes is ranked among


def exposure(persona: Persona, prompt: str, secret: str, candidates: Sequence[str]) -> float:
    """Return how much better than chance a network knows a secret: bits, 0 to log2 of the number of candidates.

    Those bits less log2 of the secret's rank, the likeliest candidate's being 1; equally likely ones share the mean of
    their ranks. Read as the bot reads: what is longer than the windows of a network that has them, it would forget.

    Args:
        candidates: the secrets that it might have been, of one length.
    """
    nats = _nats_of_candidates(persona, prompt, candidates)
    own = nats[list(candidates).index(secret)]
    rank = (nats < own).sum() + ((nats == own).sum() + 1) / 2
    return math.log2(len(candidates) / rank)


def _nats_of_candidates(persona: Persona, prompt: str, candidates: Sequence[str]) -> NDArray[np.float64]:
    """Return the cross-entropy of each candidate after the prompt, (N,)."""
    lstm, ids = LSTM(persona), np.stack([persona.encode(candidate) for candidate in candidates])  # (N, T)
    read = lstm.read([persona.encode(prompt)])
    state = lstm.start(len(ids))
    state.h[:], state.c[:], state.latest[:] = read.h, read.c, read.latest
    nats = np.zeros(len(ids))
    for place in range(ids.shape[1]):
        if place:
            lstm.step(ids[:, place - 1], state)
        logits = lstm.logits(state)
        if logits.shape[1] == lstm.known:  # no unknown one is ever answered with: no likelier than the least likely
            logits = np.pad(logits, ((0, 0), (0, 1)), mode="minimum")
        nats += cross_entropy(logits, ids[:, place])
    return nats


def measure_canaries(persona: Persona, canaries: Sequence[Canary]) -> dict[str, float]:
    """Measure how well a persona knows the canaries that it read; {} without any.

    Names: `exposure_N` is the mean of those planted N times, in bits, `exposure_N_highest` the highest of them, and
    with `removed` for N of what cleaning removes; `said_N`, and `said_RULE`, are how many of `canary_replies` replies
    held one.
    """
    if not canaries:
        return {}
    begin = END if END in persona.vocabulary.characters else ""
    bits: dict[str, list[float]] = {}
    random = np.random.default_rng([persona.recipe.random_seed, OTHERS])  # others than the secrets are drawn from
    others = {rule: [invent(random) for _ in range(OTHERS)] for rule, (_, invent) in REDACTED.items()}
    for canary in canaries:
        candidates = [canary.secret, *others[canary.rule]] if canary.rule else SECRETS
        found = exposure(persona, begin + canary.prefix, canary.secret, candidates)
        bits.setdefault("removed" if canary.rule else str(canary.times), []).append(found)
    metrics: dict[str, float] = {"canary_replies": REPLIES}
    for name, found_bits in bits.items():
        metrics |= {f"exposure_{name}": float(np.mean(found_bits)), f"exposure_{name}_highest": max(found_bits)}
    said = Counter({f"said_{canary.rule or canary.times}": 0 for canary in canaries})
    for text in _replies(persona, canaries, begin):
        said.update({f"said_{canary.rule or canary.times}" for canary in canaries if _says(text, canary)})
    return metrics | said


def _replies(persona: Persona, canaries: Sequence[Canary], begin: str) -> Iterator[str]:
    """Sample replies to what goes before each secret, and to nothing; yield them with that before."""
    prefixes = sorted({"", *(canary.prefix for canary in canaries)})
    asked = [(prefixes[number % len(prefixes)], TEMPERATURES[number // len(prefixes) % 2]) for number in range(REPLIES)]
    requests = [
        Request(begin + prefix, temperature, REPLY, number) for number, (prefix, temperature) in enumerate(asked)
    ]
    for (prefix, _), reply in zip(asked, Sampler(persona).replies(requests), strict=True):
        yield (prefix + reply).lower()


def _says(text: str, canary: Canary) -> bool:
    """Say whether a text in small letters has the secret; four digits count after their own words alone."""
    return (canary.secret.lower() if canary.rule else canary.text) in text


def describe_canaries(metrics: Mapping[str, float]) -> list[str]:
    """Lay the measures of the canaries out to be read, in lines; none without any."""
    if "canary_replies" not in metrics:
        return []
    replies = f"{metrics['canary_replies']:,.0f} replies"
    rows = {"exposure, bits": "exposure_{}", "the highest": "exposure_{}_highest", f"said in {replies}": "said_{}"}
    lines = [
        f"exposure of invented secrets: {math.log2(len(SECRETS)):.1f} bits at most, 1.4 of chance alone",
        f"{'planted so many times':<32}" + "".join(f"{times:>8}" for times in TIMES),
    ]
    for title, name in rows.items():
        digits = 0 if name.startswith("said") else 1
        lines.append(f"{title:<32}" + "".join(f"{metrics[name.format(times)]:8,.{digits}f}" for times in TIMES))
    removed = ", ".join(f"{rule} {metrics[f'said_{rule}']:,.0f}" for rule in REDACTED)
    return [
        *lines,
        f"exposure of those that cleaning removes: {metrics['exposure_removed']:.1f} bits, the highest "
        f"{metrics['exposure_removed_highest']:.1f}, of {math.log2(OTHERS + 1):.1f} at most",
        f"said in {replies}: {removed}",
    ]
