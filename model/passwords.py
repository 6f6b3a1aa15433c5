"""Passwords and codes out of a message: mostly by a word near them that says so, before or behind.

What is a secret by its shape alone, such as a card's number, is in `model.redaction`.
"""

import re

from model.redaction import FILES, HASHED, REMOVED, before, put

WORDS_FOR_IT = (
    r"(?:contraseñ?n?as?|hasło|heslo|kennw(?:o|ö)rt(?:er)?|losungswort|lösenord|mdp|mots? de passe|parola|"
    r"pass(?:code|phrase|wd|w(?:o|ö)rt(?:er)?|word)s?|pasword|pass|pswd|psw|pwd?s?|pws|salasana|senhas?"
    r"|wachtwoord|пароль)"
)
WORDS_FOR_KEYS = (
    r"(?:(?:access|api|app|auth|aws|bot|client|encryption|license|private|product|secret|signing|wi-?fi|wlan|wpa2?)"
    r"[ _-]?(?:key|secret|token)|(?<=[a-z0-9]_)key|apikey|key(?==)(?<=[a-z_]key)|secret|token)s?"
)
# Words of logging in: they stand near much else, so what is near them has to look more like a password.
WORDS_FOR_LOGINS = (
    r"(?:accounts?|anmelde\w*|benutzer\w*|clave|connexion|cred(?:ential)?s?|einloggen|identifiants?|key"
    r"|log(?:ged)?[ -]?in|"
    r"logins?|logon|psk|schlüssel|netzwerkschlüssel|sign(?:ed)?[ -]?in|ssid|unlock|user(?:name)?|usuario"
    r"|utilisateur|wi-?fi|wlan|wpa[23]?|zugang\w*)"
)
NOW = (
    "(?:[ \t]+(?:ahora|actually|aún|currently|encore|immer|jetzt|just|literally|noch|now|probably|simply|siempre|still|"
    "toujours))*"
)
IS = (
    r"(?:are|c['’]est|changed to|é|è|equals|era|es|est|heißt|is|ist|should be|lautet|lauten|set to|sigue siendo"
    r"|to|war|was|will be|wäre|"
    r"w[iu]rd)"
)
OF = r"(?:['’]s|(?: (?:at|de|del|des|du|for|from|für|la|of|on|para|pour|to|vom|von|zum)(?: [\w.@'’/-]{1,30}){1,4}?))?"
SIGN = r"(?::=|=>|->|→|[:=>])"
QUOTED = r"\"[^\"\n]{3,80}\"|'[^'\n]{3,80}'|`[^`\n]{3,80}`|“[^”\n]{3,80}”|„[^“”\n]{3,80}[“”]|«[^»\n]{3,80}»"
PLAIN_WORDS = (  # to the end, and not a sentence
    r"(?!(?:[^\W\d_]+ ){0,5}(?:a|again|and|as|at|be|but|for|from|in|it|más|muy|my|not|of|on|or|pas|plus|sehr|so"
    r"|than|that|the|"
    r"to|too|trop|very|with|you|your|zu)\b)[^\W\d_]{3,15}(?:[ -][^\W\d_]{3,15}){2,5}(?=\W*(?:\n|\Z))"
)
PASSWORD = re.compile(
    rf"(?:(?<![A-Za-z$@])|(?<=[A-Z])(?=PASS|(?:key|secret|token)=))(?P<word>{WORDS_FOR_IT}|{WORDS_FOR_KEYS})\b[\"'`]?{OF}"
    rf"(?P<sign>[ \t]*{SIGN}[ \t]*|[ \t]+{IS}{NOW}:?[ \t]+|{NOW}['’]s[ \t]+|[ \t]+(?:still|now)[ \t]+|[ \t]+)"
    rf"(?:(?P<quoted>{QUOTED})|(?P<words>{PLAIN_WORDS})|(?P<value>[\"'`“]?[^\s\"'`“”<]{{4,128}}))",
    re.IGNORECASE,
)
NO_PASSWORDS = re.compile(
    r"(?:required|optional|string|text|str|varchar|char|true|false|null|nil|none|undefined|hidden|incorrect|correct|"
    r"wrong|invalid|valid|missing|empty|blank|hash|hashed|encrypted|plain|plaintext|password|passwords|username|user|"
    r"number|input|field|this|that|what|your|yours|mine|same|here|there|todo|abc|xxx+|removed|asdf|value|values|"
    r"function|process|return|const|config|reset|forgot|protected|manager|managers|length|strength|the|and|with|"
    r"just|like|when|because|something|anything|nothing|only|very|still|never|always|maybe|probably|please|"
    r"yes|nope|haha|lol|min|max)[\W_]*\Z|your[_-]|[\W_]+\Z|@[\w<{$(]|[<{$%(\[*]|[a-z_]\w*(?:\.\w*[a-z]\w*)+[\W]*\Z"
    r"|\w+[(\[]|https?:",
    re.IGNORECASE,
)
# What follows "password is" and ends the sentence is a password, but for adjectives, participles and adverbs.
PLAIN = re.compile(r"[^\W\d_]{5,24}(?=[.,;!)\n]|\Z)")
ADJECTIVE = re.compile(
    r"(?:\w+(?:able|ante?|ato|ed|ente?|er|ert|ful|ible|ic|ical|ig|ing|isch|ive|less|lich|ly|ory|ous|tado|tada|t?en|ure)"
    r"|broken|common|caduc\w+|corto|corta|court|falsch|faux|futsch|gone|großartig|incorrect[aoe]?|known|larg[ao]"
    r"|leer|mal|oublié|"
    r"public|richtig|secret|short|simple|stupid|there|too|trop|unknown|weak|wrong|zu)\Z",
    re.IGNORECASE,
)
PHRASE = re.compile(
    r"\b(?:pass ?phrase|mnemonic|(?:recovery|secret|seed) (?:phrase|words))(?: (?:for|of|to)(?: [\w'’-]{1,20}){1,3}?)?"
    rf"(?:[ ]?{SIGN}|[ ](?!to ){IS})[ ]+(?P<value>[^\W\d_]{{2,15}}(?:[ -][^\W\d_]{{2,15}}){{2,23}})",
    re.IGNORECASE,
)
BOTH = re.compile(  # "user pi pass raspberry"
    r"\buser(?:name)?(?:[ ]?[:=][ ]?|[ ])(?!(?:and|or|with)\b)[\w.@-]{2,40}[ ,;/|&]{1,3}(?:and )?"
    rf"{WORDS_FOR_IT}(?:[ ]?[:=][ ]?|[ ])(?P<value>[^\s\"'`]{{4,64}})",
    re.IGNORECASE,
)
VALUE = r"(?P<value>\"[^\"\n]{3,80}\"|'[^'\n]{3,80}'|[^\s\"'`<>{}$\[-][^\s\"'`]{3,})"
OPTION = re.compile(
    r"(?:(?<![\w-])--?(?:api-?key|auth-token|pass(?:word|wd|phrase)?|pw|secret|token)[ =]"
    r"|\b(?:mysql\w*|mariadb\w*|sshpass|7za?|mongo\w*|unrar|unzip|redis-cli)\b[^\n]{0,80}? -[apP] ?"
    rf"|\b(?:curl|http|wget|ldapsearch)\b[^\n]{{0,80}}? -u ?[\w.-]{{1,40}}:){VALUE}",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\b(?:Authorization: ?(?:Bearer|Basic|Token) |Bearer (?=\S{0,200}\d)(?=\S{12})|X-[\w-]{0,20}(?:Key|Token): ?)"
    rf"{VALUE}",
    re.IGNORECASE,
)
ACCOUNTS = "admin|administrator|demo|deploy|ftp|guest|operator|pi|postgres|root|test|ubuntu|user"
LOGGED_IN = re.compile(r"[ :/](?:(?<= )/ |(?<=[:/]))(?P<value>[^\s\"'`<>{}$:@/\[-][^\s\"'`:@/]{3,40})")  # "root:toor99"
ACCOUNT = re.compile(rf"(?<![\w@.])(?:{ACCOUNTS})\Z", re.IGNORECASE)
CONNECTION = re.compile(  # "name:password@host"
    r"(?P<value>(?<=[\w.-]:)(?<!mailto:)(?=[^\s@]{0,63}[A-Za-z])[^\s:@/\[\"=]{4,64}(?=@(?!\d+\.\d+\.\d+\b(?!\.))[\w.]))"
)
AFTER_EMAIL = re.compile(
    r"(?<=[\w]@)(?:[\w-]{1,63}\.){1,4}[a-z]{2,12}[)>]?(?:[:|;]| ?[:/|] | )(?P<value>[^\s\"'`]{6,64})", re.IGNORECASE
)

