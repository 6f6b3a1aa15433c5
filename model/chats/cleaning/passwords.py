"""Passwords near a word for them, before or behind, and words that look like a password anywhere.

Passwords in other places, such as a command, are in `logins`; codes and PINs are in `codes`.
"""

import re

from model.chats.cleaning.keys import HASH_BEFORE
from model.chats.cleaning.password_words import (
    ACCOUNT_BEFORE,
    ACCOUNT_NAMES,
    ADJECTIVE,
    ADVERBS,
    KEY_WORDS,
    LAST_WORD,
    LOGIN_WORD,
    LOGIN_WORDS,
    NOT_A_PASSWORD,
    ORDINARY_MIXTURE,
    OWNER,
    PASSWORD_WORDS,
    SIGN,
    VERBS,
    is_mixed,
)
from model.chats.cleaning.patterns import REMOVED, Filter, one_of, text_after, text_before

QUOTATION = r"\"[^\"\n]{3,80}\"|'[^'\n]{3,80}'|`[^`\n]{3,80}`|“[^”\n]{3,80}”|„[^“”\n]{3,80}[“”]|«[^»\n]{3,80}»"
# "correct horse battery staple", up to the end of the line, is a passphrase; a sentence is not.
SENTENCE_WORDS = one_of("""
    a again and as at be but for from in it más muy my not of on or pas plus sehr so than that the to too trop very
    with you your zu
""")
PASSPHRASE = (
    rf"(?!(?:[^\W\d_]+ ){{0,5}}{SENTENCE_WORDS}\b)[^\W\d_]{{3,15}}(?:[ -][^\W\d_]{{3,15}}){{2,5}}(?=\W*(?:\n|\Z))"
)
ASSIGNMENT = re.compile(  # "DB_PASSWORD=hunter2", "the password for it is "a b c"", "mon mot de passe : soleil"
    rf"(?:(?<![A-Za-z$@])|(?<=[A-Z])(?=PASS|(?:key|secret|token)=))(?P<word>{PASSWORD_WORDS}|{KEY_WORDS})\b[\"'`]?"
    rf"(?:{OWNER}(?P<sign>[ \t]*{SIGN}[ \t]*|[ \t]+{VERBS}{ADVERBS}:?[ \t]+|{ADVERBS}['’]s[ \t]+"
    rf"|[ \t]+(?:still|now)[ \t]+)|{OWNER}[ \t]+)"
    rf"(?:(?P<quoted>{QUOTATION})|(?P<words>{PASSPHRASE})|(?P<value>[\"'`“]?(?:[^\s\"'`“”<]|<(?=\d)){{4,128}}))",
    re.IGNORECASE,
)
WORD_WITH_DIGIT = re.compile(r"[^\s\"'`“”„«»|](?<![^\s\"'`“”„«»|].)(?=\S{0,60}\d)[^\s\"'`“”„«»|]{4,}")
NAME_BEFORE = re.compile(r"[\w.@-]{2,30}[:/](?=[^:/]+\Z)")  # "me:hunter2"
# Two kinds of password that need no word for it: "p4ssw0rd", "Tr0ub4dor&3".
LEET = re.compile(r"[a-z]{0,9}password\d[\d!?#$%]|(?!password)p[a@4][s$5]{2}w[o0]r[dt]|(?-i:P)assword\d", re.IGNORECASE)
STRONG_PASSWORD = re.compile(
    r"[A-Za-z0-9](?=.*[!$%&*^])"
    r"(?!.*\$\Z)"  # "ada81$" is a shell's prompt
    r"[A-Za-z0-9!#$%&*@^_-]{7,24}"
)
VARIABLE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+\d?")
EMOJI_OR_ISSUE = re.compile(r"\S*:\w+:|[\w.-]+/[\w.-]+#\d+")
# The beginnings of the words for passwords, for RE2: the fewer continuations each has, the faster the search.
BEGINNINGS = (
    "adgangsk|clave|contrase|hasło|heslo|jelsz|kennw|kodeord|losung|lösen|mdp|mot de|mots de|parol|pass|pasw"
    "|pssw|psw|pw|salas|senha|şifre|wachtw|парол"
)
STEMS = (*BEGINNINGS.split("|"), "key", "psk", "secret", "token", "wpa")
SEARCHED_BEGINNINGS = BEGINNINGS.replace("|pass|", "|pass(?:[^aei]|$)|")  # not "passed", "passing"
LOGIN_STEMS = one_of(r"""
    account admin anmeld apple\sid benutz connex contra\b cred einlog guest identif log netflix pi[:/] postgres psk
    root schlüssel sign spotify ssid test[:/] ubuntu unlock user usuario utilis wi-?fi wlan wpa zugang
""")
USE_STEMS = one_of(r"""
    alles ben cambi chang encry enter everyt everyw geänd le\smême lock ne ni nu open protec reset same secur set tipp
    todo toujours tout typ überall unlock us util
""")
LATER_STEMS = one_of("geschützt gesichert log netflix router spotify verschlüsselt wi-?fi wlan")
WITHOUT_DIGITS = (  # of a message whose password holds no digit
    rf"{SEARCHED_BEGINNINGS}|authoriz|bearer|mnemonic|phrase|(?:recovery|seed) words"
    r"|(?:key|psk|secret|token|wpa2?)s?[\"'`]? ?[:=i]|(?:admin|root)[:/]|pa[$]{2}| -[apu] ?\S"
)
FILTER = Filter(
    coarse=rf"\d|(?i:{WITHOUT_DIGITS})",
    fine=rf"(?i:{WITHOUT_DIGITS}"
    rf"|(?:\b{LOGIN_STEMS}|key|secret|token).*(?:[a-z!#$%&*_-]|[a-z]\.)\d"
    rf"|[a-z]\d.*\b{LATER_STEMS}"
    rf"|\b{USE_STEMS}\w*[ ,:].*(?:[a-z]\d\d|[a-z]-\w*\d)"
    r"|\d[a-z]*[!$&*^]|[a-z][!#$%&*^]+\d|p[@4]ss|pa[$5]{2}|w0r)",
)
PASSWORD_WORD_ALONE = re.compile(PASSWORD_WORDS, re.IGNORECASE)
SIGN_ALONE = re.compile(SIGN)
PASSWORD_WORD = re.compile(rf"(?<![^\W_]){PASSWORD_WORDS}(?![^\W_])", re.IGNORECASE)
LINK_BEFORE = re.compile(
    rf"(?:[:=/|,>-]|\b(?:{VERBS}|and|con|mit|with|und|use|y|{ACCOUNT_NAMES}|{LOGIN_WORDS}))[ \t\"'`“„«(]*\Z",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"\.+(?=\s)|\n")
