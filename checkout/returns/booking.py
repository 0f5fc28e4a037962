"""How refunds get into the books with their parts, whoever hears of them first."""

from checkout.order.lines import standings_of
from checkout.order.models import Order
from checkout.payment.models import Movement, PaymentAttempt
from checkout.returns.models import PlannedRefund, RefundPart
from checkout.returns.parts import Shares, divide, left, of_pieces, restored
from checkout.returns.states import ReturnState

#: How the key of the refund that a cancelled order owes ends.
CANCEL = "-cancel"
#: What the key of a refund for cancelled pieces has in its middle.
PIECES = "-pieces-"


def cancel_key(attempt: PaymentAttempt) -> str:
    """Return the key of the refund that is owed when an order is cancelled: there is one."""
    return f"{attempt.uuid}{CANCEL}"


def plan_of(key: str) -> PlannedRefund | None:
    """Return what staff wrote down before they asked Stripe, if this key is one of theirs."""
    return PlannedRefund.objects.filter(key=key).first() if key else None


def keep(movement: Movement, *, key: str, plan: PlannedRefund | None) -> None:
    """Write the parts of a refund just booked, and what it settles. Under the order's lock."""
    wanted: Shares = {}
    if plan is not None:
        wanted = restored(plan.wanted)
    elif key.endswith(CANCEL):
        wanted = unshipped_value(movement.attempt.order)
    allot(movement, wanted)
    if plan is not None:
        _settle(plan, movement)


def allot(movement: Movement, wanted: Shares) -> None:
    """Write the parts of a refund, once."""
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


def unshipped_value(order: Order) -> Shares:
    """Return what the pieces cost that are still owed, in cents: the first ones of each line
    after those that were cancelled before.

    Pieces that come back count from the last one (services.receive), so that no piece of a line
    is ever paid back twice. Delivery is kept once something has left.
    """
    standings = standings_of(order, with_shelf=False)
    if not any(standing.shipped for standing in standings):
        return left(order)
    pieces = {each.line.pk: (each.line.cancelled, each.left) for each in standings}
    value, still = of_pieces(order, pieces), left(order)
    return {share: min(cents, still[share]) for share, cents in value.items()}


def _settle(plan: PlannedRefund, movement: Movement) -> None:
    """Bind plan and movement, and tell the return that its money is on the way."""
    plan.movement = movement
    plan.save(update_fields=["movement"])
    if plan.parent is not None and plan.parent.state == ReturnState.RECEIVED:
        plan.parent.move_to(ReturnState.REFUNDED, why=plan.reason, by=plan.by, movement=movement)
