"""What stops a command before it has begun: something only the person who runs it can put right."""


class OperatorError(Exception):
    """The set-up is wrong. One sentence says what and how to mend it; a command prints it and exits with status 2."""
