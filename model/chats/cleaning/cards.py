"""Numbers of payment cards and of bank accounts (IBAN), by their check digits."""

import re

from stdnum import iban, luhn

from model.chats.cleaning.patterns import REMOVED, Filter

CARD = re.compile(r"(?<![\w+/-])(?<!\d[.,])[2-6](?:[ .-]?\d){12,18}(?![\w]|[-.,/]\d)")
CARD_PREFIX = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$|(?:5[1-5]|2[2-7])\d{14}$|3[47]\d{13}$|3(?:[068]\d{12}|5\d{14})$"
    r"|6(?:011|2|4[4-9]|5)\d{12,14}$|(?:5[0678]|6[37])\d{11,17}$"
)
IBAN = re.compile(r"(?<![\w])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,40}(?!\w)", re.IGNORECASE)
IBAN_FILTER = Filter(coarse=r"\d", fine=r"[A-Za-z][A-Za-z]\d\d[ -]?[A-Za-z0-9]")


def remove_cards(text: str) -> str:
    """Remove the numbers of payment cards."""
    return CARD.sub(_replace_card, text)


def _replace_card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return REMOVED if CARD_PREFIX.match(digits) and luhn.is_valid(digits) else match[0]


def remove_ibans(text: str) -> str:
    """Remove the numbers of bank accounts."""
    return IBAN.sub(_replace_iban, text)


def _replace_iban(match: re.Match[str]) -> str:
    """Try the match without its last words too: "DE89 ... 00 is mine" continues like an IBAN."""
    number = match[0]
    while number:
        if iban.is_valid(number, check_country=False):  # stdnum's lists of banks are incomplete
            return REMOVED + match[0][len(number) :]
        number = number.rpartition(" ")[0]
    return match[0]
