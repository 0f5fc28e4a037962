from django.apps import AppConfig


class RefundsConfig(AppConfig):
    """What each refund pays back, by line and tax component."""

    name = "checkout.refunds"
    label = "refunds"