WORD = re.compile(r"[^\s\"'`“”„«»|](?<![^\s\"'`“”„«»|].)(?=\S{0,60}\d)[^\s\"'`“”„«»|]{4,}")
PAIR = re.compile(r"[\w.@-]{2,30}[:/](?=[^:/]+\Z)")
LEET = re.compile(r"(?!password)p[a@4][s$5]{2}w[o0]r[dt]|password\d[\d!?#$%]|(?-i:P)assword\d", re.IGNORECASE)
# Four kinds of characters; "ada81$" in front of a command is a prompt.
SHAPED = re.compile(r"[A-Za-z0-9](?=.*[!$%&*^])(?!.*\$\Z)[A-Za-z0-9!#$%&*@^_-]{7,24}")
VARIABLE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+\d?")
EMOJI_OR_ISSUE = re.compile(r"\S*:\w+:|[\w.-]+/[\w.-]+#\d+")
NO_WORD = re.compile(
    r"\d[\d.,:/-]*[a-z%°]{1,3}\Z"  # "10am", "100px"
    r"|\d+-?(?:bit|bits|byte|bytes|char\w*|digits?|hours?|min\w*|times|words?|years?)\b"
    r"|v?\d+(?:\.\w+)+\Z|\d{1,2}(?:[:.]\d\d)?[ap]m\b|(?:[\w-]+\.)+[a-z]{2,10}\Z|1password|\W*\d{4}-\d\d-\d\dT"
    r"|\w*%20|U\+|0x|\\|[#@$€£&<]|[./~]*/|\w+\.\w+\.\w|\w+://|www\."
    r"|(?:aes|android|angular|argon|base|bcrypt|bootstrap|brainfuck|chrome|core|covid|css|debian|ddr|ec|ecmascript|es|"
    r"firefox|galaxy|gtx|hdmi|html|https?|ios|ipad|iphone|ipv|java|level|log|lvl|mac|md|mp|mysql|node|oauth"
    r"|option|osx|part|"
    r"pbkdf|php|ps|python|rot|rtx|scrypt|sha|socks|step|sql|ubuntu|usb|utf|version|vue|web|win|windows|wpa"
    r"|x)[-_. ]?\d+\w{0,4}\Z"
    rf"|{WORDS_FOR_IT}\d?\Z"
    r"|[a-z]{1,3}\d{1,2}[a-z]?\Z|[a-z]+\d?[(\[{=<>]|\S*[(\[{<>}\])=;\\]",
    re.IGNORECASE,
)
FILE = re.compile(rf"\.(?:{FILES})\b", re.IGNORECASE)
# What a message with a password has at least, for RE2: beginnings of the words above. The fewer ways on from each, the
# faster it is.
STEMS = (
    *(
        "contrase",
        "hasło",
        "heslo",
        "kennw",
        "losung",
        "lösen",
        "mdp",
        "mot de",
        "mots de",
        "parol",
        "pass",
        "psw",
        "pw",
    ),
    *("salas", "senha", "wachtw", "парол", "key", "secret", "token"),
)
BEGINNINGS = "|".join(STEMS[:-3])
HINT = (
    rf"(?i:{BEGINNINGS}|authoriz|bearer|mnemonic|phrase|(?:recovery|seed) words|(?:key|secret|token)s?[\"'`]? ?[:=i]"
    r"|(?:\b(?:account|admin|anmeld|benutz|clave|connex|cred|einlog|guest|identif|log|pi[:/]|postgres|root|sign"
    r"|ssid|test[:/]"
    r"|ubuntu|user|usuario|utilis|psk|schlüssel|unlock|wi-?fi|wlan|wpa|zugang)|key|secret"
    r"|token).*[a-z!#$%&*_-]\d| -[apu] ?\S|\d[a-z]*[!$&*^]|[a-z][!#$%&*^]+\d|p[@4]ss|pa[$5]{2}|w0r|[a-z]\d.*\blog)"
)
BARE_HINT = (  # what one has that holds no digit
    rf"(?i:{BEGINNINGS}|authoriz|bearer|mnemonic|phrase|(?:recovery|seed) words|(?:key|secret|token)s?[\"'`]? ?[:=i]"
    r"|(?:admin|root)[:/]|pa[$]{2})| -[apu] ?\S"
)
NEAR = re.compile(rf"(?<![^\W_]){WORDS_FOR_IT}(?![^\W_])", re.IGNORECASE)
LOGIN = re.compile(rf"(?<![^\W_])(?:{WORDS_FOR_LOGINS}|{WORDS_FOR_KEYS})(?![^\W_])", re.IGNORECASE)
LINKED = re.compile(
    rf"(?:[:=/|,>-]|\b(?:{IS}|and|con|mit|with|und|use|y|{ACCOUNTS}|{WORDS_FOR_LOGINS}))[ \t\"'`“„«(]*\Z", re.IGNORECASE
)
STOP = re.compile(r"\.+(?=\s)|\n")


