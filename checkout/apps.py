import oscar.apps.checkout.apps as apps


class CheckoutConfig(apps.CheckoutConfig):
    """The checkout, from the cart to the thank-you page."""

    name = "checkout"

    def ready(self) -> None:
        """Register offers and order filters for campaigns. Oscar's checkout views are not used."""
        # imported here because it loads models
        from checkout import newsletter  # noqa: F401 (registers)
