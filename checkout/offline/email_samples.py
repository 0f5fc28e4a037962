"""A sample quote."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import sample_for
from checkout.order.email_samples import NUMBER, sample_summary


@sample_for("order-quote")
def quote() -> dict[str, Any]:
    """Prices are valid for two weeks."""
    summary = sample_summary()
    summary["order"].valid_until = date(2026, 12, 4)
    path = reverse("checkout:retry", args=[NUMBER, "sample-of-a-signed-link"])
    return {**summary, "pay_url": settings.SITE_URL + path}
