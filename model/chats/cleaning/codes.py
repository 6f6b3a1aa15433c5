"""Codes and PINs: numbers near a word for one, or near a place with a lock."""

import re

from model.chats.cleaning.password_words import ADVERBS
from model.chats.cleaning.patterns import REMOVED, Filter, one_of, replace_group, text_after, text_before

# What a code looks like: "4291", "12-34-56", "ab12-cd34", "K7RQ2".
GROUPED = r"(?:[A-Z]-)?\d(?:[ -]?\d){2,39}"  # all groups, or cleaning again would remove more
MIXED = r"(?-i:(?=[A-Z]{0,7}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{4,8})"
PIECES = r"(?=[a-z-]{0,20}\d)(?=[\d-]{0,20}[a-z])[a-z0-9]{3,8}(?:-[a-z0-9]{3,8}){1,3}"
NUMBER = rf"(?<!\w)(?:{GROUPED}|{PIECES}|{MIXED})(?![\w%]|[.,:/-]\d)"
UNIT_AFTER = re.compile(  # "4000 hours"
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
COUNT_AFTER = re.compile(r" (?!opens|unlocks|works|expires|always)[a-z]{3,}[^aeiosu]s\b")  # "28000 students"
# Words that make a number near them a secret.
CODE_NOUNS = one_of("(?:clave|code|codice|codigo|código)s? kod(?:e|en|u)? koodi kód код(?:а|ом|у)?")
CODE_OWNERS = one_of(r"""
    access activation alarm auth\w* backup confirmation door elevator entrance entry garage gate gym house keypad lock
    locker login pairing recovery reset safe security sms unlock verification verify wi-?fi
""")
CODE_WORDS = one_of(rf"""
    2fa (?:2|two)[\s-]factor (?:authentication|confirmation|recovery|verification)(?=\s?:) authenticator
    (?:bestätigungs|einmal|entsperr|freischalt|haustür|sicherheits|toegangs|tor|tür|verifizierungs)codes?
    {CODE_NOUNS}\s(?:d['’]|(?:de|del|della|des|di|do|du|po|por)\s)(?!(?:erreur|error|la\sroute|postal)\b)\w{{3,20}}
    codes?\s(?:alarme|immeuble|pin|porte|portail|secret|sms|wi-?fi) codice\sporta cvc2? cvv2? digicode geheimnummer
    geheimzahl (?:message|sms|text)\s(?:just\s)?(?:reads|said|says) mfa one[\s-]time {CODE_OWNERS}[\s-](?:code|number)s?
    otp passcodes? pin-?(?:code|nummer)s? pins? puk\d? (?:sms|m|i)?-?tans? steam\sguard totp
    (?:wiederherstellungs|zugangs)codes? пин(?:-?код)?
""")
# Words for a code that also stand for much else: "error code 4012".
CODE_NOUN = re.compile(
    rf"(?<![\w-])[a-z]{{0,12}}(?P<code>{CODE_NOUNS})(?!\w)"
    r"(?!\s(?:base|block|coverage|de\serreur|erreur|postale?|promo|review)\b)",
    re.IGNORECASE,
)
PLACE = one_of(r"""
    alarma? briefcase buzzer cadenas candado cassaforte coffre combinación combinaison combination combo door garage
    gate key\s?(?:box|safe) keypad koffer kombination lock(?:box|er)? luggage opener padlock portail porte puerta safe
    schließfach schloss shed spind suitcase tor tresor tür unlock vault vorhängeschloss
""")
VERBS = one_of(r"""
    are c['’]est changed\sto è é es est is ist it['’]?s lautet now opens\swith reads says sends? set\sto shows sigue
    still takes that['’]?s thats to war was with
""")
# Places with a lock: any number of four to eight digits in the same sentence is a code.
LOCKED_PLACES = one_of(r"""
    airbnb alarma? alarmanlage ascenseur atm barrier barrière bathroom briefkasten buzzer? cadenas caja\sfuerte
    candado cassaforte coffre(?:-fort)? cofre (?:de[nr]|im|the)\s(?:lift|lock) deur digicode disarm\w* door(?:bell)?
    elevator entrance (?:fahrrad|vorhänge|zahlen)schloss garage garaje gate haustür hotel\ssafe immeuble intercom
    interphone ipad keller key\s?(?:box|pad|safe) koffer lobby lock\sscreen lock(?:box|er) lucchetto luggage mailbox
    padlock parcel portail portão portone puerta safe schließfach schloss server\sroom shed spind storage\sunit
    suitcase tablet taquilla toilet tresor tür türöffner unlock\w* vault voice\s?mail двер\w+ домофон\w* подъезд\w*
    сейф\w*
""")
LOCKED_PLACE = re.compile(rf"(?<!\w){LOCKED_PLACES}(?!\w)", re.IGNORECASE)
PRICE_WORD = re.compile(
    r"[€$£]|\b(?:bought|built|cost\w*|fees?|kost\w*|paid|price\w*|prix|sold|sqft|wide|width|worth)\b", re.IGNORECASE
)
# Five to eight digits near these words are a code that was sent.
SENDERS = one_of("amazon apple discord facebook fb google insta\\w* paypal signal steam telegram uber whatsapp")
SENT_WORD = re.compile(
    rf"\b(?:bank|code (?:for|from|i|is|u|you)|(?:a|as|login|ur|your) code|(?:6|six) digits|expires|log(?:ging)? ?in|otp"
    rf"|sent|sms|{SENDERS} (?:says|wrote)|(?:an?|by|per|the|via) text|texted|verif\w*)\b"
    r"(?! (?:block|lines?|point|review))",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"\n|(?<!\.)\.\s")
CERTAIN_WORD = re.compile(rf"(?<!\w){CODE_WORDS}(?!\w)", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d\d")
YEARS_BEFORE = re.compile(r"(?:19|20)\d\d ?(?:to|and|-|–|bis|à|a) ?\Z")
VERB_BEFORE = re.compile(
    rf"(?:[:=]|\bcode|\b{VERBS}{ADVERBS}(?: (?:das|der|die|el|il|la|le|o|the))?)[ ]?[\"'`“(*#]{{0,3}}\Z", re.IGNORECASE
)
PLACE_BEFORE = re.compile(  # "the gate's code for guests is 4291"
    rf"(?<![\w-])(?P<place>{PLACE})(?! (?:bet|choice|mode|option|value|way))(?:['’]s| (?:number|no\.?))?"
    rf"(?:(?: [\w'’]+){{0,3}}? {VERBS}"
    rf"| for [\w'’ ]{{2,20}}?|[ ]?[:=])?"
    r"[ :#=-]{0,3}[\"'`“(*]{0,2}\Z",
    re.IGNORECASE,
)
CANDIDATE = re.compile(
    rf"(?<![\w/$€£])(?<![\w[(]#)(?<!\w[-(])(?<!\d[.,: ])(?P<number>{NUMBER}|G-\d{{6}}(?!\w))[#*]?", re.IGNORECASE
)
WORD_AFTER = re.compile(  # "4291 is my pin", "4291 for the gate"
    r"[\"'`”)]?(?:[.,! ]{0,2}[–—-]{0,2}[ ]?)"
    rf"(?:[^.!?\n\d]{{0,45}}?(?<!\w){CODE_WORDS}"
    r"|(?:(?:are|as|c['’]est|es|est|for|is|ist|that['’]?s|thats|war|was) )?(?:(?:an?|dein|der|el|her|his|le|mein"
    r"|mi|my|our|the|tu|ur|"
    r"votre|your) )(?:[\w'’]{1,20} ){0,3}?(?:code|codice|código|combo|combination)"
    rf"|(?:for the |\(){PLACE})(?!\w)",
    re.IGNORECASE,
)
APP_CODE_AFTER = re.compile(r" (?!lines|of)\w{2,12} code\b", re.IGNORECASE)  # "28391 steam code"
PURPOSE_AFTER = re.compile(  # "4291 opens the gate"
    r" (?:code (?:at|for|is|on|to|was)|drücken|eingeben|eintippen|(?:also |still )?(?:opens|unlocks) the)\b",
    re.IGNORECASE,
)
TYPING_BEFORE = re.compile(
    r"\b"
    + one_of(r"""
    buzz compose[rz]? dial digita enter gib hit key\sin marca press punch(?:\sin)? put\sin tap(?:\sin)? tape[rz]?
    teclea tipp\w* type(?:\sin)? use with
    """)
    + r" \Z",
    re.IGNORECASE,
)
CONFIRMATION_BEFORE = re.compile(
    r"\b(?:bestätig\w* mit|confirm with|digita|introduce|key in|punch in|tapez|teclea) \Z", re.IGNORECASE
)
OPENING_BEFORE = re.compile(  # "unlock it with 4291"
    r"\b(?:(?:dis)?arm|entsperr\w*|get in|log ?in|opens?|unlock\w*)(?: (?:it|the \w+))?(?: now)?"
    r" (?:by|con|mit|using|via|w/|with) ?\Z",
    re.IGNORECASE,
)
TYPING_AFTER = re.compile(  # "enter 5544 on the keypad"
    rf"[^.!?\n\d]{{0,30}}\b(?:{PLACE}|activate|and hit|bell|buzz|buzzer|confirm|disarm|get in|join|log ?in|open|pad"
    r"|reset|sign in|twice|verify)\b",
    re.IGNORECASE,
)
ROTATING = re.compile(r"(?<![\w.,:/-])\d{1,2}([-/. ])\d{1,2}(?:\1\d{1,2}){1,2}(?![\w%]|[.,:/-]\d)")  # "36-12-28"
COMBINATION_BEFORE = re.compile(
    rf"\b(?:c[oó]d(?:e|igo|ice)|combinat\w+|combo|{PLACE}|zahlenschloss)\b[^.!?\n]{{0,30}}\Z", re.IGNORECASE
)
# For RE2: the beginnings of words near a code, of words near four digits at least, and of words after a code.
SECRET_STEMS = one_of(
    r"""
    2fa (?:2|two).factor authent \bk[oó]o?d \bnip \bpin \bpuk \btan clave (?:confirm|securi|verif)\w*\s[cn] cv[cv]
    geheim guard (?:message|sms|text)\ssa mfa one.time otp recovery verifica zahlen код пин
    """
    rf" \b{LOCKED_PLACES} \b{PLACE}"
)
SENT_STEMS = one_of(r"""
    (?:6|six)\sdig bank \bsent\b buzz c[oó]d(?:e|ice|igo)s?\b expire logging\sin (?:says|wrote)\s sms texted the\stext
""")
LATER_STEMS = one_of(
    r"activate bell confirm drücken eingeben eintippen get\sin join log\s?in open \bpad\b reset sign\sin twice verify"
)
FILTER = Filter(
    coarse=r"\d",
    fine=rf"(?i:(?:{SECRET_STEMS}|c[oó]d(?:e|ice|igo)s?\b).*)(?:\d[ /.-]?\d|[A-Za-z]\d|\d[A-Za-z])"
    rf"|(?is:(?:{SECRET_STEMS}|{SENT_STEMS}).*)\d[ -]?\d[ -]?\d[ -]?\d"
    rf"|\d[ -]?\d[ -]?\d.*(?i:{SECRET_STEMS}|{SENT_STEMS}|{LATER_STEMS})"
    r"|G-\d\d|(?i:bestätig\w* mit|buzz|confirm with|digita|introduce|key in|punch in|tapez|teclea) \d"
    r"|(?i:(?:arm|log ?in|open|unlock).* (?:w/|with|using|by|via|mit|con)) \d",
)
# Words before other codes and numbers: "error code 4012", "line 4012".
OTHER_CODE_BEFORE = re.compile(
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
OTHER_NUMBER_BEFORE = re.compile(
    r"(?:\b"
    + one_of("""
    about after around article at before between build bus by chapter flight from id im in invoice issue job line
    lines model nearly on order over page part port pr release room run seit serial since than ticket tracking train
    until version year zug
    """)
    + r"[ ]?#?|\b(?:art|ch|no|nr|pp?|ver|vol)\.|[$€£@])[ ]?\Z|\.\Z",
    re.IGNORECASE,
)


def remove_codes(text: str) -> str:
    """Remove numbers called a code or a PIN, and short words of capitals and digits that are."""
    text = ROTATING.sub(_replace_rotating, text)
    return CANDIDATE.sub(_replace_code, text)


def _replace_rotating(match: re.Match[str]) -> str:
    return REMOVED if COMBINATION_BEFORE.search(text_before(match, 45)) else match[0]


def _replace_code(match: re.Match[str]) -> str:
    return replace_group(match, "number") if _is_code(match) else match[0]


def _is_code(match: re.Match[str]) -> bool:
    """Look for a word for codes in the number's sentence; if it has as many digits as most codes, also farther."""
    number = match["number"]
    before, after = text_before(match, 60), text_after(match, 60)
    digits = sum(map(str.isdigit, number))
    if not 5 <= digits <= 8:
        before = SENTENCE_END.split(before)[-1]
    if UNIT_AFTER.match(after):
        return False
    if OTHER_NUMBER_BEFORE.search(before) and not TYPING_BEFORE.search(before):
        return False
    if match[0].startswith("G-"):  # a code of Google's
        return True
    if digits < 4 and re.fullmatch(r"[\d -]+", number):
        return _is_short_code(before)
    if CERTAIN_WORD.search(before) or OPENING_BEFORE.search(before):
        return True
    return _is_near_word(number, before, after, digits)


def _is_short_code(before: str) -> bool:
    """Return whether one to three digits are a code: "pin 123", "cvv is 123", "my luggage is 123"."""
    word = _last_match(CERTAIN_WORD, before)
    if word and len(before) - word.end() < 9:
        return True
    if word and re.match("cv|sec", word[0], re.IGNORECASE):
        return True
    place = PLACE_BEFORE.search(before)
    return bool(place and re.match("briefcase|koffer|lock|luggage|padlock|suitcase", place["place"], re.IGNORECASE))


def _last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last = None
    for match in pattern.finditer(text):
        last = match
    return last


def _is_near_word(number: str, before: str, after: str, digits: int) -> bool:
    """Look for the words that also stand for much else."""
    sentence, rest = SENTENCE_END.split(before)[-1], SENTENCE_END.split(after)[0]
    if PRICE_WORD.search(sentence):
        return False
    if PLACE_BEFORE.search(before) or _is_after_noun(number, before):
        return True
    if _is_before_word(after, digits) or _is_typed(before, after, digits):
        return True
    if COUNT_AFTER.match(after):
        return False
    return _is_sent(number, sentence, rest) or _is_for_lock(number, sentence, rest)


def _is_after_noun(number: str, before: str) -> bool:
    """Return whether a number stands after a noun such as "code" that is not the code of something else."""
    noun = _last_match(CODE_NOUN, before)
    if not noun or OTHER_CODE_BEFORE.search(before[: noun.start("code")]):
        return False
    year = YEAR.fullmatch(number)
    if year and YEARS_BEFORE.search(before):
        return False
    if year or not re.fullmatch(r"[\d -]+", number):
        return bool(VERB_BEFORE.search(before))
    return "!" not in before[noun.end() :]


def _is_before_word(after: str, digits: int) -> bool:
    """Return whether the text after a number calls it a code: "4291 is my pin", "28391 steam code"."""
    if WORD_AFTER.match(after) or PURPOSE_AFTER.match(after):
        return True
    return digits > 4 and bool(APP_CODE_AFTER.match(after))


def _is_typed(before: str, after: str, digits: int) -> bool:
    """Return whether somebody is told to type a number: "enter 5544 on the keypad"."""
    if TYPING_BEFORE.search(before) and TYPING_AFTER.match(after):
        return True
    return digits > 3 and bool(CONFIRMATION_BEFORE.search(before))


def _is_sent(number: str, before: str, after: str) -> bool:
    """Return whether five to eight digits are in a sentence about a message or a login."""
    if not re.fullmatch(r"(?:\d[ -]?){5,8}", number):
        return False
    return bool(SENT_WORD.search(before) or SENT_WORD.search(after))


def _is_for_lock(number: str, before: str, after: str) -> bool:
    """Return whether four to eight digits, not a year and not a price, are in a sentence about a place with a lock."""
    if not re.fullmatch(r"(?!(?:19|20)\d\d\Z|\d+000\Z)\d(?:-?\d){3,7}", number):
        return False
    place = LOCKED_PLACE.search(before) or LOCKED_PLACE.search(after)
    return bool(place) and not PRICE_WORD.search(after)
