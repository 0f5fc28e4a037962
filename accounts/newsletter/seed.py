"""What a new shop starts with."""

from accounts.newsletter.subscribers import topics


def load() -> None:
    """Create the topics. Running it again adds nothing."""
    topics.load()
