import oscar.apps.payment.apps as apps


class PaymentConfig(apps.PaymentConfig):
    """Money: attempts to pay, and what Stripe says became of them."""

    name = "checkout.payment"

    def ready(self) -> None:
        """Refuse to start with keys and addresses that do not belong together, and say to the
        policies how one can pay and what Stripe gets."""
        from checkout.payment import checks, policy_text  # noqa: F401 (registers checks)
        from policies import disclosures, variables

        variables.register("payment_methods", policy_text.payment_methods)
        for name, gets in policy_text.processors().items():
            disclosures.register_processor(name, receives=gets)
        for name, lasts in policy_text.STRIPE_COOKIES.items():
            purpose = policy_text.cookie_purpose(name)
            disclosures.register_cookie(name, purpose=purpose, lifetime=lasts)
