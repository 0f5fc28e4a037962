from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """Goods that come back: requests, receipts, and what each refund consists of."""

    name = "checkout.returns"
    label = "returns"

    def ready(self) -> None:
        """Make the kinds of letters known to workers, which read no addresses."""
        from checkout.returns import emails  # noqa: F401
