"""What staff do in the stories of this folder, and what comes of it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import connection

from checkout.fulfilment import services
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order, OrderNote, ShippingEvent
from checkout.payment.models import Transaction
from tests.checkout.failures.scene import PLACED, all_at_once, while_stripe_thinks
from tests.checkout.failures.serving import wait_until
from tests.stripe_double.control import Double

CAPTURE = r"POST .*/capture$"
CANCEL = r"POST .*/cancel$"
REFUND = r"POST /v1/refunds$"

#: The aircraft has left, and its money is taken.
SHIPPED = replace(
    PLACED,
    orders=("shipped",),
    attempts=("captured",),
    books=(("authorize", 6716), ("capture", 6716)),
    intents=("succeeded",),
    charges=("taken 6716",),
    shelf=((9, 0),),
    mails=(*PLACED.mails, "shipment-sent"),
)
#: The order has ended before it shipped, and its money was never taken.
CANCELLED = replace(
    PLACED,
    orders=("cancelled",),
    attempts=("cancelled",),
    books=(("authorize", 6716), ("void", 6716)),
    intents=("canceled",),
    charges=("released 6716",),
    shelf=((10, 0),),
    mails=(*PLACED.mails, "order-cancelled"),
)
#: The authorization expired, or was cancelled at Stripe. Staff must check the order.
LET_GO = replace(
    PLACED,
    attempts=("cancelled",),
    books=(("authorize", 6716), ("void", 6716)),
    intents=("canceled",),
    charges=("released 6716",),
)
NOT_PAID = "The payment was released at Stripe. This order is not paid."


def ship(order: Order, number: str = "1Z") -> ShippingEvent:
    """Send all of an order."""
    quantities = {line.pk: line.quantity for line in order.lines.all()}
    return create_shipment(
        order=Order.objects.get(pk=order.pk), quantities=quantities, carrier="UPS",
        tracking_number=number, by=None,
    )  # fmt: skip


def cancel(order: Order, reason: str = "Sold out") -> Order:
    """End an order."""
    return services.cancel_order(order=Order.objects.get(pk=order.pk), reason=reason, by=None)


def refund(
    order: Order, cents: int, reason: str = "Bent wing", *, left_seen: int | None = None
) -> Transaction:
    """Give some money back."""
    return refund_order(
        order=Order.objects.get(pk=order.pk),
        cents=cents,
        reason=reason,
        by=None,
        left_seen=left_seen,
    )


def while_stripe_thinks_somebody_waits(
    double: Double, request: str, job: Callable[[], Any], other: Callable[[], Any]
) -> list[Any]:
    """Do two things to one order: the first is at Stripe when the second asks for the order's
    lock, and waits for it. Returns what the two came to."""
    second: list[Any] = []
    thread = threading.Thread(target=lambda: second.extend(all_at_once(other)))

    def start() -> None:
        thread.start()
        wait_until(_somebody_waits, "somebody who waits for the order")

    first, _ = while_stripe_thinks(double, request, job, start)
    thread.join()
    return [first, *second]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def told(order: Order) -> list[str]:
    """What the order's notes tell staff, the oldest first, without Stripe's numbers."""
    notes = OrderNote.objects.filter(order=order).order_by("pk")
    # what Stripe does with its own money while a dispute runs is told in test_alerts
    notes = notes.exclude(message__startswith="Stripe withdrew")
    notes = notes.exclude(message__startswith="Stripe returned")
    return [note.message.partition(" (")[0] for note in notes]
