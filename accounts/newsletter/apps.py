from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Subscribers, and the campaigns that are sent to them."""

    name = "accounts.newsletter"
    label = "newsletter"

    def ready(self) -> None:
        """Connect the newsletter to other packages."""
        from accounts.newsletter import hooks  # noqa: F401 (models are loaded only now)
