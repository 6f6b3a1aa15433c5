"""Passwords that have a place of their own: in a command, a header, a phrase, beside a name or an address."""

import re

from model.chats.cleaning.passwords import (
    ACCOUNT,
    ACCOUNTS,
    ADJECTIVE,
    IS,
    LOGIN,
    NO_PASSWORDS,
    PLAIN,
    SIGN,
    WORDS_FOR_IT,
    is_mixed,
)
from model.chats.cleaning.redaction import before, put

PHRASE = re.compile(  # "seed phrase: witch collapse practice feed shame"
    r"\b(?:pass ?phrase|mnemonic|(?:recovery|secret|seed) (?:phrase|words))(?: (?:for|of|to)(?: [\w'’-]{1,20}){1,3}?)?"
    rf"(?:[ ]?{SIGN}|[ ](?!to ){IS})[ ]+(?P<value>[^\W\d_]{{2,15}}(?:[ -][^\W\d_]{{2,15}}){{2,23}})",
    re.IGNORECASE,
)
BOTH = re.compile(  # "user pi pass raspberry"
    r"\buser(?:name)?(?:[ ]?[:=][ ]?|[ ])(?!(?:and|or|with)\b)[\w.@-]{2,40}[ ,;/|&]{1,3}(?:and )?"
    rf"{WORDS_FOR_IT}(?:[ ]?[:=][ ]?|[ ])(?P<value>[^\s\"'`]{{4,64}})",
    re.IGNORECASE,
)
# Options and headers: "mysql -psecret", "curl -u me:secret", "Authorization: Bearer secret".
VALUE = r"(?P<value>\"[^\"\n]{3,80}\"|'[^'\n]{3,80}'|[^\s\"'`<>{}$\[-][^\s\"'`]{3,})"
OPTION = re.compile(
    r"(?:(?<![\w-])--?(?:api-?key|auth-token|pass(?:word|wd|phrase)?|pw|secret|token)[ =]"
    r"|\b(?:mysql\w*|mariadb\w*|sshpass|7za?|mongo\w*|unrar|unzip|redis-cli|docker login)\b[^\n]{0,80}? -[apP] ?"
    rf"|\b(?:curl|http|wget|ldapsearch)\b[^\n]{{0,80}}? -u ?[\w.-]{{1,40}}:){VALUE}",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\b(?:Authorization: ?(?:Bearer|Basic|Token) |Bearer (?=\S{0,200}\d)(?=\S{12})|X-[\w-]{0,20}(?:Key|Token): ?)"
    rf"{VALUE}",
    re.IGNORECASE,
)
LOGGED_IN = re.compile(r"[ :/](?:(?<= )/ |(?<=[:/]))(?P<value>[^\s\"'`<>{}$:@/\[-][^\s\"'`:@/]{3,40})")  # "root:toor99"
CONNECTION = re.compile(  # "name:password@host"
    r"(?P<value>(?<=[\w.-]:)(?<!mailto:)(?=[^\s@]{0,63}[A-Za-z])[^\s:@/\[\"=]{4,64}(?=@(?!\d+\.\d+\.\d+\b(?!\.))[\w.]))"
)
AFTER_EMAIL = re.compile(  # "ada@example.org:hunter2"
    r"(?<=[\w]@)(?:[\w-]{1,63}\.){1,4}[a-z]{2,12}[)>]?(?:[:|;]| ?[:/|] | )(?P<value>[^\s\"'`]{6,64})", re.IGNORECASE
)


def logins(text: str) -> str:
    """Remove the passwords of commands and headers, and those behind a name."""
    small = text.lower()
    for needed, pattern, judge in (
        (("mnemonic", "phrase", " words"), PHRASE, _value),
        (("user",), BOTH, _value),
        (ACCOUNTS.split("|"), LOGGED_IN, _logged_in),
        ((" --", " -a", " -p", " -t", " -u"), OPTION, _value),
        (("authorization", "bearer", "x-"), HEADER, _value),
    ):
        if any(each in small for each in needed):
            text = pattern.sub(judge, text)
    return text


def after_emails(text: str) -> str:
    """Remove what looks like a password right after an e-mail address."""
    return AFTER_EMAIL.sub(_after_email, text) if "@" in text else text


def connections(text: str) -> str:
    """Remove the password in "name:password@host"."""
    return CONNECTION.sub(_value, text) if "@" in text else text


def _after_email(match: re.Match[str]) -> str:
    return put(match, "value") if is_mixed(match["value"].rstrip(".,;:!?)")) else match[0]


def _logged_in(match: re.Match[str]) -> str:
    strong = re.search(r"[\d!#$%&*]", match["value"]) and re.search("[A-Za-z]", match["value"])
    ahead = before(match, 60)
    plain = re.search(r"\b(?:admin|root)\Z", ahead) and match[0][0] == ":"
    plain = plain or (match[0][0] == " " and PLAIN.fullmatch(match["value"]) and not ADJECTIVE.match(match["value"]))
    named = strong or (plain and LOGIN.search(ahead))
    return _value(match) if named and ACCOUNT.search(ahead) else match[0]


def _value(match: re.Match[str]) -> str:
    return match[0] if NO_PASSWORDS.match(match["value"]) else put(match, "value")
