"""Codes and PINs out of a message: numbers near a word that says so, or near a place with a lock."""

import re

from model.chats.cleaning.passwords import NOW
from model.chats.cleaning.redaction import REMOVED, before, one_of, put

# What a code looks like: "4291", "12-34-56", "ab12-cd34", "K7RQ2".
GROUPED = r"(?:[A-Z]-)?\d(?:[ -]?\d){2,39}"  # whole, or the next time would bite off more
MIXED = r"(?-i:(?=[A-Z]{0,7}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{4,8})"
PIECES = r"(?=[a-z-]{0,20}\d)(?=[\d-]{0,20}[a-z])[a-z0-9]{3,8}(?:-[a-z0-9]{3,8}){1,3}"
NUMBER = rf"(?<!\w)(?:{GROUPED}|{PIECES}|{MIXED})(?![\w%]|[.,:/-]\d)"
UNIT = re.compile(  # behind a number that is none: "4000 hours"
    r"[ -]?(?:[€$£°]|"
    + one_of("""
    años ans bucks bytes? calories characters? chars? classes commits days? días dollars errors? eur euros? files?
    fois followers fps ft functions gb hertz heures? horas hours? hp hz items jahre? jours k kb kcal kg
    kilo(?:s|meter)? km leute lignes líneas lines? loc m mah mal mb members messages meters? mg miles minuten
    min(?:ute)?s? minutos mm ms msgs ohm pages? páginas people personas persons? points posts px records requests rows
    rpm runs sec(?:ond)?s? seconds seiten sekunden stars steps stunden subs tage tests times tokens units usd users
    veces views volts? warnings watts? words? x xp years? zeichen zeilen
    """)
    + r"\b)",
    re.IGNORECASE,
)
COUNTED = re.compile(r" (?!opens|unlocks|works|expires|always)[a-z]{3,}[^aeiosu]s\b")  # "28000 students"
# Words that say of themselves that a number near them is secret.
CODE = one_of("(?:clave|code|codice|codigo|código)s? kod(?:e|en|u)? koodi kód код(?:а|ом|у)?")
OPENED = one_of(r"""
    access activation alarm auth\w* backup confirmation door elevator entrance entry garage gate gym house keypad lock
    locker login pairing recovery reset safe security sms unlock verification verify wi-?fi
""")
WORDS_FOR_CODES = one_of(rf"""
    2fa (?:2|two)[\s-]factor (?:authentication|confirmation|recovery|verification)(?=\s?:) authenticator
    (?:bestätigungs|einmal|entsperr|freischalt|haustür|sicherheits|toegangs|tor|tür|verifizierungs)codes?
    {CODE}\s(?:d['’]|(?:de|del|della|des|di|do|du|po|por)\s)(?!(?:erreur|error|la\sroute|postal)\b)\w{{3,20}}
    codes?\s(?:alarme|immeuble|pin|porte|portail|secret|sms|wi-?fi) codice\sporta cvc2? cvv2? digicode geheimnummer
    geheimzahl (?:message|sms|text)\s(?:just\s)?(?:reads|said|says) mfa one[\s-]time {OPENED}[\s-](?:code|number)s?
    otp passcodes? pin-?(?:code|nummer)s? pins? puk\d? (?:sms|m|i)?-?tans? steam\sguard totp
    (?:wiederherstellungs|zugangs)codes? пин(?:-?код)?
""")
# Words for a code that are also words for much else: "error code 4012".
CODE_WORD = re.compile(
    rf"(?<![\w-])[a-z]{{0,12}}(?P<code>{CODE})(?!\w)"
    r"(?!\s(?:base|block|coverage|de\serreur|erreur|postale?|promo|review)\b)",
    re.IGNORECASE,
)
PLACE = one_of(r"""
    alarma? briefcase buzzer cadenas candado cassaforte coffre combinación combinaison combination combo door garage
    gate key\s?(?:box|safe) keypad koffer kombination lock(?:box|er)? luggage opener padlock portail porte puerta safe
    schließfach schloss shed spind suitcase tor tresor tür unlock vault vorhängeschloss
""")
CALLED_IS = one_of(r"""
    are c['’]est changed\sto è é es est is ist it['’]?s lautet now opens\swith reads says sends? set\sto shows sigue
    still takes that['’]?s thats to war was with
""")
# Places with a lock, and what opens them: any number of four to eight digits in their sentence is a code.
LOCKS = one_of(r"""
    airbnb alarma? alarmanlage ascenseur atm barrier barrière bathroom briefkasten buzzer? cadenas caja\sfuerte
    candado cassaforte coffre(?:-fort)? cofre (?:de[nr]|im|the)\s(?:lift|lock) deur digicode disarm\w* door(?:bell)?
    elevator entrance (?:fahrrad|vorhänge|zahlen)schloss garage garaje gate haustür hotel\ssafe immeuble intercom
    interphone ipad keller key\s?(?:box|pad|safe) koffer lobby lock\sscreen lock(?:box|er) lucchetto luggage mailbox
    padlock parcel portail portão portone puerta safe schließfach schloss server\sroom shed spind storage\sunit
    suitcase tablet taquilla toilet tresor tür türöffner unlock\w* vault voice\s?mail двер\w+ домофон\w* подъезд\w*
    сейф\w*
""")
LOCKED = re.compile(rf"(?<!\w){LOCKS}(?!\w)", re.IGNORECASE)
PRICED = re.compile(
    r"[€$£]|\b(?:bought|built|cost\w*|fees?|kost\w*|paid|price\w*|prix|sold|sqft|wide|width|worth)\b", re.IGNORECASE
)
# Five to eight digits near these are a code that was sent.
SENDERS = one_of("amazon apple discord facebook fb google insta\\w* paypal signal steam telegram uber whatsapp")
TEXTED = re.compile(
    rf"\b(?:bank|code (?:for|from|i|is|u|you)|(?:a|as|login|ur|your) code|(?:6|six) digits|expires|log(?:ging)? ?in|otp"
    rf"|sent|sms|{SENDERS} (?:says|wrote)|(?:an?|by|per|the|via) text|texted|verif\w*)\b"
    r"(?! (?:block|lines?|point|review))",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"\n|(?<!\.)\.\s")
