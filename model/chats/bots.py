"""Recognise bots: by the export's own mark, by a name that bots have, or by how regularly they write."""

import pandas as pd

# Names that no person has, in small letters.
KNOWN_BOTS = {
    # Gitter; freeCodeCamp's bot by its id too, since some exports have no names
    "55b977f00fc9f982beab7883",
    "camperbot",
    "gitter-bot",
    # Discord
    "mee6",
    "dyno",
    "carl-bot",
    "dank memer",
    "rythm",
    "mudae",
    "pokétwo",
    "tatsumaki",
    "yagpdb.xyz",
    "statbot",
    "ticket tool",
    "probot",
    "fredboat",
    "disboard",
    "unbelievaboat",
    "simple poll",
    "epic rpg",
    # Slack and Telegram
    "slackbot",
    "combot",
    "grouphelpbot",
    # IRC
    "chanserv",
    "nickserv",
    "memoserv",
    "botserv",
    "operserv",
    "saslserv",
    "*status",
    "ubottu",
    "limnoria",
}
PACKAGE = "discord-package"  # the format that holds one person's own messages

BY_THE_CLOCK = "writes by the clock"
IN_SET_PHRASES = "writes in set phrases"
GUESSES = (BY_THE_CLOCK, IN_SET_PHRASES)  # reasons that may be true of people too

FEWEST = 30  # messages; with fewer, an author's habits prove nothing
SAMPLED = 200  # messages of each author that are compared
SHORT = 20  # characters; in shorter messages people use set phrases too
BEGINNING = 80  # characters that surely hold the first three words
# Different beginnings per message: freeCodeCamp's bots reach at most 0.32 once cleaned, its people at least 0.58.
MOST_REPETITIVE = 0.45
TYPING = 60  # seconds; a person in the middle of a talk writes again sooner
# How far nine of ten intervals are from the usual one, as a share of it: people reach at least 0.87.
MOST_REGULAR = 0.1

DIGITS_AND_MENTIONS = r"[0-9@][^\x00-\x20]*"
FIRST_THREE_WORDS = r"(?s)^((?:[^\x00-\x20]+[\x00-\x20]+){3}).*"


def recognise(messages: pd.DataFrame, ranking: pd.DataFrame) -> "pd.Series[str]":
    """Return for each author of a ranking why it is taken for a bot, "" for people."""
    ids = ranking["author_id"]
    names = ranking["author"]
    busy = ids[ranking["messages"] >= FEWEST]
    of_busy = messages[messages["author_id"].isin(busy)]
    reason = pd.Series("", ranking.index, dtype=object)
    reason[ids.isin(by_the_clock(of_busy))] = BY_THE_CLOCK
    reason[ids.isin(in_set_phrases(of_busy))] = IN_SET_PHRASES
    reason[_is_known(ids) | _is_known(names)] = "a known bot"
    reason[ranking["is_bot"].astype(bool)] = "marked in the export"
    reason[ids.isin(owners(messages))] = ""
    if len(ranking) == 1:  # somebody exported this author alone, and wants it
        reason[:] = ""
    return reason


def _is_known(words: "pd.Series[str]") -> "pd.Series[bool]":
    return words.str.casefold().isin(KNOWN_BOTS)


def owners(messages: pd.DataFrame) -> set[str]:
    """Return the ids of those who requested their own data: only people have accounts that can."""
    if "format" not in messages:
        return set()
    in_package = messages["format"] == PACKAGE
    return set(messages.loc[in_package, "author_id"])


def in_set_phrases(messages: pd.DataFrame) -> set[str]:
    """Return the ids of authors whose messages mostly begin with the same few words, whatever numbers are in them."""
    is_long = messages["text"].str.len() >= SHORT
    sample = _sample(messages.loc[is_long, ["author_id", "text"]])
    words = sample["text"].str.slice(0, BEGINNING).str.lower()
    words = words.str.replace(DIGITS_AND_MENTIONS, "#", regex=True)
    beginnings = words.str.replace(FIRST_THREE_WORDS, r"\1", regex=True)
    counts = beginnings.groupby(sample["author_id"]).agg(["size", "nunique"])
    is_enough = counts["size"] >= FEWEST
    is_repetitive = counts["nunique"] < MOST_REPETITIVE * counts["size"]
    return set(counts.index[is_enough & is_repetitive])


def _sample(messages: pd.DataFrame) -> pd.DataFrame:
    """Return about SAMPLED messages of each author, from all of the time: people fall into a habit for a while."""
    author = messages.groupby("author_id")["text"]
    step = author.transform("size") // SAMPLED
    is_sampled = author.cumcount() % step.clip(lower=1) == 0
    return messages[is_sampled]


def by_the_clock(messages: pd.DataFrame) -> set[str]:
    """Return the ids of authors whose time from one message to the next hardly changes."""
    has_time = messages["sent_at"].notna()
    timed = messages.loc[has_time, ["author_id", "sent_at"]]
    ids = timed["author_id"]
    seconds = timed.groupby("author_id")["sent_at"].diff().dt.total_seconds()
    author = seconds.groupby(ids)
    usual = author.transform("median")
    deviation = (seconds - usual).abs() / usual
    is_regular = deviation.groupby(ids).quantile(0.9) < MOST_REGULAR
    is_enough = author.count() >= FEWEST - 1
    is_slow = author.median() >= TYPING
    return set(is_regular.index[is_regular & is_enough & is_slow])
