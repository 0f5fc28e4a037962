"""Order emails. The first half writes outbox rows in the caller's transaction; the worker renders
them with the second half."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.order.carriers import tracking_url
from checkout.order.lines import describe, line_progress
from checkout.order.links import status_url
from checkout.order.models import Line, LineCancellation, Order, ShippingEvent
from checkout.order.order_summary import offline_method, order_summary
from checkout.order.states import OrderState
from checkout.payment.models import Transaction, TransactionType
from microflight.core.business import FACTS
from microflight.core.money import from_cents
from policies.models import Acceptance


def order_confirmed(order: Order) -> None:
    """Confirm the order to the customer, and notify staff."""
    _add("order-confirmed", order)
    for address in settings.STAFF_EMAILS:
        _add("order-for-staff", order, to=address)


def hold_released(order: Order) -> None:
    """Email the customer, once, that the order no longer waits."""
    _add("hold-released", order)


def shipment_sent(event: ShippingEvent) -> None:
    """Email the customer the contents and tracking number of a shipment."""
    _add("shipment-sent", event.order, about=f"shipment:{event.pk}", event=event.pk)


def tracking_corrected(event: ShippingEvent) -> None:
    """Email the customer the new tracking number of a shipment, each time it is corrected."""
    about = f"shipment:{event.pk}:{_moment()}"
    _add("shipment-sent", event.order, about=about, event=event.pk, corrected=True)


def items_cancelled(order: Order, rows: Sequence[LineCancellation]) -> None:
    """Email the customer which items were cancelled, and what happens to the payment."""
    pks = [row.pk for row in rows]
    _add("items-cancelled", order, about=f"cancellation:{pks[0]}", cancellations=pks)


def order_cancelled(order: Order, reason: str) -> None:
    """Email the customer that the order is cancelled, and what happens to the payment."""
    _add("order-cancelled", order, reason=reason)


def order_refunded(refund: Transaction) -> None:
    """Email the customer the amount of a refund."""
    about, order = f"refund:{refund.pk}", refund.attempt.order
    _add("order-refunded", order, about=about, refund=refund.pk)


def order_link(order: Order) -> None:
    """Send the secret link to the order's email address, each time it is requested."""
    _add("order-link", order, about=f"order:{order.number}:{_moment()}")


def _moment() -> str:
    """Return a reference for an email that may be sent again."""
    return timezone.now().strftime("%Y%m%d%H%M%S%f")


def _add(email_type: str, order: Order, *, about: str = "", to: str = "", **data: Any) -> None:
    to = to or order.guest_email
    if not to:  # a phone order may have no email address
        return
    subject_id = about or f"order:{order.number}"
    data["order"] = order.pk
    outbox.add(email_type, subject_id=subject_id, to=to, data=data)


def _order(message: Message) -> Order:
    orders = Order.objects.select_related("shipping_address__country", "billing_address__country")
    order = orders.filter(pk=message.data["order"]).first()
    if order is None:
        raise NoLongerNeeded("The order was deleted before this could be sent.")
    return order


def _summary(order: Order) -> dict[str, Any]:
    method = offline_method(order.attempts.first()) if order.is_staff_order else ""
    return {**order_summary(order), "status_url": status_url(order), "offline_method": method}


def _policies(order: Order) -> list[dict[str, str]]:
    """Return the policy versions accepted with this order, with links."""
    accepted = Acceptance.objects.filter(subject=f"order:{order.number}")
    return [
        {
            "title": acceptance.version.policy.title,
            "number": str(acceptance.version.number),
            "url": settings.SITE_URL + acceptance.version.get_absolute_url(),
        }
        for acceptance in accepted.select_related("version__policy").order_by("pk")
    ]


def _with_options(rows: QuerySet) -> list[Any]:
    """Return rows of order lines, with the options that the shopper chose."""
    return list(rows.select_related("line__kit").prefetch_related("line__attributes__option"))


