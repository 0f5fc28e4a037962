"""Our payment records: what happened to an order's money at Stripe, each thing once.

Whoever writes here has locked the order, see `settlement.lock`.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from checkout.order import emails
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, Movement, MovementKind, PaymentAttempt
from checkout.payment.states import UNDECIDED
from checkout.payment.stripe_types import Intent, Refund
from checkout.refunds import recording as refund_books
from checkout.settlement.alerts import alert
from microflight.core.money import from_cents

if TYPE_CHECKING:
    from accounts.users.models import User


def book(attempt: PaymentAttempt, intent: Intent, *, by: "User | None" = None) -> None:
    """Write what happened to the money; each thing once, whoever did it and where.

    `by` is who had it taken here; where that is nobody, it was done at Stripe or by a job.
    """
    was = attempt.state
    fields = ["state", "authorised_until", "captured_cents", "refunded_cents", "last_error"]
    if intent.status == "processing" and was in UNDECIDED:
        _wait_for_bank(attempt)
        fields.append("expires_at")
    if intent.is_authorised and was in UNDECIDED:  # a refused one stays so
        attempt.move_to(AttemptState.AUTHORISED)
        attempt.authorised_until, attempt.unanswered = intent.authorised_until, 0
        fields.append("unanswered")  # else left to `pay`, which counts without the lock
        record(attempt, MovementKind.AUTHORISE, intent.amount, intent.id)
    if intent.captured > attempt.captured_cents:
        if was != AttemptState.CANCELLED:  # a refused one stays so, whatever was taken for it
            attempt.move_to(AttemptState.CAPTURED)
        attempt.captured_cents = intent.captured
        record(attempt, MovementKind.CAPTURE, intent.captured, intent.id, by=by)
    if intent.refunded != attempt.refunded_cents:
        book_refunds(attempt, intent)
    if intent.is_cancelled and was != AttemptState.CANCELLED:
        attempt.move_to(AttemptState.CANCELLED)
        if was == AttemptState.AUTHORISED:
            record(attempt, MovementKind.VOID, intent.amount, intent.id)
    attempt.last_error = "" if intent.is_authorised else intent.error[:255]
    attempt.save(update_fields=fields)


def _wait_for_bank(attempt: PaymentAttempt) -> None:
    """Keep the goods for as long as the bank takes: anew at each look, as far as a shopper has."""
    attempt.move_to(AttemptState.PROCESSING)
    window = timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)
    attempt.expires_at = max(attempt.expires_at, timezone.now() + window)


def book_refunds(attempt: PaymentAttempt, intent: Intent) -> None:
    """Write refunds that we do not know: made at Stripe itself, or whose answer was lost."""
    found = gateway.refunds_of(intent)
    made = [each for each in found if not each.failed]
    attempt.refunded_cents = sum(refund.amount for refund in made)
    # first, since what they paid back of each line can be paid back again
    _book_failed([each for each in found if each.failed], attempt)
    for refund in made:
        book_refund(attempt, refund)


def _book_failed(refunds: list[Refund], attempt: PaymentAttempt) -> None:
    """Take refunds that the bank sent back out of the sums, and tell staff: the shopper was
    promised their money."""
    booked = attempt.movements.filter(kind=MovementKind.REFUND, failed_at=None)
    for refund in refunds:
        if booked.filter(stripe_id=refund.id).update(failed_at=timezone.now()):
            sum_back = f"{from_cents(refund.amount)} {attempt.currency}"
            alert(attempt.order, f"{sum_back} did not reach the customer ({refund.id} failed).")


def book_refund(
    attempt: PaymentAttempt, refund: Refund, *, reason: str = "", by: "User | None" = None
) -> Movement:
    """Write a refund with its parts and tell the shopper, once. The caller sets and saves the
    attempt's sum. Of a refund that was asked for here, reason and name are what was written down
    before Stripe was asked, also when an event brings it into the books first.
    """
    plan = refund_books.planned_refund(refund.key)
    if plan is not None:
        reason, by = plan.reason, plan.by
    movement, new = Movement.objects.get_or_create(
        kind=MovementKind.REFUND,
        stripe_id=refund.id,
        defaults={
            "attempt": attempt, "amount_cents": refund.amount, "reason": reason[:255], "by": by,
        },
    )  # fmt: skip
    if new:
        movement.attempt = attempt
        refund_books.allocate_recorded(movement, plan=plan)
        emails.order_refunded(movement)
    elif reason and not movement.reason:
        movement.reason, movement.by = reason[:255], by
        movement.save(update_fields=["reason", "by"])
    return movement


def record(
    attempt: PaymentAttempt, kind: str, cents: int, stripe_id: str, *, by: "User | None" = None
) -> None:
    """Write one movement; nothing where it is written already."""
    row = Movement(attempt=attempt, kind=kind, amount_cents=cents, stripe_id=stripe_id, by=by)
    Movement.objects.bulk_create([row], ignore_conflicts=True)