def passwords(text: str) -> str:
    """Remove what is called a password, a key or a login, and what looks like one near such a word."""
    small = text.lower()
    for needed, pattern, judge in (
        (("mnemonic", "phrase", " words"), PHRASE, _value),
        (("user",), BOTH, _value),
        ((":", "/"), LOGGED_IN, _logged_in),
        ((" --", " -a", " -p", " -t", " -u"), OPTION, _value),
        (("authorization", "bearer", "x-"), HEADER, _value),
        (STEMS, PASSWORD, _password),
    ):
        if any(each in small for each in needed):
            text = pattern.sub(judge, text)
    return WORD.sub(_near, text)


def after_emails(text: str) -> str:
    """Remove what looks like a password right after an e-mail address."""
    return AFTER_EMAIL.sub(_after_email, text) if "@" in text else text


def connections(text: str) -> str:
    """Remove the password in "name:password@host"."""
    return CONNECTION.sub(_value, text) if "@" in text else text


def _after_email(match: re.Match[str]) -> str:
    return put(match, "value") if _is_mixed(match["value"].rstrip(".,;:!?)")) else match[0]


def _logged_in(match: re.Match[str]) -> str:
    strong = re.search(r"[\d!#$%&*]", match["value"]) and re.search("[A-Za-z]", match["value"])
    ahead = before(match, 60)
    named = strong or (re.search(r"\b(?:admin|root)\Z", ahead) and match[0][0] == ":" and LOGIN.search(ahead))
    return _value(match) if named and ACCOUNT.search(ahead) else match[0]


