"""What the suite says when a part is not to be had on this machine."""


class CannotRun(Exception):
    """A real part is missing; the text says which and why."""
