"""Emails about returns, and about orders that customers cancel.

Each outbox row is written in the transaction that caused it.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary
from checkout.returns.models import Return, ReturnReason


def return_url(ret: Return) -> str:
    """Return the absolute URL of a return's page, for its emails."""
    order = ret.order
    path = reverse("returns:detail", args=[order.number, status_token(order), ret.nth])
    return settings.SITE_URL + path


def requested(ret: Return) -> None:
    """Confirm a return request to the customer, and notify staff."""
    _add("return-requested", ret)
    for address in settings.STAFF_EMAILS:
        _add("return-for-staff", ret, to=address)


def approved(ret: Return) -> None:
    """Email the customer where to send the items."""
    _add("return-approved", ret)


def declined(ret: Return) -> None:
    """Email the customer that the return is declined, and why."""
    _add("return-declined", ret)


def received(ret: Return) -> None:
    """Email the customer which items arrived."""
    _add("return-received", ret)


def closed(ret: Return) -> None:
    """Email the customer that the return is closed without a refund, and why."""
    _add("return-closed", ret)


def cancelled_by_customer(order: Order, note: str) -> None:
    """Email staff not to pack a cancelled order."""
    data = {"order": order.pk, "note": note}
    for address in settings.STAFF_EMAILS:
        outbox.add("cancelled-for-staff", subject_id=f"order:{order.number}", to=address, data=data)


def _add(email_type: str, ret: Return, *, to: str = "") -> None:
    to = to or ret.order.guest_email
    if to:  # a phone order may have no email address
        outbox.add(email_type, subject_id=f"return:{ret.pk}", to=to, data={"return": ret.pk})


def _context(message: Message) -> dict[str, Any]:
    """Return the return, its items, and the note of the change that the email is about."""
    found = Return.objects.select_related("order__shipping_address__country")
    ret = found.filter(pk=message.data["return"]).first()
    if ret is None:
        raise NoLongerNeeded("The return was deleted before this could be sent.")
    state = (
        "requested"
        if message.email_type == "return-for-staff"
        else message.email_type.removeprefix("return-")
    )
    event = ret.events.filter(state=state).first()
    return {
        "ret": ret,
        "order": ret.order,
        "lines": list(ret.lines.with_options()),
        "note": event.note if event else "",
        "return_url": return_url(ret),
        "window_days": settings.RETURN_WINDOW_DAYS,
    }


@renders("return-requested", urgent=True)
@renders("return-declined", urgent=True)
@renders("return-closed", urgent=True)
def render_return(message: Message) -> dict[str, Any]:
    """Return the items and the note."""
    return _context(message)


@renders("return-for-staff", urgent=True)
def render_for_staff(message: Message) -> dict[str, Any]:
    """Return the request with the customer's message; replies go to the customer."""
    context = _context(message)
    ret = context["ret"]
    admin = settings.SITE_URL + reverse("admin:returns_return_change", args=[ret.pk])
    extra = {"photos": ret.photos.count(), "admin_url": admin, "reply_to": ret.order.guest_email}
    return {**context, **extra}


@renders("return-approved", urgent=True)
def render_approved(message: Message) -> dict[str, Any]:
    """Return the items, the note, and who pays the postage."""
    context = _context(message)
    paid_by_customer = (ReturnReason.CHANGED_MIND, ReturnReason.WITHDRAWAL)
    customer_pays = all(each.reason in paid_by_customer for each in context["lines"])
    return {**context, "customer_pays": customer_pays}


@renders("return-received", urgent=True)
def render_received(message: Message) -> dict[str, Any]:
    """Return the items of the request, those that arrived, and the note."""
    context = _context(message)
    return {**context, "came": [each for each in context["lines"] if each.received]}


@renders("cancelled-for-staff", urgent=True)
def render_cancelled(message: Message) -> dict[str, Any]:
    """Return the order summary and the customer's message."""
    order = Order.objects.select_related("shipping_address__country").get(pk=message.data["order"])
    admin = settings.SITE_URL + reverse("admin:order_order_change", args=[order.pk])
    return {
        **order_summary(order),
        "note": message.data["note"],
        "admin_url": admin,
        "reply_to": order.guest_email,
    }
