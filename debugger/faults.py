"""The error that is the user's, not ours."""


class CommandError(Exception):
    """What the user asked for can't be done; the text says why, in the user's words."""
