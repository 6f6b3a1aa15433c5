"""Keys and tokens: those with a known beginning, and long words of high entropy."""

import math
import re
from collections import Counter
from itertools import pairwise

from model.chats.cleaning.patterns import REMOVED, Filter, text_before

WEBHOOK = re.compile(  # everyone with such a link may write
    r"https?://(?:(?:hooks\.slack\.com|hooks\.zapier\.com|chat\.googleapis\.com|maker\.ifttt\.com)/"
    r"|(?:\w{1,20}\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/|api\.telegram\.org/bot"
    r"|[\w.-]{1,60}\.webhook\.office\.com/)"
    r"[^\s<>\"'`)]+"
)
# Each beginning is written out: Python then looks only for their first characters, three times as fast.
KNOWN_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?s:.*?)(?:-----END [A-Z0-9 ]{1,40}-----|\Z)"
    r"|ssh-(?:rsa|ed25519|dss) AAAA[\w+/=]{16,}"
    r"|A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # Amazon
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:ag|dt|ft|pat|rt|soat)-[\w-]{16,}"
    r"|xox[abceoprs]-[\w-]{8,}|xapp-[\w-]{10,}"  # Slack
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"  # Google
    r"|pk_(?:live|test)_\w{10,}|rk_(?:live|test)_\w{10,}|sk_(?:live|test)_\w{10,}|whsec_\w{16,}"  # Stripe
    r"|sk-(?=[\w-]{0,99}\d)[\w-]{20,}|gsk_\w{20,}|hf_[A-Za-z0-9]{20,}|nvapi-[\w-]{20,}|pplx-\w{20,}|r8_\w{20,}"
    r"|xai-\w{20,}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|do[opr]_v1_[0-9a-f]{40,}|figd_[\w-]{20,}|hvs\.[\w-]{20,}"
    r"|lin_api_\w{20,}|ntn_\w{20,}"
    r"|sbp_\w{20,}|secret_\w{30,}|shp[a-z]{2}_\w{20,}|sntrys_[\w=+/-]{20,}|sq0[a-z]{3}-[\w-]{20,}|tskey-[\w-]{16,}"
    r"|key-(?=[a-z]{0,30}\d)\w{20,}|AGE-SECRET-KEY-1\w{20,}|EAA[A-Za-z0-9]{30,}|NRAK-\w{20,}|PMAK-[\w-]{20,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|AC[0-9a-f]{32}(?!\w)|SK[0-9a-f]{32}(?!\w)"  # SendGrid, Twilio
    r"|0x[0-9a-f]{64}(?!\w)"  # Ethereum
    r"|eyJ[\w-]{8,999}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web tokens
)
SHAPED_KEY = re.compile(
    r"[A-Za-z0-9_-](?<![A-Za-z0-9].)(?:"
    r"(?<=\d)\d{7,9}:[A-Za-z0-9_-]{35}(?![\w-])"  # Telegram
    r"|[A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"  # Discord
    r"|(?<=[A-Z0-9])[A-Z0-9]{3,5}(?:-[A-Z0-9]{4,6}){2,7}(?![\w-])"  # licences
    r")"
)
LONG_WORD = re.compile(r"[\w/+-](?<![\w/+.-].)[\w/+-]{27,}={0,2}")
WORDS_IN_A_ROW = re.compile(r"(?:(?:[A-Z]?[a-z]+|[A-Z]+|[A-Za-z]?\d{1,4})(?:[-_/+]+|\Z))+")  # "2016-New-Coders-Survey"
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
HASH_BEFORE = re.compile(
    r"(?:\b|(?<=info))(?:commit|sha(?![a-z])|hash|md5|checksum|digest|revision|rev(?![a-z])|git|merge|blob|tree|tag"
    r"|cherry-pick|check(?:ed|ing)? ?out|"
    r"forwarded|deploy|btih|HEAD)\w*\b[^.!?]{0,40}\Z",
    re.IGNORECASE,
)
# The beginnings of known keys, a long word, a licence.
FILTER = Filter(
    coarse=r"\d|-----BEGIN|xox",
    fine=r"[A-Za-z0-9_/+-]{27}|-----BEGIN|ssh-|A(?:KIA|SIA|ROA|IDA)|gh[pousr]_|github_pat_|gl(?:ag|dt|ft|pat|rt|soat)-|xox"
    r"|xapp-|AIza|ya29|GOCSPX|[prs]k_(?:live|test)_|whsec_|sk-|gsk_|hf_|nvapi-|pplx-|r8_|xai-|npm_|pypi-|do[opr]_v1"
    r"|figd_|hvs\.|lin_api_|ntn_|sbp_|secret_|shp[a-z][a-z]_|sntrys_|sq0|tskey-|key-|KEY-1|EAA|NRAK|PMAK|SG\.|eyJ"
    r"|hooks|discord|telegram|ifttt|googleapis|zapier|webhook"
    r"|[A-Z][0-9][0-9A-Z]*-[0-9A-Z]+-|[0-9][A-Z][0-9A-Z]*-[0-9A-Z]+-",
)


def remove_keys(text: str) -> str:
    """Remove keys and tokens: those with a known beginning, and long words of high entropy but for named hashes."""
    text = WEBHOOK.sub(REMOVED, text)
    text = KNOWN_KEY.sub(_replace_known, text)
    text = SHAPED_KEY.sub(_replace_shaped, text)
    return LONG_WORD.sub(_replace_long, text)


def _replace_known(match: re.Match[str]) -> str:
    return match[0] if text_before(match, 1).isalnum() else REMOVED


def _replace_shaped(match: re.Match[str]) -> str:
    return REMOVED if _has_letters_and_digits(match[0]) else match[0]


def _replace_long(match: re.Match[str]) -> str:
    word = match[0].rstrip("=")
    if not _has_letters_and_digits(word):
        return match[0]
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word):
        secret = len(word) >= 32 and not HASH_BEFORE.search(text_before(match, 60)) and _entropy(word) > 3
    else:
        secret = _entropy(word) > 3.8 and _changes(word) > 0.35 and not _is_a_name(word)
    return REMOVED if secret else match[0]


def _has_letters_and_digits(word: str) -> bool:
    return bool(re.search(r"\d", word) and re.search("[a-zA-Z]", word))


def _is_a_name(word: str) -> bool:
    """Return whether a word is made of words, as "getElementsByTagNameV2" is."""
    if WORDS_IN_A_ROW.fullmatch(word) or UUID.search(word):
        return True
    small_letters = sum(map(len, re.findall(r"[a-z]{3,}", word)))
    few_numbers = len(re.findall(r"\d+", word)) <= 2
    return few_numbers and small_letters > 0.45 * len(word)


def _entropy(word: str) -> float:
    """Return the entropy of a word's characters, bits each."""
    shares = [count / len(word) for count in Counter(word).values()]
    return -sum(share * math.log2(share) for share in shares)


def _changes(word: str) -> float:
    """Return how often, of 1, the next character is of another kind; in random words about 0.6."""
    kinds = map(_kind, word)
    changes = sum(one != two for one, two in pairwise(kinds))
    return changes / (len(word) - 1)


def _kind(character: str) -> str:
    """Return "a" for a small letter, "A" for a capital, "0" for a digit, and any other character itself."""
    if character.islower():
        return "a"
    if character.isupper():
        return "A"
    return "0" if character.isdigit() else character
