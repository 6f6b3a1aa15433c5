"""Secrets and personal data out of a message: each function puts REMOVED where it finds those of its kind.

A wrong find costs a word of style, a missed one is learnt by heart and told to strangers: in doubt it goes.
"""

import ipaddress
import math
import re
from collections import Counter
from itertools import pairwise

from stdnum import iban, luhn

REMOVED = "[removed]"

FILES = "png|jpe?g|gif|svg|webp|ico|js|jsx|ts|tsx|css|scss|html?|py|rb|json|md|txt|so|mp[34]|pdf|zip"
EMAIL = re.compile(
    r"(?<![\w+%-])(?<!\w\.)(?!git@)\w[\w.+%-]{0,63}@"
    r"(?:[^\W_](?:[\w-]{0,61}\w)?\.){1,6}"
    rf"(?!(?:{FILES})\b)[^\W\d_]{{2,24}}(?![\w-])",
    re.IGNORECASE,
)
SPELT_EMAIL = re.compile(  # "ada (at) example dot org"
    r"(?<![\w.+-])[\w.+-]{1,64}(?:[ ]?[\[({<][ ]?at[ ]?[\])}>][ ]?|[ ]at[ ]|@)"
    r"[\w-]{1,63}(?:(?:[ ]?[\[({<][ ]?dot[ ]?[\])}>][ ]?|[ ]dot[ ])[\w-]{1,63}|\.[\w-]{1,63}){0,3}"
    r"(?:[ ]?[\[({<][ ]?dot[ ]?[\])}>][ ]?|[ ]dot[ ]|(?<=[\])}>a-z])\.)"
    r"(?:com|org|net|edu|gov|info|io|me|co|dev|[a-z]{2})(?!\w)",
    re.IGNORECASE,
)


def emails(text: str) -> str:
    """Remove e-mail addresses, also spelt out."""
    if "@" in text:
        text = EMAIL.sub(REMOVED, text)
    return SPELT_EMAIL.sub(_spelt, text) if AT.search(text) else text


AT = re.compile(r"[\[({<] ?(?:at|dot) ?[\])}>]|\bdot\b", re.IGNORECASE)


def _spelt(match: re.Match[str]) -> str:
    return REMOVED if AT.search(match[0]) else match[0]


SEPARATED = r"[ ./()\-\u2010-\u2013\xa0]{0,2}"
SEVEN = re.compile(rf"\d(?:{SEPARATED}\d){{6}}")
INTERNATIONAL = re.compile(rf"(?<![\w+.])(?:\+|00)[ (]?[1-9](?:{SEPARATED}\d){{7,14}}(?![\w-]|[.,]\d)")
NATIONAL = re.compile(
    r"(?<![\w#$€£+-])(?<!\d[.,:/])(?:1[ .-])?(?:"
    r"\([2-9]\d{2}\)[ .-]?\d{3}[ .-]?\d{4}"  # North America
    r"|[2-9]\d{2}([.-])\d{3}\1\d{4}|[2-9]\d{2} [2-9]\d{2}[ -]\d{4}"
    r"|\(?0[1-9]\d{0,4}\)?(?:[ /-]{1,3}\d{2,8}){1,5}|0[1-9]\d{8,9}"  # much of the rest of the world
    r")(?![\w-]|[.,:/]\d)"
)
CALLED = re.compile(
    r"\b(?:(?:call|text|phone|ring|dial|reach|sms|message|msg|whatsapp)(?: (?:me|us|him|her|them))?"
    r"(?: (?:at|on|up on))?"
    r"|(?:my|her|his|our|their|home|work|mobile|cell|phone|whatsapp|fax|contact|tel)"
    r"(?: (?:phone|cell|mobile|home|work|new|old))?"
    r" ?(?:number|no\.?|nr\.?|num|#)(?: (?:is|was)|['’]s)?"
    r"|tele?(?:phone|fon)?|phone|mobile|cell|whatsapp|fax|handy)"
    rf"[ :.=-]{{1,3}}(?:it['’]?s )?(\+?[(]?\d(?:{SEPARATED}\d){{6,14}})(?![\w-]|[.,:]\d)",
    re.IGNORECASE,
)
DATE = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d(?!\d)")


