"""Mentions of people: "@name", and by id as Discord and Slack write them."""

import re

from model.chats.cleaning.patterns import Filter
from model.chats.messages import SOMEONE

CODE_WORDS = (  # decorators, at-rules, tags of documentation
    "abstractmethod|apply|author|autowired|bean|cached_property|charset|classmethod|click|component|contextmanager|"
    "dataclass|default|deprecated|directive|each|else|entity|example|extend|font|font-face|for|function|if|import|"
    "include|injectable|input|keyframes|layer|lru_cache|media|mixin|ngmodule|output|override|package|page|param|"
    "property|pytest|requestmapping|restcontroller|return|returns|see|service|since|staticmethod|supports|tailwind|"
    "test|throws|type|use|version|viewport|while|wraps"
)
NOT_A_NAME = f"someone|here|everyone|channel|all|{CODE_WORDS}"
BY_NAME = re.compile(
    # Both spellings: to ignore case takes twice the time.
    rf"@(?<![\w@=]@)(?!(?:{NOT_A_NAME}|(?=[A-Z])(?i:{NOT_A_NAME}))(?![\w-]))"
    r"(?!\d+(?i:[ap]m|px|x|k|fps|[gmk]?hz|p|v|w|[nm]m|th|st|nd|rd)?(?!\w))"
    r"\w++(?:-++\w++)*+(?!(?:\.\w++)*+[(=]|/[a-z]| = )"
)
BY_ID = re.compile(r"<@[!&]?\w+>(?P<inside_word>(?=[\w-]))?")
FILTER = Filter("@")


def replace_mentions(text: str) -> str:
    """Replace each mention of a person with SOMEONE."""
    if "<@" in text:
        text = BY_ID.sub(_replace_id, text)
    return BY_NAME.sub(SOMEONE, text)


def _replace_id(match: re.Match[str]) -> str:
    return SOMEONE if match["inside_word"] is None else f"{SOMEONE} "
