from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """Return requests, receipt and refund."""

    name = "checkout.returns"

    def ready(self) -> None:
        """Register the emails (workers load no URLs), the refund receiver and structured data."""
        # these import models, which are loaded by now
        from checkout.refunds.signals import refund_recorded
        from checkout.returns import emails, services, structured_data  # noqa: F401
        from policies import structured_data as policy_structured_data

        refund_recorded.connect(services.on_refund_recorded, dispatch_uid="returns")
        policy_structured_data.register("returns", structured_data.return_policy)
