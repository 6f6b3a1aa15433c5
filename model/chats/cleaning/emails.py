"""E-mail addresses, also those spelt out: "ada (at) example dot org"."""

import re

from model.chats.cleaning.patterns import FILE_ENDINGS, REMOVED, Filter, one_of

DOMAIN_ENDINGS = one_of("""
    app at biz blog ch cloud com de dev edu email es eu example fr gg gov info io it life live mail me museum name net
    online org pro shop site social tech tv uk us xyz
""")
PROVIDERS = "aol|fastmail|gmail|gmx|googlemail|hotmail|icloud|outlook|posteo|proton|protonmail|web|yahoo|yandex"
EMAIL = re.compile(
    r"(?<![\w+%-])(?<!\w\.)(?!git@)\w[\w.+%-]{0,63}@"
    r"(?:[^\W_](?:[\w-]{0,61}\w)?\.){1,6}"
    rf"(?!(?:{FILE_ENDINGS})\b)[^\W\d_]{{2,24}}(?![\w-])",
    re.IGNORECASE,
)
AT = (
    r"(?:[ ]?[\[({<][ ]?(?:@|arobase|arroba|at|ät)[ ]?[\])}>][ ]?"
    r"|[ ](?:@|apenstaartje|arobase|arroba|at|chiocciola|klammeraffe|ma[łl]pa|zavináč|ät|собака)[ ]"
    r"|_at_|-(?-i:AT)-|@)"
)
DOT = (
    r"(?:[ ]?[\[({<][ ]?(?:\.|dot|point|punkt|punto)[ ]?[\])}>][ ]?"
    r"|[ ](?:dot|kropka|point|ponto|punkt|punto|punt|tečka|точка)[ ]"
    r"|_dot_|-(?-i:DOT)-)"
)
SPELT_EMAIL = re.compile(  # "ada dot b (at) example dot org"
    rf"(?<![\w.+-])[\w.+-]{{1,64}}?(?:(?:{DOT}|[ ](?:underscore|dash)[ ])[\w+-]{{1,64}}?){{0,3}}{AT}"
    rf"(?!(?:a|my|that|the|this)\b)[\w-]{{1,63}}?(?:(?:{DOT}|\.)[\w-]{{1,63}}){{0,3}}"
    rf"(?:{DOT}|\.)(?:{DOMAIN_ENDINGS}|[a-z]{{2}})(?![\w-])",
    re.IGNORECASE,
)
SHORT_PROVIDERS = ("gmail", "gmx", "hotmail", "icloud", "outlook", "protonmail", "yahoo")
SHORT_EMAIL = re.compile(  # "ada_b at gmail"
    rf"(?<![\w.+-])(?=[\w.+-]{{0,64}}[\d._+-])[a-z][\w.+-]{{3,64}}{AT}"
    rf"(?:{'|'.join(SHORT_PROVIDERS)})\b(?!\.\w)",
    re.IGNORECASE,
)
# What a spelt address has in small letters. Without IGNORECASE Python looks for first characters, three times as fast.
SPELT_HINT = re.compile(
    r"[\[({<] ?(?:at|dot|@|\.) ?[\])}>]"
    r"|apenstaartje|arobase|arroba|chiocciola|klammeraffe|ma[łl]pa|punkt |punto |zavináč|собака"
    r"|dot\b(?<!\w...)|[ (\[]ät[ )\]]|_at_| @ | at (?=\S+\.\w)"
)
# The same for RE2, which ignores case and looks neither ahead nor behind.
SPELT_FILTER = (
    r"[\[({<] ?(?i:at|dot|@|\.|arobase|arroba|punkt|punto|point) ?[\])}>]"
    r"|(?i:dot|apenstaartje|arobase|arroba|chiocciola|klammeraffe|ma[łl]pa| punkt | punto |zavináč)"
    r"|AT|[0-9_.+-]\w* at |[ (]ät[ )]|_at_|собака"
)
FILTER = Filter(
    coarse=rf"\S@| @ |{SPELT_FILTER}",
    fine=rf"\S@\S|{SPELT_FILTER}|[0-9_.+-]\w* (?:@|at) \S+\.[a-z]|(?i:(?:\bat|@) (?:{PROVIDERS}))\b",
)


def remove_emails(text: str) -> str:
    """Remove e-mail addresses, also spelt out."""
    if "@" in text:
        text = EMAIL.sub(REMOVED, text)
    small = text.lower()
    if _may_be_spelt(text, small):
        text = SPELT_EMAIL.sub(_replace_spelt, text)
    if any(provider in small for provider in SHORT_PROVIDERS):
        text = SHORT_EMAIL.sub(REMOVED, text)
    return text


def _replace_spelt(match: re.Match[str]) -> str:
    address = match[0]
    if not _may_be_spelt(address, address.lower()):
        return address
    name, at, host = re.split(f"({AT})", address, maxsplit=1, flags=re.IGNORECASE)[:3]
    loose = at in (" @ ", " at ")
    clear = re.search(rf"{DOT}|^(?:{PROVIDERS})\b", host) or re.search(r"[\d_.+-]", name)
    if loose and not clear:  # "a site @ example.org"
        return address
    return REMOVED


def _may_be_spelt(text: str, small: str) -> bool:
    return " AT " in text or "-AT-" in text or bool(SPELT_HINT.search(small))
