from django.apps import AppConfig


class TaxConfig(AppConfig):
    """Canadian sales tax: rates by date, and the tax lines of orders."""

    name = "checkout.tax"
    label = "tax"
