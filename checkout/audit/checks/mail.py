"""Letters that were due, in the outbox exactly once each."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.mail.models import Message
from checkout.audit.checks.base import Breach, Look, check, number_of
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import AttemptState, Movement, MovementKind

WRITE = "Write to the customer by hand, and look for the error in the worker's log."


def _letters(rows: QuerySet[Any], kind: str, *, about: str, by: str) -> QuerySet[Any]:
    """Rows whose letters of a kind, found by `about:` and the column `by`, are not exactly one."""
    cause = Concat(Value(f"{about}:"), Cast(F(by), CharField()))
    sent = number_of(Message.objects.filter(kind=kind), by="subject_id", outer="cause")
    return rows.annotate(cause=cause).annotate(letters=sent).exclude(letters=1).order_by("pk")


@check("order-letters", "Every order that was placed was confirmed by one letter.")
def order_letters(look: Look) -> Iterator[Breach]:
    """One order-received for each placed order with an address, whatever became of it later."""
    placed = Order.objects.filter(placed_at__isnull=False).exclude(guest_email="")
    look.at(placed)
    suspects = _letters(placed, "order-received", about="order", by="number")
    for number, letters in suspects.values_list("number", "letters"):
        what = f"{letters} letters confirm it, and it should be 1."
        yield look.order(number, what, WRITE)


@check("early-letters", "No order was confirmed before it was placed.")
def early_letters(look: Look) -> Iterator[Breach]:
    """No order-received for an order that never was placed."""
    unplaced = Order.objects.filter(placed_at=None)
    look.at(unplaced)
    cause = Concat(Value("order:"), "number")
    sent = number_of(Message.objects.filter(kind="order-received"), by="subject_id", outer="cause")
    suspects = unplaced.annotate(cause=cause).annotate(letters=sent).filter(letters__gt=0)
    for (number,) in suspects.order_by("pk").values_list("number"):
        what = "A letter says that it was placed, and it was not."
        yield look.order(
            number, what, "Tell the customer, and look at the order's changes of state."
        )


@check("parcel-letters", "Every parcel was announced by one letter.")
def parcel_letters(look: Look) -> Iterator[Breach]:
    """One shipment-sent for each parcel of an order with an address."""
    parcels = ShippingEvent.objects.exclude(order__guest_email="")
    look.at(parcels)
    suspects = _letters(parcels, "shipment-sent", about="parcel", by="pk")
    for number, pk, letters in suspects.values_list("order__number", "pk", "letters"):
        what = f"{letters} letters announce parcel {pk}, and it should be 1."
        yield look.order(number, what, WRITE)


@check("refund-letters", "Every refund was announced by one letter.")
def refund_letters(look: Look) -> Iterator[Breach]:
    """One order-refunded for each refund. A payment that was refused is announced by the letter
    that its order is cancelled."""
    refunds = Movement.objects.filter(kind=MovementKind.REFUND).exclude(
        attempt__state=AttemptState.CANCELLED
    )
    refunds = refunds.exclude(attempt__order__guest_email="")
    look.at(refunds)
    suspects = _letters(refunds, "order-refunded", about="movement", by="pk")
    for number, stripe_id, letters in suspects.values_list(
        "attempt__order__number", "stripe_id", "letters"
    ):
        what = f"{letters} letters tell of refund {stripe_id}, and it should be 1."
        yield look.order(number, what, WRITE)
