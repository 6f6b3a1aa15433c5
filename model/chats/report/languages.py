"""Messages to the languages in which they are written, guessed from a sample."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Of 1,000 chat messages cut to 20 letters, one in twenty was taken for another language; cut to 40, hardly any.
FEWEST_LETTERS = 40
SAMPLE = 3_000  # messages: half a second
SURE = 0.9  # the least probability of a language that is named
UNSURE, OTHER = "unsure", "no language"
NOT_WORDS = re.compile(r"```.*?```|`[^`]*`|https?://\S+|[@#]\S+|<[^<>\s]*>|:\w+:", re.DOTALL)
# The most common ones, by ISO 639 code; the others are named by their code.
NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovene",
    "sr": "Serbian",
    "sv": "Swedish",
    "ta": "Tamil",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "zxx": OTHER,
    "und": UNSURE,
}


def guess_languages(texts: "pd.Series[str]") -> Counter[str]:
    """Count the languages, or UNSURE, of messages spread evenly over those of FEWEST_LETTERS letters or more."""
    samples = list(_samples(texts))
    languages: Counter[str] = Counter()
    if not samples:
        return languages
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=SURE)
    for text in samples:
        code, _ = identifier.classify(text)
        languages[NAMES.get(code, code)] += 1
    return languages


def _samples(texts: "pd.Series[str]") -> Iterator[str]:
    """Yield the words of some messages, without code, links and mentions."""
    long = texts[texts.str.len() >= FEWEST_LETTERS]
    places = np.linspace(0, len(long) - 1, min(len(long), SAMPLE)).astype(int)
    for text in long.iloc[places]:
        words = NOT_WORDS.sub(" ", text)
        if sum(map(str.isalpha, words)) >= FEWEST_LETTERS:
            yield words