def _value(match: re.Match[str]) -> str:
    return match[0] if NO_PASSWORDS.match(match["value"]) else put(match, "value")


def _password(match: re.Match[str]) -> str:
    ahead = before(match, 20)
    attribute = ahead.endswith(".") and match["sign"] not in ("=", ":", ": ")  # "user.password = hash"
    variable = re.search(r"[$@][A-Za-z]+\Z", ahead)  # "$userPassword = hash"
    group = match.lastgroup or "value"
    value, sign = match[group].strip("\"'`“”„«»"), match["sign"].strip()
    bare = value.rstrip(".,;:!?)]}")
    if attribute or variable or len(bare) < 4 or NO_PASSWORDS.match(value) or not _is_called(match, value, bare, sign):
        return match[0]
    start = match.start(group) - match.start() + match[group].index(value)
    return match[0][:start] + REMOVED + match[0][start + len(bare if match["value"] else value) :]


def _is_called(match: re.Match[str], value: str, bare: str, sign: str) -> bool:
    """Say whether the word before a value, and what is between them, makes it a password."""
    verb = match["word"].casefold() == "pass"
    if match["words"]:
        return bool(sign and sign != "to" and re.fullmatch(WORDS_FOR_IT, match["word"], re.IGNORECASE))
    if sign == ">":  # of XML
        return match["sign"] == ">"
    if re.fullmatch(SIGN, sign) or (match["quoted"] and (sign or not verb)):
        return True
    if not sign:  # directly after the word
        mixed = re.fullmatch(r"(?=.*[a-z])(?=.*\d)[^:,/]+|\d{5,}", bare, re.IGNORECASE)
        return bool(mixed and not (verb and VARIABLE.fullmatch(bare)) and not NO_WORD.match(bare))
    odd = re.search(r"\d", bare) or re.search(r"\w[^\w'’.,/-]+\w|[!$%^&*]", value)
    plain = sign != "to" and PLAIN.match(match.string, match.start("value")) and not ADJECTIVE.match(bare)
    return bool(odd or (plain and re.fullmatch(WORDS_FOR_IT, match["word"], re.IGNORECASE)))


