"""Secrets and personal data out of a message: each function puts REMOVED where it finds those of its kind.

A wrong find costs a word of style, a missed one is learnt by heart and told to strangers: in doubt it goes.
"""

import ipaddress
import re

from stdnum import iban, luhn

REMOVED = "[removed]"


def one_of(words: str) -> str:
    """Return a pattern for one of some words, which may be patterns without a blank in them."""
    return f"(?:{'|'.join(words.split())})"


FILES = "css|gif|html?|ico|jpe?g|js|json|jsx|md|mp[34]|pdf|png|py|rb|scss|so|svg|ts|tsx|txt|webp|zip"
ENDS = one_of("""
    app at biz blog ch cloud com de dev edu email es eu example fr gg gov info io it life live mail me museum name net
    online org pro shop site social tech tv uk us xyz
""")
MAILERS = "aol|fastmail|gmail|gmx|googlemail|hotmail|icloud|outlook|posteo|proton|protonmail|web|yahoo|yandex"
EMAIL = re.compile(
    r"(?<![\w+%-])(?<!\w\.)(?!git@)\w[\w.+%-]{0,63}@"
    r"(?:[^\W_](?:[\w-]{0,61}\w)?\.){1,6}"
    rf"(?!(?:{FILES})\b)[^\W\d_]{{2,24}}(?![\w-])",
    re.IGNORECASE,
)
AT = (
    r"(?:[ ]?[\[({<][ ]?(?:@|arobase|arroba|at|ät)[ ]?[\])}>][ ]?"
    r"|[ ](?:@|apenstaartje|arobase|arroba|at|chiocciola|klammeraffe|ma[łl]pa|zavináč|ät|собака)[ ]|_at_|-(?-i:AT)-|@)"
)
DOT = (
    r"(?:[ ]?[\[({<][ ]?(?:\.|dot|point|punkt|punto)[ ]?[\])}>][ ]?"
    r"|[ ](?:dot|kropka|point|ponto|punkt|punto|punt|tečka|точка)[ ]|_dot_|-(?-i:DOT)-)"
)
SPELT_EMAIL = re.compile(  # "ada dot b (at) example dot org"
    rf"(?<![\w.+-])[\w.+-]{{1,64}}?(?:(?:{DOT}|[ ](?:underscore|dash)[ ])[\w+-]{{1,64}}?){{0,3}}{AT}"
    rf"(?!(?:a|my|that|the|this)\b)[\w-]{{1,63}}?(?:(?:{DOT}|\.)[\w-]{{1,63}}){{0,3}}"
    rf"(?:{DOT}|\.)(?:{ENDS}|[a-z]{{2}})(?![\w-])",
    re.IGNORECASE,
)
SHORT_MAILERS = ("gmail", "gmx", "hotmail", "icloud", "outlook", "protonmail", "yahoo")
SHORT_EMAIL = re.compile(  # "ada_b at gmail"
    rf"(?<![\w.+-])(?=[\w.+-]{{0,64}}[\d._+-])[a-z][\w.+-]{{3,64}}{AT}"
    rf"(?:{'|'.join(SHORT_MAILERS)})\b(?!\.\w)",
    re.IGNORECASE,
)
# What a spelt one has in small letters. Without IGNORECASE Python looks for first characters, thrice as fast.
SPELT = re.compile(
    r"[\[({<] ?(?:at|dot|@|\.) ?[\])}>]|apenstaartje|arobase|arroba|chiocciola|klammeraffe|ma[łl]pa|punkt |punto "
    r"|zavináč|собака|dot\b(?<!\w...)|[ (\[]ät[ )\]]|_at_| @ | at (?=\S+\.\w)"
)

# For RE2, in each message with a spelt one.
SPELT_HINT = (
    r"[\[({<] ?(?i:at|dot|@|\.|arobase|arroba|punkt|punto|point) ?[\])}>]"
    r"|(?i:dot|apenstaartje|arobase|arroba|chiocciola|klammeraffe|ma[łl]pa| punkt | punto |zavináč)"
    r"|AT|[0-9_.+-]\w* at |[ (]ät[ )]|_at_|собака"
)