def _remaining_items(order: Order) -> list[tuple[int, Line, str]]:
    """Return quantity, line and note of what has not shipped yet."""
    lines = order.lines.select_related("stockrecord", "kit").prefetch_related("attributes__option")
    progress = line_progress(order, lines.order_by("pk"))
    return [(each.remaining, each.line, describe(each)) for each in progress if each.remaining]


@renders("order-confirmed", urgent=True)
def render_order_confirmed(message: Message) -> dict[str, Any]:
    """Return the order summary, the address and the accepted policies."""
    order = _order(message)
    return {**_summary(order), "policies": _policies(order)}


@renders("order-for-staff", urgent=True)
def render_order_for_staff(message: Message) -> dict[str, Any]:
    """Return the order summary for staff; replies go to the customer."""
    order = _order(message)
    admin = settings.SITE_URL + reverse("admin:order_order_change", args=[order.pk])
    items = sum(line.quantity for line in order.lines.all())
    return {**_summary(order), "admin_url": admin, "items": items, "reply_to": order.guest_email}


@renders("hold-released")
def render_hold_released(message: Message) -> dict[str, Any]:
    """Return what is still to ship."""
    order = _order(message)
    return {
        "order": order,
        "remaining_items": _remaining_items(order),
        "status_url": status_url(order),
    }


@renders("shipment-sent", urgent=True)
def render_shipment_sent(message: Message) -> dict[str, Any]:
    """Return the contents, the tracking link and what is still to come."""
    order = _order(message)
    event = ShippingEvent.objects.get(pk=message.data["event"])
    return {
        "order": order,
        "address": order.shipping_address,
        "pickup_at": f"{FACTS.company}, {FACTS.street}, {FACTS.city}",
        "event": event,
        "contents": list(_with_options(event.line_quantities.order_by("pk"))),
        "tracking_url": tracking_url(event.carrier, event.tracking_number),
        "corrected": message.data.get("corrected", False),
        "more_to_ship": order.status == OrderState.PART_SHIPPED,
        "remaining_items": _remaining_items(order),
        "status_url": status_url(order),
    }


@renders("items-cancelled", urgent=True)
def render_items_cancelled(message: Message) -> dict[str, Any]:
    """Return the cancelled items, the reason, the amounts and what is still to come."""
    order = _order(message)
    found = LineCancellation.objects.filter(pk__in=message.data["cancellations"])
    rows = _with_options(found.order_by("pk"))
    attempt = order.attempts.first()
    return {
        "order": order,
        "rows": rows,
        "reason": rows[0].reason,
        "amount": from_cents(sum(row.cents for row in rows)),
        "refunded": any(row.refund_id for row in rows),
        "charged": attempt is not None and attempt.captured_cents > 0,
        "due": from_cents(attempt.due_cents) if attempt else None,
        "remaining_items": _remaining_items(order),
        "status_url": status_url(order),
    }


@renders("order-cancelled", urgent=True)
def render_order_cancelled(message: Message) -> dict[str, Any]:
    """Return the order summary, the reason, and whether the card was charged."""
    order = _order(message)
    charged = order.attempts.filter(captured_cents__gt=0).exists()
    reason = message.data.get("reason", "")
    authorizations = Transaction.objects.filter(
        attempt__order=order, type=TransactionType.AUTHORIZE
    )
    extra = {"reason": reason, "charged": charged, "authorized": authorizations.exists()}
    return {**_summary(order), **extra}


@renders("order-refunded", urgent=True)
def render_order_refunded(message: Message) -> dict[str, Any]:
    """Return the amount of this refund and of all refunds of the order."""
    order = _order(message)
    refund = Transaction.objects.select_related("attempt").get(pk=message.data["refund"])
    return {
        "order": order,
        "amount": from_cents(refund.amount_cents),
        "refunded": from_cents(refund.attempt.refunded_cents),
        "reason": refund.reason,
        "offline_method": offline_method(refund.attempt),
        "status_url": status_url(order),
    }


@renders("order-link", urgent=True)
def render_order_link(message: Message) -> dict[str, Any]:
    """Return the signed URL of the order page."""
    order = _order(message)
    return {"order": order, "status_url": status_url(order)}
