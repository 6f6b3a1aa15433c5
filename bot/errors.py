"""The errors that are answered with one sentence, and two sentences without further facts."""

from model import UserError

WENT_WRONG = "That went wrong on my side; the person who runs me finds the reason in the log."
NOT_HERE = "I'm not allowed to answer in this channel."


class RefusedError(UserError):
    """A request is refused; the text is one sentence for the person who asked."""


class ReplyError(RefusedError):
    """The typed words can't be answered."""