def _near(match: re.Match[str]) -> str:
    """Judge a word by its shape, and by what is said around it."""
    pair = PAIR.match(match[0])
    start = pair.end() if pair else len(match[0]) - len(match[0].lstrip("([{<*_~"))
    word = match[0][start:].rstrip(".,;:?)]}>*_~")
    after = match[0][start + len(word) :]
    if LEET.match(match[0]):
        return REMOVED + after
    other = EMOJI_OR_ISSUE.match(match[0]) or VARIABLE.fullmatch(word)
    if other or not _is_mixed(word.rstrip("!")) or not _is_named(match, start, word, after):
        return match[0]
    return match[0][:start] + REMOVED + after


def _is_named(match: re.Match[str], start: int, word: str, after: str) -> bool:
    """Look for a word that names passwords, the farther the more a word looks like one; the strongest need none."""
    kinds = sum(bool(re.search(kind, word)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[^\w\s.,/-]"))
    if kinds == 4 and SHAPED.fullmatch(word):
        return True
    ahead, behind = before(match, 60) + match[0][:start], after + match.string[match.end() : match.end() + 60]
    if HASHED.search(ahead):
        return False
    if kinds < 3:  # only in the same sentence, and after a login only at once
        ahead, behind = STOP.split(ahead)[-1], STOP.split(behind, 1)[0]
        login = LOGIN.search(ahead) and LINKED.search(ahead)
    else:
        login = LOGIN.search(ahead) or LOGIN.search(behind)
    return bool(login or NEAR.search(ahead) or NEAR.search(behind) or ACCOUNT.search(ahead.rstrip(" /:")))


def _is_mixed(word: str) -> bool:
    """Say whether letters and digits are mixed as in a password: no address, file, version, measure or program."""
    return bool(
        len(word) > 5
        and re.search(r"\d", word)
        and re.search(r"[^\W\d_]", word)
        and not NO_WORD.match(word)
        and not FILE.search(word)
        and word.count("/") < 2
    )


GROUPED = r"(?:[A-Z]-)?\d(?:[ -]?\d){2,39}"  # whole, or the next time would bite off more
MIXED = r"(?-i:(?=[A-Z]{0,7}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{4,8})"  # "K7RQ2"
PIECES = r"(?=[a-z-]{0,20}\d)(?=[\d-]{0,20}[a-z])[a-z0-9]{3,8}(?:-[a-z0-9]{3,8}){1,3}"  # "ab12-cd34"
NUMBER = rf"(?<!\w)(?:{GROUPED}|{PIECES}|{MIXED})(?![\w%]|[.,:/-]\d)"
UNIT = re.compile(
    r"[ -]?(?:[€$£°]|bytes?|characters?|chars?|days?|dollars|eur|euros?|files|fps|gb|items|hours?|k|kb|lines?"
    r"|loc|mb|min(?:ute)?s?|"
    r"mm|ms|pages?|people|points|px|records|rows|sec(?:ond)?s?|stars|times|tokens|units|usd|users|words?|x|years?)\b",
    re.IGNORECASE,
)
# Words that say of themselves that a number near them is secret.
WORDS_FOR_CODES = (
    r"(?:2fa|authenticator|cvc2?|cvv2?|digicode|geheimzahl|mfa|one[ -]time|otp|passcodes?|pins?|puk|steam guard"
    r"|tans?|totp|"
    r"(?:access|activation|alarm|auth\w*|backup|confirmation|door|entry|garage|gate|gym|house|keypad|lock|locker|login|"
    r"pairing|recovery|reset|safe|security|sms|unlock|verification|verify|wi-?fi)[ -](?:code|number)s?|"
    r"(?:bestätigungs|einmal|entsperr|freischalt|haustür|sicherheits|toegangs|tor|tür|verifizierungs"
    r"|wiederherstellungs|"
    r"zugangs)codes?|(?:clave|codice|code|codigo|código|kod)s? (?:d['’]|de|del|della|des|di|do|du|po"
    r"|por)[ ]?(?!(?:erreur"
    r"|error|la route|"
    r"postal)\b)\w{3,20}|codes? (?:alarme|immeuble|pin|porte|portail|secret|sms|wi-?fi)|codice porta"
    r"|(?:authentication|confirmation|recovery|verification)(?=[ ]?:)"
    r"|(?:message|sms|text) (?:just )?(?:reads|said|says))"
)
CODE_WORD = re.compile(r"(?<![\w-])[a-z]{0,12}(?P<code>clave|code|codice|codigo|código|kod)s?(?!\w)", re.IGNORECASE)
PLACE = (
    r"(?:alarma?|briefcase|buzzer|cadenas|candado|cassaforte|coffre|combination|combo|combinaison|combinación"
    r"|door|garage|"
    r"gate|key ?(?:box|safe)|keypad|kombination|koffer|lock(?:box|er)?|luggage|opener|padlock|porte|portail"
    r"|puerta|safe|shed|shed"
    r"|schließfach|schloss|spind|"
    r"suitcase|tor|tresor|tür|unlock|vault|vorhängeschloss)"
)
CALLED_IS = (
    r"(?:are|c['’]est|changed to|é|è|es|est|is|ist|it['’]?s|lautet|now|opens with|reads|says|sends?|set to|shows"
    r"|sigue|still|"
    r"takes|that['’]?s|thats|to|war|was|with)"
)
SECRET = re.compile(rf"(?<!\w){WORDS_FOR_CODES}(?!\w)", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d\d")
CALLED = re.compile(rf"(?:[:=]|\bcode|\b{CALLED_IS}{NOW})[ ]?[\"'`“(*#]{{0,3}}\Z", re.IGNORECASE)
LOCK = re.compile(
    rf"(?<![\w-])(?P<place>{PLACE})(?:['’]s| (?:number|no\.?))?(?:(?: [\w'’]+){{0,3}}? {CALLED_IS}"
    rf"| for [\w'’ ]{{2,20}}?|[ ]?[:=])?"
    r"[ :#=-]{0,3}[\"'`“(*]{0,2}\Z",
    re.IGNORECASE,
)
NUMBERS = re.compile(
    rf"(?<![\w/$€£])(?<![\w[(]#)(?<!\w-)(?<!\d[.,: ])(?P<number>{NUMBER}|G-\d{{6}}(?!\w))[#*]?", re.IGNORECASE
)
NAMED_AFTER = re.compile(
    r"[\"'`”)]?(?:[ ,]{0,2}[–—-]{0,2}[ ]?)"
    rf"(?:[^.!?\n\d]{{0,30}}?(?<!\w){WORDS_FOR_CODES}"
    r"|(?:(?:are|as|c['’]est|es|est|for|is|ist|that['’]?s|thats|war|was) )?(?:(?:an?|dein|der|el|her|his|le|mein"
    r"|mi|my|our|the|tu|ur|"
    r"votre|your) )(?:[\w'’]{1,20} ){0,3}?(?:code|codice|código|combo|combination)"
    rf"|(?:for the |\(){PLACE})(?!\w)",
    re.IGNORECASE,
)
APP_CODE = re.compile(r" (?!lines|of)\w{2,12} code\b", re.IGNORECASE)
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
CODE_HINT = (  # as HINT
    r"(?i:2fa|authent|c[oó]d[ei]|\bkod|clave|cv[cv]|geheimz|guard|mfa|(?:confirm|securi|verif)\w* n|recovery"
    r"|verifica|(?:message|sms|text) sa|one.time|otp"
    r"|\bpin|\bpuk|\btan|zahlen"
    rf"|\b{PLACE}).*(?:\d[ /.-]?\d|[A-Z]\d|\d[A-Z])|\d[ -]?\d[ -]?\d.*(?i:2fa|c[oó]d[ei]|cv[cv]|mfa|otp|\bpin|\bpuk"
    rf"|\btan|activate|reset|bell|buzzer|confirm|disarm|get in|log ?in|open|sign in|unlock|verify|\b{PLACE}\b)|G-\d\d"
    rf"|(?:buzz|confirm with|punch in|key in) \d"
)
NO_CODE = re.compile(
    r"(?:\b(?:airport|area|ascii|billing|byte|calling|char|character|cheat|city|class|close|colou?r|country"
    r"|coupon|currency|"
    r"discount|dress|ean|error|erreur|event|exit|free|gift|harvard|hex|https?|iso|key|language|lines?|lines? of"
    r"|machine|morse|"
    r"new|of|op|ping|post|postal|product|promo|qr|region|response|return|room|some|source|status|the next"
    r"|unicode|vs|write|your own|"
    r"zip)[ -]?|(?:bar|byte|char|de|en|error|fehler|g|hex|key|leet|machine|op|post|qr|source|status|uni|vs|zip))\Z",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"(?:\b(?:about|after|around|at|before|between|by|chapter|from|id|im|in|issue|line|lines|nearly|on|over|page"
    r"|port|pr|release|room|"
    r"seit|since|than|ticket|until|version|year)[ ]?#?|[$€£@.])[ ]?\Z",
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
