from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Whether books, stock and Stripe say the same, proved every night."""

    name = "checkout.audit"
    label = "audit"

    def ready(self) -> None:
        """Register the letter."""
        from checkout.audit import emails  # noqa: F401
