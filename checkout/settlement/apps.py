from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """Updates orders from Stripe: settle, reconcile, disputes, payment alerts."""

    name = "checkout.settlement"
    label = "settlement"

    def ready(self) -> None:
        """Register the emails for workers, which load no URLs."""
        from checkout.settlement import emails  # noqa: F401 (registers)
