from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """Goods that customers send back: requests, receipt, refund."""

    name = "checkout.returns"
    label = "returns"

    def ready(self) -> None:
        """Make the kinds of letters known to workers, which read no addresses, and tell search
        engines on the policy's page what holds."""
        # the models are loaded by now
        from checkout.refunds.signals import refund_recorded
        from checkout.returns import emails, services, structured  # noqa: F401
        from policies import structured_data

        refund_recorded.connect(services.on_refund_recorded, dispatch_uid="returns")
        structured_data.register("returns", structured.returns)
