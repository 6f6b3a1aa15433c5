"""The errors whose text is one sentence for the person who asked, and the sentences that need no more facts."""

from model import UserError

WENT_WRONG = "That went wrong on my side; whoever runs me finds the reason in the log."
NOT_HERE = "I'm not to answer in this channel."


class RefusedError(UserError):
    """What was asked for is not done; the text is one sentence for the person who asked."""


class ReplyError(RefusedError):
    """What was typed can't be answered."""
