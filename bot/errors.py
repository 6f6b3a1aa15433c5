"""Errors that are answered with one sentence, and two such sentences."""

from model import UserError

WENT_WRONG = "Something went wrong on my side; the person who runs me can find the reason in the log."
NOT_HERE = "I'm not allowed to answer in this channel."


class RefusedError(UserError):
    """A request is refused; the text is one sentence for the person who asked."""


class ReplyError(RefusedError):
    """The typed words can't be answered."""
