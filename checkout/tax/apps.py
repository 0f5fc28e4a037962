from django.apps import AppConfig


class TaxConfig(AppConfig):
    """Canadian sales tax: dated rates, and the tax lines of an order."""

    name = "checkout.tax"
    label = "tax"
