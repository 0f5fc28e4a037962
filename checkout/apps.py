import oscar.apps.checkout.apps as apps


class CheckoutConfig(apps.CheckoutConfig):
    """From cart to thank-you."""

    name = "checkout"

    def ready(self) -> None:
        """None of Oscar's checkout views is loaded; ours are in views.py. Letters may show offers,
        and be for whoever ordered something."""
        from checkout import newsletter  # noqa: F401 (registers)
