"""How well a network knows the canaries that it read: their exposure in bits, and the number of replies that hold one.

Source: Carlini et al., "The Secret Sharer" (2019).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.measures.canaries import REDACTED, SECRETS, TIMES, Canary
from model.persona.file import Persona
from model.persona.lstm import LSTM, cross_entropy
from model.persona.sampler import Request, Sampler
from model.persona.vocabulary import END

REPLIES = 10_000
REPLY = 400  # characters, the bot's own length
TEMPERATURES = (0.5, 1.0)
OTHERS = 999  # invented rivals of a secret that cleaning removes
Metrics = dict[str, float]


def exposure(
    persona: Persona,
    prompt: str,
    secret: str,
    candidates: Sequence[str],  # the secret and its rivals, all of one length
) -> float:
    """Return how much better than chance a network knows a secret: 0 to log2(number of candidates) bits.

    It is log2(number of candidates) - log2(rank of the secret); the likeliest candidate has rank 1, and equally likely
    ones share the mean of their ranks. The network reads as the bot does, without windows: in windows it would forget
    what lies before them.
    """
    costs = _candidate_costs(persona, prompt, candidates)
    own = costs[list(candidates).index(secret)]
    likelier = (costs < own).sum()
    equal = (costs == own).sum()
    rank = likelier + (equal + 1) / 2
    return math.log2(len(candidates) / rank)


def _candidate_costs(
    persona: Persona,
    prompt: str,
    candidates: Sequence[str],
) -> NDArray[np.float64]:
    """Return the cross-entropy of each candidate after the prompt, in nats, (candidates,)."""
    lstm = LSTM(persona)
    ids = np.stack([persona.encode(candidate) for candidate in candidates])  # (candidates, T)
    prompt_state = lstm.read([persona.encode(prompt)])
    state = lstm.start(len(ids))
    state.h[:] = prompt_state.h
    state.c[:] = prompt_state.c
    state.latest[:] = prompt_state.latest
    costs = np.zeros(len(ids))
    for place in range(ids.shape[1]):
        if place > 0:
            lstm.step(ids[:, place - 1], state)
        logits = lstm.logits(state)
        if logits.shape[1] == lstm.known:
            # The network can't predict the unknown character: take it for as likely as the least likely one.
            one_more = (0, 0), (0, 1)
            logits = np.pad(logits, one_more, mode="minimum")
        costs += cross_entropy(logits, ids[:, place])
    return costs


def measure_canaries(persona: Persona, canaries: Sequence[Canary]) -> Metrics:
    """Measure how well a persona knows the canaries that it read; {} without canaries.

    Names: `exposure_N` is the mean of the canaries planted N times, in bits, `exposure_N_highest` the highest of them;
    `exposure_removed` and `exposure_removed_highest` are those of the canaries that cleaning removes. `said_N` and
    `said_RULE` count the replies that hold one, of `canary_replies`.
    """
    if not canaries:
        return {}
    beginning = END if END in persona.vocabulary.characters else ""
    metrics: Metrics = {"canary_replies": REPLIES}
    for name, bits in _exposures(persona, canaries, beginning).items():
        metrics[f"exposure_{name}"] = float(np.mean(bits))
        metrics[f"exposure_{name}_highest"] = max(bits)
    return metrics | _count_replies(persona, canaries, beginning)


def _exposures(
    persona: Persona,
    canaries: Sequence[Canary],
    beginning: str,
) -> dict[str, list[float]]:
    """Return the exposures by how often the canaries were planted; "removed" for those that cleaning removes."""
    # A seed of its own: the rivals must differ from the secrets, which are drawn from the persona's.
    seed = [persona.recipe.random_seed, OTHERS]
    random = np.random.default_rng(seed)
    rivals = {}
    for rule, (_, invent) in REDACTED.items():
        rivals[rule] = [invent(random) for _ in range(OTHERS)]
    exposures: dict[str, list[float]] = {}
    for canary in canaries:
        name = str(canary.times)
        candidates = SECRETS
        if canary.rule:
            name = "removed"
            candidates = [canary.secret, *rivals[canary.rule]]
        prompt = beginning + canary.prefix
        bits = exposure(persona, prompt, canary.secret, candidates)
        exposures.setdefault(name, []).append(bits)
    return exposures


def _count_replies(
    persona: Persona,
    canaries: Sequence[Canary],
    beginning: str,
) -> Counter[str]:
    """Count the replies that hold a canary, by rule or by how often it was planted; a reply counts once for each."""
    names = map(_count_name, canaries)
    counts = Counter(dict.fromkeys(names, 0))
    for text in _replies(persona, canaries, beginning):
        held = {_count_name(canary) for canary in canaries if _holds(text, canary)}
        counts.update(held)
    return counts


def _count_name(canary: Canary) -> str:
    return f"said_{canary.rule or canary.times}"


def _replies(
    persona: Persona,
    canaries: Sequence[Canary],
    beginning: str,
) -> Iterator[str]:
    """Sample replies to the words before each secret, and to nothing; yield those words and the reply in lower case."""
    distinct = {canary.prefix for canary in canaries}
    prefixes = sorted({"", *distinct})
    requests = []
    for number in range(REPLIES):
        turn, place = divmod(number, len(prefixes))
        request = Request(
            prompt=beginning + prefixes[place],
            temperature=TEMPERATURES[turn % len(TEMPERATURES)],
            length=REPLY,
            random_seed=number,
        )
        requests.append(request)
    replies = Sampler(persona).replies(requests)
    for request, reply in zip(requests, replies, strict=True):
        text = request.prompt.removeprefix(beginning) + reply
        yield text.lower()


def _holds(text: str, canary: Canary) -> bool:
    """Return whether a text in lower case holds the secret; four digits count only after their own words."""
    if canary.rule:
        return canary.secret.lower() in text
    return canary.text in text


def describe_canaries(metrics: Mapping[str, float]) -> list[str]:
    """Lay the measures of canaries out in lines; [] if there are none."""
    if "canary_replies" not in metrics:
        return []
    replies = f"{metrics['canary_replies']:,.0f} replies"
    removed = [f"{rule} {metrics[f'said_{rule}']:,.0f}" for rule in REDACTED]
    mean = metrics["exposure_removed"]
    highest = metrics["exposure_removed_highest"]
    most = math.log2(OTHERS + 1)
    return [
        f"exposure of invented secrets: {math.log2(len(SECRETS)):.1f} bits at most, 1.4 of chance alone",
        f"{'planted so many times':<32}" + "".join(f"{times:>8}" for times in TIMES),
        _row("exposure, bits", metrics, "exposure_{}", decimals=1),
        _row("the highest", metrics, "exposure_{}_highest", decimals=1),
        _row(f"said in {replies}", metrics, "said_{}", decimals=0),
        f"exposure of those that cleaning removes: {mean:.1f} bits, the highest {highest:.1f}, of {most:.1f} at most",
        f"said in {replies}: {', '.join(removed)}",
    ]


def _row(
    title: str,
    metrics: Mapping[str, float],
    name: str,  # a measure's; {} stands for the number of times
    decimals: int,
) -> str:
    """Return a line of the table: a measure for each of TIMES."""
    line = f"{title:<32}"
    for times in TIMES:
        number = metrics[name.format(times)]
        line += f"{number:8,.{decimals}f}"
    return line
