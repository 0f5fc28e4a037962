"""Orders against our own books of payment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from checkout.audit.checks.base import Breach, Look, cad, cents, check, total
from checkout.order.models import Line, Order, ShippingEvent, ShippingEventQuantity
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import (
    AttemptState,
    Movement,
    MovementKind,
    PaymentAttempt,
    StripeEvent,
)

#: States of an order that the shop owes goods for, or has sent them.
PLACED = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)
ENDED = (OrderState.EXPIRED, OrderState.CANCELLED)
#: Beat ends an unpaid order within a minute of its time, and follows an event within five.
LONG_OVERDUE = timedelta(hours=1)

ASK_AGAIN = "Ask the customer to pay again, or cancel the order before anything ships."
HEAL = "Run manage.py heal; if it stays, look at worker and beat."


def _newest(field: str) -> Any:
    """Return a column of the order's payment attempt."""
    attempts = PaymentAttempt.objects.filter(order=OuterRef("pk")).order_by("-pk")
    return Subquery(attempts.values(field)[:1])


def _with_payment(orders: QuerySet[Order]) -> QuerySet[Any]:
    return orders.order_by("pk").annotate(
        total_cents=cents("total_incl_tax"),
        pay_state=_newest("state"),
        pay_cents=_newest("amount_cents"),
        taken=_newest("captured_cents"),
        given_back=_newest("refunded_cents"),
    )


@check("order-paid", "No order is placed without its money.")
def order_paid(look: Look) -> Iterator[Breach]:
    """Every placed order's money is held, taken, or nothing was owed; what left is paid for."""
    placed = Order.objects.filter(status__in=PLACED)
    look.at(placed)
    fine = Q(pay_state=AttemptState.CAPTURED, taken=F("pay_cents")) | Q(
        pay_state=AttemptState.AUTHORISED, status=OrderState.PLACED
    )
    nothing_owed = Q(pay_state=None, total_cents=0)
    suspects = _with_payment(placed).exclude(fine | nothing_owed)
    for number, state, owed, taken in suspects.values_list(
        "number", "pay_state", "pay_cents", "taken"
    ):
        yield look.order(number, *_unpaid(state, owed, taken))


def _unpaid(state: str | None, owed: int | None, taken: int | None) -> tuple[str, str]:
    if state is None:
        return "It is placed, and no payment was ever opened for it.", ASK_AGAIN
    if state == AttemptState.CAPTURED:
        what = f"Only {cad(taken or 0)} of {cad(owed or 0)} was taken."
        return what, "Ask the customer for the rest, or give back what was taken and cancel."
    if state == AttemptState.AUTHORISED:
        todo = "Take the payment in Stripe's dashboard before the reservation lapses."
        return "Pieces have left, and the payment is only reserved.", todo
    return f"It is placed, and its payment is {state}.", ASK_AGAIN


@check("unplaced-money", "No order that is not placed keeps money.")
def unplaced_money(look: Look) -> Iterator[Breach]:
    """Pending and ended orders hold no money, but a cancelled one that for what it had sent."""
    unplaced = Order.objects.exclude(status__in=PLACED)
    look.at(unplaced)
    kept = F("taken") - F("given_back")
    parcels = Exists(ShippingEvent.objects.filter(order=OuterRef("pk")))
    suspects = (
        _with_payment(unplaced)
        .annotate(kept=kept, sent=parcels)
        .filter(Q(pay_state=AttemptState.AUTHORISED) | Q(kept__gt=0))
        .annotate(unsent=total(_lines_unsent(), "unsent_cents", by="order_id"))
        .exclude(
            status=OrderState.CANCELLED,
            sent=True,
            pay_state=AttemptState.CAPTURED,
            kept__lte=F("total_cents") - F("unsent"),
        )
    )
    for number, status, state, amount, kept_cents in suspects.values_list(
        "number", "status", "pay_state", "pay_cents", "kept"
    ):
        held = state == AttemptState.AUTHORISED
        what = f"It is {status}, and {cad(amount if held else kept_cents)} is "
        what += "reserved on the card." if held else "kept."
        todo = (
            HEAL if status == OrderState.PENDING else "Release or refund it in Stripe's dashboard."
        )
        yield look.order(number, what, todo)


def _lines_unsent() -> QuerySet[Any]:
    """Order lines with what their pieces that never left are worth, in whole cents, rounded
    down: what a cancellation gives back is never less."""
    sent = total(ShippingEventQuantity.objects, "quantity", by="line_id")
    lines = Line.objects.filter(quantity__gt=0).annotate(whole=cents("line_price_incl_tax"))
    return lines.annotate(
        unsent_cents=F("whole") * (F("quantity") - sent) / F("quantity"),
    )


