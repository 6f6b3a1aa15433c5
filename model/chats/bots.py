"""What shows that an author is a bot: the export's own mark, a name that bots have, or how regularly it writes."""

import pandas as pd

# Names that no person has, in small letters, and freeCodeCamp's bot by its id too: some exports have no names.
KNOWN = {
    *("55b977f00fc9f982beab7883", "camperbot", "gitter-bot"),  # Gitter
    *("mee6", "dyno", "carl-bot", "dank memer", "rythm", "mudae", "pokétwo", "tatsumaki", "yagpdb.xyz"),  # Discord
    *("statbot", "ticket tool", "probot", "fredboat", "disboard", "unbelievaboat", "simple poll", "epic rpg"),
    *("slackbot", "combot", "grouphelpbot"),  # Slack, Telegram
    *("chanserv", "nickserv", "memoserv", "botserv", "operserv", "saslserv", "*status", "ubottu", "limnoria"),  # IRC
}
PACKAGE = "discord-package"  # the format of one person's own messages
GUESSES = ("writes by the clock", "writes in set phrases")  # reasons that people may give too
FEWEST = 30  # messages from which a machine is known
SAMPLE = 200  # of an author's messages
SHORT = 20  # characters; in shorter messages people have set phrases too
BEGINNING = 80  # characters, in which three words end
DIFFERENT = 0.45  # beginnings a message: freeCodeCamp's bots have 0.32 at most once cleaned, its people 0.58 and more
TYPING = 60  # seconds; who goes on sooner is a person in the middle of talk
UNEVEN = 0.1  # of the usual time between messages, how far nine of ten are from it: people have 0.87 and more


def recognise(messages: pd.DataFrame, ranking: pd.DataFrame) -> "pd.Series[str]":
    """Return for each author of a ranking what shows that it is a bot, "" where nothing does."""
    ids, names = ranking["author_id"], ranking["author"]
    busy = messages[messages["author_id"].isin(ids[ranking["messages"] >= FEWEST])]
    reason = pd.Series("", ranking.index, dtype=object)
    for guess, of_these in zip(GUESSES, (by_the_clock(busy), in_set_phrases(busy)), strict=True):
        reason[ids.isin(of_these)] = guess
    reason[ids.str.casefold().isin(KNOWN) | names.str.casefold().isin(KNOWN)] = "a known bot"
    reason[ranking["is_bot"].astype(bool)] = "marked in the export"
    reason[ids.isin(owners(messages)) | (len(ranking) == 1)] = ""  # an export of a bot alone is one of somebody's bot
    return reason


def owners(messages: pd.DataFrame) -> set[str]:
    """Return the ids of those who sent for their own messages: only people have accounts to send for."""
    if "format" not in messages:
        return set()
    return set(messages.loc[messages["format"] == PACKAGE, "author_id"])


def in_set_phrases(messages: pd.DataFrame) -> set[str]:
    """Return the ids of those most of whose messages begin with the same few words, whatever numbers are in them."""
    long = messages.loc[messages["text"].str.len() >= SHORT, ["author_id", "text"]]
    author = long.groupby("author_id")["text"]
    # From all of the time: people fall into a habit for a while.
    some = long[author.cumcount() % (author.transform("size") // SAMPLE).clip(lower=1) == 0]
    words = some["text"].str.slice(0, BEGINNING).str.lower().str.replace(r"[0-9@][^\x00-\x20]*", "#", regex=True)
    beginnings = words.str.replace(r"(?s)^((?:[^\x00-\x20]+[\x00-\x20]+){3}).*", r"\1", regex=True)
    of_each = beginnings.groupby(some["author_id"]).agg(["size", "nunique"])
    return set(of_each.index[(of_each["size"] >= FEWEST) & (of_each["nunique"] < DIFFERENT * of_each["size"])])


def by_the_clock(messages: pd.DataFrame) -> set[str]:
    """Return the ids of those whose time from one message to the next hardly changes."""
    timed = messages.loc[messages["sent_at"].notna(), ["author_id", "sent_at"]]
    seconds = timed.groupby("author_id")["sent_at"].diff().dt.total_seconds()
    author = seconds.groupby(timed["author_id"])
    usual = author.transform("median")
    uneven = ((seconds - usual).abs() / usual).groupby(timed["author_id"]).quantile(0.9)
    regular = (uneven < UNEVEN) & (author.count() >= FEWEST - 1) & (author.median() >= TYPING)
    return set(regular.index[regular])
