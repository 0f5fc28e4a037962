"""The delay notice to the buyer."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import renders
from checkout.deadlines.models import DelayNotice


def delayed(notice: DelayNotice) -> None:
    """Email the notice; a phone order may have no email address."""
    if to := notice.order.guest_email:
        data = {"notice": notice.pk}
        outbox.add("delay-notice", subject_id=f"delay:{notice.pk}", to=to, data=data)


@renders("delay-notice", urgent=True)
def render_notice(message: Message) -> dict[str, Any]:
    """Return the notice with the link to reply."""
    notice = DelayNotice.objects.select_related("order").get(pk=message.data["notice"])
    path = reverse("deadlines:reply", args=[notice.secret])
    return {"notice": notice, "order": notice.order, "reply_url": settings.SITE_URL + path}
