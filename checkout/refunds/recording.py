"""How refunds get into the books with their parts, whoever hears of them first."""

from checkout.payment.models import Movement, PaymentAttempt
from checkout.refunds.allocation import Shares, divide, left, restored
from checkout.refunds.models import PlannedRefund, RefundPart
from checkout.refunds.signals import refund_recorded

#: What the key of a refund for cancelled pieces has in its middle.
PIECES = "-pieces-"


def cancel_key(attempt: PaymentAttempt) -> str:
    """Return the key of the refund that is owed when an order is cancelled: there is one."""
    return f"{attempt.uuid}-cancel"


def plan_of(key: str) -> PlannedRefund | None:
    """Return what staff wrote down before they asked Stripe, if this key is one of theirs."""
    return PlannedRefund.objects.filter(key=key).first() if key else None


def keep(movement: Movement, *, plan: PlannedRefund | None) -> None:
    """Write the parts of a refund just booked, and what it settles. Under the order's lock."""
    if plan is None:
        allot(movement, {})
        return
    allot(movement, restored(plan.wanted))
    _settle(plan, movement)


def allot(movement: Movement, wanted: Shares) -> None:
    """Write the parts of a refund, once: of what is `wanted` first, then of all that is left."""
    if movement.parts.exists():
        return
    shares = divide(movement.amount_cents, wanted, left(movement.attempt.order))
    RefundPart.objects.bulk_create(
        RefundPart(
            movement=movement, kind=share.kind, line_id=share.line,
            component=share.component, cents=cents,
        )
        for share, cents in shares.items()
    )  # fmt: skip


def _settle(plan: PlannedRefund, movement: Movement) -> None:
    """Link the plan to its transaction; the return, if there is one, reacts to the signal."""
    plan.movement = movement
    plan.save(update_fields=["movement"])
    refund_recorded.send(sender=None, plan=plan, transaction=movement)
