"""Orders against our own books of payment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from checkout.audit.checks.base import Breach, Look, cad, cents, check, number_of, total
from checkout.order.models import CancelledPieces, Line, Order
from checkout.order.states import OrderState
from checkout.payment.models import (
    AttemptState,
    Movement,
    MovementKind,
    PaymentAttempt,
    StripeEvent,
)
from checkout.payment.states import UNDECIDED

#: States of an order that the shop owes goods for, or has sent them.
PLACED = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)
ENDED = (OrderState.EXPIRED, OrderState.CANCELLED)
#: Beat ends an unpaid order within a minute of its time, and follows an event within five.
LONG_OVERDUE = timedelta(hours=1)

#: Cents by which the price and taxes of some pieces of a line may lie beside their exact share.
ROUNDING = 3
#: In place of the state of a payment that no order has.
UNASKED = "none"

GIVE_BACK = "Release or refund it in Stripe's dashboard."
ASK_AGAIN = "Ask the customer to pay again, or cancel the order before anything ships."
HEAL = "Run manage.py heal; if it stays, look at worker and beat."


def _newest(field: str, otherwise: Any) -> Any:
    """Return a column of the order's payment attempt, never NULL: a NULL is in no comparison, so
    that nothing would be found wrong with it."""
    attempts = PaymentAttempt.objects.filter(order=OuterRef("pk")).order_by("-pk")
    return Coalesce(Subquery(attempts.values(field)[:1]), Value(otherwise))


def _with_payment(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Annotate the state and amount of each order's current payment, and the sums of all."""
    attempts = PaymentAttempt.objects
    return orders.order_by("pk").annotate(
        total_cents=cents("total_incl_tax"),
        pay_state=_newest("state", UNASKED),
        pay_cents=_newest("amount_cents", 0) - _newest("waived_cents", 0),
        taken=total(attempts, "captured_cents", by="order_id"),
        given_back=total(attempts, "refunded_cents", by="order_id"),
    )


@check("order-paid", "No order is placed without its money.")
def order_paid(look: Look) -> Iterator[Breach]:
    """Every placed order's money is held, taken, or nothing was owed; what left is paid for."""
    placed = Order.objects.filter(status__in=PLACED)
    look.at(placed)
    held = Q(pay_state=AttemptState.AUTHORISED, status=OrderState.PLACED)
    taken = Q(pay_state=AttemptState.CAPTURED, taken__gte=F("owed"))
    nothing_owed = Q(pay_state=UNASKED, total_cents=0)
    never_taken = CancelledPieces.objects.filter(movement=None)
    suspects = (
        _with_payment(placed)
        .annotate(owed=F("pay_cents") - total(never_taken, "cents", by="line__order_id"))
        .exclude(held | taken | nothing_owed)
    )
    for number, state, owed, cents_taken in suspects.values_list(
        "number", "pay_state", "owed", "taken"
    ):
        yield look.order(number, *_unpaid(state, owed, cents_taken))


def _unpaid(state: str, owed: int, taken: int) -> tuple[str, str]:
    if state == UNASKED:
        return "It is placed, and no payment was ever opened for it.", ASK_AGAIN
    if state == AttemptState.CAPTURED:
        what = f"Only {cad(taken)} of {cad(owed)} was taken."
        return what, "Ask the customer for the rest, or give back what was taken and cancel."
    if state == AttemptState.AUTHORISED:
        todo = "Take the payment in Stripe's dashboard before the reservation lapses."
        return "Pieces have left, and the payment is only reserved.", todo
    return f"It is placed, and its payment is {state}.", ASK_AGAIN


@check("unplaced-money", "No order that is not placed keeps money.")
def unplaced_money(look: Look) -> Iterator[Breach]:
    """Pending, expired and cancelled orders hold no money, and have given back what was taken."""
    unplaced = Order.objects.exclude(status__in=PLACED)
    look.at(unplaced)
    suspects = (
        _with_payment(unplaced)
        .annotate(kept=F("taken") - F("given_back"))
        .filter(Q(pay_state=AttemptState.AUTHORISED) | Q(kept__gt=0))
    )
    for number, status, state, amount, kept in suspects.values_list(
        "number", "status", "pay_state", "pay_cents", "kept"
    ):
        held = state == AttemptState.AUTHORISED
        what = f"It is {status}, and {cad(amount if held else kept)} is "
        what += "reserved on the card." if held else "kept."
        yield look.order(number, what, HEAL if status == OrderState.PENDING else GIVE_BACK)


@check("given-up-money", "No money is kept for pieces that will never be sent.")
def given_up_money(look: Look) -> Iterator[Breach]:
    """Of a placed order no more is kept than what its pieces cost that were not cancelled."""
    placed = Order.objects.filter(status__in=PLACED, lines__cancelled__gt=0).distinct()
    look.at(placed)
    lines = Line.objects.filter(quantity__gt=0).annotate(
        void=cents("line_price_incl_tax") * F("cancelled") / F("quantity")
    )
    suspects = (
        _with_payment(placed)
        .annotate(
            kept=F("taken") - F("given_back"),
            due=F("total_cents") - total(lines, "void", by="order_id"),
            uneven=ROUNDING * number_of(Line.objects, by="order_id"),
        )
        .filter(kept__gt=F("due") + F("uneven"))
    )
    for number, kept, due in suspects.values_list("number", "kept", "due"):
        what = f"{cad(kept)} is kept, and what is not cancelled costs {cad(due)}."
        yield look.order(number, what, GIVE_BACK)


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


@check("early-charges", "Every card that was to be charged at checkout is charged.")
def early_charges(look: Look) -> Iterator[Breach]:
    """Reconcile captures what settling could not; what is only authorized later was forgotten."""
    agreed = PaymentAttempt.objects.exclude(order__early_charge_agreed_at=None)
    look.at(agreed)
    late = agreed.filter(
        state=AttemptState.AUTHORISED, order__placed_at__lt=timezone.now() - LONG_OVERDUE
    )
    for (number,) in late.order_by("pk").values_list("order__number"):
        what = "Its customer agreed to be charged at checkout, and its card is only authorized."
        yield look.order(number, what, HEAL)


@check("attempts-ended", "No payment stays open after its order has ended.")
def attempts_ended(look: Look) -> Iterator[Breach]:
    """An attempt of an expired or cancelled order can be paid no more."""
    ended = PaymentAttempt.objects.filter(order__status__in=ENDED)
    look.at(ended)
    still_open = ended.filter(state__in=UNDECIDED).order_by("pk")
    for number, status in still_open.values_list("order__number", "order__status"):
        what = f"It is {status}, and its payment is still open."
        yield look.order(number, what, "Cancel the payment in Stripe's dashboard.")


@check("pending-overdue", "No order waits for money long after its time to pay.")
def pending_overdue(look: Look) -> Iterator[Breach]:
    """Beat ends what lapsed; what is left an hour later was forgotten."""
    pending = PaymentAttempt.objects.current().filter(order__status=OrderState.PENDING)
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
        what = (
            f"The payment says {cad(attempt.captured_cents)} taken and "
            f"{cad(attempt.refunded_cents)} given back; its movements say "
            f"{cad(attempt.in_books)} and {cad(attempt.back_in_books)}."
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
    """The cents of movements of a kind, without refunds that the bank sent back."""
    movements = Movement.objects.filter(kind=kind, failed_at=None)
    return total(movements, "amount_cents", by="attempt_id")