def phones(text: str) -> str:
    """Remove telephone numbers: international, of usual shapes, and any number after a word such as "call"."""
    if not SEVEN.search(text):
        return text
    text = INTERNATIONAL.sub(_phone, text)
    text = NATIONAL.sub(_phone, text)
    return CALLED.sub(lambda match: _put(match, 1), text)


def _phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    plain = DATE.match(match[0]) or digits.endswith("00000") or digits in "00123456789012" or len(digits) < 9
    return match[0] if plain else REMOVED


CARD = re.compile(r"(?<![\w+/-])(?<!\d[.,])[2-6](?:[ -]?\d){12,18}(?![\w]|[-.,/]\d)")
CARD_PREFIX = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$|(?:5[1-5]|2[2-7])\d{14}$|3[47]\d{13}$|3(?:[068]\d{12}|5\d{14})$"
    r"|6(?:011|2|4[4-9]|5)\d{12,14}$|(?:5[0678]|6[37])\d{11,17}$"
)


def cards(text: str) -> str:
    """Remove the numbers of payment cards."""
    return CARD.sub(_card, text)


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return REMOVED if CARD_PREFIX.match(digits) and luhn.is_valid(digits) else match[0]


IBAN = re.compile(r"(?<![\w])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,40}(?!\w)", re.IGNORECASE)


def ibans(text: str) -> str:
    """Remove IBANs."""
    return IBAN.sub(_iban, text)


def _iban(match: re.Match[str]) -> str:
    """Try the match without its last words too: "DE89 ... 00 is mine" goes on like an IBAN."""
    found = match[0]
    while found:
        if iban.is_valid(found, check_country=False):  # whose lists of banks are not whole
            return REMOVED + match[0][len(found) :]
        found = found.rpartition(" ")[0]
    return match[0]


IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
IPV6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\w)", re.IGNORECASE
)
ADDRESSED = re.compile(
    r"\b(?:ip|ips|ipv4|host|server|ping|ssh|address|addr|gateway|router|connect|dns)\b[^\d\n]{0,20}\Z", re.IGNORECASE
)
VERSION = re.compile(r"(?:version|release|build|\bver|\bv)[ .:]{0,2}\Z", re.IGNORECASE)
PUBLIC_NETWORK = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}  # everybody's name servers


def addresses(text: str) -> str:
    """Remove IP addresses but for a computer's own and for those that look like versions."""
    return IPV6.sub(_ipv6, IPV4.sub(_ipv4, text))


def _ipv4(match: re.Match[str]) -> str:
    parts = [int(part) for part in match[0].split(".")]
    before = _before(match, 40)
    own = parts[0] in (0, 127, 255) or match[0] in PUBLIC_NETWORK
    small = max(parts) < 64 and not ADDRESSED.search(before)
    return match[0] if own or small or max(parts) > 255 or VERSION.search(before) else REMOVED


def _ipv6(match: re.Match[str]) -> str:
    found = match[0]
    try:
        address = ipaddress.IPv6Address(found)
    except ValueError:
        return found
    groups = [group for group in found.split(":") if group]
    code = len(groups[0]) < 3 if groups else True  # "a::before"
    clock = len(groups) < 5 and all(group.isdecimal() for group in groups)
    return found if address.is_loopback or code or clock or not re.search(r"\d", found) else REMOVED


KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?s:.*?)(?:-----END [A-Z0-9 ]{1,40}-----|\Z)"
    r"|\bssh-(?:rsa|ed25519|dss) AAAA[\w+/=]{16,}"
    r"|(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # Amazon
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abceoprs]-[\w-]{8,}|xapp-[\w-]{10,}"  # Slack
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"  # Google
    r"|[spr]k_(?:live|test)_\w{10,}|whsec_\w{16,}|sk-(?=[\w-]{0,99}\d)[\w-]{20,}"  # Stripe, OpenAI, Anthropic
    r"|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|hf_[A-Za-z0-9]{20,}|dop_v1_[0-9a-f]{40,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|(?:AC|SK)[0-9a-f]{32}(?!\w)"  # SendGrid, Twilio
    r"|\d{8,10}:[A-Za-z0-9_-]{35}(?![\w-])"  # Telegram
    r"|[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"  # Discord
    r"|eyJ[\w-]{8,999}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web tokens
    r")"
)
LONG = re.compile(r"[\w/+-](?<![\w/+.-].)[\w/+-]{27,}={0,2}")
WORDS = re.compile(r"(?:(?:[A-Z]?[a-z]+|[A-Z]+|[A-Za-z]?\d{1,4})(?:[-_/+]+|\Z))+")  # "2016-New-Coders-Survey"
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
HASHED = re.compile(
    r"(?:commit|sha|hash|md5|checksum|digest|revision|rev|git|merge|blob|tree|tag|cherry-pick|check(?:ed|ing)? ?out|"
    r"forwarded|deploy|btih|HEAD)\w*\b[^.!?]{0,40}\Z",
    re.IGNORECASE,
)


def keys(text: str) -> str:
    """Remove keys and tokens: those with a known beginning, and long words of high entropy but for named hashes."""
    return LONG.sub(_long, KEY.sub(REMOVED, text))


def _long(match: re.Match[str]) -> str:
    word = match[0].rstrip("=")
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word):
        named = HASHED.search(_before(match, 60))
        secret = len(word) >= 32 and not named and _entropy(word) > 3
    else:
        secret = _entropy(word) > 3.8 and _changes(word) > 0.35 and not _is_a_name(word)
    return REMOVED if secret and re.search(r"\d", word) and re.search(r"[a-zA-Z]", word) else match[0]


def _is_a_name(word: str) -> bool:
    """Say whether a word is made of words, as "getElementsByTagNameV2" is."""
    small = sum(map(len, re.findall(r"[a-z]{3,}", word)))
    few_numbers = len(re.findall(r"\d+", word)) <= 2
    return bool(WORDS.fullmatch(word) or UUID.search(word) or (few_numbers and small > 0.45 * len(word)))


def _entropy(word: str) -> float:
    """Return the entropy of a word's characters in bits each."""
    return -sum(count / len(word) * math.log2(count / len(word)) for count in Counter(word).values())


def _changes(word: str) -> float:
    """Return how often a word goes over from small letters to capitals, to digits, to others: random ones, in 0.6."""
    kinds = ["a" if each.islower() else "A" if each.isupper() else "0" if each.isdigit() else each for each in word]
    return sum(one != two for one, two in pairwise(kinds)) / (len(word) - 1)


NAMED = (
    r"(?:pass(?:word|wd|phrase|code|wort)?|pwd?|psw|pswd|contraseña|mot de passe|kennwort|senha|"
    r"(?:api|access|secret|private|auth|client|wifi|wi-fi|bot|license|encryption)[ _-]?(?:key|token|secret)|apikey|"
    r"secret|token)s?"
)
OF = r"(?:['’]s|(?: (?:for|to|of|on|at|from)(?: [\w.@'’/-]{1,30}){1,4}?))?"
PASSWORD = re.compile(
    rf"(?<![A-Za-z0-9$.@]){NAMED}\b[\"'`]?{OF}"
    r"(?P<sign>[ \t]*(?::=|=>|->|[:=])[ \t]*"
    r"|[ \t]+(?:is|was|es|est|ist|é|will be|changed to|set to|to)(?:[ \t]+(?:now|still|just|probably))?:?[ \t]+"
    r"|['’]s[ \t]+|[ \t]+(?=\S{0,40}\d))"
    r"(?P<quote>[\"'`“]?)(?P<value>[^\s\"'`“”]{4,128})",
    re.IGNORECASE,
)
NO_PASSWORDS = re.compile(
    r"(?:required|optional|string|text|str|varchar|char|true|false|null|nil|none|undefined|hidden|incorrect|correct|"
    r"wrong|invalid|valid|missing|empty|blank|hash|hashed|encrypted|plain|plaintext|password|passwords|username|user|"
    r"number|input|field|this|that|what|your|yours|mine|same|here|there|todo|abc|xxx+|removed|asdf|value|values|"
    r"function|process|return|const|config|reset|forgot|protected|manager|managers|length|strength|the|and|with|"
    r"just|like|when|because|something|anything|nothing|only|very|still|never|always|maybe|probably|please|"
    r"yes|nope|haha|lol)[\W_]*\Z|[\W_]+\Z|@?[<{$%(\[*]|[a-z_]\w*(?:\.\w*[a-z]\w*)+[\W]*\Z|\w+[(\[]|https?:",
    re.IGNORECASE,
)