# "she uses hunter22 for everything", "changed it to hunter22": a password if it also looks like one.
USE_BEFORE = re.compile(
    r"\b"
    + one_of(r"benutz\w* ha[ds] have nehm\w* nimm\w* nutz\w* re-?uses? us(?:a|as|e[ds]?|ing|o) utilis\w*")
    + r"(?: [\w'’]+){0,2} [\"'`“(]?\Z",
    re.IGNORECASE,
)
THINGS = "(?:account|box|laptop|pc|phone|server)"
EVERYWHERE_AFTER = re.compile(
    r"[\"'`”)]?,?(?: [\w'’]+){0,2} "
    + one_of(rf"""
    at\swork en\stod[ao]s everywhere for\s(?:all|both|every\w*|most) für\salles on\s(?:all|every\w*)
    on\s(?:her|his|my|our|the|their)\s(?:\w+\s)?{THINGS} ovunque para\stodo partout per\stutto pour\stout pra\studo
    überall
    """)
    + r"\b",
    re.IGNORECASE,
)
CHANGE_BEFORE = re.compile(
    r"\b"
    + one_of(r"""
    (?:alles|everything|todo|tout)\s(?:es|est|is|ist) (?:always|immer|siempre|toujours|überall) cambi\w+\sa
    (?:changed?|reset|set)(?:\s(?:all|both|everything|it|mine|that|them|all\sof\sthem))?(?:\sback)?\sto
    (?:das|die|el|la|le)\s(?:gleiche|misma|mismo|même|selbe):
    (?:encrypted|locked|opens?|protected|secured|unlock\w*)\swith enter(?:ed)?
    (?:everywhere|partout|(?:same|usual)(?:\sone)?)[,:] geändert\s(?:auf|in|zu) tippe? typ(?:e[ds]?|ing)
    """)
    + r" [\"'`“(]?\Z",
    re.IGNORECASE,
)
LOGIN_AFTER = re.compile(  # "hunter22 is our wifi"
    rf"[\"'`”)]*,? (?:(?:{VERBS}|for|für|para|pour) (?:[\w'’]+ ){{0,2}}{LOGIN_WORDS}\b"
    r"|geschützt|gesichert|verschlüsselt)",
    re.IGNORECASE,
)
# Without a sign between them, a last word after "pw" is a password, as is one after "for the server, password".
SHORT_PASSWORD_WORD = re.compile(r"mdp|psw|pw", re.IGNORECASE)
ADDITION_BEFORE = re.compile(
    r"(?:[,;(|+&]|(?:w/|\b"
    + one_of("""
    admin archive game guest lan meeting minecraft netflix party rar room root router server session steam vpn wi-fi
    wifi wlan zip zoom
    """)
    + r")[ \t])[ \t]*\Z",
    re.IGNORECASE,
)
QUOTES = "\"'`“”„«»"
KINDS_OF_CHARACTERS = tuple(map(re.compile, ("[a-z]", "[A-Z]", r"\d", r"[^\w\s.,/-]")))


