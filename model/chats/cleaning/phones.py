"""Telephone numbers: international ones, those of usual shapes, and any number near a word such as "call"."""

import re

from model.chats.cleaning.patterns import REMOVED, Filter, one_of, text_after, text_before

SEPARATOR = r"[ ./()\-\u2010-\u2013\xa0]{0,2}"
SEVEN_DIGITS = re.compile(rf"\d(?:{SEPARATOR}\d){{6}}")
INTERNATIONAL = re.compile(rf"(?<![\w+.])(?:\+|00)[ (]?[1-9](?:{SEPARATOR}\d){{7,14}}(?![\w-]|[.,]\d)")
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
ANY_NUMBER = re.compile(rf"(?<![\w#$€£+])(?<!\d[.,:/-])\+?[(]?\d(?:{SEPARATOR}\d){{6,14}}(?![\w%]|[.,:-]\d)")
TELEPHONING = re.compile(
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
OTHER_NUMBER_BEFORE = re.compile(  # "order no. ", "3 x "
    r"(?:account|bug|case|id|invoice|isbn|issue|item|model|order|part|port|product|random|serial|ticket|tracking|upc|"
    r"version)s?(?: (?:id|is|no\.?|number|#)){0,2}[ :=#]{0,3}\Z|\d[ ]?[x*/+=^<>-][ ]?\Z|[\[(]\d{1,3},[ ]?\Z",
    re.IGNORECASE,
)
UNIT_AFTER = re.compile(
    r"[ ]?(?:[€$£*/+=^<>]|bytes|characters|digits|dollars|euros?|kb|lines|messages|ms|people|points|px|rows"
    r"|seconds|times|users|"
    r"views|years)",
    re.IGNORECASE,
)
DATE = re.compile(
    r"\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d(?!\d)|(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?(?!\d)|(?:19"
    r"|20)\d\d ?[-–] ?(?:19|20)\d\d\Z"
)
NUMBER_LIST = re.compile(r"^\d{1,3}\.\d{5,}$|(?:^|\D)\d\D+\d\D+\d\b")  # "3.14159265", "1 2 3 4 5 6 7"
SENTENCE_END = re.compile(r"[.!?]\s|\n")
# Seven digits: the numbers of payment cards pass it too.
FILTER = Filter(coarse=r"\d", fine=r"\d(?:[ ./()\x{2010}-\x{2013}\x{a0}-]*\d){6}")


def remove_phones(text: str) -> str:
    """Remove telephone numbers."""
    if not SEVEN_DIGITS.search(text):
        return text
    text = INTERNATIONAL.sub(_replace_shaped, text)
    text = NATIONAL.sub(_replace_shaped, text)
    if TELEPHONING.search(text):
        text = ANY_NUMBER.sub(_replace_near_word, text)
    return text


def _replace_shaped(match: re.Match[str]) -> str:
    number = match[0]
    digits = sum(map(str.isdigit, number))
    short = digits < 9 and "555" not in number[:4]
    return number if short or _is_harmless(number) else REMOVED


def _replace_near_word(match: re.Match[str]) -> str:
    """Replace a number with a word of telephoning in its sentence, near behind it or less near before it."""
    before, after = text_before(match, 60), text_after(match, 30)
    if _is_harmless(match[0]) or NUMBER_LIST.search(match[0]):
        return match[0]
    if OTHER_NUMBER_BEFORE.search(before) or UNIT_AFTER.match(after):
        return match[0]
    same_sentence = SENTENCE_END.split(before)[-1], SENTENCE_END.split(after)[0]
    return REMOVED if any(map(TELEPHONING.search, same_sentence)) else match[0]


def _is_harmless(number: str) -> bool:
    """Return whether a number is a date, a round number, or digits in a row."""
    digits = re.sub(r"\D", "", number)
    in_a_row = digits in "00123456789012"
    return bool(DATE.match(number.lstrip("("))) or digits.endswith("00000") or in_a_row