def emails(text: str) -> str:
    """Remove e-mail addresses, also spelt out."""
    if "@" in text:
        text = EMAIL.sub(REMOVED, text)
    small = text.lower()
    if _is_spelt(text, small):
        text = SPELT_EMAIL.sub(_spelt, text)
    return SHORT_EMAIL.sub(REMOVED, text) if any(mailer in small for mailer in SHORT_MAILERS) else text


def _spelt(match: re.Match[str]) -> str:
    name, at, host = re.split(f"({AT})", match[0], maxsplit=1, flags=re.IGNORECASE)[:3]
    place = at in (" @ ", " at ") and not re.search(rf"{DOT}|^(?:{MAILERS})\b", host)  # "a site @ example.org"
    return (
        REMOVED if _is_spelt(match[0], match[0].lower()) and (not place or re.search(r"[\d_.+-]", name)) else match[0]
    )


def _is_spelt(text: str, small: str) -> bool:
    return " AT " in text or "-AT-" in text or bool(SPELT.search(small))


SEPARATED = r"[ ./()\-\u2010-\u2013\xa0]{0,2}"
SEVEN = re.compile(rf"\d(?:{SEPARATED}\d){{6}}")
INTERNATIONAL = re.compile(rf"(?<![\w+.])(?:\+|00)[ (]?[1-9](?:{SEPARATED}\d){{7,14}}(?![\w-]|[.,]\d)")
NATIONAL = re.compile(
    r"(?<![\w#$€£+-])(?<!\d[.,:/])(?:1[ .-])?(?:"
    r"\([2-9]\d{2}\)[ .-]?\d{3}[ .-]?\d{4}"  # North America
    r"|[2-9]\d{2}([.-])\d{3}\1\d{4}|[2-9]\d{2} [2-9]\d{2}[ -]\d{4}"
    r"|\(?0[1-9]\d{0,4}\)?(?:[ /-]{1,3}\d{2,8}){1,5}|0[1-9]\d{8,9}"  # much of the rest of the world
    r"|[6-9]\d{2} \d{2} \d{2} \d{2}|9[1-8] \d{3} \d{2} \d{2}|[5-7]\d{2} \d{3} \d{3}"  # Spain, Poland
    r"|[78][ -]?\(\d{3,4}\)[ -]?\d{2,3}-\d\d-\d\d"  # Russia
    r"|[6-9]\d{4}[ -]\d{5}|\(?[1-9]\d\)? ?9\d{4}-\d{4}|555[ .-]?\d{4}"  # India, Brazil, films
    r")(?![\w-]|[.,:/]\d)"
)
DIGITS = re.compile(rf"(?<![\w#$€£+])(?<!\d[.,:/-])\+?[(]?\d(?:{SEPARATED}\d){{6,14}}(?![\w%]|[.,:-]\d)")
CALLING = re.compile(
    r"(?<![^\W\d_])"
    + one_of(r"""
    anruf\w* appell?e\w* call(?:e[dr]|ing)? casa cel cell(?:phone|ulare?)? celular chiama\w* dial erreichbar faxe?
    festnetz\w* fijo fixe handy handynummer hmu land\s?line llám\w+ llama\w* mob mobile? mobil(?:nummer)? movil móvil
    mv nr number num[eé]ros? numer nummer n[uú]m(?:[eé]ro)? phone portable reach ring ruf\w* signal sim sms
    tele?(?:fon\w*|fono|fone|phone)? telefonnummer teléfono telefoon tél(?:éphone)? text(?:ed)? tlf viber voicemail
    wasap whats\s?app wts?p zadzwoń zap звони\w* номер позвон\w* тел\w*
    """)
    + r"(?![^\W\d_])",
    re.IGNORECASE,
)
NOT_CALLED = re.compile(
    r"(?:account|bug|case|id|invoice|isbn|issue|item|model|order|part|port|product|random|serial|ticket|tracking|upc|"
    r"version)s?(?: (?:id|is|no\.?|number|#)){0,2}[ :=#]{0,3}\Z|\d[ ]?[x*/+=^<>-][ ]?\Z|[\[(]\d{1,3},[ ]?\Z",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"[ ]?(?:[€$£*/+=^<>]|bytes|characters|digits|dollars|euros?|kb|lines|messages|ms|people|points|px|rows"
    r"|seconds|times|users|"
    r"views|years)",
    re.IGNORECASE,
)
DATE = re.compile(
    r"\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d(?!\d)|(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?(?!\d)|(?:19"
    r"|20)\d\d ?[-–] ?(?:19|20)\d\d\Z"
)
COUNTING = re.compile(r"^\d{1,3}\.\d{5,}$|(?:^|\D)\d\D+\d\D+\d\b")  # "3.14159265", "1 2 3 4 5 6 7"
SENTENCE_END = re.compile(r"[.!?]\s|\n")


