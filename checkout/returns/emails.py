"""Letters about returns, and about orders that customers cancel. Each is written in the
transaction of its cause."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.order.bill import bill_of
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.returns.models import Return, ReturnReason


def return_url(ret: Return) -> str:
    """Return the absolute address of a return's page, as its letters carry it."""
    order = ret.order
    path = reverse("returns:page", args=[order.number, status_token(order), ret.nth])
    return settings.SITE_URL + path


def asked(ret: Return) -> None:
    """Tell the customer that we have the request, and staff that it waits for an answer."""
    _add("return-requested", ret)
    for address in settings.STAFF_MAIL:
        _add("return-for-staff", ret, to=address)


def approved(ret: Return) -> None:
    """Tell the customer where to send the pieces."""
    _add("return-approved", ret)


def refused(ret: Return) -> None:
    """Tell the customer why not."""
    _add("return-declined", ret)


def received(ret: Return) -> None:
    """Tell the customer what came."""
    _add("return-received", ret)


def closed(ret: Return) -> None:
    """Tell the customer that the return ends without money, and why."""
    _add("return-closed", ret)


def cancelled_by_customer(order: Order, why: str) -> None:
    """Tell staff not to pack an order any more."""
    data = {"order": order.pk, "why": why}
    for address in settings.STAFF_MAIL:
        outbox.add("cancelled-for-staff", subject_id=f"order:{order.number}", to=address, data=data)


def _add(kind: str, ret: Return, *, to: str = "") -> None:
    to = to or ret.order.guest_email
    if to:  # an order by telephone may come without an address to write to
        outbox.add(kind, subject_id=f"return:{ret.pk}", to=to, data={"return": ret.pk})


def _context(message: Message) -> dict[str, Any]:
    found = Return.objects.select_related("order__shipping_address__country")
    ret = found.filter(pk=message.data["return"]).first()
    if ret is None:
        raise NoLongerNeeded("The return was deleted before this could be sent.")
    lines = list(ret.lines.select_related("line"))
    return {
        "ret": ret,
        "order": ret.order,
        "lines": lines,
        "return_url": return_url(ret),
        "window_days": settings.RETURN_WINDOW_DAYS,
    }


def _why(context: dict[str, Any], state: str) -> str:
    """What was said when the return came into a state."""
    event = context["ret"].events.filter(state=state).first()
    return event.why if event else ""


@renders("return-requested", urgent=True)
def render_asked(message: Message) -> dict[str, Any]:
    """What is to come back, and what happens next."""
    return _context(message)


@renders("return-for-staff", urgent=True)
def render_for_staff(message: Message) -> dict[str, Any]:
    """The same with the customer's own words; an answer goes to the customer."""
    context = _context(message)
    ret = context["ret"]
    admin = settings.SITE_URL + reverse("admin:returns_return_change", args=[ret.pk])
    return {
        **context,
        "why": _why(context, "asked"),
        "pictures": ret.pictures.count(),
        "admin_url": admin,
        "reply_to": ret.order.guest_email,
    }


@renders("return-approved", urgent=True)
def render_approved(message: Message) -> dict[str, Any]:
    """Where to send it, what to write on it, and who pays the postage."""
    context = _context(message)
    only_changed = all(each.reason == ReturnReason.CHANGED_MIND for each in context["lines"])
    return {**context, "why": _why(context, "approved"), "customer_pays": only_changed}


@renders("return-declined", urgent=True)
def render_refused(message: Message) -> dict[str, Any]:
    """Why not."""
    context = _context(message)
    return {**context, "why": _why(context, "refused")}


@renders("return-received", urgent=True)
def render_received(message: Message) -> dict[str, Any]:
    """What came, line by line."""
    context = _context(message)
    came = [each for each in context["lines"] if each.received]
    return {**context, "came": came, "why": _why(context, "received")}


@renders("return-closed", urgent=True)
def render_closed(message: Message) -> dict[str, Any]:
    """That no money goes back, and why."""
    context = _context(message)
    return {**context, "why": _why(context, "closed")}


@renders("cancelled-for-staff", urgent=True)
def render_cancelled(message: Message) -> dict[str, Any]:
    """What was ordered, so that a parcel on the bench can be unpacked."""
    order = Order.objects.select_related("shipping_address__country").get(pk=message.data["order"])
    admin = settings.SITE_URL + reverse("admin:order_order_change", args=[order.pk])
    return {
        **bill_of(order),
        "why": message.data["why"],
        "admin_url": admin,
        "reply_to": order.guest_email,
    }