@check("order-amount", "Every payment is for what its order costs.")
def order_amount(look: Look) -> Iterator[Breach]:
    """Amount and currency of the attempt are those of the order."""
    attempts = PaymentAttempt.objects.all()
    look.at(attempts)
    suspects = attempts.annotate(total_cents=cents("order__total_incl_tax")).exclude(
        amount_cents=F("total_cents"), currency=F("order__currency")
    )
    for number, amount, owed in suspects.order_by("pk").values_list(
        "order__number", "amount_cents", "total_cents"
    ):
        what = f"Its payment is for {cad(amount)}, and the order costs {cad(owed)}."
        yield look.order(
            number, what, "Find out which one the customer agreed to; refund the rest."
        )


@check("attempts-ended", "No payment stays open after its order has ended.")
def attempts_ended(look: Look) -> Iterator[Breach]:
    """An attempt of an expired or cancelled order can be paid no more."""
    ended = PaymentAttempt.objects.filter(order__status__in=ENDED)
    look.at(ended)
    still_open = ended.filter(state=AttemptState.OPEN).order_by("pk")
    for number, status in still_open.values_list("order__number", "order__status"):
        what = f"It is {status}, and its payment is still open."
        yield look.order(number, what, "Cancel the payment in Stripe's dashboard.")


@check("pending-overdue", "No order waits for money long after its time to pay.")
def pending_overdue(look: Look) -> Iterator[Breach]:
    """Beat ends what lapsed; what is left an hour later was forgotten."""
    pending = PaymentAttempt.objects.filter(order__status=OrderState.PENDING)
    look.at(pending)
    before = timezone.now() - LONG_OVERDUE
    for (number,) in (
        pending.filter(expires_at__lt=before).order_by("pk").values_list("order__number")
    ):
        yield look.order(number, "It still waits for money, an hour after its time.", HEAL)


@check("events-settled", "No event of Stripe's is left unsettled.")
def events_settled(look: Look) -> Iterator[Breach]:
    """What a webhook stored is acted on within the hour."""
    look.at(StripeEvent.objects.all())
    before = timezone.now() - LONG_OVERDUE
    late = StripeEvent.objects.filter(settled_at=None, received_at__lt=before).order_by("pk")
    for event_id, kind in late.values_list("event_id", "type"):
        yield look.breach(f"event {event_id}", f"{kind} has waited for over an hour.", HEAL)


@check("books-add-up", "Every payment is the sum of its movements.")
def books_add_up(look: Look) -> Iterator[Breach]:
    """What an attempt says was taken and given back is what was booked, movement by movement."""
    attempts = PaymentAttempt.objects.all()
    look.at(attempts)
    for attempt in _off_their_movements(attempts):
        try:
            back = attempt.back_in_books - _failed(attempt)
        except gateway.GatewayError as error:
            look.unanswered.append(f"Stripe could not be asked for refunds: {error}")
            continue
        if (attempt.in_books, back) == (attempt.captured_cents, attempt.refunded_cents):
            continue
        what = (
            f"The payment says {cad(attempt.captured_cents)} taken and "
            f"{cad(attempt.refunded_cents)} given back; its movements say "
            f"{cad(attempt.in_books)} and {cad(back)}."
        )
        yield look.order(attempt.order.number, what, "Compare both with Stripe's dashboard.")


def _off_their_movements(attempts: QuerySet[PaymentAttempt]) -> Iterator[Any]:
    sums = {
        "in_books": _moved(MovementKind.CAPTURE),
        "back_in_books": _moved(MovementKind.REFUND),
    }
    same = Q(captured_cents=F("in_books"), refunded_cents=F("back_in_books"))
    # of a payment for another amount, which was refused, only the movements are booked
    refused = Q(state=AttemptState.CANCELLED, captured_cents=0, in_books=F("back_in_books"))
    off = attempts.annotate(**sums).exclude(same | refused)
    return off.select_related("order").order_by("pk").iterator()


def _moved(kind: str) -> Any:
    movements = Movement.objects.filter(kind=kind)
    return total(movements, "amount_cents", by="attempt_id")


def _failed(attempt: Any) -> int:
    """Cents of booked refunds that the bank sent back: their movements stay, as all do."""
    if attempt.back_in_books <= attempt.refunded_cents:
        return 0
    refunds = gateway.refunds_of(gateway.retrieve_intent(str(attempt.intent_id)))
    failed = [refund.id for refund in refunds if refund.failed]
    booked = attempt.movements.filter(kind=MovementKind.REFUND, stripe_id__in=failed)
    return sum(booked.values_list("amount_cents", flat=True))
