"""What the page of one order shows, gathered with a fixed number of queries."""

from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Prefetch

from accounts.mail.models import Message
from checkout.order.carriers import tracking_url
from checkout.order.lines import standings_of
from checkout.order.links import status_url
from checkout.order.models import CancelledPieces, Order, OrderNote, ShippingEvent
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState, Movement, PaymentAttempt
from checkout.refunds.allocation import Share, Shares
from checkout.refunds.formatting import sums_in_words
from policies.models import Acceptance


def load(pk: int) -> Order | None:
    """Return an order with all that its page shows, or None."""
    parcels = ShippingEvent.objects.select_related("by").prefetch_related("line_quantities__line")
    movements = Movement.objects.select_related("by").prefetch_related("parts")
    return (
        Order.objects.select_related(
            "user", "shipping_address__country", "billing_address__country"
        )
        .prefetch_related(
            Prefetch("attempts__movements", movements),
            Prefetch("shipping_events", parcels.order_by("date_created")),
            Prefetch("notes", OrderNote.objects.select_related("user").order_by("pk")),
            "status_changes",
            "discounts",
            "tax_lines",
            "returns",
            "money_alerts",
        )
        .filter(pk=pk)
        .first()
    )


def contents(order: Order) -> dict[str, Any]:
    """Return the parts of the page by name. Money that is in cents says so."""
    attempts = list(order.attempts.all())
    taken = sum(one.captured_cents for one in attempts)
    given_back = sum(one.refunded_cents for one in attempts)
    return {
        "order": order,
        "standings": standings_of(order),
        "taxes": _taxes(order),
        "attempts": [(one, _movements(one)) for one in attempts],
        "reserved_cents": sum(
            one.amount_cents for one in attempts if one.state == AttemptState.AUTHORISED
        ),
        "waived_cents": sum(one.waived_cents for one in attempts),
        "taken_cents": taken,
        "given_back_cents": given_back,
        "parcels": [
            (parcel, tracking_url(parcel.carrier, parcel.tracking_number))
            for parcel in order.shipping_events.all()
        ],
        "customers_page": status_url(order),
        "mails": _mails(order),
        "history": _history(order),
        "acceptances": Acceptance.objects.filter(subject=f"order:{order.number}").select_related(
            "version__policy"
        ),
    }


def _movements(attempt: PaymentAttempt) -> list[tuple[Movement, str]]:
    """Return the movements of an attempt, each with what it pays back, where it does."""
    return [(one, sums_in_words(_shares(one))) for one in attempt.movements.all()]


def _shares(movement: Movement) -> Shares:
    return {
        Share(part.kind, part.line_id, part.component): part.cents for part in movement.parts.all()
    }


def _taxes(order: Order) -> list[dict[str, Any]]:
    """Return the tax of an order by component, province and rate, in CAD."""

    def key(line: Any) -> tuple[str, str, Decimal]:
        return (line.component, line.province, line.rate)

    return [
        {
            "component": component,
            "province": province,
            "percent": f"{(rate * 100).normalize():f}",
            "base": sum(line.base for line in group),
            "amount": sum(line.amount for line in group),
        }
        for (component, province, rate), lines in groupby(
            sorted(order.tax_lines.all(), key=key), key
        )
        for group in [list(lines)]
    ]


def _mails(order: Order) -> Any:
    """Return the letters about an order, its parcels and its refunds."""
    about = [f"order:{order.number}"]
    about += [f"parcel:{parcel.pk}" for parcel in order.shipping_events.all()]
    about += [f"pieces:{pk}" for pk in _cancellations(order)]
    about += [f"alert:{alert.pk}" for alert in order.money_alerts.all()]
    for attempt in order.attempts.all():
        about += [f"movement:{movement.pk}" for movement in attempt.movements.all()]
    return Message.objects.filter(subject_id__in=about).defer("body_html", "body_text", "data")


def _cancellations(order: Order) -> Any:
    """Return the rows of cancelled pieces, the first of which each letter about them names."""
    return CancelledPieces.objects.filter(line__order=order).values_list("pk", flat=True)


def _history(order: Order) -> list[dict[str, Any]]:
    """Return what happened and what staff wrote, oldest first."""
    names = dict(OrderState.choices)
    told: list[dict[str, Any]] = [{"at": order.date_placed, "text": "Written by the checkout"}]
    told += [
        {"at": change.date_created, "text": names.get(change.new_status, change.new_status)}
        for change in order.status_changes.all()
    ]
    told += [
        {"at": note.date_created, "note": note.message, "by": note.user}
        for note in order.notes.all()
    ]
    return sorted(told, key=lambda entry: entry["at"])
