"""A round of the guessing game: one real message among imitated ones. Knows no Discord."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import RefusedError
from bot.imitator import Imitator
from model.persona import LONGEST_QUOTE, SHORTEST_QUOTE, Persona
from model.sampler import Request
from model.vocabulary import END

LETTERS = "ABC"
TEMPERATURE = 0.8  # of the imitated messages: nearly as varied as people are
CONTEXT = 5  # real messages that an imitation follows
TRIES = 8  # replies to choose the imitated messages from


@dataclass(frozen=True)
class Round:
    """Messages in a random order, and the place of the real one."""

    messages: tuple[str, ...]
    right: int


async def new_round(imitator: Imitator, persona: Persona, name: str, person: int = 0) -> Round:
    """Choose a real message and imitate two of a similar length.

    Raises:
        RefusedError: the persona carries no messages that may be shown, or the network finds none of its own.
    """
    if not _has_quotes(persona):
        raise RefusedError(f"No messages of {persona.author[:40]}'s may be shown, so there is nothing to guess.")
    real, *before = random.sample(persona.quotes, CONTEXT + 1)
    prompt = "".join(message + END for message in before)
    requests = []
    for _ in range(TRIES):
        requests.append(Request(prompt, TEMPERATURE, 2 * LONGEST_QUOTE, random.getrandbits(32)))
    replies = await imitator.imitate_all(requests, person, name)
    candidates = _whole_messages(replies, persona.quotes)
    candidates.sort(key=lambda message: abs(len(message) - len(real)))
    imitated = candidates[: len(LETTERS) - 1]
    if len(imitated) < len(LETTERS) - 1:
        raise RefusedError("I could not think of anything that long; ask once more.")
    messages = random.sample([real, *imitated], len(LETTERS))
    return Round(tuple(messages), messages.index(real))


def _has_quotes(persona: Persona) -> bool:
    """Return whether enough messages may be shown, and the network knows where a message ends."""
    consent = persona.consent
    allowed = consent is not None and consent.quoting
    return allowed and len(persona.quotes) > CONTEXT and persona.recipe.message_end == "character"


def _whole_messages(replies: Sequence[str], quotes: Sequence[str]) -> list[str]:
    """Return the messages of the replies that have a quote's length and are no quote, each once."""
    # Not a set, whose order differs with each start: the same random numbers give the same round.
    messages: dict[str, None] = {}
    for reply in replies:
        *whole, _ = reply.split("\n")  # the last one was cut off
        for message in whole:
            if SHORTEST_QUOTE <= len(message) <= LONGEST_QUOTE and message not in quotes:
                messages[message] = None
    return list(messages)
