"""Recording what refunds pay back, whether this shop or a webhook reports them first."""

from checkout.payment.models import PaymentAttempt, Transaction
from checkout.refunds.allocation import (
    Shares,
    divide_refund,
    refundable_shares,
    shares_from_json,
)
from checkout.refunds.models import PlannedRefund, RefundAllocation
from checkout.refunds.signals import refund_recorded

#: Part of the key of refunds for cancelled items.
ITEMS = "-items-"


def cancel_key(attempt: PaymentAttempt) -> str:
    """Return the key of the one refund that a cancelled order gets."""
    return f"{attempt.uuid}-cancel"


def planned_refund(key: str) -> PlannedRefund | None:
    """Return the plan that was saved before Stripe was called, if this is the key of one."""
    return PlannedRefund.objects.filter(key=key).first() if key else None


def allocate_recorded(refund: Transaction, *, plan: PlannedRefund | None) -> None:
    """Allocate a refund that was just recorded, and complete its plan. Under the order's lock."""
    if plan is None:
        allocate_refund(refund, {})
        return
    allocate_refund(refund, shares_from_json(plan.shares))
    plan.refund = refund
    plan.save(update_fields=["refund"])
    refund_recorded.send(sender=None, plan=plan, transaction=refund)


def allocate_refund(refund: Transaction, wanted: Shares) -> None:
    """Allocate a refund once: to the wanted shares first, then to all that is left."""
    if refund.allocations.exists():
        return
    shares = divide_refund(refund.amount_cents, wanted, refundable_shares(refund.attempt.order))
    RefundAllocation.objects.bulk_create(
        RefundAllocation(
            refund=refund,
            type=share.type,
            line_id=share.line,
            component=share.component,
            cents=cents,
        )
        for share, cents in shares.items()
    )
