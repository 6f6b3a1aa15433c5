"""Keys and tokens out of a message: those with a known beginning, and long words of high entropy."""

import math
import re
from collections import Counter
from itertools import pairwise

from model.chats.cleaning.redaction import REMOVED, before

WEBHOOK = re.compile(  # whoever knows the link may write
    r"https?://(?:(?:hooks\.slack\.com|hooks\.zapier\.com|chat\.googleapis\.com|maker\.ifttt\.com)/"
    r"|(?:\w{1,20}\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/|api\.telegram\.org/bot"
    r"|[\w.-]{1,60}\.webhook\.office\.com/)"
    r"[^\s<>\"'`)]+"
)
# Each beginning is written out: Python then looks for their first characters only, thrice as fast.
KEY = re.compile(
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
# For RE2, in each message with a key: the beginnings of known ones, a long word, a licence.
HINT = (
    r"[A-Za-z0-9_/+-]{27}|-----BEGIN|ssh-|A(?:KIA|SIA|ROA|IDA)|gh[pousr]_|github_pat_|gl(?:ag|dt|ft|pat|rt|soat)-|xox"
    r"|xapp-|AIza|ya29|GOCSPX|[prs]k_(?:live|test)_|whsec_|sk-|gsk_|hf_|nvapi-|pplx-|r8_|xai-|npm_|pypi-|do[opr]_v1"
    r"|figd_|hvs\.|lin_api_|ntn_|sbp_|secret_|shp[a-z][a-z]_|sntrys_|sq0|tskey-|key-|KEY-1|EAA|NRAK|PMAK|SG\.|eyJ"
    r"|hooks|discord|telegram|ifttt|googleapis|zapier|webhook"
    r"|[A-Z][0-9][0-9A-Z]*-[0-9A-Z]+-|[0-9][A-Z][0-9A-Z]*-[0-9A-Z]+-"
)
SHAPED_KEY = re.compile(
    r"[A-Za-z0-9_-](?<![A-Za-z0-9].)(?:"
    r"(?<=\d)\d{7,9}:[A-Za-z0-9_-]{35}(?![\w-])"  # Telegram
    r"|[A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"  # Discord
    r"|(?<=[A-Z0-9])[A-Z0-9]{3,5}(?:-[A-Z0-9]{4,6}){2,7}(?![\w-])"  # licences
    r")"
)
LONG = re.compile(r"[\w/+-](?<![\w/+.-].)[\w/+-]{27,}={0,2}")
WORDS = re.compile(r"(?:(?:[A-Z]?[a-z]+|[A-Z]+|[A-Za-z]?\d{1,4})(?:[-_/+]+|\Z))+")  # "2016-New-Coders-Survey"
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
HASHED = re.compile(
    r"(?:\b|(?<=info))(?:commit|sha(?![a-z])|hash|md5|checksum|digest|revision|rev(?![a-z])|git|merge|blob|tree|tag"
    r"|cherry-pick|check(?:ed|ing)? ?out|"
    r"forwarded|deploy|btih|HEAD)\w*\b[^.!?]{0,40}\Z",
    re.IGNORECASE,
)


def keys(text: str) -> str:
    """Remove keys and tokens: those with a known beginning, and long words of high entropy but for named hashes."""
    text = KEY.sub(_key, WEBHOOK.sub(REMOVED, text))
    return LONG.sub(_long, SHAPED_KEY.sub(_shaped, text))


def _key(match: re.Match[str]) -> str:
    return match[0] if before(match, 1).isalnum() else REMOVED


def _shaped(match: re.Match[str]) -> str:
    return REMOVED if re.search(r"\d", match[0]) and re.search("[A-Za-z]", match[0]) else match[0]


def _long(match: re.Match[str]) -> str:
    word = match[0].rstrip("=")
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word):
        named = HASHED.search(before(match, 60))
        secret = len(word) >= 32 and not named and _entropy(word) > 3
    else:
        secret = _entropy(word) > 3.8 and _changes(word) > 0.35 and not _is_a_name(word)
    return REMOVED if secret and re.search(r"\d", word) and re.search(r"[a-zA-Z]", word) else match[0]


def _is_a_name(word: str) -> bool:
    """Say whether a word is made of words, as "getElementsByTagNameV2" is."""
    small = sum(map(len, re.findall(r"[a-z]{3,}", word)))
    few_numbers = len(re.findall(r"\d+", word)) <= 2
    return bool(WORDS.fullmatch(word) or UUID.search(word) or (few_numbers and small > 0.45 * len(word)))


def _entropy(word: str) -> float:
    """Return the entropy of a word's characters in bits each."""
    return -sum(count / len(word) * math.log2(count / len(word)) for count in Counter(word).values())


def _changes(word: str) -> float:
    """Return how often a word goes over from small letters to capitals, to digits, to others: random ones, in 0.6."""
    kinds = ["a" if each.islower() else "A" if each.isupper() else "0" if each.isdigit() else each for each in word]
    return sum(one != two for one, two in pairwise(kinds)) / (len(word) - 1)
