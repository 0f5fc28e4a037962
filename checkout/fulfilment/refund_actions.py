"""Money back to the card that paid: asked for at the desk, or owed because an order ends."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from checkout.order.locking import (
    DeskError,
    attempt_of,
    locked_row,
    stripe_in_words,
)
from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, Movement, MovementKind, PaymentAttempt
from checkout.payment.states import UNDECIDED
from checkout.refunds.allocation import Shares, stored
from checkout.refunds.models import PlannedRefund
from checkout.refunds.recording import PIECES, cancel_key
from checkout.settlement.records import book, book_refund
from checkout.settlement.settle import cancelled, settle
from microflight.core.errors import ServiceError
from microflight.core.money import from_cents

if TYPE_CHECKING:
    from accounts.users.models import User
    from checkout.returns.models import Return


#: Asking for the same refund again within this time is the same wish; between this and that long
#: only staff can know.
_AGAIN = timedelta(minutes=10)
_KEY_KEPT = timedelta(hours=24)  # as Stripe keeps idempotency keys
MOVED = "Money moved since you opened this page. Please open it again."


def refund_order(
    *,
    order: Order,
    cents: int,
    reason: str,
    by: "User | None",
    wanted: Shares | None = None,
    parent: "Return | None" = None,
    left_seen: int | None = None,
) -> Movement:
    """Give `cents` back to the card that paid, never more than is left.

    `wanted` says what it pays back (default: a share of everything that is left of the bill),
    `parent` the return that it settles, `left_seen` the cents that were left when staff looked: of
    two who give the same sum back at once, the second has to look again. The wish is written down
    before Stripe is asked: asking again after an answer was lost is the same refund. Raises
    DeskError.
    """
    _look_for_lost_refunds(order)
    plan = _plan(order, cents, reason, by, wanted or {}, parent, left_seen)
    try:
        with stripe_in_words():
            return _carry_out(plan, order, left_seen)
    except DeskError as error:
        if not isinstance(error.__cause__, gateway.GatewayDown):
            PlannedRefund.objects.filter(pk=plan.pk).update(answered=True)
        raise


@transaction.atomic
def _plan(
    order: Order,
    cents: int,
    reason: str,
    by: "User | None",
    wanted: Shares,
    parent: "Return | None",
    left_seen: int | None,
) -> PlannedRefund:
    """Write down what is wanted; the same wish that was not answered yet is the same plan."""
    attempt = attempt_of(locked_row(order))
    _check_amount(attempt, cents, left_seen)
    assert attempt is not None  # noqa: S101 (checked in the line above)
    _check_return(parent)
    plans = attempt.planned_refunds
    words = {"wanted": stored(wanted), "reason": reason[:255], "by": by}
    waiting = plans.filter(cents=cents, parent=parent, answered=False).order_by("-pk")
    waiting = waiting.exclude(key__contains=PIECES)  # those are owed all the same
    same = next((each for each in waiting if not _is_over(each, reason)), None)
    if same is None:
        key = f"{attempt.uuid}-{plans.count()}"
        return plans.create(key=key, cents=cents, parent=parent, **words)
    if same.movement_id is None:
        plans.filter(pk=same.pk).update(**words)
    return same


def _is_over(plan: PlannedRefund, reason: str) -> bool:
    """Tell whether asking for what a plan without an answer was for is another wish by now.

    Whoever asks again soon means the same. Later only they can know: raises DeskError, unless
    the reason is another one, or Stripe would not know the first key any more either.
    """
    made = plan.movement
    if made is None:
        return False
    if made.failed_at is not None:
        return True
    age = timezone.now() - made.created_at
    if age < _AGAIN:
        return False
    if age > _KEY_KEPT or plan.reason != reason[:255]:
        return True
    when = timezone.localtime(made.created_at)
    raise DeskError(
        f"{from_cents(plan.cents)} CAD went back for this reason already, on {when:%d %B, %H:%M}; "
        "only the answer was lost. To give back the same once more, write another reason."
    )


def _left(attempt: PaymentAttempt | None) -> int:
    """Cents that were taken and not given back."""
    return attempt.captured_cents - attempt.refunded_cents if attempt else 0


def _check_amount(attempt: PaymentAttempt | None, cents: int, left_seen: int | None = None) -> None:
    left = _left(attempt)
    if left_seen not in (None, left):
        raise DeskError(MOVED)
    if not 0 < cents <= left:
        raise DeskError(f"Between 0.01 and {from_cents(left)} CAD can be given back.")


def _check_return(parent: "Return | None") -> None:
    if parent is not None:
        try:
            parent.check_refundable()
        except ServiceError as error:
            raise DeskError(str(error)) from error


@transaction.atomic
def _carry_out(plan: PlannedRefund, order: Order, left_seen: int | None) -> Movement:
    attempt = attempt_of(locked_row(order))
    assert attempt is not None  # noqa: S101 (it has a plan)
    return pay_back(attempt, plan, left_seen)


def pay_back(
    attempt: PaymentAttempt, plan: PlannedRefund, left_seen: int | None = None
) -> Movement:
    """Ask Stripe for a planned refund, unless a webhook has told of it already.

    The caller holds the order's lock. `left_seen`: as in refund_order(); another plan may have been
    carried out since this one was written. Raises DeskError and GatewayError.
    """
    plan.refresh_from_db()
    movement = plan.movement
    if movement is None or movement.failed_at is not None:
        _check_amount(attempt, plan.cents, left_seen)
        _check_return(plan.parent)
        movement = _refund(attempt, plan.cents, plan.key, plan.reason, plan.by)
    PlannedRefund.objects.filter(pk=plan.pk).update(answered=True)
    return movement


def give_money_back(order: Order, reason: str, by: "User | None") -> None:
    """Release or refund an order of which nothing has left, once. The caller holds its lock."""
    attempt = attempt_of(order)
    if attempt is None:
        return
    if attempt.intent_id is None:
        if not attempt.close_unasked():
            raise DeskError("The customer is paying right now. Please try again in a minute.")
        return
    if attempt.state in (*UNDECIDED, AttemptState.AUTHORISED):
        book(attempt, cancelled(attempt.intent_id))
    if attempt.state == AttemptState.CAPTURED:
        _refund_the_rest(attempt, reason, by)
    elif attempt.state != AttemptState.CANCELLED:
        raise DeskError("The payment is being worked on at Stripe. Please try again in a minute.")


def _refund_the_rest(attempt: PaymentAttempt, reason: str, by: "User | None") -> None:
    """Refund all that is left, once: also if the answer to a first try was lost."""
    key = cancel_key(attempt)
    if made := gateway.refund_made(str(attempt.intent_id), key=key):
        _keep_refund(attempt, made, reason, by)
    elif cents := _left(attempt):
        _refund(attempt, cents, key, reason, by)


def _refund(
    attempt: PaymentAttempt, cents: int, key: str, reason: str, by: "User | None"
) -> Movement:
    refund = gateway.refund_intent(str(attempt.intent_id), cents=cents, key=key)
    if refund.failed:
        raise DeskError("The customer's bank does not take the money back.")
    return _keep_refund(attempt, refund, reason, by)


def _keep_refund(
    attempt: PaymentAttempt, refund: gateway.Refund, reason: str, by: "User | None"
) -> Movement:
    """Write a refund into the books, which a webhook may have told of it already."""
    if not attempt.movements.filter(kind=MovementKind.REFUND, stripe_id=refund.id).exists():
        attempt.refunded_cents += refund.amount
        attempt.save(update_fields=["refunded_cents"])
    return book_refund(attempt, refund, reason=reason, by=by)


def _look_for_lost_refunds(order: Order) -> None:
    """Book refunds that Stripe made and we did not hear of, before another one is made."""
    attempt = attempt_of(order)
    if attempt is None or attempt.intent_id is None:
        return
    with stripe_in_words():
        settle(attempt.pk)
    now = PaymentAttempt.objects.get(pk=attempt.pk).refunded_cents
    if now == attempt.refunded_cents:
        return
    attempt.planned_refunds.exclude(movement=None).update(answered=True)
    found = from_cents(abs(now - attempt.refunded_cents))
    news = (
        f"{found} CAD had been given back already, which the books did not show."
        if now > attempt.refunded_cents
        else f"{found} CAD did not reach the customer, which the books did not show."
    )
    raise DeskError(f"{news} They do now: please look again before you refund more.")