def remove_passwords(text: str) -> str:
    """Remove what is called a password or a key, and what looks like one near such a word."""
    small = text.lower()
    if any(stem in small for stem in STEMS):
        text = ASSIGNMENT.sub(_replace_assigned, text)
    return WORD_WITH_DIGIT.sub(_replace_similar, text) if re.search(r"\d", text) else text


def _replace_assigned(match: re.Match[str]) -> str:
    group = match.lastgroup or "value"
    value = match[group].strip(QUOTES)
    bare = value.rstrip(".,;:!?)]}")
    if len(bare) < 4 or NOT_A_PASSWORD.match(value) or _is_code(match) or not _is_assigned(match, value, bare):
        return match[0]
    start = match.start(group) - match.start() + match[group].index(value)
    end = start + len(bare if match["value"] else value)
    return match[0][:start] + REMOVED + match[0][end:]


def _is_code(match: re.Match[str]) -> bool:
    """Return whether a program sets a variable: "user.password = hash", "$userPassword = hash"."""
    before = text_before(match, 20)
    attribute = before.endswith(".") and match["sign"] not in ("=", ":", ": ")
    return attribute or bool(re.search(r"[$@][A-Za-z]+\Z", before))


def _is_assigned(match: re.Match[str], value: str, bare: str) -> bool:
    """Return whether the word before a value, and the sign or verb between them, make it a password."""
    sign = _sign(match)
    if match["words"]:
        return _is_passphrase(match["word"], sign)
    if SIGN_ALONE.fullmatch(sign):
        return sign != ">" or match["sign"] == ">"  # "<password>hunter2", not "password > 8"
    if match["quoted"] and (sign or not _is_pass(match)):
        return True
    if not sign:
        return _follows_directly(match, bare)
    if _is_odd(value, bare):
        return True
    return sign != "to" and _is_last_word(match, bare)


def _sign(match: re.Match[str]) -> str:
    """Return the sign or verb between a word and a value, "" if there is none."""
    return (match["sign"] or "").strip()


def _is_passphrase(word: str, sign: str) -> bool:
    """Return whether the plain words after another word are a passphrase."""
    return sign not in ("", "to") and bool(PASSWORD_WORD_ALONE.fullmatch(word))


def _is_odd(value: str, bare: str) -> bool:
    """Return whether a value has a digit, a mark inside it, or a mark that sentences don't have."""
    return bool(re.search(r"\d", bare) or re.search(r"\w[^\w'’.,/-]+\w|[!$%^&*]", value))


def _is_pass(match: re.Match[str]) -> bool:
    """Return whether the word before a value is "pass", which is a verb too."""
    return match["word"].casefold() == "pass"


