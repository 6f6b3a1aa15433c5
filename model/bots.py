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
FEWEST = 30  # messages from which a machine is known
SAMPLE = 500  # of an author's messages
SHORT = 20  # characters; in shorter messages people have set phrases too
BEGINNINGS = 0.35  # different ones, a message: freeCodeCamp's bots have 0.3 at most, its people 0.57 and more
UNEVEN = 0.1  # of the usual time between messages, how far nine of ten are from it: people have 0.87 and more


def recognise(messages: pd.DataFrame, ranking: pd.DataFrame) -> "pd.Series[str]":
    """Return for each author of a ranking what shows that it is a bot, "" where nothing does."""
    reason = pd.Series("", ranking.index, dtype=object)
    busy = ranking["author_id"][ranking["messages"] >= FEWEST]
    written = messages[messages["author_id"].isin(busy)].groupby("author_id", sort=False)
    set_phrases = {author_id for author_id, own in written["text"] if repeats_itself(own)}
    by_the_clock = {author_id for author_id, own in written["sent_at"] if keeps_time(own)}
    reason[ranking["author_id"].isin(by_the_clock)] = "writes by the clock"
    reason[ranking["author_id"].isin(set_phrases)] = "writes in set phrases"
    known = ranking["author_id"].str.casefold().isin(KNOWN) | ranking["author"].str.casefold().isin(KNOWN)
    reason[known] = "a known bot"
    reason[ranking["is_bot"].astype(bool)] = "marked in the export"
    return reason


def repeats_itself(texts: "pd.Series[str]") -> bool:
    """Say whether most messages begin with the same few words, whatever numbers and names are in them."""
    long = texts[texts.str.len() >= SHORT]
    some = long.iloc[:: max(1, len(long) // SAMPLE)]  # from all of the time: people fall into a habit for a while
    words = some.str.casefold().str.replace(r"[\d@]\S*", "#", regex=True).str.split(n=3)
    beginnings = words.str[:3].str.join(" ").nunique()
    return len(some) >= FEWEST and beginnings < BEGINNINGS * len(some)


def keeps_time(moments: "pd.Series[pd.Timestamp]") -> bool:
    """Say whether the time from one message to the next hardly changes."""
    seconds = moments.dropna().diff().dt.total_seconds().iloc[1:]
    usual = seconds.median()
    # Less than a minute is somebody typing.
    return bool(len(seconds) >= FEWEST - 1 and usual >= 60 and (seconds - usual).abs().quantile(0.9) < UNEVEN * usual)