def passwords(text: str) -> str:
    """Remove what follows "password", "token" and the like, with a sign between or where it looks like one."""
    return PASSWORD.sub(_password, text)


def _password(match: re.Match[str]) -> str:
    value, sign = match["value"], match["sign"].strip()
    bare = value.rstrip(".,;:!?)]}")
    odd = re.search(r"\d", bare) or re.search(r"\w[^\w'’.,/-]+\w|[!$%^&*]", value)
    certain = sign in (":", "=", ":=", "=>", "->") or bool(match["quote"])
    by_word = not sign and not re.fullmatch(r"(?=.*[a-z])(?=.*\d)[^:,/]+", bare, re.IGNORECASE)
    if len(bare) < 4 or NO_PASSWORDS.match(value) or by_word or not (certain or odd):
        return match[0]
    return match[0][: match.start("value") - match.start()] + REMOVED + value[len(bare) :]


NO_CODE = re.compile(
    r"(?:status|error|exit|return|response|https?|char|character|key|area|country|ascii|unicode|source|close|zip|lines?|"
    r"lines? of|hex|colou?r|product|promo|opcode|byte|machine|post|postal|dress|event|ping|of|the next|room)[ -]?\Z",
    re.IGNORECASE,
)
FOR = r"(?: (?:for|to|of|on)(?: [\w'’]{1,20}){1,4}?)?"
IS = r"(?: (?:is|was)(?: now| still)?:?|['’]s|[ ]?[:=])"
CODE = re.compile(
    rf"\b(?:(?:pin|otp|cvv2?|cvc2?|tan|mfa|2fa|passcode)(?:[ -]?(?:code|number|no\.?))?{FOR}(?:{IS}|[ ]?[#-])?"
    r"[ ]{0,2}"
    rf"|(?:security|verification|confirmation|access|login|entry|unlock|backup|auth|sms|door|gate|alarm|enter|use) "
    rf"code{FOR}{IS}? ?"
    rf"|(?:code|combination|combo){FOR}{IS} ?"
    r"|code (?=\d{3}[ -]\d{3}))"
    r"[\"'`]?(\d(?:[ -]?\d){2,9})"
    r"(?![\w%]|[.,:/-]\d| (?:lines?|times|char|words?|loc|bytes?|years?|days|pages?|x)\b)",
    re.IGNORECASE,
)
IS_CODE = re.compile(
    r"\d(?<![\w.,:/$#-]\d)\d{2}[ -]?\d{1,5}"
    r"(?= is (?:my|your|the|our|ur)(?: \w{1,20}){0,3} (?:code|pin|otp|passcode)\b)",
    re.IGNORECASE,
)


def codes(text: str) -> str:
    """Remove numbers called a code or a PIN."""
    return CODE.sub(_code, IS_CODE.sub(REMOVED, text))


def _code(match: re.Match[str]) -> str:
    before = _before(match, 20)
    short = match[0].casefold().startswith("code") and sum(map(str.isdigit, match[1])) < 4
    if short or NO_CODE.search(before) or before.endswith(("$", "@", "-", ".")):
        return match[0]
    return _put(match, 1)


def _before(match: re.Match[str], most: int) -> str:
    """Return the characters before a match, so many of them at most."""
    return match.string[max(0, match.start() - most) : match.start()]


def _put(match: re.Match[str], group: int | str) -> str:
    """Return the match with REMOVED for one of its groups."""
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match[0][:start] + REMOVED + match[0][end:]
