from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """Goods that come back: requests, receipts, and what each refund consists of."""

    name = "checkout.returns"
    label = "returns"
