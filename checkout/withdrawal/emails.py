"""The receipt of a withdrawal, and its notification of staff."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import renders
from checkout.order.links import status_url
from checkout.withdrawal.models import Withdrawal


def declared(withdrawal: Withdrawal) -> None:
    """Email the receipt to the buyer, and notify staff."""
    if withdrawal.email:  # a phone order may have no email address
        _add("withdrawal-receipt", withdrawal, to=withdrawal.email)
    for address in settings.STAFF_EMAILS:
        _add("withdrawal-for-staff", withdrawal, to=address)


def _add(email_type: str, withdrawal: Withdrawal, *, to: str) -> None:
    data = {"withdrawal": withdrawal.pk}
    outbox.add(email_type, subject_id=f"withdrawal:{withdrawal.pk}", to=to, data=data)


def _context(message: Message) -> dict[str, Any]:
    found = Withdrawal.objects.select_related("order")
    withdrawal = found.get(pk=message.data["withdrawal"])
    lines = withdrawal.lines.select_related("line__kit").prefetch_related(
        "line__attributes__option"
    )
    return {"withdrawal": withdrawal, "order": withdrawal.order, "lines": list(lines)}


@renders("withdrawal-receipt", urgent=True)
def render_receipt(message: Message) -> dict[str, Any]:
    """Return the units, with the date and time of the declaration."""
    context = _context(message)
    return {**context, "order_url": status_url(context["order"])}


@renders("withdrawal-for-staff", urgent=True)
def render_for_staff(message: Message) -> dict[str, Any]:
    """Return the same with a link to the order; replies go to the buyer."""
    context = _context(message)
    admin = settings.SITE_URL + reverse("admin:order_order_change", args=[context["order"].pk])
    return {**context, "admin_url": admin, "reply_to": context["withdrawal"].email}
