"""What an order's pages show: lines, discounts, taxes, parcels, address."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from checkout.order.lines import in_words, standings_of
from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.money import from_cents


def bill_of(order: Order) -> dict[str, Any]:
    """Return an order in pieces for a template. Goods and delivery are CAD before tax.

    `ready` and `waiting` say whether pieces are on the shelf, and whether some are not. Each line
    has a `note`: what was shipped or cancelled of it, or waits for stock.
    """
    lines: list[Any] = list(
        order.lines.select_related("product__parent", "stockrecord").order_by("pk")
    )
    standings = standings_of(order, lines)
    for line, standing in zip(lines, standings, strict=True):
        line.note = in_words(standing)
    discounts = [each for each in order.discounts.all() if each.amount]
    return {
        "order": order,
        "state": OrderState(order.status),
        "lines": lines,
        "ready": any(each.ready for each in standings),
        "waiting": any(each.waiting for each in standings),
        "discounts": discounts,
        "taxes": taxes_of(order),
        **_less(order, lines),
        "address": order.shipping_address,
    }


def _less(order: Order, lines: list[Any]) -> dict[str, Decimal]:
    """What the card is charged less than the bill says: pieces cancelled before, tax included."""
    attempt = order.attempts.first() if any(line.uncharged for line in lines) else None
    if attempt is None or not attempt.waived_cents:
        return {}
    return {"waived": from_cents(attempt.waived_cents), "due": from_cents(attempt.due_cents)}


def taxes_of(order: Order) -> list[tuple[str, Decimal]]:
    """Return what each component of tax comes to, such as ("GST 5 %", 2.10), as charged."""
    sums: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for row in order.tax_lines.all():
        sums[row.component, row.rate] += row.amount
    return [
        (f"{component} {(rate * 100).normalize():f} %", amount)
        for (component, rate), amount in sums.items()
        if amount
    ]


def parcels_of(order: Order) -> list[dict[str, Any]]:
    """Return the parcels that left: when, with whom, under which number, with what in it."""
    events = order.shipping_events.prefetch_related("line_quantities__line").order_by("pk")
    return [
        {
            "sent_on": event.date_created,
            "carrier": event.carrier,
            "number": event.tracking_number,
            "contents": [(each.quantity, each.line.title) for each in event.line_quantities.all()],
        }
        for event in events
    ]
