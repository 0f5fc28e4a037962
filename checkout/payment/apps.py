import oscar.apps.payment.apps as apps


class PaymentConfig(apps.PaymentConfig):
    """Money: attempts to pay, and what Stripe says became of them."""

    name = "checkout.payment"

    def ready(self) -> None:
        """Refuse to start with keys and addresses that do not belong together, and say to the
        policies how one can pay and what Stripe gets."""
        from checkout.payment import checks, words  # noqa: F401 (registers checks)
        from policies import register, variables

        variables.register("payment_methods", words.payment_methods)
        for name, gets in words.processors().items():
            register.add_processor(name, gets=gets)
        for name, lasts in words.STRIPE_COOKIES.items():
            register.add_cookie(name, purpose=words.cookie_purpose(name), lasts=lasts)
