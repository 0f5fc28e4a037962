"""Sample emails about a return of two batteries."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import sample_for
from checkout.order.email_samples import (
    NUMBER,
    admin_page,
    sample_lines,
    sample_order,
    sample_summary,
)
from checkout.returns.models import Return, ReturnLine, ReturnReason


def _context(why: str = "") -> dict[str, Any]:
    order = sample_order()
    ret = Return(order=order, nth=1)
    cells = ReturnLine(
        parent=ret, line=sample_lines()[1], quantity=2, reason=ReturnReason.FAULTY, scrapped=1
    )
    page = reverse("returns:detail", args=[NUMBER, "sample-of-a-signed-link", 1])
    return {
        "ret": ret,
        "order": order,
        "lines": [cells],
        "return_url": settings.SITE_URL + page,
        "window_days": settings.RETURN_WINDOW_DAYS,
        "note": why,
    }


@sample_for("return-requested")
def requested() -> dict[str, Any]:
    """The customer requests a return."""
    return _context()


@sample_for("return-for-staff")
def for_staff() -> dict[str, Any]:
    """Staff are notified."""
    context = _context("They hold no charge any more.")
    return {**context, "photos": 1, "admin_url": admin_page(), "reply_to": "dana@example.com"}


@sample_for("return-approved")
def approved() -> dict[str, Any]:
    """Staff approve."""
    return {**_context(), "customer_pays": False}


@sample_for("return-declined", "return-closed")
def declined() -> dict[str, Any]:
    """Staff decline, or close without a refund."""
    return _context("The cells were flown for a year.")


@sample_for("return-received")
def received() -> dict[str, Any]:
    """One of two arrived."""
    context = _context("One cell was missing in the parcel.")
    return {**context, "came": context["lines"]}


@sample_for("cancelled-for-staff")
def cancelled() -> dict[str, Any]:
    """A customer cancels before it is packed."""
    return {
        **sample_summary(),
        "note": "I ordered the wrong one.",
        "admin_url": admin_page(),
        "reply_to": "dana@example.com",
    }