SECRET = re.compile(rf"(?<!\w){WORDS_FOR_CODES}(?!\w)", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d\d")
YEARS = re.compile(r"(?:19|20)\d\d ?(?:to|and|-|–|bis|à|a) ?\Z")
CALLED = re.compile(
    rf"(?:[:=]|\bcode|\b{CALLED_IS}{NOW}(?: (?:das|der|die|el|il|la|le|o|the))?)[ ]?[\"'`“(*#]{{0,3}}\Z", re.IGNORECASE
)
LOCK = re.compile(  # "the gate's code for guests is 4291"
    rf"(?<![\w-])(?P<place>{PLACE})(?! (?:bet|choice|mode|option|value|way))(?:['’]s| (?:number|no\.?))?"
    rf"(?:(?: [\w'’]+){{0,3}}? {CALLED_IS}"
    rf"| for [\w'’ ]{{2,20}}?|[ ]?[:=])?"
    r"[ :#=-]{0,3}[\"'`“(*]{0,2}\Z",
    re.IGNORECASE,
)
NUMBERS = re.compile(
    rf"(?<![\w/$€£])(?<![\w[(]#)(?<!\w[-(])(?<!\d[.,: ])(?P<number>{NUMBER}|G-\d{{6}}(?!\w))[#*]?", re.IGNORECASE
)
NAMED_AFTER = re.compile(  # "4291 is my pin", "4291 for the gate"
    r"[\"'`”)]?(?:[.,! ]{0,2}[–—-]{0,2}[ ]?)"
    rf"(?:[^.!?\n\d]{{0,45}}?(?<!\w){WORDS_FOR_CODES}"
    r"|(?:(?:are|as|c['’]est|es|est|for|is|ist|that['’]?s|thats|war|was) )?(?:(?:an?|dein|der|el|her|his|le|mein"
    r"|mi|my|our|the|tu|ur|"
    r"votre|your) )(?:[\w'’]{1,20} ){0,3}?(?:code|codice|código|combo|combination)"
    rf"|(?:for the |\(){PLACE})(?!\w)",
    re.IGNORECASE,
)
APP_CODE = re.compile(r" (?!lines|of)\w{2,12} code\b", re.IGNORECASE)  # "28391 steam code"
CODE_FOR = re.compile(  # "4291 opens the gate"
    r" (?:code (?:at|for|is|on|to|was)|drücken|eingeben|eintippen|(?:also |still )?(?:opens|unlocks) the)\b",
    re.IGNORECASE,
)
TYPED = re.compile(
    r"\b"
    + one_of(r"""
    buzz compose[rz]? dial digita enter gib hit key\sin marca press punch(?:\sin)? put\sin tap(?:\sin)? tape[rz]?
    teclea tipp\w* type(?:\sin)? use with
    """)
    + r" \Z",
    re.IGNORECASE,
)
CONFIRMED = re.compile(
    r"\b(?:bestätig\w* mit|confirm with|digita|introduce|key in|punch in|tapez|teclea) \Z", re.IGNORECASE
)
OPENING = re.compile(  # "unlock it with 4291"
    r"\b(?:(?:dis)?arm|entsperr\w*|get in|log ?in|opens?|unlock\w*)(?: (?:it|the \w+))?(?: now)?"
    r" (?:by|con|mit|using|via|w/|with) ?\Z",
    re.IGNORECASE,
)
TYPED_AT = re.compile(  # "enter 5544 on the keypad"
    rf"[^.!?\n\d]{{0,30}}\b(?:{PLACE}|activate|and hit|bell|buzz|buzzer|confirm|disarm|get in|join|log ?in|open|pad"
    r"|reset|sign in|twice|verify)\b",
    re.IGNORECASE,
)
ROTATING = re.compile(r"(?<![\w.,:/-])\d{1,2}([-/. ])\d{1,2}(?:\1\d{1,2}){1,2}(?![\w%]|[.,:/-]\d)")  # "36-12-28"
COMBINATION = re.compile(
    rf"\b(?:c[oó]d(?:e|igo|ice)|combinat\w+|combo|{PLACE}|zahlenschloss)\b[^.!?\n]{{0,30}}\Z", re.IGNORECASE
)
# What a message with a code has at least, for RE2: words that have to be near one, those for which four digits have to
# be, and those that are behind it.
SECRET_STEMS = one_of(
    r"""
    2fa (?:2|two).factor authent \bk[oó]o?d \bnip \bpin \bpuk \btan clave (?:confirm|securi|verif)\w*\s[cn] cv[cv]
    geheim guard (?:message|sms|text)\ssa mfa one.time otp recovery verifica zahlen код пин
    """
    rf" \b{LOCKS} \b{PLACE}"
)
TEXTED_STEMS = one_of(r"""
    (?:6|six)\sdig bank \bsent\b buzz c[oó]d(?:e|ice|igo)s?\b expire logging\sin (?:says|wrote)\s sms texted the\stext
""")
LATER_STEMS = one_of(
    r"activate bell confirm drücken eingeben eintippen get\sin join log\s?in open \bpad\b reset sign\sin twice verify"
)
HINT = (
    rf"(?i:(?:{SECRET_STEMS}|c[oó]d(?:e|ice|igo)s?\b).*)(?:\d[ /.-]?\d|[A-Za-z]\d|\d[A-Za-z])"
    rf"|(?is:(?:{SECRET_STEMS}|{TEXTED_STEMS}).*)\d[ -]?\d[ -]?\d[ -]?\d"
    rf"|\d[ -]?\d[ -]?\d.*(?i:{SECRET_STEMS}|{TEXTED_STEMS}|{LATER_STEMS})"
    r"|G-\d\d|(?i:bestätig\w* mit|buzz|confirm with|digita|introduce|key in|punch in|tapez|teclea) \d"
    r"|(?i:(?:arm|log ?in|open|unlock).* (?:w/|with|using|by|via|mit|con)) \d"
)
# What the code or the number is of that isn't one: "error code 4012", "line 4012".
NO_CODE = re.compile(
    r"(?:\b"
    + one_of(r"""
    airport area ascii billing byte calling char character cheat city class close colou?r country coupon currency
    discount dress ean erreur error event exit free gift harvard hex https? iso key language lines? lines?\sof machine
    morse of op ping post postal product promo qr region response return room some source status
    (?<!the\s)(?<!my\s)(?<!our\s)(?<!your\s)new the\snext unicode vs write your\sown zip
    """)
    + r"[ -]?|(?:bar|byte|char|de|en|error|fehler|g|hex|key|leet|machine|op|post|qr|source|status|uni|vs|zip))\Z",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"(?:\b"
    + one_of("""
    about after around article at before between build bus by chapter flight from id im in invoice issue job line
    lines model nearly on order over page part port pr release room run seit serial since than ticket tracking train
    until version year zug
    """)
    + r"[ ]?#?|\b(?:art|ch|no|nr|pp?|ver|vol)\.|[$€£@])[ ]?\Z|\.\Z",
    re.IGNORECASE,
)


def codes(text: str) -> str:
    """Remove numbers called a code or a PIN, and short words of capitals and digits that are."""
    return NUMBERS.sub(_number, ROTATING.sub(_rotating, text))


def _rotating(match: re.Match[str]) -> str:
    return REMOVED if COMBINATION.search(before(match, 45)) else match[0]


def _number(match: re.Match[str]) -> str:
    """Look for the word that names a number in its sentence; for one as long as most codes, in the one before too."""
    ahead, behind = before(match, 60), match.string[match.end() : match.end() + 60]
    digits = sum(map(str.isdigit, match["number"]))
    if not 5 <= digits <= 8:
        ahead = SENTENCE_END.split(ahead)[-1]
    if UNIT.match(behind) or (NUMBERED.search(ahead) and not TYPED.search(ahead)):
        return match[0]
    if digits < 4 and re.fullmatch(r"[\d -]+", match["number"]):
        named = _is_short_code(ahead)
    else:
        opens = SECRET.search(ahead) or OPENING.search(ahead)
        named = bool(opens) or _is_called(match["number"], ahead, behind, digits)
    return put(match, "number") if named or match[0].startswith("G-") else match[0]


def _is_short_code(ahead: str) -> bool:
    """Say whether one to three digits are a code: "pin 123", "cvv is 123", "my luggage is 123"."""
    *_, last = [None, *SECRET.finditer(ahead)]
    lock = LOCK.search(ahead)
    return bool(
        (last and (len(ahead) - last.end() < 9 or re.match("cv|sec", last[0], re.IGNORECASE)))
        or (lock and re.match("briefcase|koffer|lock|luggage|padlock|suitcase", lock["place"], re.IGNORECASE))
    )


def _is_called(number: str, ahead: str, behind: str, digits: int) -> bool:
    """Look for the words that are said of much else too."""
    sentence, rest = SENTENCE_END.split(ahead)[-1], SENTENCE_END.split(behind)[0]
    if PRICED.search(sentence):
        return False
    if LOCK.search(ahead) or _is_code(ahead, number) or _is_code_after(ahead, behind, digits):
        return True
    texted = re.fullmatch(r"(?:\d[ -]?){5,8}", number) and (TEXTED.search(sentence) or TEXTED.search(rest))
    return not COUNTED.match(behind) and bool(texted or _is_locked(sentence, rest, number))


def _is_code(ahead: str, number: str) -> bool:
    *_, last = [None, *CODE_WORD.finditer(ahead)]
    if not last or NO_CODE.search(ahead[: last.start("code")]):
        return False
    if YEAR.fullmatch(number) and YEARS.search(ahead):
        return False
    rare = YEAR.fullmatch(number) or not re.fullmatch(r"[\d -]+", number)
    return bool(CALLED.search(ahead)) if rare else "!" not in ahead[last.end() :]


def _is_code_after(ahead: str, behind: str, digits: int) -> bool:
    typed = (TYPED.search(ahead) and TYPED_AT.match(behind)) or (digits > 3 and CONFIRMED.search(ahead))
    return bool(typed or NAMED_AFTER.match(behind) or CODE_FOR.match(behind) or (digits > 4 and APP_CODE.match(behind)))


def _is_locked(ahead: str, behind: str, number: str) -> bool:
    """Say whether a number of four to eight digits, no year and no price, is in a sentence on a lock."""
    several = re.fullmatch(r"(?!(?:19|20)\d\d\Z|\d+000\Z)\d(?:-?\d){3,7}", number)
    return bool(several and (LOCKED.search(ahead) or LOCKED.search(behind)) and not PRICED.search(behind))
