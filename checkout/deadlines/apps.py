from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    """Delay notices, their replies, and automatic refunds."""

    name = "checkout.deadlines"
    label = "deadlines"

    def ready(self) -> None:
        """Register the email: workers load no URLs."""
        from checkout.deadlines import emails  # noqa: F401 (models are loaded by now)
