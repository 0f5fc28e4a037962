"""A sample of the email about a changed address."""

from decimal import Decimal
from typing import Any

from accounts.mail.samples import sample_for
from checkout.order.email_samples import sample_summary, status_page


@sample_for("address-changed")
def address_changed() -> dict[str, Any]:
    """Taxes are lower there."""
    return {**sample_summary(), "old_total": Decimal("171.76"), "status_url": status_page()}
