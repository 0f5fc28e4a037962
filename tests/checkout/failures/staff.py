"""What staff do in these tests, and the state afterwards."""

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
from tests.checkout.failures.processes import wait_until
from tests.checkout.failures.scenario import PLACED, during_stripe_request
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

CAPTURE = r"POST .*/capture$"
CANCEL = r"POST .*/cancel$"
REFUND = r"POST /v1/refunds$"

#: The order shipped, and its payment was captured.
SHIPPED = replace(
    PLACED,
    orders=("shipped",),
    attempts=("captured",),
    transactions=(("authorize", 6716), ("capture", 6716)),
    intents=("succeeded",),
    charges=("captured 6716",),
    stock=((9, 0),),
    emails=(*PLACED.emails, "shipment-sent"),
)
#: The order was cancelled before it shipped; its payment was never captured.
CANCELLED = replace(
    PLACED,
    orders=("cancelled",),
    attempts=("cancelled",),
    transactions=(("authorize", 6716), ("void", 6716)),
    intents=("canceled",),
    charges=("released 6716",),
    stock=((10, 0),),
    emails=(*PLACED.emails, "order-cancelled"),
)
#: The authorization expired, or was cancelled at Stripe. Staff must check the order.
RELEASED = replace(
    PLACED,
    attempts=("cancelled",),
    transactions=(("authorize", 6716), ("void", 6716)),
    intents=("canceled",),
    charges=("released 6716",),
)
NOT_PAID = "The payment was released at Stripe. This order is not paid."


def ship(order: Order, number: str = "1Z") -> ShippingEvent:
    """Ship all of an order."""
    quantities = {line.pk: line.quantity for line in order.lines.all()}
    return create_shipment(
        order=Order.objects.get(pk=order.pk), quantities=quantities, carrier="UPS",
        tracking_number=number, by=None,
    )  # fmt: skip


def cancel(order: Order, reason: str = "Sold out") -> Order:
    """Cancel an order."""
    return services.cancel_order(order=Order.objects.get(pk=order.pk), reason=reason, by=None)


def refund(
    order: Order, cents: int, reason: str = "Bent wing", *, left_seen: int | None = None
) -> Transaction:
    """Refund part of an order."""
    return refund_order(
        order=Order.objects.get(pk=order.pk),
        cents=cents,
        reason=reason,
        by=None,
        left_seen=left_seen,
    )


def while_waiting_for_lock(
    double: Double, request: str, job: Callable[[], Any], other: Callable[[], Any]
) -> list[Any]:
    """Run two jobs on one order: the second waits for its lock while the first waits for Stripe.

    Returns both results.
    """
    second: list[Any] = []
    thread = threading.Thread(target=lambda: second.extend(run_concurrently(other)))

    def start() -> None:
        thread.start()
        wait_until(_is_waiting_for_lock, "a job that waits for the order")

    first, _ = during_stripe_request(double, request, job, start)
    thread.join()
    return [first, *second]


def _is_waiting_for_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def note_texts(order: Order) -> list[str]:
    """Return the order's notes, the oldest first, without Stripe's IDs."""
    notes = OrderNote.objects.filter(order=order).order_by("pk")
    # tested in test_alerts.py: what Stripe withdraws and returns during a dispute
    notes = notes.exclude(message__startswith="Stripe withdrew")
    notes = notes.exclude(message__startswith="Stripe returned")
    return [note.message.partition(" (")[0] for note in notes]
