"""Sample emails about a withdrawal from two batteries."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import sample_for
from checkout.order.email_samples import NUMBER, admin_page, sample_lines, sample_order
from checkout.withdrawal.models import Withdrawal, WithdrawalLine


def _context() -> dict[str, Any]:
    order = sample_order()
    at = datetime(2026, 11, 27, 17, 5, tzinfo=UTC)
    withdrawal = Withdrawal(pk=3, order=order, declared_at=at, email="dana@example.com")
    lines = [WithdrawalLine(parent=withdrawal, line=sample_lines()[1], quantity=2)]
    return {"withdrawal": withdrawal, "order": order, "lines": lines}


@sample_for("withdrawal-receipt")
def receipt() -> dict[str, Any]:
    """The buyer withdraws from a part of the order."""
    page = reverse("orders:status", args=[NUMBER, "sample-of-a-signed-link"])
    return {**_context(), "order_url": settings.SITE_URL + page}


@sample_for("withdrawal-for-staff")
def for_staff() -> dict[str, Any]:
    """Staff are notified."""
    return {**_context(), "admin_url": admin_page(), "reply_to": "dana@example.com"}
