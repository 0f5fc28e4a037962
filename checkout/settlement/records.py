"""Our payment records: each transaction at Stripe, once. The caller has locked the order."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.users.models import User
from checkout.order import emails
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt, Transaction, TransactionType
from checkout.payment.signals import announce_transactions
from checkout.payment.states import UNDECIDED
from checkout.payment.stripe_types import Intent, Refund
from checkout.refunds import recording
from checkout.settlement.alerts import alert
from microflight.core.money import from_cents


def record_intent(attempt: PaymentAttempt, intent: Intent, *, by: User | None = None) -> None:
    """Record the state, transactions and refunds of an intent, each once.

    `by` is the staff member who captured it; None if Stripe or a job did.
    """
    was = attempt.state
    fields = ["state", "authorized_until", "captured_cents", "refunded_cents", "last_error"]
    if intent.status == "processing" and was in UNDECIDED:
        _wait_for_bank(attempt)
        fields.append("expires_at")
    if intent.is_authorized and was in UNDECIDED:  # a refused one stays cancelled
        attempt.move_to(AttemptState.AUTHORIZED)
        attempt.authorized_until, attempt.unanswered = intent.authorized_until, 0
        fields.append("unanswered")  # otherwise left to `pay`, which counts without the lock
        record_transaction(attempt, TransactionType.AUTHORIZE, intent.amount, intent.id)
    if intent.captured > attempt.captured_cents:
        if was != AttemptState.CANCELLED:  # a refused one stays cancelled
            attempt.move_to(AttemptState.CAPTURED)
        attempt.captured_cents = intent.captured
        record_transaction(attempt, TransactionType.CAPTURE, intent.captured, intent.id, by=by)
    if intent.refunded != attempt.refunded_cents:
        record_refunds(attempt, intent)
    if intent.is_cancelled and was != AttemptState.CANCELLED:
        attempt.move_to(AttemptState.CANCELLED)
        if was == AttemptState.AUTHORIZED:
            record_transaction(attempt, TransactionType.VOID, intent.amount, intent.id)
    attempt.last_error = "" if intent.is_authorized else intent.error[:255]
    attempt.save(update_fields=fields)


def _wait_for_bank(attempt: PaymentAttempt) -> None:
    """Extend the reservation by a full payment window while the bank decides."""
    attempt.move_to(AttemptState.PROCESSING)
    window = timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)
    attempt.expires_at = max(attempt.expires_at, timezone.now() + window)


def record_refunds(attempt: PaymentAttempt, intent: Intent) -> None:
    """Record refunds made at Stripe, or whose answer was lost."""
    found = gateway.refunds_of(intent)
    made = [each for each in found if not each.failed]
    attempt.refunded_cents = sum(refund.amount for refund in made)
    # first, since their allocations can be refunded again
    _record_failed([each for each in found if each.failed], attempt)
    for refund in made:
        record_refund(attempt, refund)


def _record_failed(refunds: list[Refund], attempt: PaymentAttempt) -> None:
    """Mark refunds as failed and alert staff, since the customer expects the money."""
    recorded = attempt.transactions.filter(type=TransactionType.REFUND, failed_at=None)
    for refund in refunds:
        if recorded.filter(stripe_id=refund.id).update(failed_at=timezone.now()):
            text = _("Refund of %(amount)s %(currency)s failed: the bank rejected it (%(id)s).")
            amount = from_cents(refund.amount)
            values = {"id": refund.id, "amount": amount, "currency": attempt.currency}
            alert(attempt.order, text % values)
            announce_transactions(attempt.order)


def record_refund(
    attempt: PaymentAttempt, refund: Refund, *, reason: str = "", by: User | None = None
) -> Transaction:
    """Record a refund with its allocations and email the customer, once.

    The caller updates the attempt's sum. Reason and staff member of a planned refund come from
    its plan, also if a webhook records it first.
    """
    plan = recording.planned_refund(refund.key)
    if plan is not None:
        reason, by = plan.reason, plan.by
    row, new = Transaction.objects.get_or_create(
        type=TransactionType.REFUND,
        stripe_id=refund.id,
        defaults={
            "attempt": attempt,
            "amount_cents": refund.amount,
            "reason": reason[:255],
            "by": by,
        },
    )
    if new:
        row.attempt = attempt
        recording.allocate_recorded(row, plan=plan)
        emails.order_refunded(row)
        announce_transactions(attempt.order)
    elif reason and not row.reason:
        row.reason, row.by = reason[:255], by
        row.save(update_fields=["reason", "by"])
    return row


def record_transaction(
    attempt: PaymentAttempt, kind: str, cents: int, stripe_id: str, *, by: User | None = None
) -> None:
    """Record a transaction unless it is recorded already."""
    row = Transaction(attempt=attempt, type=kind, amount_cents=cents, stripe_id=stripe_id, by=by)
    Transaction.objects.bulk_create([row], ignore_conflicts=True)
    if kind == TransactionType.CAPTURE:
        announce_transactions(attempt.order)
