"""Single pieces that will never come: given up, with their stock and their money, while the rest
of the order goes on. Before the payment is taken they make it smaller; afterwards they are paid
back. What the order's delivery costs stays as it is."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction

from catalog.partner import ledger
from checkout.fulfilment.refund_actions import pay_back
from checkout.order import emails
from checkout.order.lines import Standing, derive, standings_of
from checkout.order.locking import DeskError, attempt_of, keep_note, locked_row, stripe_in_words
from checkout.order.models import CancelledPieces, Line, Order
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState, Movement, PaymentAttempt
from checkout.refunds.allocation import Shares, left, of_pieces, stored
from checkout.refunds.models import PlannedRefund
from checkout.refunds.recording import PIECES
from checkout.settlement.settle import settle
from microflight.core.money import LEAST_CHARGE, from_cents

if TYPE_CHECKING:
    from accounts.users.models import User

CHANGED = "The order changed while you were looking. Please open the page again."


def cancel_pieces(
    *, order: Order, quantities: Mapping[int, int], reason: str, by: "User | None"
) -> Order:
    """Give up pieces that have not shipped: {line: pieces}. Something of the order must go on,
    or have gone.

    What is to be paid back is written down before Stripe is asked, so that asking again after
    a lost answer pays once. Raises DeskError, having cancelled nothing.
    """
    wanted = {pk: pieces for pk, pieces in quantities.items() if pieces}
    _look_for_lost_capture(order)
    key = _plan(order, wanted, reason, by)
    with stripe_in_words(), transaction.atomic():
        locked = locked_row(order)
        standings = _to_cancel(locked, wanted)
        attempt = attempt_of(locked)
        if key != _key_of(attempt, standings, wanted):
            raise DeskError(CHANGED)
        value = _value(locked, standings, wanted)
        # before the shelf is locked: buyers must not wait for Stripe
        movement = _settle_money(attempt, key, value)
        rows = _give_up(standings, wanted, value, reason, by, charged=bool(key), movement=movement)
        derive(locked)
        keep_note(locked, f"Cancelled {_in_words(standings, wanted)}: {reason}", by)
        emails.pieces_cancelled(locked, rows)
    return locked


def _to_cancel(order: Order, wanted: Mapping[int, int]) -> list[Standing]:
    """The lines concerned, in the order of their stock records; raise DeskError."""
    if order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        raise DeskError(f"Of an order that is {order.status} no pieces can be cancelled.")
    if not wanted:
        raise DeskError("No piece was chosen.")
    found = {each.line.pk: each for each in standings_of(order, with_shelf=False)}
    for pk, pieces in wanted.items():
        if pk not in found:
            raise DeskError("A line among these belongs to another order.")
        if not 0 < pieces <= found[pk].left:
            title = found[pk].line.title
            raise DeskError(f"{found[pk].left} of {title} are left to cancel, not {pieces}.")
    goes_on = any(each.left > wanted.get(pk, 0) for pk, each in found.items())
    if order.status == OrderState.PLACED and not goes_on:
        raise DeskError("Nothing would be left of the order. Please cancel the order instead.")
    chosen = [found[pk] for pk in wanted]
    return sorted(chosen, key=lambda each: (each.line.stockrecord_id or 0, each.line.pk))


def _value(order: Order, standings: list[Standing], wanted: Mapping[int, int]) -> Shares:
    """What the pieces cost, in cents: the next ones after those that were cancelled before."""
    lines = [standing.line for standing in standings]
    return of_pieces(order, {line.pk: (line.cancelled, wanted[line.pk]) for line in lines})


def _give_up(
    standings: list[Standing],
    wanted: Mapping[int, int],
    value: Shares,
    reason: str,
    by: "User | None",
    *,
    charged: bool,
    movement: Movement | None,
) -> list[CancelledPieces]:
    """Write the pieces off, each line with the refund that pays for it."""
    rows = []
    for line in (standing.line for standing in standings):
        pieces = wanted[line.pk]
        line.cancelled += pieces
        line.uncharged += 0 if charged else pieces
        _release(line, pieces, reason, by)
        line.save(update_fields=["cancelled", "uncharged", "num_allocated"])
        cents = sum(cents for share, cents in value.items() if share.line == line.pk)
        rows.append(
            CancelledPieces(
                line=line, pieces=pieces, cents=cents, movement=movement, reason=reason, by=by
            )
        )
    return CancelledPieces.objects.bulk_create(rows)


def _release(line: Line, pieces: int, reason: str, by: "User | None") -> None:
    freed = min(pieces, line.num_allocated)
    if freed and line.stockrecord_id:
        wanted = [(line.stockrecord_id, freed, line.title)]
        if ledger.release(
            wanted, reference=f"order:{line.order.number}", by=by, reason=reason[:255]
        ):
            raise DeskError(f"{freed} of {line.title} were not promised to this order.")
    line.num_allocated -= freed


def _in_words(standings: list[Standing], wanted: Mapping[int, int]) -> str:
    return ", ".join(f"{wanted[each.line.pk]} × {each.line.title}" for each in standings)


# --- Money ---------------------------------------------------------------------------------------


def _look_for_lost_capture(order: Order) -> None:
    """Book a capture whose answer was lost: what was taken is refunded, not taken less later."""
    attempt = attempt_of(order)
    if attempt is not None and attempt.state == AttemptState.AUTHORISED:
        with stripe_in_words():
            settle(attempt.pk)


@transaction.atomic
def _plan(order: Order, wanted: Mapping[int, int], reason: str, by: "User | None") -> str:
    """Write down what is to be paid back for these very pieces, once; return its key."""
    locked = locked_row(order)
    standings = _to_cancel(locked, wanted)
    attempt = attempt_of(locked)
    key = _key_of(attempt, standings, wanted)
    if attempt is None or not key or PlannedRefund.objects.filter(key=key).exists():
        return key
    most = left(locked)
    value = _value(locked, standings, wanted)
    shares = {share: min(cents, most.get(share, 0)) for share, cents in value.items()}
    still = attempt.captured_cents - attempt.refunded_cents
    if cents := min(sum(shares.values()), still):
        attempt.planned_refunds.create(
            key=key, cents=cents, wanted=stored(shares), reason=reason[:255], by=by
        )
    return key


def _key_of(
    attempt: PaymentAttempt | None, standings: list[Standing], wanted: Mapping[int, int]
) -> str:
    """The key of the refund for these pieces of these lines; "" before the payment is taken."""
    if attempt is None or attempt.state != AttemptState.CAPTURED:
        return ""
    which = [(each.line.pk, each.line.cancelled, wanted[each.line.pk]) for each in standings]
    return f"{attempt.uuid}{PIECES}{sha256(repr(which).encode()).hexdigest()[:16]}"


def _settle_money(attempt: PaymentAttempt | None, key: str, value: Shares) -> Movement | None:
    """Take less later, or pay back now; return the refund, if there is one."""
    if attempt is None:
        return None
    if not key:
        _take_less(attempt, sum(value.values()))
        return None
    plan = PlannedRefund.objects.filter(key=key).first()
    return pay_back(attempt, plan) if plan else None


def _take_less(attempt: PaymentAttempt, cents: int) -> None:
    if attempt.state == AttemptState.CANCELLED:
        raise DeskError("The payment of this order is not held any more: cancel this order.")
    attempt.waived_cents += cents
    if attempt.due_cents <= 0 < attempt.amount_cents:
        raise DeskError("What is left costs nothing. Please cancel the order instead.")
    if 0 < attempt.due_cents < LEAST_CHARGE:
        raise DeskError(
            f"{from_cents(attempt.due_cents)} CAD would be left to take, and Stripe takes "
            f"{from_cents(LEAST_CHARGE)} CAD at least. Ship first and pay the pieces back then, "
            "or cancel the order."
        )
    attempt.save(update_fields=["waived_cents"])
