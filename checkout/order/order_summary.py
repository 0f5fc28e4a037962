"""What order pages and emails show: lines, discounts, taxes, shipments, address."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext

from checkout.order.carriers import tracking_url
from checkout.order.delivery import WITHOUT_SHIPPING
from checkout.order.lines import LineProgress, describe, line_progress
from checkout.order.models import Line, Order
from checkout.order.states import OrderState
from checkout.shipping import landed_cost
from checkout.shipping.dates import Promise
from microflight.core.money import format_percent, from_cents

_TO_ARRIVE = (OrderState.PENDING, OrderState.PLACED, OrderState.PART_SHIPPED)


class TaxTotal(NamedTuple):
    """The charged total of one tax in CAD, with the shop's registration number: "GST 5%"."""

    name: str
    amount: Decimal
    registration: str


def order_summary(order: Order) -> dict[str, Any]:
    """Return an order as template context. Line prices and shipping are in CAD before tax.

    `arrival` is when what is left arrives, as checkout promised. `ready` and `backordered` say
    whether some items can ship now, and whether some cannot; `waits`, that all of it is held until
    the shop reopens. `address` is None if nothing is sent. Each line has a `note`, see `describe`.
    `waived` and `due` are there after a partial cancellation.
    """
    lines, is_draft = _lines(order), order.status == OrderState.DRAFT
    progress = line_progress(order, lines)
    for line, each in zip(lines, progress, strict=True):
        line.note = draft_note(line) if is_draft else _note(each, on_hold=order.on_hold)
    discounts = [each for each in order.discounts.all() if each.amount]
    return {
        "order": order,
        "state": OrderState(order.status),
        "state_label": order.state_label,
        "lines": lines,
        "ready": any(each.ready for each in progress),
        "waits": order.on_hold and all(each.line.held for each in progress if each.remaining),
        "backordered": any(each.backordered for each in progress),
        "discounts": discounts,
        "taxes": tax_totals(order),
        "exemptions": _exemptions(order),
        **_waived(order, lines),
        "arrival": _arrival(order, progress) if order.status in _TO_ARRIVE else None,
        "landed_cost": landed_cost.from_json(order.landed_cost),
        "address": None if order.is_pickup else order.shipping_address,
        "customer": order.customer_address,
    }


def _lines(order: Order) -> list[Any]:
    rows = order.lines.select_related(
        "product__product_class", "product__parent__product_class", "stockrecord", "kit"
    )
    return list(rows.prefetch_related("attributes__option").order_by("pk"))


def promised(row: Order | Line, *, with_year: bool = False) -> Promise | None:
    """Return the dates that checkout promised for an order or a line; None if there are none."""
    if row.ships_by is None:
        return None
    return Promise(row.ships_by, row.ships_by, row.arrives_from, row.arrives_by, with_year)


def _arrival(order: Order, progress: list[LineProgress]) -> Promise | None:
    """Return when an order arrives, without its cancelled and shipped lines."""
    left = [each.line for each in progress if each.remaining]
    first = [line.arrives_from for line in left if line.arrives_from]
    last = [line.arrives_by for line in left if line.arrives_by]
    whole = promised(order)
    if whole is None or not left or not len(first) == len(last) == len(left):
        return whole
    return replace(whole, arrives_from=min(first), arrives_by=max(last))


def _note(progress: LineProgress, *, on_hold: bool) -> str:
    """Return the note of a line; for units on backorder or on hold, with the promised dates."""
    note = describe(progress)
    if on_hold and progress.line.held and progress.remaining:
        dates = promised(progress.line, with_year=True)
        waits = gettext("waits until we reopen") if note else gettext("Waits until we reopen")
        return ", ".join(str(each) for each in (note, waits, dates) if each)
    if progress.backordered and (dates := promised(progress.line, with_year=True)):
        return f"{note}, {dates}"
    return note


def draft_note(line: Line) -> str:
    """Return when a line of a draft arrives that ships late; a draft reserves nothing yet."""
    record, product = line.stockrecord, line.product
    if line.held:
        reason = gettext("Waits until we reopen")
    elif record and product and product.tracks_stock and record.net_stock_level < line.quantity:
        reason = gettext("On backorder")
    else:
        return ""
    return ", ".join(str(each) for each in (reason, promised(line, with_year=True)) if each)


def _waived(order: Order, lines: list[Any]) -> dict[str, Decimal]:
    """Return the amount of items cancelled before capture, tax included, and what is still due."""
    attempt = order.attempts.first() if any(line.uncharged for line in lines) else None
    if attempt is None or not attempt.waived_cents:
        return {}
    due = from_cents(attempt.due_cents)
    return {"waived": order.total_incl_tax - due, "due": due}


def offline_method(attempt: Any) -> str:
    """Return how a payment without a card was made, such as "cheque"; "" for cards and None."""
    if attempt is None or not attempt.is_offline:
        return ""
    return str(attempt.get_method_display()).lower()


def tax_totals(order: Order) -> list[TaxTotal]:
    """Return the charged total of each tax component."""
    totals: dict[tuple[str, Decimal, str], Decimal] = defaultdict(Decimal)
    for row in order.tax_lines.all():
        totals[row.component, row.rate, row.registration] += row.amount
    return [
        TaxTotal(f"{component} {format_percent(rate)}", amount, number)
        for (component, rate, number), amount in totals.items()
        if amount
    ]


def _exemptions(order: Order) -> list[tuple[str, str]]:
    """Return the taxes that an exempt customer does not pay, each with the certificate number."""
    rows = order.tax_exemptions.all()
    return [(f"{row.component} {format_percent(row.rate)}", row.certificate) for row in rows]


def shipments_of(order: Order) -> list[dict[str, Any]]:
    """Return the shipments of an order: date, carrier, tracking number and URL, contents."""
    events = order.shipping_events.exclude(event_type__name=WITHOUT_SHIPPING)
    lines = "line_quantities__line__attributes__option", "line_quantities__line__kit"
    events = events.prefetch_related(*lines).order_by("pk")
    return [
        {
            "sent_on": event.date_created,
            "carrier": event.carrier,
            "tracking_number": event.tracking_number,
            "tracking_url": tracking_url(event.carrier, event.tracking_number),
            "contents": [
                (each.quantity, each.line.title, each.line.options)
                for each in event.line_quantities.all()
            ],
        }
        for event in events
    ]
