"""Mails about an order. The first half writes rows of the outbox in the caller's transaction; the
second gathers, in the worker, what each kind shows."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from checkout.order.bill import bill_of
from checkout.order.carriers import tracking_url
from checkout.order.lines import in_words, standings_of
from checkout.order.links import status_url
from checkout.order.models import CancelledPieces, Order, ShippingEvent
from checkout.order.states import OrderState
from checkout.payment.models import Movement, MovementKind
from policies.models import Acceptance


def order_received(order: Order) -> None:
    """Tell the shopper that the order is placed, and staff that it came."""
    _add("order-received", order)
    for address in settings.STAFF_MAIL:
        _add("order-for-staff", order, to=address)


def parcel_shipped(event: ShippingEvent) -> None:
    """Tell the shopper what left and under which tracking number."""
    _add("shipment-sent", event.order, about=f"parcel:{event.pk}", event=event.pk)


def pieces_cancelled(order: Order, rows: Sequence[CancelledPieces]) -> None:
    """Tell the shopper which pieces will not come, and what becomes of their money."""
    pks = [row.pk for row in rows]
    _add("items-cancelled", order, about=f"pieces:{pks[0]}", pieces=pks)


def order_cancelled(order: Order, reason: str) -> None:
    """Tell the shopper that nothing will be sent, and what becomes of the money."""
    _add("order-cancelled", order, reason=reason)


def order_refunded(movement: Movement) -> None:
    """Tell the shopper how much money goes back."""
    about, order = f"movement:{movement.pk}", movement.attempt.order
    _add("order-refunded", order, about=about, movement=movement.pk)


def order_link(order: Order) -> None:
    """Send the signed link to whoever placed the order and asks for it; each time anew."""
    asked = timezone.now().strftime("%Y%m%d%H%M%S%f")
    _add("order-link", order, about=f"order:{order.number}:{asked}")


def _add(kind: str, order: Order, *, about: str = "", to: str = "", **data: Any) -> None:
    to = to or order.guest_email
    if not to:  # an order by telephone may come without an address to write to
        return
    subject_id = about or f"order:{order.number}"
    data["order"] = order.pk
    outbox.add(kind, subject_id=subject_id, to=to, data=data)


def _order(message: Message) -> Order:
    found = Order.objects.select_related("shipping_address__country")
    order = found.filter(pk=message.data["order"]).first()
    if order is None:
        raise NoLongerNeeded("The order was deleted before this could be sent.")
    return order


def _bill(order: Order) -> dict[str, Any]:
    return {**bill_of(order), "status_url": status_url(order)}


def _policies(order: Order) -> list[dict[str, str]]:
    """The versions that were agreed to with this order, and where they can be read."""
    accepted = Acceptance.objects.filter(subject=f"order:{order.number}")
    return [
        {
            "title": found.version.policy.title,
            "number": str(found.version.number),
            "url": settings.SITE_URL + found.version.get_absolute_url(),
        }
        for found in accepted.select_related("version__policy").order_by("pk")
    ]


def _amount(cents: int) -> Decimal:
    return Decimal(cents) / 100


@renders("order-received", urgent=True)
def received(message: Message) -> dict[str, Any]:
    """The whole order: what was bought, where it goes, what it costs, what was agreed to."""
    order = _order(message)
    return {**_bill(order), "policies": _policies(order)}


@renders("order-for-staff", urgent=True)
def for_staff(message: Message) -> dict[str, Any]:
    """The same for whoever packs it; an answer goes to the shopper."""
    order = _order(message)
    admin = settings.SITE_URL + reverse("admin:order_order_change", args=[order.pk])
    items = sum(line.quantity for line in order.lines.all())
    return {**_bill(order), "admin_url": admin, "items": items, "reply_to": order.guest_email}


@renders("shipment-sent", urgent=True)
def shipped(message: Message) -> dict[str, Any]:
    """What is in this parcel, how to follow it, and what is still to come."""
    order = _order(message)
    event = ShippingEvent.objects.get(pk=message.data["event"])
    standings = standings_of(order)
    return {
        "order": order,
        "address": order.shipping_address,
        "event": event,
        "contents": list(event.line_quantities.select_related("line").order_by("pk")),
        "tracking_url": tracking_url(event.carrier, event.tracking_number),
        "more_to_come": order.status == OrderState.PART_SHIPPED,
        "to_come": [(each.left, each.line, in_words(each)) for each in standings if each.left],
        "status_url": status_url(order),
    }


@renders("items-cancelled", urgent=True)
def pieces_given_up(message: Message) -> dict[str, Any]:
    """What will not come, why, what is paid back or not charged for it, and what still comes."""
    order = _order(message)
    found = CancelledPieces.objects.filter(pk__in=message.data["pieces"]).select_related("line")
    rows = list(found.order_by("pk"))
    attempt = order.attempts.first()
    return {
        "order": order,
        "rows": rows,
        "reason": rows[0].reason,
        "amount": _amount(sum(row.cents for row in rows)),
        "paid_back": any(row.movement_id for row in rows),
        "charged": attempt is not None and attempt.captured_cents > 0,
        "due": _amount(attempt.due_cents) if attempt else None,
        "to_come": [
            (each.left, each.line, in_words(each)) for each in standings_of(order) if each.left
        ],
        "status_url": status_url(order),
    }


@renders("order-cancelled", urgent=True)
def cancelled(message: Message) -> dict[str, Any]:
    """That nothing will be sent, why, and whether a card was charged."""
    order = _order(message)
    charged = order.attempts.filter(captured_cents__gt=0).exists()
    reason = message.data.get("reason", "")
    held = Movement.objects.filter(attempt__order=order, kind=MovementKind.AUTHORISE).exists()
    return {**_bill(order), "reason": reason, "charged": charged, "held": held}


@renders("order-refunded", urgent=True)
def refunded(message: Message) -> dict[str, Any]:
    """How much goes back now, and how much of the order has gone back in all."""
    order = _order(message)
    movement = Movement.objects.select_related("attempt").get(pk=message.data["movement"])
    return {
        "order": order,
        "amount": _amount(movement.amount_cents),
        "refunded": _amount(movement.attempt.refunded_cents),
        "reason": movement.reason,
        "status_url": status_url(order),
    }


@renders("order-link", urgent=True)
def link(message: Message) -> dict[str, Any]:
    """The signed address of the order's page."""
    order = _order(message)
    return {"order": order, "status_url": status_url(order)}
