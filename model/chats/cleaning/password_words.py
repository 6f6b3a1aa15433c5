"""What passwords are called, what stands between such a word and a password, and what only looks like a password."""

import re

from model.chats.cleaning.patterns import FILE_ENDINGS, one_of

PASSWORD_WORDS = one_of(r"""
    adgangskode contraseñ?n?as? hasło heslo jelszó kennw(?:o|ö)rt(?:er)? kodeord lösenord losungswort mdp
    (?:mi|minha|nueva|su|tu)\sclave mots?\sde\spasse parola pass pass(?:code|phrase|wd|w(?:o|ö)rt(?:er)?|word)s?
    passord pass?wrd paswd pasword pssw(?:or)?d psw pswd pwd?s? pws salasana senhas? şifre\w{0,3} wachtwoord
    парол[ьяюе]м?
""")
KEY_OWNERS = one_of("""
    access api app auth aws bot client encryption license private product secret signing wi-?fi wlan wpa2?
""")
KEY_WORDS = one_of(rf"""
    apikeys? (?<=[a-z0-9]_)keys? key(?==)(?<=[a-z_]key) {KEY_OWNERS}[\s_-]?(?:key|secret|token)s?
    (?:psk|wpa[23]?)(?=\s?[:=]) secrets? tokens?
""")
# Words for logins stand near much else: a password near them has to look more like one.
LOGIN_WORDS = one_of(r"""
    accounts? anmelde\w* apple\sid benutzer\w* bitwarden clave connexion contra cred(?:ential)?s? einloggen
    identifiants? keepass key lastpass log(?:ged)?[\s-]?in logins? logon netflix netzwerkschlüssel psk schlüssel
    sign(?:ed)?[\s-]?in spotify ssid unlock user(?:name)? usuario utilisateur wi-?fi wlan wpa[23]? zugang\w*
""")
# Between such a word and a password: "my password for the wiki is still hunter2".
ADVERBS = (
    r"(?:[ \t]+"
    + one_of("""
    actually ahora aún currently encore immer jetzt just literally noch now probably siempre simply still toujours
""")
    + ")*"
)
VERBS = one_of(r"""
    are c['’]est changed\sto è é equals era es est heißt is ist lauten lautet set\sto should\sbe sigue\ssiendo to war
    wäre was will\sbe w[iu]rd
""")
OWNER = (
    r"(?:['’]s|(?: "
    + one_of("at de del des du for from für in la of on para pour to vom von zum")
    + r"(?: [\w.@'’/-]{1,30}){1,4}?))?"
)
SIGN = r"(?::=|=>|->|→|[:=>])"
# In the place of a password: a type, an adjective, "your-password", "<password>", "config.password".
NOT_A_PASSWORD = re.compile(
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
# The last word of a sentence with "password is" is the password, but for adjectives, participles and adverbs.
LAST_WORD = re.compile(r"[^\W\d_]{5,24}(?=[ ]?[.,;!)\n]|\Z)")
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
ACCOUNT_NAMES = "admin|administrator|demo|deploy|ftp|guest|operator|pi|postgres|root|test|ubuntu|user"
ACCOUNT_BEFORE = re.compile(rf"(?<![\w@.])(?:{ACCOUNT_NAMES})\Z", re.IGNORECASE)
LOGIN_WORD = re.compile(rf"(?<![^\W_])(?:{LOGIN_WORDS}|{KEY_WORDS})(?![^\W_])", re.IGNORECASE)
PROGRAMS = one_of("""
    aes android angular argon base bcrypt bootstrap brainfuck chrome cloud core covid css ddr debian ec ecmascript es
    firefox galaxy gtx hdmi html https? ios ipad iphone ipv java level log lvl mac md mp mysql node oauth option osx
    part pbkdf php ps python rot rtx scrypt sha socks sql step ubuntu usb utf version vue web win windows wpa x
""")
ORDINARY_MIXTURE = re.compile(  # of letters and digits
    r"\d[\d.,:/-]*[a-z%°]{1,3}\Z"  # "10am", "100px"
    r"|\d+-?(?:bit|bits|byte|bytes|char\w*|digits?|hours?|min\w*|times|words?|years?)\b"
    r"|v?\d+(?:\.\w+)+\Z|\d{1,2}(?:[:.]\d\d)?[ap]m\b|(?:[\w-]+\.)+[a-z]{2,10}\Z|1password|\W*\d{4}-\d\d-\d\dT"
    r"|\w*%20|U\+|0x|\\|[#@$€£&<]|[./~]*/|\w+\.\w+\.\w|\w+://|www\."
    rf"|{PROGRAMS}[-_. ]?\d+\w{{0,4}}\Z|{PASSWORD_WORDS}\d?\Z"
    r"|[a-z]{1,3}\d{1,2}[a-z]?\Z|[a-z]+\d?(?:[(\[{=>]|<(?!3))|\S*(?:[(\[{>}\])=;\\]|<(?!3))",  # "h264", code
    re.IGNORECASE,
)
FILE_NAME = re.compile(rf"\.(?:{FILE_ENDINGS})\b", re.IGNORECASE)


def is_mixed(word: str) -> bool:
    """Return whether letters and digits are mixed as in a password, not as in an address, a version or a measure."""
    if len(word) < 6 or word.count("/") > 1:
        return False
    if not re.search(r"\d", word) or not re.search(r"[^\W\d_]", word):
        return False
    return not ORDINARY_MIXTURE.match(word) and not FILE_NAME.search(word)
