"""Messages to the languages that they are in, as well as can be guessed from a sample."""

import re
from collections import Counter

import numpy as np
import pandas as pd
from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Of 1,000 chat messages cut to 20 letters, one in twenty was taken for another language; cut to 40, hardly any.
FEWEST_LETTERS = 40
SAMPLE = 3_000  # messages: half a second
SURE = 0.9  # probability from which a language is named
UNSURE, OTHER = "unsure", "no language"
NOT_WORDS = re.compile(r"```.*?```|`[^`]*`|https?://\S+|[@#]\S+|<[^<>\s]*>|:\w+:", re.DOTALL)
# Those met most, by ISO 639 code; others keep their code.
NAMES = dict(
    pair.split(" ", 1)
    for pair in (
        "ar Arabic, bg Bulgarian, bn Bengali, ca Catalan, cs Czech, da Danish, de German, el Greek, en English, "
        "es Spanish, et Estonian, fa Persian, fi Finnish, fr French, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, "
        "id Indonesian, it Italian, ja Japanese, ko Korean, lt Lithuanian, lv Latvian, nl Dutch, no Norwegian, "
        "pl Polish, pt Portuguese, ro Romanian, ru Russian, sk Slovak, sl Slovene, sr Serbian, sv Swedish, ta Tamil, "
        f"th Thai, tl Tagalog, tr Turkish, uk Ukrainian, ur Urdu, vi Vietnamese, zh Chinese, zxx {OTHER}, und {UNSURE}"
    ).split(", ")
)


def guess_languages(texts: "pd.Series[str]") -> Counter[str]:
    """Count the languages, or UNSURE, of messages drawn evenly from those with FEWEST_LETTERS letters or more."""
    long = texts[texts.str.len() >= FEWEST_LETTERS]
    drawn = long.iloc[np.linspace(0, len(long) - 1, min(len(long), SAMPLE)).astype(int)]
    worded = [text for text in (NOT_WORDS.sub(" ", text) for text in drawn) if _letters(text) >= FEWEST_LETTERS]
    if not worded:
        return Counter()
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=SURE)
    codes = (identifier.classify(text)[0] for text in worded)
    return Counter(NAMES.get(code, code) for code in codes)


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