def phones(text: str) -> str:
    """Remove telephone numbers: international, of usual shapes, and any number near a word such as "call"."""
    if not SEVEN.search(text):
        return text
    text = NATIONAL.sub(_phone, INTERNATIONAL.sub(_phone, text))
    return DIGITS.sub(_called, text) if CALLING.search(text) else text


def _phone(match: re.Match[str]) -> str:
    few = sum(map(str.isdigit, match[0])) < 9 and "555" not in match[0][:4]
    return match[0] if few or _is_plain(match[0]) else REMOVED


def _called(match: re.Match[str]) -> str:
    """Look for a word of telephoning in the same sentence, more closely after the number than before it."""
    ahead, behind = before(match, 60), match.string[match.end() : match.end() + 30]
    if _is_plain(match[0]) or COUNTING.search(match[0]) or NOT_CALLED.search(ahead) or COUNTED.match(behind):
        return match[0]
    called = CALLING.search(SENTENCE_END.split(ahead)[-1]) or CALLING.search(SENTENCE_END.split(behind)[0])
    return REMOVED if called else match[0]


def _is_plain(number: str) -> bool:
    """Say whether a number is a date, a round one, or one in a row."""
    digits = re.sub(r"\D", "", number)
    return bool(DATE.match(number.lstrip("("))) or digits.endswith("00000") or digits in "00123456789012"


CARD = re.compile(r"(?<![\w+/-])(?<!\d[.,])[2-6](?:[ .-]?\d){12,18}(?![\w]|[-.,/]\d)")
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


IPV4 = re.compile(r"(?<![\w.-])((?:\d{1,3}\.){3}\d{1,3})(?:\.\d{2,5})?(?![\w-]|\.\d)")  # with a port, as tcpdump does
IPV6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:%\w{1,16})?(?![\w:]|\.\w)",
    re.IGNORECASE,
)
MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:-]|\.\w)",
    re.IGNORECASE,
)
ADDRESSED = re.compile(
    r"\b(?:ip|ips|ipv4|host|server|ping|ssh|address|addr|gateway|router|connect|dns|at|box|machine|nas|on|pc"
    r"|printer|vpn)\b[^\d\n]{0,20}\Z",
    re.IGNORECASE,
)
VERSION = re.compile(r"(?:version|release|build|\bver|\bv)[ .:]{0,2}\Z", re.IGNORECASE)
PUBLIC_NETWORK = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}  # everybody's name servers


def addresses(text: str) -> str:
    """Remove MAC addresses, and IP addresses but for a computer's own and for those that look like versions."""
    return IPV6.sub(_ipv6, IPV4.sub(_ipv4, MAC.sub(_mac, text)))


def _mac(match: re.Match[str]) -> str:
    return REMOVED if re.search(r"[1-9a-f]", match[0], re.IGNORECASE) else match[0]


def _ipv4(match: re.Match[str]) -> str:
    parts = [int(part) for part in match[1].split(".")]
    ahead = before(match, 40)
    own = parts[0] in (0, 127, 255) or match[0] in PUBLIC_NETWORK
    small = max(parts) < 64 and not ADDRESSED.search(ahead)
    return match[0] if own or small or max(parts) > 255 or VERSION.search(ahead) else REMOVED


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


def before(match: re.Match[str], most: int) -> str:
    """Return the characters before a match, so many of them at most."""
    return match.string[max(0, match.start() - most) : match.start()]


def put(match: re.Match[str], group: int | str, instead: str = REMOVED) -> str:
    """Return the match with something else for one of its groups."""
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match[0][:start] + instead + match[0][end:]
