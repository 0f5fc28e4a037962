import oscar.apps.payment.apps as apps


class PaymentConfig(apps.PaymentConfig):
    """Money: attempts to pay, and what Stripe says became of them."""

    name = "checkout.payment"
