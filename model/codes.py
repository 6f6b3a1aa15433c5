"""Codes and PINs out of a message: numbers near a word that says so, or near a place with a lock."""

import re

from model.passwords import NOW
from model.redaction import REMOVED, before, one_of, put

# What a code looks like: "4291", "12-34-56", "ab12-cd34", "K7RQ2".
GROUPED = r"(?:[A-Z]-)?\d(?:[ -]?\d){2,39}"  # whole, or the next time would bite off more
MIXED = r"(?-i:(?=[A-Z]{0,7}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{4,8})"
PIECES = r"(?=[a-z-]{0,20}\d)(?=[\d-]{0,20}[a-z])[a-z0-9]{3,8}(?:-[a-z0-9]{3,8}){1,3}"
NUMBER = rf"(?<!\w)(?:{GROUPED}|{PIECES}|{MIXED})(?![\w%]|[.,:/-]\d)"
UNIT = re.compile(  # behind a number that is none: "4 hours"
    r"[ -]?(?:[€$£°]|"
    + one_of("""
    bytes? characters? chars? days? dollars eur euros? files fps gb hours? items k kb lines? loc mb min(?:ute)?s? mm ms
    pages? people points px records rows sec(?:ond)?s? stars times tokens units usd users words? x years?
    """)
    + r"\b)",
    re.IGNORECASE,
)
# Words that say of themselves that a number near them is secret.
CODE = "(?:clave|code|codice|codigo|código|kod)s?"
OPENED = one_of(r"""
    access activation alarm auth\w* backup confirmation door entry garage gate gym house keypad lock locker login
    pairing recovery reset safe security sms unlock verification verify wi-?fi
""")
WORDS_FOR_CODES = one_of(rf"""
    2fa authenticator cvc2? cvv2? digicode geheimzahl mfa one[\s-]time otp passcodes? pins? puk steam\sguard tans? totp
    {OPENED}[\s-](?:code|number)s?
    (?:bestätigungs|einmal|entsperr|freischalt|haustür|sicherheits|toegangs|tor|tür|verifizierungs)codes?
    (?:wiederherstellungs|zugangs)codes?
    {CODE}\s(?:d['’]|de|del|della|des|di|do|du|po|por)\s?(?!(?:erreur|error|la\sroute|postal)\b)\w{{3,20}}
    codes?\s(?:alarme|immeuble|pin|porte|portail|secret|sms|wi-?fi) codice\sporta
    (?:authentication|confirmation|recovery|verification)(?=\s?:)
    (?:message|sms|text)\s(?:just\s)?(?:reads|said|says)
""")
# Words for a code that are also words for much else: "error code 4012".
CODE_WORD = re.compile(rf"(?<![\w-])[a-z]{{0,12}}(?P<code>{CODE})(?!\w)", re.IGNORECASE)
PLACE = one_of(r"""
    alarma? briefcase buzzer cadenas candado cassaforte coffre combination combinación combinaison combo door garage
    gate key\s?(?:box|safe) keypad koffer kombination lock(?:box|er)? luggage opener padlock porte portail puerta
    safe schließfach schloss shed spind suitcase tor tresor tür unlock vault vorhängeschloss
""")
CALLED_IS = one_of(r"""
    are c['’]est changed\sto es est é è is ist it['’]?s lautet now opens\swith reads says sends? set\sto shows sigue
    still takes that['’]?s thats to war was with
""")
SECRET = re.compile(rf"(?<!\w){WORDS_FOR_CODES}(?!\w)", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d\d")
CALLED = re.compile(rf"(?:[:=]|\bcode|\b{CALLED_IS}{NOW})[ ]?[\"'`“(*#]{{0,3}}\Z", re.IGNORECASE)
LOCK = re.compile(  # "the gate's code for guests is 4291"
    rf"(?<![\w-])(?P<place>{PLACE})(?:['’]s| (?:number|no\.?))?(?:(?: [\w'’]+){{0,3}}? {CALLED_IS}"
    rf"| for [\w'’ ]{{2,20}}?|[ ]?[:=])?"
    r"[ :#=-]{0,3}[\"'`“(*]{0,2}\Z",
    re.IGNORECASE,
)
NUMBERS = re.compile(
    rf"(?<![\w/$€£])(?<![\w[(]#)(?<!\w-)(?<!\d[.,: ])(?P<number>{NUMBER}|G-\d{{6}}(?!\w))[#*]?", re.IGNORECASE
)
NAMED_AFTER = re.compile(  # "4291 is my pin", "4291 for the gate"
    r"[\"'`”)]?(?:[ ,]{0,2}[–—-]{0,2}[ ]?)"
    rf"(?:[^.!?\n\d]{{0,30}}?(?<!\w){WORDS_FOR_CODES}"
    r"|(?:(?:are|as|c['’]est|es|est|for|is|ist|that['’]?s|thats|war|was) )?(?:(?:an?|dein|der|el|her|his|le|mein"
    r"|mi|my|our|the|tu|ur|"
    r"votre|your) )(?:[\w'’]{1,20} ){0,3}?(?:code|codice|código|combo|combination)"
    rf"|(?:for the |\(){PLACE})(?!\w)",
    re.IGNORECASE,
)
APP_CODE = re.compile(r" (?!lines|of)\w{2,12} code\b", re.IGNORECASE)  # "28391 steam code"
TYPED = re.compile(
    r"\b(?:buzz|dial|enter|gib|key in|press|punch in|tap(?: in)?|tape[rz]?|type|use|with) \Z", re.IGNORECASE
)
TYPED_AT = re.compile(  # "enter 5544 on the keypad"
    rf"[^.!?\n\d]{{0,25}}\b(?:{PLACE}|activate|and hit|bell|buzzer|confirm|disarm|get in|log ?in|open|sign in"
    rf"|reset|verify)\b",
    re.IGNORECASE,
)
ROTATING = re.compile(r"(?<![\w.,:/-])\d{1,2}([-/. ])\d{1,2}(?:\1\d{1,2}){1,2}(?![\w%]|[.,:/-]\d)")  # "36-12-28"
COMBINATION = re.compile(
    rf"\b(?:c[oó]d(?:e|igo|ice)|combinat\w+|combo|{PLACE}|zahlenschloss)\b[^.!?\n]{{0,30}}\Z", re.IGNORECASE
)
HINT = (  # as the passwords'
    r"(?i:2fa|authent|c[oó]d[ei]|\bkod|clave|cv[cv]|geheimz|guard|mfa|(?:confirm|securi|verif)\w* n|recovery|verifica"
    rf"|(?:message|sms|text) sa|one.time|otp|\bpin|\bpuk|\btan|zahlen|\b{PLACE}).*(?:\d[ /.-]?\d|[A-Z]\d|\d[A-Z])"
    r"|\d[ -]?\d[ -]?\d.*(?i:2fa|c[oó]d[ei]|cv[cv]|mfa|otp|\bpin|\bpuk|\btan|activate|reset|bell|buzzer|confirm|disarm"
    rf"|get in|log ?in|open|sign in|unlock|verify|\b{PLACE}\b)|G-\d\d|(?:buzz|confirm with|punch in|key in) \d"
)
# What the code or the number is of that isn't one: "error code 4012", "line 4012".
NO_CODE = re.compile(
    r"(?:\b"
    + one_of(r"""
    airport area ascii billing byte calling char character cheat city class close colou?r country coupon currency
    discount dress ean error erreur event exit free gift harvard hex https? iso key language lines? lines?\sof machine
    morse new of op ping post postal product promo qr region response return room some source status the\snext unicode
    vs write your\sown zip
    """)
    + r"[ -]?|(?:bar|byte|char|de|en|error|fehler|g|hex|key|leet|machine|op|post|qr|source|status|uni|vs|zip))\Z",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"(?:\b"
    + one_of("""
    about after around at before between by chapter from id im in issue line lines nearly on over page port pr release
    room seit since than ticket until version year
    """)
    + r"[ ]?#?|[$€£@.])[ ]?\Z",
    re.IGNORECASE,
)


def codes(text: str) -> str:
    """Remove numbers called a code or a PIN, and short words of capitals and digits that are."""
    return NUMBERS.sub(_number, ROTATING.sub(_rotating, text))


def _rotating(match: re.Match[str]) -> str:
    return REMOVED if COMBINATION.search(before(match, 45)) else match[0]


def _number(match: re.Match[str]) -> str:
    """Look for the word that names a number in front of it, then behind."""
    ahead = re.split(r"\n|\. ", before(match, 50))[-1]
    behind = match.string[match.end() : match.end() + 60]
    if UNIT.match(behind) or (NUMBERED.search(ahead) and not TYPED.search(ahead)):
        return match[0]
    count = sum(map(str.isdigit, match["number"]))
    few = count < 4 and match["number"].isdecimal()
    named = _is_code(ahead, few, match["number"]) or (not few and _is_code_after(ahead, behind, count))
    return put(match, "number") if named or match[0].startswith("G-") else match[0]


def _is_code(ahead: str, few: bool, number: str) -> bool:
    secrets = [*SECRET.finditer(ahead)]
    if secrets and (not few or len(ahead) - secrets[-1].end() < 9 or re.match("cv|sec", secrets[-1][0], re.IGNORECASE)):
        return True
    words = [*CODE_WORD.finditer(ahead)]
    if words and not few and not NO_CODE.search(ahead[: words[-1].start("code")]):
        rare = YEAR.fullmatch(number) or not number.isdecimal()
        return bool(CALLED.search(ahead)) if rare else "!" not in ahead[words[-1].end() :]
    lock = LOCK.search(ahead)
    return bool(
        lock and (not few or re.match("briefcase|koffer|lock|luggage|padlock|suitcase", lock["place"], re.IGNORECASE))
    )


def _is_code_after(ahead: str, behind: str, count: int) -> bool:
    typed = TYPED.search(ahead) and (
        TYPED_AT.match(behind) or ahead.endswith(("confirm with ", "punch in ", "key in "))
    )
    return bool(typed or NAMED_AFTER.match(behind) or (count > 4 and APP_CODE.match(behind)))
