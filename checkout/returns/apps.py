from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """Goods that come back: requests, receipts, and what each refund consists of."""

    name = "checkout.returns"
    label = "returns"

    def ready(self) -> None:
        """Make the kinds of letters known to workers, which read no addresses, and tell search
        engines on the policy's page what holds."""
        from checkout.returns import emails, structured  # noqa: F401
        from policies.structured import register

        register("returns", structured.returns)
