"""Text that is not the author's own chat: code, quotations, commands to bots, and notes about who joined or left."""

import re

from model.chats.cleaning.patterns import Filter

CODE_FILTER = Filter("```")
QUOTED = re.compile(r"^[ \t]{0,3}>+(?:[ \t].*|$)\n?", re.MULTILINE)
QUOTED_TO_THE_END = re.compile(
    r"^(?:>>>[ \t].*|-{2,}[ \t]*(?:original|forwarded) message[ \t]*-{2,}.*)\Z",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
QUOTE_FILTER = Filter(r"(?m:^[ \t]*>|^--)")
# "!" and "/" begin commands of any name; the other signs begin much else, and only commands that many bots have.
COMMON_COMMANDS = (
    "8ball|avatar|bal|balance|ban|beg|buy|cat|claim|clear|coinflip|daily|dog|fight|flip|gif|give|help|hug|info|"
    "inv|inventory|invite|join|kick|leaderboard|leave|level|loop|lyrics|meme|mute|now|np|pause|ping|play|poll|prefix|"
    "profile|purge|queue|quote|rank|remind|remindme|resume|roll|search|sell|serverinfo|shop|shuffle|skip|slap|stats|"
    "stop|tag|translate|userinfo|volume|warn|weather|work"
)
COMMAND = re.compile(
    r"(?:[!/](?!(?:me|s|r|u|all|cc|end|rant|important|shrug|tableflip|unflip)\b)[a-z][\w-]{1,30}+"
    rf"|[.?$\-;+](?i:{COMMON_COMMANDS}))"
    r"(?![\w.:=(\[/,'\"<>*)+-])"
)
COMMAND_FILTER = Filter(r"^[!.?$\-;/+][A-Za-z]")
PRONOUNS = "i|he|she|it|we|you|they|who|someone|somebody|everyone|everybody|nobody|that|this|just|have|has|had|never"
JOIN_NOTE = re.compile(  # "*** ada [ada@host] has quit (Ping timeout)"
    rf"(?:(?:\*{{1,3}}|-->|<--|-!-|→|←)[ \t]+)?(?!(?:{PRONOUNS})\b)@?[\w.\-|\[\]`^{{}}]{{1,32}}"
    r"(?:[ \t]+[\[(][^\])\n]{1,80}[\])])?"
    r"[ \t]+(?:(?:has|was)[ \t]+(?:joined|left|quit|added|removed)|(?:joined|left)[ \t]+the)\b"
    r"(?:[ \t]+(?:the[ \t]+)?(?:chat|room|server|channel|group|conversation|#[\w-]{1,40}))?[.!]?"
    r"(?:[ \t]+[\[(][^\])\n]{1,120}[\])])?",
    re.IGNORECASE,
)
JOIN_FILTER = Filter(r"(?i:joined|left|quit|added|removed)")


def remove_code(text: str) -> str:
    """Remove the code between fences, and all that follows a fence without its twin."""
    parts = text.split("```")[::2]
    return "\n".join(filter(None, map(str.strip, parts)))


def remove_quotes(text: str) -> str:
    """Remove quoted and forwarded text of others."""
    rest = QUOTED_TO_THE_END.sub("", text)
    rest = QUOTED.sub("", rest)
    return text if rest == text else rest.strip()


def remove_command(text: str) -> str:
    """Remove a message that is a command to a bot."""
    return "" if COMMAND.match(text) else text


def remove_join_note(text: str) -> str:
    """Remove a message that only says who joined or left."""
    return "" if JOIN_NOTE.fullmatch(text) else text
