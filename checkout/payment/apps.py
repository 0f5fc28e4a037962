import oscar.apps.payment.apps as apps


class PaymentConfig(apps.PaymentConfig):
    """Money: attempts to pay, and what Stripe says became of them."""

    name = "checkout.payment"

    def ready(self) -> None:
        """Refuse to start with keys and addresses that do not belong together."""
        from checkout.payment import checks  # noqa: F401 (registers checks)
