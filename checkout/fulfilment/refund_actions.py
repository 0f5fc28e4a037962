"""Refunds to the card that paid: requested by staff, or owed because an order is cancelled.

What was paid by cheque, cash or transfer is recorded as refunded at once, with an alert for staff
to pay it back by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.order.locking import (
    OrderActionError,
    latest_attempt,
    lock_order,
    readable_stripe_errors,
    record_note,
)
from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt, Transaction, TransactionType
from checkout.payment.states import UNDECIDED
from checkout.refunds.allocation import Shares, shares_to_json
from checkout.refunds.models import PlannedRefund
from checkout.refunds.recording import ITEMS, cancel_key
from checkout.settlement.offline import refund_by_hand
from checkout.settlement.records import record_intent, record_refund
from checkout.settlement.settle import cancel_intent, settle
from microflight.core.errors import ServiceError
from microflight.core.money import format_cents

if TYPE_CHECKING:
    from checkout.returns.models import Return


#: Within this time, the same request is a retry; until the key expires, only staff can know.
_RETRY_WITHIN = timedelta(minutes=10)
_KEY_LIFETIME = timedelta(hours=24)  # as long as Stripe stores idempotency keys
#: Stripe's error code for a refund of a charge whose dispute is open or lost.
_DISPUTED = "charge_disputed"
MOVED = _("The amounts have changed since you opened this page. Please open it again.")


def refund_order(
    *,
    order: Order,
    cents: int,
    reason: str,
    by: User | None,
    shares: Shares | None = None,
    for_return: "Return | None" = None,
    left_seen: int | None = None,
    recorded: Callable[[Transaction], None] | None = None,
) -> Transaction:
    """Refund `cents` to the card that paid, never more than is left.

    `shares` is what it pays back (default: a part of everything that is left), `for_return` the
    return that it settles, `left_seen` the cents that were left when staff opened the page: of two
    people who refund the same amount at once, the second has to look again. `recorded` is called
    in the transaction that records the refund, again for a retry. The refund is planned before
    Stripe is called, so a retry after a lost response is the same refund. Raises OrderActionError.
    """
    _record_missing_refunds(order)
    plan = _plan(order, cents, reason, by, shares or {}, for_return, left_seen)
    try:
        with readable_stripe_errors():
            return _execute(plan, order, left_seen, recorded)
    except OrderActionError as error:
        if not isinstance(error.__cause__, gateway.GatewayDown):
            PlannedRefund.objects.filter(pk=plan.pk).update(answered=True)
        raise


@transaction.atomic
def _plan(
    order: Order,
    cents: int,
    reason: str,
    by: User | None,
    shares: Shares,
    for_return: "Return | None",
    left_seen: int | None,
) -> PlannedRefund:
    """Save the planned refund; a retry of a request without a result gets the same plan."""
    attempt = latest_attempt(lock_order(order))
    _check_amount(attempt, cents, left_seen)
    assert attempt is not None  # noqa: S101 (checked in the line above)
    _check_return(for_return)
    plans = attempt.planned_refunds
    details = {"shares": shares_to_json(shares), "reason": reason[:255], "by": by}
    pending = plans.filter(cents=cents, for_return=for_return, answered=False).order_by("-pk")
    pending = pending.exclude(key__contains=ITEMS)  # those are owed in any case
    existing = next((each for each in pending if not _is_over(each, reason)), None)
    if existing is None:
        key = f"{attempt.uuid}-{plans.count()}"
        return plans.create(key=key, cents=cents, for_return=for_return, **details)
    if existing.refund_id is None:
        plans.filter(pk=existing.pk).update(**details)
    return existing


def _is_over(plan: PlannedRefund, reason: str) -> bool:
    """Tell whether a request like this plan, whose result staff have not seen, is a new one.

    Within ten minutes it is a retry. Later only staff can know: raises OrderActionError, unless the
    reason is different, or Stripe's idempotency key has expired.
    """
    refund = plan.refund
    if refund is None:
        return False
    if refund.failed_at is not None:
        return True
    age = timezone.now() - refund.created_at
    if age < _RETRY_WITHIN:
        return False
    if age > _KEY_LIFETIME or plan.reason != reason[:255]:
        return True
    message = gettext(
        "%(amount)s was already refunded for this reason on %(day)s; only the response was lost. "
        "To refund the same amount again, enter a different reason."
    )
    day = date_format(timezone.localtime(refund.created_at), "F j, H:i")
    raise OrderActionError(message % {"amount": format_cents(plan.cents), "day": day})


def refundable_cents(order: Order) -> int:
    """Return the cents that `refund_order` can refund: of the latest payment attempt."""
    return _not_refunded(next(iter(order.attempts.all()), None))


def _not_refunded(attempt: PaymentAttempt | None) -> int:
    """Return the cents that were captured and not refunded."""
    return attempt.captured_cents - attempt.refunded_cents if attempt else 0


def _check_amount(attempt: PaymentAttempt | None, cents: int, left_seen: int | None = None) -> None:
    left = _not_refunded(attempt)
    if left_seen not in (None, left):
        raise OrderActionError(str(MOVED))
    if not 0 < cents <= left:
        message = gettext("You can refund between $0.01 and %(maximum)s.")
        raise OrderActionError(message % {"maximum": format_cents(left)})


def _check_return(for_return: "Return | None") -> None:
    if for_return is not None:
        try:
            for_return.check_refundable()
        except ServiceError as error:
            raise OrderActionError(str(error)) from error


@transaction.atomic
def _execute(
    plan: PlannedRefund,
    order: Order,
    left_seen: int | None,
    recorded: Callable[[Transaction], None] | None,
) -> Transaction:
    attempt = latest_attempt(lock_order(order))
    assert attempt is not None  # noqa: S101 (it has a plan)
    refund = send_refund(attempt, plan, left_seen)
    if recorded:
        recorded(refund)
    return refund


def send_refund(
    attempt: PaymentAttempt, plan: PlannedRefund, left_seen: int | None = None
) -> Transaction:
    """Send a planned refund to Stripe, unless a webhook has already reported it.

    The caller holds the order's lock. `left_seen`: as in refund_order(); another refund may have
    been sent since this one was planned. Raises OrderActionError and GatewayError.
    """
    plan.refresh_from_db()
    refund = plan.refund
    if refund is None or refund.failed_at is not None:
        _check_amount(attempt, plan.cents, left_seen)
        _check_return(plan.for_return)
        refund = _refund(attempt, plan.cents, plan.key, plan.reason, plan.by)
    PlannedRefund.objects.filter(pk=plan.pk).update(answered=True)
    return refund


def release_or_refund(order: Order, reason: str, by: User | None) -> None:
    """Release or refund the payment of an unshipped order, once. The caller holds its lock."""
    attempt = latest_attempt(order)
    if attempt is None:
        return
    if attempt.is_offline:
        _refund_the_rest(attempt, reason, by)
        return
    if attempt.intent_id is None:
        if not attempt.cancel_unsent():
            raise OrderActionError(
                gettext("The customer is paying right now. Please try again in a minute.")
            )
        return
    if attempt.state in (*UNDECIDED, AttemptState.AUTHORIZED):
        record_intent(attempt, cancel_intent(attempt.intent_id))
    if attempt.state == AttemptState.CAPTURED:
        _refund_the_rest(attempt, reason, by)
    elif attempt.state != AttemptState.CANCELLED:
        raise OrderActionError(
            gettext("Stripe is still processing the payment. Please try again in a minute.")
        )


def _refund_the_rest(attempt: PaymentAttempt, reason: str, by: User | None) -> None:
    """Refund all that is left, once, even if the response to a first try was lost."""
    key = cancel_key(attempt)
    if attempt.is_offline:
        if cents := _not_refunded(attempt):
            _refund(attempt, cents, key, reason, by)
    elif made := gateway.refund_made(str(attempt.intent_id), key=key):
        _record_refund(attempt, made, reason, by)
    elif cents := _not_refunded(attempt):
        try:
            _refund(attempt, cents, key, reason, by)
        except gateway.GatewayRefused as error:
            if error.code != _DISPUTED:
                raise
            _record_dispute(attempt, by)


def _record_dispute(attempt: PaymentAttempt, by: User | None) -> None:
    """The bank has the money, or may withdraw it: the order ends without a refund."""
    attempt.disputed_at = timezone.now()
    attempt.save(update_fields=["disputed_at"])
    text = gettext("The payment is disputed, so it is not refunded. If we win, refund this order.")
    record_note(attempt.order, text, by)


def _refund(
    attempt: PaymentAttempt, cents: int, key: str, reason: str, by: User | None
) -> Transaction:
    if attempt.is_offline:
        refund = refund_by_hand(attempt, cents=cents, key=key)
    else:
        refund = gateway.refund_intent(str(attempt.intent_id), cents=cents, key=key)
    if refund.failed:
        raise OrderActionError(gettext("The customer’s bank rejected the refund."))
    return _record_refund(attempt, refund, reason, by)


def _record_refund(
    attempt: PaymentAttempt, refund: gateway.Refund, reason: str, by: User | None
) -> Transaction:
    """Record a refund, unless a webhook has already reported it."""
    if not attempt.transactions.filter(type=TransactionType.REFUND, stripe_id=refund.id).exists():
        attempt.refunded_cents += refund.amount
        attempt.save(update_fields=["refunded_cents"])
    return record_refund(attempt, refund, reason=reason, by=by)


def _record_missing_refunds(order: Order) -> None:
    """Record refunds that Stripe made and we do not know, before another one is made."""
    attempt = latest_attempt(order)
    if attempt is None or attempt.intent_id is None:
        return
    with readable_stripe_errors():
        settle(attempt.pk)
    refunded = PaymentAttempt.objects.get(pk=attempt.pk).refunded_cents
    if refunded == attempt.refunded_cents:
        return
    attempt.planned_refunds.exclude(refund=None).update(answered=True)
    if refunded > attempt.refunded_cents:
        message = gettext(
            "%(amount)s had already been refunded at Stripe and was not recorded here. It is now: "
            "check the order before you refund more."
        )
    else:
        message = gettext(
            "A refund of %(amount)s did not reach the customer, which was not recorded here. It is "
            "now: check the order before you refund more."
        )
    amount = format_cents(abs(refunded - attempt.refunded_cents))
    raise OrderActionError(message % {"amount": amount})
