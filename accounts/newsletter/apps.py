from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Who asked for which letters, and the letters that are sent to all of them."""

    name = "accounts.newsletter"
    label = "newsletter"

    def ready(self) -> None:
        """Offer the blocks and conditions that need no higher room."""
        from accounts.newsletter.writing import filters, own_blocks  # noqa: F401
