"""What the newsletter brings to a new shop."""

from accounts.newsletter import topics


def load() -> None:
    """Write the topics. Running it again adds nothing."""
    topics.load()
