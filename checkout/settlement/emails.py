"""The email about a payment alert, to staff."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.payment.models import PaymentAlert


def payment_alert(alert: PaymentAlert) -> None:
    """Email each order recipient among staff, once per alert."""
    about, data = f"alert:{alert.pk}", {"alert": alert.pk}
    for address in settings.STAFF_EMAILS:
        outbox.add("payment-alert", subject_id=about, to=address, data=data)


@renders("payment-alert", urgent=True)
def render_alert(message: Message) -> dict[str, Any]:
    """Return the problem, the order and a link to it."""
    alert = PaymentAlert.objects.select_related("order").filter(pk=message.data["alert"]).first()
    if alert is None:
        raise NoLongerNeeded("The alert was deleted before this could be sent.")
    page = reverse("admin:order_order_change", args=[alert.order_id])
    return {"order": alert.order, "text": alert.text, "admin_url": settings.SITE_URL + page}