def _is_last_word(match: re.Match[str], bare: str) -> bool:
    """Return whether the value is the last word of a sentence, and no adjective."""
    return bool(
        PASSWORD_WORD_ALONE.fullmatch(match["word"])
        and LAST_WORD.match(match.string, match.start("value"))
        and not ADJECTIVE.match(bare)
    )


def _follows_directly(match: re.Match[str], bare: str) -> bool:
    """Return whether a value that stands behind a word for passwords, without a sign, is a password."""
    near = match.start("value") - match.end("word") < 3
    usual = SHORT_PASSWORD_WORD.fullmatch(match["word"]) or ADDITION_BEFORE.search(text_before(match, 20))
    if near and usual and _is_last_word(match, bare):
        return True
    if _is_pass(match) and (VARIABLE.fullmatch(bare) or re.fullmatch(r"[a-z_]+\d", bare)):  # "pass array1"
        return False
    mixed = re.fullmatch(r"(?=.*[a-z])(?=.*\d)[^:,/]+|\d{5,}", bare, re.IGNORECASE)
    return bool(mixed) and not ORDINARY_MIXTURE.match(bare)


def _replace_similar(match: re.Match[str]) -> str:
    """Replace a word that looks like a password, if the text around it speaks of passwords or logins."""
    name = NAME_BEFORE.match(match[0])
    start = name.end() if name else len(match[0]) - len(match[0].lstrip("([{<*_~"))
    word = match[0][start:].rstrip(".,;:?)]}>*_~")
    after = match[0][start + len(word) :]
    if LEET.match(match[0]):
        return REMOVED + after
    if EMOJI_OR_ISSUE.match(match[0]) or VARIABLE.fullmatch(word) or not is_mixed(word.rstrip("!")):
        return match[0]
    before = match[0][:start]
    if _is_password(word, text_before(match, 60) + before, after + text_after(match, 60)):
        return before + REMOVED + after
    return match[0]


def _is_password(word: str, before: str, after: str) -> bool:
    """Judge a word by the text around it: the more it looks like a password, the farther a word for it may be."""
    kinds = _count_kinds(word)
    if kinds == 4 and STRONG_PASSWORD.fullmatch(word):
        return True
    if HASH_BEFORE.search(before):
        return False
    strong = _is_strong(word, kinds)
    if kinds < 3:
        before = SENTENCE_END.split(before)[-1]
        after = SENTENCE_END.split(after, 1)[0]
    if _is_near_word(before, after) or (strong and _is_near_use(before, after)):
        return True
    if kinds < 3:
        return _is_after_login(before, strong)
    return bool(LOGIN_WORD.search(before) or LOGIN_WORD.search(after))


def _count_kinds(word: str) -> int:
    """Return how many kinds of characters a word has: small letters, capitals, digits, marks."""
    matches = (kind.search(word) for kind in KINDS_OF_CHARACTERS)
    return sum(map(bool, matches))


def _is_strong(word: str, kinds: int) -> bool:
    """Return whether a word ends with two digits, or has a mark inside and characters of three kinds."""
    if re.search(r"[a-z]{2}.*\d\d[!?]*\Z", word):
        return True
    return kinds > 2 and bool(re.search(r"\w\W\w", word))


def _is_after_login(before: str, strong: bool) -> bool:
    """Return whether a word for a login stands before; if the password is not strong, directly before."""
    if not LOGIN_WORD.search(before):
        return False
    return strong or bool(LINK_BEFORE.search(before))


def _is_near_word(before: str, after: str) -> bool:
    """Return whether a word for passwords is near, or the name of an account directly before."""
    if PASSWORD_WORD.search(before) or PASSWORD_WORD.search(after):
        return True
    return bool(ACCOUNT_BEFORE.search(before.rstrip(" /:")))


def _is_near_use(before: str, after: str) -> bool:
    """Return whether the text around a word speaks of its use: "she uses ... everywhere", "changed it to ..."."""
    everywhere = USE_BEFORE.search(before) and EVERYWHERE_AFTER.match(after)
    return bool(everywhere or CHANGE_BEFORE.search(before) or LOGIN_AFTER.match(after))
