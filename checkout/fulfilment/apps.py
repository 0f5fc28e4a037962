from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """Staff create shipments, capture payments, cancel and refund orders."""

    name = "checkout.fulfilment"
    label = "fulfilment"
