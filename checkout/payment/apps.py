import oscar.apps.payment.apps as apps


class PaymentConfig(apps.PaymentConfig):
    """Payment attempts and transactions at Stripe."""

    name = "checkout.payment"

    def ready(self) -> None:
        """Register the checks of the Stripe settings, and what the policies say about payment."""
        # these import models, which are loaded by now
        from checkout.payment import checks, policy_text  # noqa: F401 (registers checks)
        from policies import disclosures, variables

        variables.register("payment_methods", policy_text.payment_methods)
        for name, gets in policy_text.processors().items():
            disclosures.register_processor(name, receives=gets)
        for name, lasts in policy_text.STRIPE_COOKIES.items():
            purpose = policy_text.cookie_purpose(name)
            disclosures.register_cookie(name, purpose=purpose, lifetime=lasts)
