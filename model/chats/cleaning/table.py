"""The messages table without what a network should not learn: other people's names and words, secrets, code, links.

Knows no file formats and no authors. How secrets are found is in `redaction` and in the modules named after them.
"""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from model.chats.cleaning import codes, keys, logins, passwords, redaction
from model.chats.cleaning.redaction import REMOVED
from model.messages import SOMEONE

# Discord's own limit. Of freeCodeCamp's messages one in a thousand is longer, all of them pasted; they hold a
# twenty-fifth of the characters.
LONGEST = 2000
MOST_TIMES = 4  # that a text is gone over
# Messages. RE2 builds its machines anew for each lot, which takes as long as to search ten thousand messages; those
# of them that Python sees are some 50 MB.
AT_A_TIME = 250_000

# Characters that nobody sees. Joiners stay between two characters beyond ASCII: they make emoji of several, and are
# spelling in Persian and in India.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
STRAY_JOINER = re.compile("(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])")
# Expressions begin with a character, not with what may not stand before it: Python then finds it three times as fast.
WEB_LINK = re.compile(r"h(?<![\w+.-]h)ttps?://([^\s<>]+)")
LINK = re.compile(r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,14}://|[Ww]ww\.|WWW\.)([^\s<>]+)")
HOST = re.compile(r"(?:[^\s/?#\\]*@)?(?:www\.)*([\w.-]*\w)(?::\d+)?", re.IGNORECASE)
CLOSING = ".,;:!?'\"()[]{}*`|’”»…"  # a sentence's, not the link's
QUOTED = re.compile(r"^[ \t]{0,3}>+(?:[ \t].*|$)\n?", re.MULTILINE)
QUOTED_TO_THE_END = re.compile(
    r"^(?:>>>[ \t].*|-{2,}[ \t]*(?:original|forwarded) message[ \t]*-{2,}.*)\Z",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
# "!" and "/" begin commands of any name; the other signs begin much else, and only commands that many bots have.
COMMANDS = (
    "8ball|avatar|bal|balance|ban|beg|buy|cat|claim|clear|coinflip|daily|dog|fight|flip|gif|give|help|hug|info|"
    "inv|inventory|invite|join|kick|leaderboard|leave|level|loop|lyrics|meme|mute|now|np|pause|ping|play|poll|prefix|"
    "profile|purge|queue|quote|rank|remind|remindme|resume|roll|search|sell|serverinfo|shop|shuffle|skip|slap|stats|"
    "stop|tag|translate|userinfo|volume|warn|weather|work"
)
COMMAND = re.compile(
    r"(?:[!/](?!(?:me|s|r|u|all|cc|end|rant|important|shrug|tableflip|unflip)\b)[a-z][\w-]{1,30}+"
    rf"|[.?$\-;+](?i:{COMMANDS}))"
    r"(?![\w.:=(\[/,'\"<>*)+-])"
)
PRONOUNS = "i|he|she|it|we|you|they|who|someone|somebody|everyone|everybody|nobody|that|this|just|have|has|had|never"
JOINED = re.compile(
    rf"(?:(?:\*{{1,3}}|-->|<--|-!-|→|←)[ \t]+)?(?!(?:{PRONOUNS})\b)@?[\w.\-|\[\]`^{{}}]{{1,32}}"
    r"(?:[ \t]+[\[(][^\])\n]{1,80}[\])])?"
    r"[ \t]+(?:(?:has|was)[ \t]+(?:joined|left|quit|added|removed)|(?:joined|left)[ \t]+the)\b"
    r"(?:[ \t]+(?:the[ \t]+)?(?:chat|room|server|channel|group|conversation|#[\w-]{1,40}))?[.!]?"
    r"(?:[ \t]+[\[(][^\])\n]{1,120}[\])])?",
    re.IGNORECASE,
)
CODE_WORDS = (  # decorators, at-rules, tags of documentation
    "abstractmethod|apply|author|autowired|bean|cached_property|charset|classmethod|click|component|contextmanager|"
    "dataclass|default|deprecated|directive|each|else|entity|example|extend|font|font-face|for|function|if|import|"
    "include|injectable|input|keyframes|layer|lru_cache|media|mixin|ngmodule|output|override|package|page|param|"
    "property|pytest|requestmapping|restcontroller|return|returns|see|service|since|staticmethod|supports|tailwind|"
    "test|throws|type|use|version|viewport|while|wraps"
)
BY_ID = re.compile(r"<@[!&]?\w+>(?P<goes_on>(?=[\w-]))?")
NOBODY = f"someone|here|everyone|channel|all|{CODE_WORDS}"
BY_NAME = re.compile(
    rf"@(?<![\w@=]@)(?!(?:{NOBODY}|(?=[A-Z])(?i:{NOBODY}))(?![\w-]))"  # ignoring case takes twice as long
    r"(?!\d+(?i:[ap]m|px|x|k|fps|[gmk]?hz|p|v|w|[nm]m|th|st|nd|rd)?(?!\w))"
    r"\w++(?:-++\w++)*+(?!(?:\.\w++)*+[(=]|/[a-z]| = )"
)
TOKEN = re.compile(f"{re.escape(SOMEONE)}|{re.escape(REMOVED)}")


@dataclass(frozen=True)
class _Rule:
    name: str
    help: str
    clean: Callable[[str], str]


@dataclass
class Cleaned:
    """The messages that are left; by each rule's name how often it changed one, and how many it left nothing of."""

    messages: pd.DataFrame
    changed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def _unicode(text: str) -> str:
    if not text.replace("\n", " ").isprintable():
        text = STRAY_JOINER.sub("", INVISIBLE.sub("", text))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _code(text: str) -> str:
    """Leave out what is between fences, and after one that is never closed."""
    outside = (part.strip() for part in text.split("```")[::2])
    return "\n".join(part for part in outside if part)


def _links(text: str) -> str:
    text = WEB_LINK.sub(_host, text)
    while "://" in text or "ww." in text or "WWW." in text:
        before, text = text, LINK.sub(_host, text)
        if text == before:
            break
    return text


def _host(match: re.Match[str]) -> str:
    if keys.WEBHOOK.match(match[0]):
        return REMOVED
    link = match[1]
    host = HOST.match(link)
    closing = len(link.rstrip(CLOSING))
    return host[1] + link[max(host.end(), closing) :] if host else ""


def _quotes(text: str) -> str:
    left = QUOTED.sub("", QUOTED_TO_THE_END.sub("", text))
    return text if left == text else left.strip()


def _commands(text: str) -> str:
    return "" if COMMAND.match(text) else text


def _joins(text: str) -> str:
    return "" if JOINED.fullmatch(text) else text


def _mentions(text: str) -> str:
    if "<@" in text:
        text = BY_ID.sub(lambda match: SOMEONE if match["goes_on"] is None else f"{SOMEONE} ", text)
    return BY_NAME.sub(SOMEONE, text)


def _pastes(text: str) -> str:
    """Cut an overlong message after its last whole word."""
    if len(text) <= LONGEST:
        return text
    place = max(text.rfind(gap, 0, LONGEST + 1) for gap in " \n")
    if place > LONGEST / 2:
        return text[:place].rstrip()
    cut = next((token.start() for token in TOKEN.finditer(text) if token.start() < LONGEST < token.end()), LONGEST)
    return text[:cut].rstrip()


# A filter, and by what to look for among the messages that it lets through the rules that clean those that have it, in
# the order in which they work. RE2 reads all messages in the time that Python takes for a few: 20 ms for the first two
# hundred thousand, and the more the more states it needs, as counted repetitions and a ".*" do.
_Stage = tuple[str, tuple[_Rule, ...]]
_password_rule = functools.partial(_Rule, "passwords", "passwords, alike")
_STAGES_OF_WORDS: tuple[str, tuple[_Stage, ...]] = (
    r"[^\n\t\x20-\x7e]|[@`>]|://|[Ww]ww\.|WWW\.|(?m:^--)|^[!.?$\-;/+][A-Za-z]",
    (
        (
            r"[^\n\t\x20-\x7e]",
            (_Rule("unicode", "characters composed (NFC); control, zero-width and bidirectional ones out", _unicode),),
        ),
        ("```", (_Rule("code", "code between ``` left out", _code),)),
        (
            r"://|[Ww]ww\.|WWW\.",
            (_Rule("links", f"a link becomes its host, one by which anybody may write {REMOVED}", _links),),
        ),
        (r"(?m:^[ \t]*>|^--)", (_Rule("quotes", "quoted and forwarded words of others left out", _quotes),)),
        (r"^[!.?$\-;/+][A-Za-z]", (_Rule("commands", "commands to bots left out", _commands),)),
        ("@", (_Rule("mentions", f"a mention of a person becomes {SOMEONE}", _mentions),)),
    ),
)
_STAGES_OF_SECRETS: tuple[str, tuple[_Stage, ...]] = (
    rf"\d|\S@| @ |{redaction.SPELT_HINT}|(?i:{passwords.UNMIXED})|-----BEGIN|xox|(?i:[0-9a-f]{{2}}:[0-9a-f]{{2}}:)"
    r"|(?i:joined|left|quit|added|removed)",
    (
        (
            rf"\S@\S|{redaction.SPELT_HINT}|[0-9_.+-]\w* (?:@|at) \S+\.[a-z]"
            rf"|(?i:(?:\bat|@) (?:{redaction.MAILERS}))\b",
            (
                _password_rule(logins.after_emails),
                _Rule("emails", f"an e-mail address becomes {REMOVED}", redaction.emails),
                _password_rule(logins.connections),
            ),
        ),
        (keys.HINT, (_Rule("keys", "keys and tokens, alike", keys.keys),)),
        (passwords.HINT, (_password_rule(logins.logins), _password_rule(passwords.passwords))),
        (codes.HINT, (_Rule("codes", "codes and PINs, alike", codes.codes),)),
        (
            r"(?i:joined|left|quit|added|removed)",
            (_Rule("joins", "lines on who came and went left out", _joins),),
        ),
        (
            r"[A-Za-z][A-Za-z]\d\d[ -]?[A-Za-z0-9]",
            (_Rule("ibans", "numbers of bank accounts (IBAN), alike", redaction.ibans),),
        ),
        (
            r"\d(?:[ ./()\x{2010}-\x{2013}\x{a0}-]*\d){6}",
            (
                _Rule("cards", "numbers of payment cards, alike", redaction.cards),
                _Rule("phones", "telephone numbers, alike", redaction.phones),
            ),
        ),
        (
            r"\d\.\d+\.\d+\.\d|:[0-9a-fA-F]*:|[0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F]"
            r"|[0-9a-fA-F]\.[0-9a-fA-F]+\.[0-9a-fA-F]",
            (_Rule("addresses", "IP addresses, alike", redaction.addresses),),
        ),
    ),
)
_PASTES = _Rule("pastes", f"a message ends after {LONGEST:,} characters", _pastes)
_ALL = [rule for _, stages in (_STAGES_OF_WORDS, _STAGES_OF_SECRETS) for _, rules in stages for rule in rules]
RULES: Mapping[str, str] = MappingProxyType({rule.name: rule.help for rule in (*_ALL, _PASTES)})


def clean(messages: pd.DataFrame, rules: Collection[str] = tuple(RULES)) -> Cleaned:
    """Clean every message's text by the rules named; a message of which nothing is left goes."""
    cleaned = Cleaned(messages)
    parts = [_clean_part(part, rules, cleaned) for part in _parts(messages["text"])]
    if cleaned.changed or cleaned.dropped:
        text = pa.chunked_array(parts, pa.large_string()).to_pandas()
        cleaned.messages = messages.assign(text=text.set_axis(messages.index))
    if cleaned.dropped:
        cleaned.messages = cleaned.messages[cleaned.messages["text"] != ""].reset_index(drop=True)
    return cleaned


def _parts(texts: "pd.Series[str]") -> Iterator[pa.LargeStringArray]:
    """Yield the texts some at a time."""
    column = pa.Array.from_pandas(texts, type=pa.large_string())
    for start in range(0, len(column), AT_A_TIME):
        part = column.slice(start, AT_A_TIME)
        yield part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part


def _clean_part(
    part: pa.LargeStringArray, names: Collection[str], cleaned: Cleaned, times: int = MOST_TIMES
) -> pa.LargeStringArray:
    """Clean some texts; those that lost a secret or an end once more, for that may uncover something else."""
    part = before = _stages(part, *_STAGES_OF_WORDS, names, cleaned)
    if "pastes" in names:  # what is cut off in the end need not be searched; some more is, for a secret may reach there
        long = _longer(part, 2 * LONGEST)
        part = before = pc.replace_with_mask(part, long, pc.utf8_slice_codeunits(part.filter(long), 0, 2 * LONGEST))
    part = _stages(part, *_STAGES_OF_SECRETS, names, cleaned)
    part = _applied(part, _longer(part, LONGEST), [_PASTES], names, cleaned)
    again = pc.not_equal(before, part)
    if times == 1 or not pc.any(again, min_count=0).as_py():
        return part
    return pc.replace_with_mask(part, again, _clean_part(part.filter(again), names, cleaned, times - 1))


def _longer(part: pa.LargeStringArray, length: int) -> pa.BooleanArray:
    """Mark the texts that may have more characters than that: they have more bytes."""
    return pc.greater(pc.binary_length(part), length)


def _stages(
    part: pa.LargeStringArray, pattern: str, stages: Iterable[_Stage], names: Collection[str], cleaned: Cleaned
) -> pa.LargeStringArray:
    """Apply the rules to the texts that match a pattern, stage by stage to those that match the stage's."""
    passed = pc.match_substring_regex(part, pattern)
    texts = part.filter(passed)
    for hint, rules in stages:
        texts = _applied(texts, pc.match_substring_regex(texts, hint), rules, names, cleaned)
    return pc.replace_with_mask(part, passed, texts)


def _applied(
    part: pa.LargeStringArray,
    suspect: pa.BooleanArray,
    rules: Iterable[_Rule],
    names: Collection[str],
    cleaned: Cleaned,
) -> pa.LargeStringArray:
    chosen = [rule for rule in rules if rule.name in names]
    left = [_clean_text(text, chosen, cleaned) for text in part.filter(suspect).to_pylist()]
    return pc.replace_with_mask(part, suspect, pa.array(left, pa.large_string()))


def _clean_text(text: str, rules: Sequence[_Rule], cleaned: Cleaned) -> str:
    """Apply the rules in turn, and count what each did; "" where nothing is left."""
    for rule in rules:
        left = rule.clean(text)
        if left != text:
            if not left.strip():
                cleaned.dropped[rule.name] += 1
                return ""
            cleaned.changed[rule.name] += 1
            text = left
    return text
