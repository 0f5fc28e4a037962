"""A sample notice of a delay that needs consent."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import sample_for
from checkout.deadlines.models import DelayNotice
from checkout.order.email_samples import sample_order


@sample_for("delay-notice")
def notice() -> dict[str, Any]:
    """A backordered airplane comes later."""
    order = sample_order()
    days = {"promised_on": date(2026, 12, 4), "new_date": date(2027, 2, 1)}
    made = DelayNotice(pk=3, order=order, nth=1, refund_on=date(2027, 1, 3), **days)
    path = reverse("deadlines:reply", args=["sample-of-a-signed-link"])
    return {"notice": made, "order": order, "reply_url": settings.SITE_URL + path}
