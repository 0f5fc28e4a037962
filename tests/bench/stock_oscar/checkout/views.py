"""The payment step, in the hook that Oscar documents for it.

It asks Stripe for what our own shop asks: an intent is created, then confirmed with the page's
token. The client is kept for the process, as in our shop.
"""

from functools import cache
from typing import Any

import stripe
from django.conf import settings
from oscar.apps.checkout import views
from oscar.apps.payment.exceptions import UnableToTakePayment
from oscar.apps.payment.models import Source, SourceType


@cache
def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        "sk_test_demo",
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=20),
    )


class PaymentDetailsView(views.PaymentDetailsView):
    """Oscar's view, which charges the card before it writes the order."""

    def handle_payment(self, order_number: str, total: Any, **kwargs: Any) -> None:
        """Hold the total on the card; raises UnableToTakePayment."""
        intent = self._charge(order_number, round(total.incl_tax * 100))
        if intent.status != "requires_capture":
            raise UnableToTakePayment(f"The payment is {intent.status}.")
        source_type, _ = SourceType.objects.get_or_create(name="Stripe")
        self.add_payment_source(
            Source(
                source_type=source_type,
                currency=total.currency,
                amount_allocated=total.incl_tax,
                reference=intent.id,
            )
        )
        self.add_payment_event("Authorised", total.incl_tax, reference=intent.id)

    def _charge(self, order_number: str, cents: int) -> stripe.PaymentIntent:
        intents = _client().v1.payment_intents
        made = intents.create(
            {
                "amount": cents,
                "currency": "cad",
                "capture_method": "manual",
                "allowed_payment_method_types": ["card"],
                "metadata": {"order": order_number},
            }
        )
        token = self.request.POST["confirmation_token"]
        return intents.confirm(
            made.id, {"confirmation_token": token, "return_url": "http://127.0.0.1/"}
        )
