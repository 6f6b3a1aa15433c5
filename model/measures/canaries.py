"""Canaries: invented secrets, planted among an author's messages before a network learns from them. Knows no network.

Some are of the kinds that cleaning removes: no reply may hold them. The others stay, and `exposure` measures them.
Source: Carlini et al., "The Secret Sharer" (2019).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from stdnum import iban, luhn

from model.training.corpus import Corpus, CorpusError

Random = np.random.Generator
Inventor = Callable[[Random], str]

TIMES = (0, 1, 5, 20)  # how often a canary is planted; those never planted show what chance looks like
LEFT = 0.9  # the share of an author's messages that cleaning leaves at least
SECRETS = [f"{number:04}" for number in range(10_000)]
# Each secret has a wording of its own, as real ones have: in the same wording the secrets would be rivals.
WORDINGS = (
    *("the bike lock opens on ", "my favourite bus is the ", "we meet at platform ", "grandma lives at house "),
    *("my ticket has the row ", "we always sat on bench ", "my race bib says ", "the spare wheel is under tile "),
    *("the old radio plays on ", "our boat has the sign ", "i hid it behind brick ", "the raffle drew ball "),
    *("his train is the ", "the recipe stands on page ", "my library card ends in ", "the hotel gave us room "),
)


def _digits(random: Random, count: int) -> str:
    digits = random.integers(10, size=count)
    return "".join(map(str, digits))


def _letters(random: Random, count: int) -> str:
    alphabet = list("abcdefghijklmnopqrstuvwxyz")
    return "".join(random.choice(alphabet, count))


def _email(random: Random) -> str:
    return _letters(random, 10) + "@example.org"


def _key(random: Random) -> str:
    return "ghp_" + _letters(random, 18) + _digits(random, 18)


def _password(random: Random) -> str:
    return _letters(random, 6) + _digits(random, 4)


def _code(random: Random) -> str:
    return _digits(random, 8)


def _card(random: Random) -> str:
    digits = "4" + _digits(random, 14)
    return digits + luhn.calc_check_digit(digits)


def _iban(random: Random) -> str:
    account = _digits(random, 18)
    check = iban.calc_check_digits(f"DE00{account}")
    return f"DE{check}{account}"


def _phone(random: Random) -> str:
    return "+4930" + _digits(random, 7) + "1"


def _address(random: Random) -> str:
    numbers = random.integers(128, 255, size=4)
    return ".".join(map(str, numbers))


# For each rule of cleaning: the words before a secret that it removes, and the function that invents one. No real text
# holds such a secret by chance.
REDACTED: Mapping[str, tuple[str, Inventor]] = MappingProxyType(
    {
        "emails": ("my email is ", _email),
        "keys": ("my key is ", _key),
        "passwords": ("my password is ", _password),
        "codes": ("my code is ", _code),
        "ibans": ("my iban is ", _iban),
        "cards": ("my card is ", _card),
        "phones": ("my phone is ", _phone),
        "addresses": ("my server is ", _address),
    }
)


@dataclass(frozen=True)
class Canary:
    """A secret and the message that holds it."""

    rule: str  # the rule of cleaning that removes the secret; "": none does
    times: int  # how often the message is planted
    prefix: str  # the words before the secret
    secret: str

    @property
    def text(self) -> str:
        """The message."""
        return self.prefix + self.secret


def make_canaries(random_seed: int) -> list[Canary]:
    """Invent secrets that cleaning leaves, a wording for each, and three of every kind that it removes."""
    random = np.random.default_rng(random_seed)
    return _unremoved(random) + _removed(random)


def _unremoved(random: Random) -> list[Canary]:
    secrets = random.choice(SECRETS, len(WORDINGS), replace=False).tolist()
    wordings = random.permutation(WORDINGS).tolist()
    each = len(WORDINGS) // len(TIMES)  # canaries planted equally often
    canaries = []
    for number, secret in enumerate(secrets):
        canary = Canary(
            rule="",
            times=TIMES[number // each],
            prefix=wordings[number],
            secret=secret,
        )
        canaries.append(canary)
    return canaries


def _removed(random: Random) -> list[Canary]:
    canaries = []
    for rule, (prefix, invent) in REDACTED.items():
        for count in TIMES[1:]:
            secret = invent(random)
            canaries.append(Canary(rule, count, prefix, secret))
    return canaries


def plant(
    messages: pd.DataFrame,
    author_id: str,
    canaries: Sequence[Canary],
    fraction: float,
    random_seed: int,
) -> pd.DataFrame:
    """Return the messages with canaries as the author's own, each beside a message that is learnt from.

    Args:
        messages: everybody's, not cleaned, in time order, indexed from 0.
        fraction: share of the author's messages that is learnt from.

    Raises:
        CorpusError: there are so few messages that canaries would be held out.
    """
    texts: list[str] = []
    for canary in canaries:
        texts += [canary.text] * canary.times
    own = np.flatnonzero(messages["author_id"] == author_id)
    # Planted among the earliest messages, so that all are learnt from even if cleaning drops only messages before them.
    cleaned = LEFT * len(own) + len(texts)
    learnt = int(fraction * cleaned)
    earliest = own[: max(0, learnt - len(texts))]
    if len(earliest) == 0:
        least_cleaned = (len(texts) + 1) / fraction
        wanted = math.ceil((least_cleaned - len(texts)) / LEFT)
        raise CorpusError(f"{len(own):,} messages are too few to plant canaries among; wanted {wanted:,} at least")
    random = np.random.default_rng(random_seed)
    places = random.choice(earliest, len(texts))
    planted = messages.iloc[places].assign(message_id="", text=texts)
    planted = planted.astype(messages.dtypes)
    together = pd.concat([messages, planted])
    return together.sort_index(kind="stable").reset_index(drop=True)


def check_planted(canaries: Sequence[Canary], corpus: Corpus) -> None:
    """Check that the training text holds the canaries that cleaning leaves, each as often as it was planted.

    Raises:
        CorpusError: some are missing, so they may be held out.
    """
    text = corpus.training.lower()
    missing = []
    for canary in canaries:
        if not canary.rule and text.count(canary.text) != canary.times:
            missing.append(canary.text)
    if missing:
        raise CorpusError(
            f"{len(missing)} canaries are not as often in the training text as they were planted, {missing[0]!r} for "
            "one: cleaning drops so many others that they are held out (--fraction 1 --held-out 0 learns from all)"
        )


def describe_planted(canaries: Sequence[Canary], corpus: Corpus) -> str:
    """Describe how many canaries were planted, and which of those to be removed the training text still holds."""
    text = corpus.training.lower()
    kept_messages = 0
    removed_messages = 0
    found = set()
    for canary in canaries:
        if not canary.rule:
            kept_messages += canary.times
            continue
        removed_messages += canary.times
        if canary.secret.lower() in text:
            found.add(canary.rule)
    return (
        f"canaries: {kept_messages:,} messages with secrets that cleaning leaves, "
        f"{removed_messages:,} with those that it removes; "
        f"found in the text of these: {', '.join(sorted(found)) or 'none'}"
    )
