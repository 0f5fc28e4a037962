"""A sample payment alert."""

from typing import Any

from accounts.mail.samples import sample_for
from checkout.order.email_samples import admin_page, sample_order


@sample_for("payment-alert")
def alert() -> dict[str, Any]:
    """Stripe captured less than the order total."""
    text = "Only 1.00 of 168.72 CAD was captured at Stripe."
    return {"order": sample_order(), "text": text, "admin_url": admin_page()}
