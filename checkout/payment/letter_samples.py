"""A made-up alert about money."""

from typing import Any

from accounts.mail.samples import shows
from checkout.order.letter_samples import admin_page, sample_order


@shows("payment-alert")
def alert() -> dict[str, Any]:
    """Stripe took less than the order comes to."""
    text = "Only 1.00 of 168.72 CAD was taken at Stripe."
    return {"order": sample_order(), "text": text, "admin_url": admin_page()}
