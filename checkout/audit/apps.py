from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Compares orders, payments, stock and Stripe every night."""

    name = "checkout.audit"
    label = "audit"

    def ready(self) -> None:
        """Register the email for workers, which load no URLs."""
        from checkout.audit import emails  # noqa: F401 (registers)
