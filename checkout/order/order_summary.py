"""What order pages and emails show: lines, discounts, taxes, shipments, address."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from checkout.order.carriers import tracking_url
from checkout.order.lines import describe, line_progress
from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.money import format_percent, from_cents


def order_summary(order: Order) -> dict[str, Any]:
    """Return an order as template context. Line prices and shipping are in CAD before tax.

    `ready` and `backordered` say whether some items can ship now, and whether some cannot. Each
    line has a `note`, see `describe`. `waived` and `due` are there after a partial cancellation.
    """
    lines: list[Any] = list(
        order.lines.select_related("product__parent", "stockrecord").order_by("pk")
    )
    progress = line_progress(order, lines)
    for line, each in zip(lines, progress, strict=True):
        line.note = describe(each)
    discounts = [each for each in order.discounts.all() if each.amount]
    return {
        "order": order,
        "state": OrderState(order.status),
        "lines": lines,
        "ready": any(each.ready for each in progress),
        "backordered": any(each.backordered for each in progress),
        "discounts": discounts,
        "taxes": tax_totals(order),
        **_waived(order, lines),
        "address": order.shipping_address,
    }


def _waived(order: Order, lines: list[Any]) -> dict[str, Decimal]:
    """Return the amount of items cancelled before capture, tax included, and what is still due."""
    attempt = order.attempts.first() if any(line.uncharged for line in lines) else None
    if attempt is None or not attempt.waived_cents:
        return {}
    return {"waived": from_cents(attempt.waived_cents), "due": from_cents(attempt.due_cents)}


def tax_totals(order: Order) -> list[tuple[str, Decimal]]:
    """Return the charged total of each tax component, such as ("GST 5%", 2.10)."""
    totals: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for row in order.tax_lines.all():
        totals[row.component, row.rate] += row.amount
    return [
        (f"{component} {format_percent(rate)}", amount)
        for (component, rate), amount in totals.items()
        if amount
    ]


def shipments_of(order: Order) -> list[dict[str, Any]]:
    """Return the shipments of an order: date, carrier, tracking number and URL, contents."""
    events = order.shipping_events.prefetch_related("line_quantities__line").order_by("pk")
    return [
        {
            "sent_on": event.date_created,
            "carrier": event.carrier,
            "tracking_number": event.tracking_number,
            "tracking_url": tracking_url(event.carrier, event.tracking_number),
            "contents": [(each.quantity, each.line.title) for each in event.line_quantities.all()],
        }
        for event in events
    ]
