"""Generated chats, for the readers of all formats: what is written must be what is read."""

from datetime import UTC, datetime

from hypothesis import strategies as st

# Not in it: what `clean` strips, and "<", with which Discord's markup begins.
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="<")
TEXTS = st.text(LETTERS | st.sampled_from("\n\"',;😀 "), min_size=1, max_size=40).filter(lambda text: text.strip())
MOMENTS = st.datetimes(datetime(2016, 1, 1), datetime(2029, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
AUTHORS = st.sampled_from([("501", "ada"), ("502", "Ünal 😀"), ("503", 'bob, the "builder"; jr')])


@st.composite
def chats(draw):
    """Messages in time order: (moment, (author_id, author), text)."""
    moments = sorted(draw(st.lists(MOMENTS, min_size=1, max_size=12)))
    return [(moment, draw(AUTHORS), draw(TEXTS)) for moment in moments]


def found(messages):
    """The same of a messages table."""
    columns = messages[["sent_at", "author_id", "author", "text"]].itertuples(index=False)
    return [(moment.to_pydatetime(), (author_id, author), text) for moment, author_id, author, text in columns]


def snowflake(moment, number=0):
    """The id that Discord gives to what is sent then."""
    return (round((moment.timestamp() - 1_420_070_400) * 1000) << 22) + number
