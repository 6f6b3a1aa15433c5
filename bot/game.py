"""A round of the guessing game: one real message among imitated ones. Knows no Discord."""

import random
from dataclasses import dataclass

from bot.errors import RefusedError
from bot.imitator import Imitator
from model.persona import LONGEST_QUOTE, SHORTEST_QUOTE, Persona
from model.sampler import Request
from model.vocabulary import END

LETTERS = "ABC"
TEMPERATURE = 0.8  # of the imitated messages: as varied as people are, nearly
CONTEXT, TRIES = 5, 8  # real messages that an imitation is to follow on, and imitations to choose from


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
    may_be_shown = persona.consent and persona.consent.quoting and len(persona.quotes) > CONTEXT
    if not may_be_shown or persona.recipe.message_end != "character":
        raise RefusedError(f"No messages of {persona.author[:40]}'s may be shown, so there is nothing to guess.")
    real, *before = random.sample(persona.quotes, CONTEXT + 1)
    prompt = "".join(message + END for message in before)
    requests = [Request(prompt, TEMPERATURE, 2 * LONGEST_QUOTE, random.getrandbits(32)) for _ in range(TRIES)]
    replies = await imitator.imitate_all(requests, person, name)
    lines = [
        line for reply in replies for line in reply.split("\n")[:-1] if SHORTEST_QUOTE <= len(line) <= LONGEST_QUOTE
    ]
    # Not a set, whose order differs with each start: the same random numbers give the same round.
    others = dict.fromkeys(line for line in lines if line not in persona.quotes)
    imitated = sorted(others, key=lambda line: abs(len(line) - len(real)))[: len(LETTERS) - 1]
    if len(imitated) < len(LETTERS) - 1:
        raise RefusedError("I could not think of anything that long; ask once more.")
    messages = random.sample([real, *imitated], len(LETTERS))
    return Round(tuple(messages), messages.index(real))
