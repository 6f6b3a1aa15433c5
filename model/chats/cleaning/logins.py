"""Passwords in a place of their own: in a command, a header, a seed phrase, or behind a name or an address."""

import re

from model.chats.cleaning.password_words import (
    ACCOUNT_BEFORE,
    ACCOUNT_NAMES,
    ADJECTIVE,
    LAST_WORD,
    LOGIN_WORD,
    NOT_A_PASSWORD,
    PASSWORD_WORDS,
    SIGN,
    VERBS,
    is_mixed,
)
from model.chats.cleaning.patterns import replace_group, text_before

SEED_PHRASE = re.compile(  # "seed phrase: witch collapse practice feed shame"
    r"\b(?:pass ?phrase|mnemonic|(?:recovery|secret|seed) (?:phrase|words))(?: (?:for|of|to)(?: [\w'’-]{1,20}){1,3}?)?"
    rf"(?:[ ]?{SIGN}|[ ](?!to ){VERBS})[ ]+(?P<value>[^\W\d_]{{2,15}}(?:[ -][^\W\d_]{{2,15}}){{2,23}})",
    re.IGNORECASE,
)
NAME_AND_PASSWORD = re.compile(  # "user pi pass raspberry"
    r"\buser(?:name)?(?:[ ]?[:=][ ]?|[ ])(?!(?:and|or|with)\b)[\w.@-]{2,40}[ ,;/|&]{1,3}(?:and )?"
    rf"{PASSWORD_WORDS}(?:[ ]?[:=][ ]?|[ ])(?P<value>[^\s\"'`]{{4,64}})",
    re.IGNORECASE,
)
VALUE = r"(?P<value>\"[^\"\n]{3,80}\"|'[^'\n]{3,80}'|[^\s\"'`<>{}$\[-][^\s\"'`]{3,})"
OPTION = re.compile(  # "mysql -psecret", "curl -u me:secret"
    r"(?:(?<![\w-])--?(?:api-?key|auth-token|pass(?:word|wd|phrase)?|pw|secret|token)[ =]"
    r"|\b(?:mysql\w*|mariadb\w*|sshpass|7za?|mongo\w*|unrar|unzip|redis-cli|docker login)\b[^\n]{0,80}? -[apP] ?"
    rf"|\b(?:curl|http|wget|ldapsearch)\b[^\n]{{0,80}}? -u ?[\w.-]{{1,40}}:){VALUE}",
    re.IGNORECASE,
)
HEADER = re.compile(  # "Authorization: Bearer secret"
    r"\b(?:Authorization: ?(?:Bearer|Basic|Token) |Bearer (?=\S{0,200}\d)(?=\S{12})|X-[\w-]{0,20}(?:Key|Token): ?)"
    rf"{VALUE}",
    re.IGNORECASE,
)
BEHIND_NAME = re.compile(  # "root:toor99"
    r"[ :/](?:(?<= )/ |(?<=[:/]))(?P<value>[^\s\"'`<>{}$:@/\[-][^\s\"'`:@/]{3,40})"
)
IN_ADDRESS = re.compile(  # "name:password@host"
    r"(?P<value>(?<=[\w.-]:)(?<!mailto:)(?=[^\s@]{0,63}[A-Za-z])[^\s:@/\[\"=]{4,64}"
    r"(?=@(?!\d+\.\d+\.\d+\b(?!\.))[\w.]))"
)
AFTER_EMAIL = re.compile(  # "ada@example.org:hunter2"
    r"(?<=[\w]@)(?:[\w-]{1,63}\.){1,4}[a-z]{2,12}[)>]?"
    r"(?:[:|;]| ?[:/|] | )(?P<value>[^\s\"'`]{6,64})",
    re.IGNORECASE,
)


def remove_logins(text: str) -> str:
    """Remove seed phrases, the passwords of commands and headers, and those behind a name."""
    small = text.lower()
    if _contains(small, "mnemonic", "phrase", " words"):
        text = SEED_PHRASE.sub(_replace_value, text)
    if "user" in small:
        text = NAME_AND_PASSWORD.sub(_replace_value, text)
    if _contains(small, *ACCOUNT_NAMES.split("|")):
        text = BEHIND_NAME.sub(_replace_behind_name, text)
    if _contains(small, " --", " -a", " -p", " -t", " -u"):
        text = OPTION.sub(_replace_value, text)
    if _contains(small, "authorization", "bearer", "x-"):
        text = HEADER.sub(_replace_value, text)
    return text


def remove_after_emails(text: str) -> str:
    """Remove what looks like a password right after an e-mail address."""
    return AFTER_EMAIL.sub(_replace_mixed, text) if "@" in text else text


def remove_from_addresses(text: str) -> str:
    """Remove the password in "name:password@host"."""
    return IN_ADDRESS.sub(_replace_value, text) if "@" in text else text


def _contains(text: str, *parts: str) -> bool:
    return any(part in text for part in parts)


def _replace_value(match: re.Match[str]) -> str:
    return match[0] if NOT_A_PASSWORD.match(match["value"]) else replace_group(match, "value")


def _replace_mixed(match: re.Match[str]) -> str:
    word = match["value"].rstrip(".,;:!?)")
    return replace_group(match, "value") if is_mixed(word) else match[0]


def _replace_behind_name(match: re.Match[str]) -> str:
    before, value = text_before(match, 60), match["value"]
    strong = re.search(r"[\d!#$%&*]", value) and re.search("[A-Za-z]", value)
    named = ACCOUNT_BEFORE.search(before) and (strong or _is_ordinary_login(match, before))
    return _replace_value(match) if named else match[0]


def _is_ordinary_login(match: re.Match[str], before: str) -> bool:
    """Return whether an ordinary word behind a name is its password: "login: root:alpine", "login admin / cheese"."""
    if not LOGIN_WORD.search(before):
        return False
    sign, value = match[0][0], match["value"]
    if sign == ":" and re.search(r"\b(?:admin|root)\Z", before):
        return True
    return sign == " " and bool(LAST_WORD.fullmatch(value)) and not ADJECTIVE.match(value)
