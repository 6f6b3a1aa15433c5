"""All that a persona is made of and replies with, from a chat export to characters."""


class UserError(Exception):
    """An error that a person can put right: its text is one line with what was found, what was wanted, what to do."""
