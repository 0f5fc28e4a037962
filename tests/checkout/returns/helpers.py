"""Steps and snapshots that the tests of returns share."""

from typing import Any

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt
from checkout.returns import services
from checkout.returns.models import Return, ReturnEvent, ReturnLine
from checkout.returns.services import RequestedItem
from tests.checkout.conftest import transactions


def ship(order: Order, *quantities: int, tracking_number: str = "CP1") -> None:
    """Ship some units of each line, or all."""
    lines = list(order.lines.order_by("pk"))
    counts = quantities or tuple(line.quantity for line in lines)
    create_shipment(
        order=Order.objects.get(pk=order.pk),
        quantities={line.pk: n for line, n in zip(lines, counts, strict=False)},
        carrier="Canada Post",
        tracking_number=tracking_number,
        by=None,
    )


def request_return(
    order: Order, *quantities: int, note: str = "Bent", reason: str = "faulty", by: Any = None
) -> Return:
    """Request to return some units of each line, in the order of the lines."""
    lines = order.lines.order_by("pk")
    items = [
        RequestedItem(line.pk, n, reason) for line, n in zip(lines, quantities, strict=False) if n
    ]
    return services.request_return(order=order, items=items, note=note, by=by)


def approve_and_receive(ret: Return, by: Any, *counts: tuple[int, int]) -> Return:
    """Approve a return and receive (restocked, scrapped) units of each line."""
    services.approve(ret=ret, by=by)
    lines = ret.lines.order_by("pk")
    received = {each.pk: pair for each, pair in zip(lines, counts, strict=False)}
    return services.receive(ret=ret, received=received, by=by)


def stock() -> list[tuple[int | None, int | None]]:
    """Return (on hand, committed) of every stock record."""
    return list(StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated"))


def email_types() -> list[str]:
    """Return the types of all outbox rows, oldest first."""
    return list(Message.objects.order_by("pk").values_list("email_type", flat=True))


def events(ret: Return) -> list[tuple[str, str, str | None, bool]]:
    """Return (state, note, email of staff, by the customer) of every event."""
    return list(ret.events.values_list("state", "note", "by__email", "by_customer"))


def snapshot(order: Order) -> Any:
    """Return everything that a rejected action must leave unchanged."""
    attempt = PaymentAttempt.objects.get(order=order)
    return (
        Order.objects.get(pk=order.pk).status,
        list(order.lines.order_by("pk").values()),
        stock(),
        transactions(order),
        (attempt.state, attempt.captured_cents, attempt.refunded_cents),
        list(Return.objects.order_by("pk").values()),
        list(ReturnLine.objects.order_by("pk").values()),
        list(ReturnEvent.objects.order_by("pk").values()),
        list(Message.objects.order_by("pk").values_list("email_type", "recipient")),
    )
