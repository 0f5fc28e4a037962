"""What the order page of the admin shows, in a fixed number of queries."""

from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Prefetch, Q

from accounts.mail.models import Message
from checkout.documents.content import address_lines
from checkout.documents.models import IssuedDocument
from checkout.fulfilment.admin.customer_orders import other_orders
from checkout.fulfilment.admin.packing_panel import packing
from checkout.fulfilment.admin.timeline import timeline
from checkout.order.carriers import tracking_url
from checkout.order.delivery import WITHOUT_SHIPPING
from checkout.order.lines import line_progress
from checkout.order.links import status_url
from checkout.order.models import LineCancellation, Order, OrderNote, ShippingEvent
from checkout.order.order_summary import draft_note
from checkout.order.states import OrderState
from checkout.payment.dashboard import dashboard_url
from checkout.payment.models import AttemptState, PaymentAttempt, Transaction
from checkout.placement.parcels import parcels
from checkout.refunds.allocation import Share
from checkout.refunds.formatting import format_shares
from microflight.core.money import format_percent
from policies.models import Acceptance

#: Orders that are suggested to ship together.
_MOST_IN_PARCEL = 10


def load(pk: int) -> Order | None:
    """Return an order with all that its page shows, or None."""
    shipments = ShippingEvent.objects.select_related(
        "by", "event_type", "customs"
    ).prefetch_related("line_quantities__line")
    transactions = Transaction.objects.select_related("by").prefetch_related("allocations")
    orders = Order.objects.select_related(
        "user", "shipping_address__country", "billing_address__country"
    ).prefetch_related(
        "attempts__offline",
        Prefetch("attempts__transactions", transactions),
        Prefetch("shipping_events", shipments.order_by("date_created")),
        Prefetch("notes", OrderNote.objects.select_related("user").order_by("pk")),
        "status_changes",
        "discounts",
        "tax_lines",
        "tax_exemptions",
        "returns",
        "withdrawals",
        "delay_notices__replies",
        "payment_alerts",
        "additions",
        Prefetch("documents", IssuedDocument.objects.defer("content").order_by("pk")),
    )
    return orders.filter(pk=pk).first()


def page_context(order: Order) -> dict[str, Any]:
    """Return the template context of the page. Names of amounts in cents end in `_cents`."""
    acceptances = Acceptance.objects.filter(subject=f"order:{order.number}")
    lines, emails = line_progress(order, _lines(order)), list(_emails(order))
    packed = packing(order, lines)
    return {
        "order": order,
        "lines": lines,
        **packed,
        "same_parcel": _same_parcel(order) if packed["packing"] else [],
        "label": address_lines(order.shipping_address),
        "other_orders": other_orders(order),
        "taxes": _taxes(order),
        **_money(list(order.attempts.all())),
        "shipments": [
            (event, tracking_url(event.carrier, event.tracking_number))
            for event in order.shipping_events.all()
        ],
        "without_shipping": WITHOUT_SHIPPING,
        "customer_url": "" if order.status == OrderState.DRAFT else status_url(order),
        "emails": emails,
        "timeline": timeline(order, emails),
        "acceptances": acceptances.select_related("version__policy"),
    }


def _same_parcel(order: Order) -> list[Order]:
    """Return the orders that can ship in one parcel with this one, if there are any, and it."""
    others = Order.objects.to_ship().filter(email_key=order.email_key).exclude(pk=order.pk)
    others = others.select_related("shipping_address").prefetch_related("additions", "attempts")
    if not order.email_key or not (found := list(others.order_by("pk")[:_MOST_IN_PARCEL])):
        return []
    parcel = next(each for each in parcels([order, *found]) if order in each)
    return sorted(parcel, key=attrgetter("pk")) if len(parcel) > 1 else []


def _money(attempts: list[PaymentAttempt]) -> dict[str, Any]:
    """Return the attempts with their pages at Stripe and their transactions, and the sums."""
    return {
        "attempts": [
            (
                one,
                dashboard_url(one.intent_id),
                [(each, _shares(each)) for each in one.transactions.all()],
            )
            for one in attempts
        ],
        "authorized_cents": sum(
            one.amount_cents for one in attempts if one.state == AttemptState.AUTHORIZED
        ),
        "waived_cents": sum(one.waived_cents for one in attempts),
        "captured_cents": sum(one.captured_cents for one in attempts),
        "refunded_cents": sum(one.refunded_cents for one in attempts),
    }


def _lines(order: Order) -> Any:
    """Return the lines with options, shares of discounts and facts; those of a draft with a
    note on when they arrive, if that is late."""
    details = ("attributes__option", "discounts__order_discount")
    lines = order.lines.prefetch_related(*details).order_by("pk")
    lines = lines.select_related("stockrecord", "kit", "product__facts", "product__parent__facts")
    if order.status != OrderState.DRAFT:
        return lines
    classes = ("product__product_class", "product__parent__product_class")
    rows: list[Any] = list(lines.select_related(*classes))
    for line in rows:
        line.note = draft_note(line)
    return rows


def _shares(refund: Transaction) -> str:
    """Return what a refund pays back; "" for other transactions."""
    rows = refund.allocations.all()
    return format_shares({Share(row.type, row.line_id, row.component): row.cents for row in rows})


def _taxes(order: Order) -> list[dict[str, Any]]:
    """Return the tax of an order by component, province and rate, in CAD."""
    key = attrgetter("component", "province", "rate", "registration")
    return [
        {
            "component": component,
            "province": province,
            "rate": format_percent(rate),
            "base": sum(line.base for line in group),
            "amount": sum(line.amount for line in group),
            "registration": registration,
        }
        for (component, province, rate, registration), lines in groupby(
            sorted(order.tax_lines.all(), key=key), key
        )
        for group in [list(lines)]
    ]


def _emails(order: Order) -> Any:
    """Return the emails about an order, its shipments, cancellations, refunds and alerts."""
    # an email about cancelled items names the first of their rows
    cancellations = LineCancellation.objects.filter(line__order=order).values_list("pk", flat=True)
    subject_ids = [f"order:{order.number}"]
    subject_ids += [f"shipment:{event.pk}" for event in order.shipping_events.all()]
    subject_ids += [f"cancellation:{pk}" for pk in cancellations]
    subject_ids += [f"alert:{alert.pk}" for alert in order.payment_alerts.all()]
    subject_ids += [f"withdrawal:{each.pk}" for each in order.withdrawals.all()]
    subject_ids += [f"delay:{each.pk}" for each in order.delay_notices.all()]
    for attempt in order.attempts.all():
        subject_ids += [f"refund:{refund.pk}" for refund in attempt.transactions.all()]
    wanted = Q(subject_id__in=subject_ids)
    # its quotes, new links, and each change of the address
    wanted |= Q(subject_id__startswith=f"order:{order.number}:")
    for event in order.shipping_events.all():
        wanted |= Q(subject_id__startswith=f"shipment:{event.pk}:")  # a corrected tracking number
    emails = Message.objects.filter(wanted)
    return emails.defer("body_html", "body_text", "data")
