"""Oscar's checkout with a payment step."""

from oscar.apps.checkout import apps


class CheckoutConfig(apps.CheckoutConfig):
    """Oscar's; only `views.py` is found here."""

    name = "tests.bench.stock_oscar.checkout"
