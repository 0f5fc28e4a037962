"""The letter that tells staff of an order whose money needs a look."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.payment.models import MoneyAlert


def money_alert(alert: MoneyAlert) -> None:
    """Tell each member of staff who is told of orders; once for each alert."""
    about, data = f"alert:{alert.pk}", {"alert": alert.pk}
    for address in settings.STAFF_MAIL:
        outbox.add("payment-alert", subject_id=about, to=address, data=data)


@renders("payment-alert", urgent=True)
def render_alert(message: Message) -> dict[str, Any]:
    """What is wrong, with which order, and where to look."""
    alert = MoneyAlert.objects.select_related("order").filter(pk=message.data["alert"]).first()
    if alert is None:
        raise NoLongerNeeded("The alert was deleted before the letter could be sent.")
    page = reverse("admin:order_order_change", args=[alert.order_id])
    return {"order": alert.order, "text": alert.text, "admin_url": settings.SITE_URL + page}
