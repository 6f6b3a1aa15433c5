"""Passwords out of a message: mostly by a word near them that says so, before or behind.

Those that have a place of their own, as in a command, are in `logins`, codes and PINs in `codes`.
"""

import re

from model.chats.cleaning.keys import HASHED
from model.chats.cleaning.redaction import FILES, REMOVED, before, one_of

# What a password is called.
WORDS_FOR_IT = one_of(r"""
    adgangskode contraseñ?n?as? hasło heslo jelszó kennw(?:o|ö)rt(?:er)? kodeord lösenord losungswort mdp
    (?:mi|minha|nueva|su|tu)\sclave mots?\sde\spasse parola pass pass(?:code|phrase|wd|w(?:o|ö)rt(?:er)?|word)s?
    passord pass?wrd paswd pasword pssw(?:or)?d psw pswd pwd?s? pws salasana senhas? şifre\w{0,3} wachtwoord
    парол[ьяюе]м?
""")
KEYED = one_of("""
    access api app auth aws bot client encryption license private product secret signing wi-?fi wlan wpa2?
""")
WORDS_FOR_KEYS = one_of(rf"""
    apikeys? (?<=[a-z0-9]_)keys? key(?==)(?<=[a-z_]key) {KEYED}[\s_-]?(?:key|secret|token)s?
    (?:psk|wpa[23]?)(?=\s?[:=]) secrets? tokens?
""")
# Words of logging in: they stand near much else, so what is near them has to look more like a password.
WORDS_FOR_LOGINS = one_of(r"""
    accounts? anmelde\w* apple\sid benutzer\w* bitwarden clave connexion contra cred(?:ential)?s? einloggen
    identifiants? keepass key lastpass log(?:ged)?[\s-]?in logins? logon netflix netzwerkschlüssel psk schlüssel
    sign(?:ed)?[\s-]?in spotify ssid unlock user(?:name)? usuario utilisateur wi-?fi wlan wpa[23]? zugang\w*
""")
# What may stand between such a word and the password: "my password for the wiki is still hunter2".
NOW = (
    r"(?:[ \t]+"
    + one_of("""
    actually ahora aún currently encore immer jetzt just literally noch now probably siempre simply still toujours
""")
    + ")*"
)
IS = one_of(r"""
    are c['’]est changed\sto è é equals era es est heißt is ist lauten lautet set\sto should\sbe sigue\ssiendo to war
    wäre was will\sbe w[iu]rd
""")
OF = (
    r"(?:['’]s|(?: "
    + one_of("at de del des du for from für in la of on para pour to vom von zum")
    + r"(?: [\w.@'’/-]{1,30}){1,4}?))?"
)
SIGN = r"(?::=|=>|->|→|[:=>])"
QUOTED = r"\"[^\"\n]{3,80}\"|'[^'\n]{3,80}'|`[^`\n]{3,80}`|“[^”\n]{3,80}”|„[^“”\n]{3,80}[“”]|«[^»\n]{3,80}»"
# Words to the end of the line that aren't a sentence: "correct horse battery staple".
OF_SENTENCES = one_of("""
    a again and as at be but for from in it más muy my not of on or pas plus sehr so than that the to too trop very
    with you your zu
""")
PLAIN_WORDS = (
    rf"(?!(?:[^\W\d_]+ ){{0,5}}{OF_SENTENCES}\b)[^\W\d_]{{3,15}}(?:[ -][^\W\d_]{{3,15}}){{2,5}}(?=\W*(?:\n|\Z))"
)
PASSWORD = re.compile(  # "DB_PASSWORD=hunter2", "the password for it is "a b c"", "mon mot de passe : soleil"
    rf"(?:(?<![A-Za-z$@])|(?<=[A-Z])(?=PASS|(?:key|secret|token)=))(?P<word>{WORDS_FOR_IT}|{WORDS_FOR_KEYS})\b[\"'`]?"
    rf"(?:{OF}(?P<sign>[ \t]*{SIGN}[ \t]*|[ \t]+{IS}{NOW}:?[ \t]+|{NOW}['’]s[ \t]+|[ \t]+(?:still|now)[ \t]+)"
    rf"|{OF}[ \t]+)"
    rf"(?:(?P<quoted>{QUOTED})|(?P<words>{PLAIN_WORDS})|(?P<value>[\"'`“]?(?:[^\s\"'`“”<]|<(?=\d)){{4,128}}))",
    re.IGNORECASE,
)
# What stands there and is none: a type, an adjective, "your-password", "<password>", "config.password".
NO_PASSWORDS = re.compile(
    one_of("""
    abc always and anything asdf because blank char config const correct empty encrypted false field forgot function
    groups? haha hash hashed here hidden incorrect input invalid just length like lol manager managers max maybe min
    mine missing never nil none nope nothing null number only optional passphrase password passwords plain plaintext
    please probably process protected removed required reset return same something staff still str strength string
    text that the there this todo true undefined user username users valid value values varchar very what wheel when
    with wrong xxx+ yes your yours
    """)
    + r"[\W_]*\Z|your[_-]|[\W_]+\Z|@[\w<{$(]|[<{$%(\[*]|[a-z_]\w*(?:\.\w*[a-z]\w*)+[\W]*\Z|\w+[(\[]|https?:",
    re.IGNORECASE,
)
# What follows "password is" and ends the sentence is a password, but for adjectives, participles and adverbs.
PLAIN = re.compile(r"[^\W\d_]{5,24}(?=[ ]?[.,;!)\n]|\Z)")
ADJECTIVE = re.compile(
    one_of(r"""
    (?:ab|be|ent|er|ge|ver)\w+en
    \w+(?:able|ante?|ato|ator|ed|ente?|ert|ful|ible|ic|ical|ig|ing|ion|isch|ive|less|lich|ly|ory|ous|tada|tado|tten|ure)
    again (?:ander|bess|bett|bigg|check|dies|easi|eith|ev|falsch|fast|handl|hard|head|help|hold|imm|läng|leicht)er
    attempts? basis before boxe?s? broken caduc\w+ changes? check chosen combo common corta corto court details dialog
    didnt doesnt everything falsch faux fields? forms? futsch given gone großartig guess hashes hidden hints?
    incorrect[aoe]? inputs? known larg[ao]
    (?:lat|long|manag|nev|new|numb|old|oth|ov|rath|saf|schwer|short|sich|simpl|strong|und|weak|wied)er leer length
    lists? logic login mail mal often open oublié page please policy prompts? proven public resets? richtig rules
    screen secret short should simple spoken stolen strength stuff stupid taken tests? then there thing things though
    today tomorrow too trop unknown vergessen weak when works? would written wrong zu
    """)
    + r"\Z",
    re.IGNORECASE,
)
ACCOUNTS = "admin|administrator|demo|deploy|ftp|guest|operator|pi|postgres|root|test|ubuntu|user"
ACCOUNT = re.compile(rf"(?<![\w@.])(?:{ACCOUNTS})\Z", re.IGNORECASE)
# A word with a digit in it, and what may stand in front of its password: "me:hunter2".
WORD = re.compile(r"[^\s\"'`“”„«»|](?<![^\s\"'`“”„«»|].)(?=\S{0,60}\d)[^\s\"'`“”„«»|]{4,}")
PAIR = re.compile(r"[\w.@-]{2,30}[:/](?=[^:/]+\Z)")
# Passwords without a word for it: "p4ssw0rd", "Tr0ub4dor&3".
LEET = re.compile(r"[a-z]{0,9}password\d[\d!?#$%]|(?!password)p[a@4][s$5]{2}w[o0]r[dt]|(?-i:P)assword\d", re.IGNORECASE)
# "ada81$" in front of a command is a prompt.
SHAPED = re.compile(r"[A-Za-z0-9](?=.*[!$%&*^])(?!.*\$\Z)[A-Za-z0-9!#$%&*@^_-]{7,24}")
# Words with digits that are none.
VARIABLE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+\d?")
EMOJI_OR_ISSUE = re.compile(r"\S*:\w+:|[\w.-]+/[\w.-]+#\d+")
PROGRAMS = one_of("""
    aes android angular argon base bcrypt bootstrap brainfuck chrome cloud core covid css ddr debian ec ecmascript es
    firefox galaxy gtx hdmi html https? ios ipad iphone ipv java level log lvl mac md mp mysql node oauth option osx
    part pbkdf php ps python rot rtx scrypt sha socks sql step ubuntu usb utf version vue web win windows wpa x
""")
NO_WORD = re.compile(
    r"\d[\d.,:/-]*[a-z%°]{1,3}\Z"  # "10am", "100px"
    r"|\d+-?(?:bit|bits|byte|bytes|char\w*|digits?|hours?|min\w*|times|words?|years?)\b"
    r"|v?\d+(?:\.\w+)+\Z|\d{1,2}(?:[:.]\d\d)?[ap]m\b|(?:[\w-]+\.)+[a-z]{2,10}\Z|1password|\W*\d{4}-\d\d-\d\dT"
    r"|\w*%20|U\+|0x|\\|[#@$€£&<]|[./~]*/|\w+\.\w+\.\w|\w+://|www\."
    rf"|{PROGRAMS}[-_. ]?\d+\w{{0,4}}\Z|{WORDS_FOR_IT}\d?\Z"
    r"|[a-z]{1,3}\d{1,2}[a-z]?\Z|[a-z]+\d?(?:[(\[{=>]|<(?!3))|\S*(?:[(\[{>}\])=;\\]|<(?!3))",  # "h264", code
    re.IGNORECASE,
)
FILE = re.compile(rf"\.(?:{FILES})\b", re.IGNORECASE)
# What a message with a password has at least, for RE2: beginnings of the words above. The fewer ways on from each, the
# faster it is.
BEGINNINGS = (
    "adgangsk|clave|contrase|hasło|heslo|jelsz|kennw|kodeord|losung|lösen|mdp|mot de|mots de|parol|pass|pasw|pssw|psw"
    "|pw|salas|senha|şifre|wachtw|парол"
)
STEMS = (*BEGINNINGS.split("|"), "key", "psk", "secret", "token", "wpa")
SEARCHED = BEGINNINGS.replace("|pass|", "|pass(?:[^aei]|$)|")  # not "passed", "passing"
LOGIN_STEMS = one_of(r"""
    account admin anmeld apple\sid benutz connex contra\b cred einlog guest identif log netflix pi[:/] postgres psk
    root schlüssel sign spotify ssid test[:/] ubuntu unlock user usuario utilis wi-?fi wlan wpa zugang
""")
USED_STEMS = one_of(r"""
    alles ben cambi chang encry enter everyt everyw geänd le\smême lock ne ni nu open protec reset same secur set tipp
    todo toujours tout typ überall unlock us util
""")
LATER_STEMS = one_of("geschützt gesichert log netflix router spotify verschlüsselt wi-?fi wlan")
UNMIXED = (  # what one has that holds no digit
    rf"{SEARCHED}|authoriz|bearer|mnemonic|phrase|(?:recovery|seed) words"
    r"|(?:key|psk|secret|token|wpa2?)s?[\"'`]? ?[:=i]|(?:admin|root)[:/]|pa[$]{2}| -[apu] ?\S"
)
HINT = (
    rf"(?i:{UNMIXED}|(?:\b{LOGIN_STEMS}|key|secret|token).*(?:[a-z!#$%&*_-]|[a-z]\.)\d|[a-z]\d.*\b{LATER_STEMS}"
    rf"|\b{USED_STEMS}\w*[ ,:].*(?:[a-z]\d\d|[a-z]-\w*\d)"
    r"|\d[a-z]*[!$&*^]|[a-z][!#$%&*^]+\d|p[@4]ss|pa[$5]{2}|w0r)"
)
NEAR = re.compile(rf"(?<![^\W_]){WORDS_FOR_IT}(?![^\W_])", re.IGNORECASE)
LOGIN = re.compile(rf"(?<![^\W_])(?:{WORDS_FOR_LOGINS}|{WORDS_FOR_KEYS})(?![^\W_])", re.IGNORECASE)
LINKED = re.compile(
    rf"(?:[:=/|,>-]|\b(?:{IS}|and|con|mit|with|und|use|y|{ACCOUNTS}|{WORDS_FOR_LOGINS}))[ \t\"'`“„«(]*\Z", re.IGNORECASE
)
STOP = re.compile(r"\.+(?=\s)|\n")
# "she uses hunter22 for everything", "changed it to hunter22": nearly a password if it ends with some digits.
USED = re.compile(
    r"\b"
    + one_of(r"benutz\w* ha[ds] have nehm\w* nimm\w* nutz\w* re-?uses? us(?:a|as|e[ds]?|ing|o) utilis\w*")
    + r"(?: [\w'’]+){0,2} [\"'`“(]?\Z",
    re.IGNORECASE,
)
THINGS = "(?:account|box|laptop|pc|phone|server)"
EVERYWHERE = re.compile(
    r"[\"'`”)]?,?(?: [\w'’]+){0,2} "
    + one_of(rf"""
    at\swork en\stod[ao]s everywhere for\s(?:all|both|every\w*|most) für\salles on\s(?:all|every\w*)
    on\s(?:her|his|my|our|the|their)\s(?:\w+\s)?{THINGS} ovunque para\stodo partout per\stutto pour\stout pra\studo
    überall
    """)
    + r"\b",
    re.IGNORECASE,
)
SET = re.compile(
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
IS_LOGIN = re.compile(  # "hunter22 is our wifi"
    rf"[\"'`”)]*,? (?:(?:{IS}|for|für|para|pour) (?:[\w'’]+ ){{0,2}}{WORDS_FOR_LOGINS}\b"
    r"|geschützt|gesichert|verschlüsselt)",
    re.IGNORECASE,
)
# Without a sign between them, what is behind "pw" and ends the sentence, or behind "for the server, password".
SHORT = re.compile(r"mdp|psw|pw", re.IGNORECASE)
ADDED = re.compile(
    r"(?:[,;(|+&]|(?:w/|\b"
    + one_of("""
    admin archive game guest lan meeting minecraft netflix party rar room root router server session steam vpn wi-fi
    wifi wlan zip zoom
    """)
    + r")[ \t])[ \t]*\Z",
    re.IGNORECASE,
)


def passwords(text: str) -> str:
    """Remove what is called a password or a key, and what looks like one near such a word."""
    small = text.lower()
    if any(stem in small for stem in STEMS):
        text = PASSWORD.sub(_password, text)
    return WORD.sub(_near, text) if re.search(r"\d", text) else text


def _password(match: re.Match[str]) -> str:
    ahead = before(match, 20)
    attribute = ahead.endswith(".") and match["sign"] not in ("=", ":", ": ")  # "user.password = hash"
    variable = re.search(r"[$@][A-Za-z]+\Z", ahead)  # "$userPassword = hash"
    group = match.lastgroup or "value"
    value, sign = match[group].strip("\"'`“”„«»"), (match["sign"] or "").strip()
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
    plain = (
        sign != "to"
        and re.fullmatch(WORDS_FOR_IT, match["word"], re.IGNORECASE)
        and PLAIN.match(match.string, match.start("value"))
        and not ADJECTIVE.match(bare)
    )
    if not sign:  # directly after the word
        mixed = re.fullmatch(r"(?=.*[a-z])(?=.*\d)[^:,/]+|\d{5,}", bare, re.IGNORECASE)
        last = (
            plain
            and match.start("value") - match.end("word") < 3
            and (SHORT.fullmatch(match["word"]) or ADDED.search(before(match, 20)))
        )
        argument = verb and (VARIABLE.fullmatch(bare) or re.fullmatch(r"[a-z_]+\d", bare))  # "pass array1"
        return bool(last or (mixed and not argument and not NO_WORD.match(bare)))
    odd = re.search(r"\d", bare) or re.search(r"\w[^\w'’.,/-]+\w|[!$%^&*]", value)
    return bool(odd or plain)


def _near(match: re.Match[str]) -> str:
    """Judge a word by its shape, and by what is said around it."""
    pair = PAIR.match(match[0])
    start = pair.end() if pair else len(match[0]) - len(match[0].lstrip("([{<*_~"))
    word = match[0][start:].rstrip(".,;:?)]}>*_~")
    after = match[0][start + len(word) :]
    if LEET.match(match[0]):
        return REMOVED + after
    other = EMOJI_OR_ISSUE.match(match[0]) or VARIABLE.fullmatch(word)
    if other or not is_mixed(word.rstrip("!")) or not _is_named(match, start, word, after):
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
    strong = re.search(r"[a-z]{2}.*\d\d[!?]*\Z", word) or (kinds > 2 and re.search(r"\w\W\w", word))
    if kinds < 3:  # only in the same sentence, and after a login only at once
        ahead, behind = STOP.split(ahead)[-1], STOP.split(behind, 1)[0]
        login = LOGIN.search(ahead) and (strong or LINKED.search(ahead))
    else:
        login = LOGIN.search(ahead) or LOGIN.search(behind)
    used = (USED.search(ahead) and EVERYWHERE.match(behind)) or SET.search(ahead) or IS_LOGIN.match(behind)
    return bool(
        login or (strong and used) or NEAR.search(ahead) or NEAR.search(behind) or ACCOUNT.search(ahead.rstrip(" /:"))
    )


def is_mixed(word: str) -> bool:
    """Say whether letters and digits are mixed as in a password: no address, file, version, measure or program."""
    return bool(
        len(word) > 5
        and re.search(r"\d", word)
        and re.search(r"[^\W\d_]", word)
        and not NO_WORD.match(word)
        and not FILE.search(word)
        and word.count("/") < 2
    )
