from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """Staff ship, capture, cancel and refund orders."""

    name = "checkout.fulfilment"
    label = "fulfilment"
