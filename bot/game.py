"""A persona's messages become a round of the guessing game: one real message among imitations. Knows no Discord."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import RefusedError
from bot.imitator import Imitator
from model.persona.file import LONGEST_QUOTE, SHORTEST_QUOTE, Persona
from model.persona.sampler import Request
from model.persona.vocabulary import END

LETTERS = "ABC"
TEMPERATURE = 0.8  # the imitations are then nearly as varied as people are
CONTEXT = 5  # real messages that the network reads before it imitates
TRIES = 8  # sampled replies, from which the imitations are chosen


@dataclass(frozen=True)
class Round:
    """Messages in a random order, and the index of the real one."""

    messages: tuple[str, ...]
    right: int


async def new_round(imitator: Imitator, persona: Persona, name: str, person: int = 0) -> Round:
    """Choose a real message and imitate two of a similar length.

    Raises:
        RefusedError: the persona holds no messages that may be shown, or sampling gave too few whole messages.
    """
    if not _has_quotes(persona):
        raise RefusedError(f"None of {persona.author[:40]}'s messages may be shown, so there is nothing to guess.")
    real, *context = random.sample(persona.quotes, CONTEXT + 1)
    requests = _requests_after(context)
    replies = await imitator.imitate_all(requests, person, name)
    candidates = _whole_messages(replies, persona.quotes)
    candidates.sort(key=lambda message: abs(len(message) - len(real)))
    wanted = len(LETTERS) - 1
    imitated = candidates[:wanted]
    if len(imitated) < wanted:
        raise RefusedError("I couldn't imitate enough messages of that length; try again.")
    messages = random.sample([real, *imitated], len(LETTERS))
    return Round(tuple(messages), messages.index(real))


def _has_quotes(persona: Persona) -> bool:
    """Return whether enough messages may be shown, and the network knows where a message ends."""
    consent = persona.consent
    if consent is None or not consent.quoting:
        return False
    if len(persona.quotes) <= CONTEXT:
        return False
    return persona.recipe.message_end == "character"


def _requests_after(context: Sequence[str]) -> list[Request]:
    """Return requests that continue a conversation, each with its own random numbers."""
    prompt = "".join(message + END for message in context)
    length = 2 * LONGEST_QUOTE
    requests = []
    for _ in range(TRIES):
        random_seed = random.getrandbits(32)
        requests.append(Request(prompt, TEMPERATURE, length, random_seed))
    return requests


def _whole_messages(replies: Sequence[str], quotes: Sequence[str]) -> list[str]:
    """Return each complete message of the replies that is as long as quotes are and is not itself a quote."""
    # A dict, since the order of a set differs from start to start: the same random numbers must give the same round.
    messages: dict[str, None] = {}
    for reply in replies:
        *whole, _ = reply.split("\n")  # the last message was cut off
        for message in whole:
            fits = SHORTEST_QUOTE <= len(message) <= LONGEST_QUOTE
            if fits and message not in quotes:
                messages[message] = None
    return list(messages)
