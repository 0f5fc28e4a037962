"""What customers and staff do with returns. Each act is one transaction under the order's lock,
and each change of state an event: who, when, why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from catalog.partner import ledger
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order.lines import took_back
from checkout.order.locking import DeskError, locked_row
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import Movement
from checkout.refunds.allocation import Shares, left, less, merged, of_delivery, of_pieces
from checkout.refunds.models import PlannedRefund
from checkout.returns import emails
from checkout.returns.models import Return, ReturnLine, ReturnReason
from checkout.returns.pictures import Redrawn, keep
from checkout.returns.states import COME, NotAllowed, ReturnState
from checkout.returns.story import why_not_cancel
from checkout.returns.window import returnable

if TYPE_CHECKING:
    from accounts.users.models import User

#: The same request sent again within this time is the same request.
_TWICE = timedelta(minutes=10)

#: Stripe may have released the money although its answer was lost: so no word of that.
NOT_NOW = "This order could not be cancelled just now. Please try again in a minute, or call us."


class ReturnError(DeskError):
    """It was not done, and nothing has changed. Customers may read the text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Some pieces of an order line that somebody wants to send back."""

    line: int
    pieces: int
    reason: str  # a ReturnReason


# --- Customers -----------------------------------------------------------------------------------


def cancel_by_customer(*, order: Order, why: str) -> Order:
    """Cancel an order of which nothing has left. A second call changes nothing.

    Raises ReturnError, also where a parcel leaves at this very moment.
    """
    with transaction.atomic():
        locked = locked_row(order)
        if locked.status == OrderState.CANCELLED:
            return locked
        if sentence := why_not_cancel(locked):
            raise ReturnError(sentence)
        reason = f"You asked us to: {why}" if why else "You asked us to."
        try:
            cancelled = cancel_order(order=locked, reason=reason[:255], by=None)
        except DeskError as error:
            raise ReturnError(NOT_NOW) from error
        emails.cancelled_by_customer(cancelled, why)
        return cancelled


@transaction.atomic
def ask(
    *,
    order: Order,
    wanted: Sequence[Wanted],
    why: str,
    pictures: Sequence[Redrawn] = (),
    by: "User | None" = None,
) -> Return:
    """Ask to send pieces back. The same request twice in a row is one. Raises ReturnError."""
    locked = locked_row(order)
    if same := _asked_just_now(locked, wanted, why):
        return same
    _check_wanted(locked, wanted)
    made = Return.objects.create(order=locked, nth=locked.returns.count() + 1, asked_by=by)
    ReturnLine.objects.bulk_create(
        ReturnLine(parent=made, line_id=each.line, quantity=each.pieces, reason=each.reason)
        for each in wanted
    )
    made.events.create(state=made.state, why=why, by=by, by_customer=True)
    emails.asked(made)
    for picture in pictures:  # last: a file stays on disk when the rows are rolled back
        keep(made, picture)
    return made


def _asked_just_now(order: Order, wanted: Sequence[Wanted], why: str) -> Return | None:
    last = order.returns.filter(
        state=ReturnState.ASKED, asked_at__gt=timezone.now() - _TWICE, events__why=why
    ).first()
    if last is None:
        return None
    rows = {(each.line_id, each.quantity, each.reason) for each in last.lines.all()}
    return last if rows == {(each.line, each.pieces, each.reason) for each in wanted} else None


def _check_wanted(order: Order, wanted: Sequence[Wanted]) -> None:
    if not wanted:
        raise ReturnError("Please say how many pieces of what you want to send back.")
    lines = {each.line.pk: each for each in returnable(order)}
    for each in wanted:
        found = lines.get(each.line)
        if found is None:
            raise ReturnError("This is not a part of the order.")
        if not found.pieces:
            raise ReturnError(f"{found.line.title} cannot be returned. {found.why_none}")
        if not 0 < each.pieces <= found.pieces:
            raise ReturnError(
                f"{found.pieces} of {found.line.title} can be returned, not {each.pieces}."
            )
        if each.reason not in ReturnReason.values:
            raise ReturnError(f"Please say why {found.line.title} comes back.")
    if len({each.line for each in wanted}) != len(wanted):
        raise ReturnError("A part of the order is named twice.")


def withdraw(*, ret: Return, why: str = "", by: "User | None" = None) -> Return:
    """The customer keeps the goods after all. A second call changes nothing."""
    return _moved(ret, ReturnState.WITHDRAWN, why=why, by=by, by_customer=True)


# --- Staff ---------------------------------------------------------------------------------------


def approve(*, ret: Return, why: str = "", by: "User | None") -> Return:
    """Ask the customer to send the pieces. A second call changes nothing. Raises ReturnError."""
    return _moved(ret, ReturnState.APPROVED, why=why, by=by, tell=emails.approved)


def refuse(*, ret: Return, why: str, by: "User | None") -> Return:
    """Say no, with the reason. A second call changes nothing. Raises ReturnError."""
    return _moved(ret, ReturnState.REFUSED, why=_said(why), by=by, tell=emails.refused)


def close(*, ret: Return, why: str, by: "User | None") -> Return:
    """End a return without a refund: nothing came, or another way was agreed on."""
    return _moved(ret, ReturnState.CLOSED, why=_said(why), by=by, tell=emails.closed)


@transaction.atomic
def receive(
    *, ret: Return, pieces: Mapping[int, tuple[int, int]], why: str = "", by: "User | None"
) -> Return:
    """Note what came: {line of the return: (pieces back on the shelf, pieces not fit for sale)}.

    What did not come may be returned later. The same receipt twice is one. Raises ReturnError.
    """
    locked = _locked(ret)
    lines = list(locked.lines.select_related("line__product__product_class", "line__stockrecord"))
    if locked.state == ReturnState.RECEIVED and _is_received(lines, pieces):
        return locked
    _check_pieces(lines, pieces)
    _move(locked, ReturnState.RECEIVED, why=why, by=by)
    for each in lines:
        _take_in(each, *pieces.get(each.pk, (0, 0)))
    _restock(locked, lines, why, by)
    took_back(locked.order, {each.line_id: each.received for each in lines if each.received})
    emails.received(locked)
    return locked


def _is_received(lines: Sequence[ReturnLine], pieces: Mapping[int, tuple[int, int]]) -> bool:
    return all(
        (each.restocked, each.scrapped) == tuple(pieces.get(each.pk, (0, 0))) for each in lines
    )


def _check_pieces(lines: Sequence[ReturnLine], pieces: Mapping[int, tuple[int, int]]) -> None:
    known = {each.pk: each for each in lines}
    for pk, (restocked, scrapped) in pieces.items():
        if pk not in known:
            raise ReturnError("A line of this receipt belongs to another return.")
        each = known[pk]
        if min(restocked, scrapped) < 0 or restocked + scrapped > each.quantity:
            raise ReturnError(
                f"{each.quantity} of {each.line.title} were to come back, "
                f"not {restocked + scrapped}."
            )
        if restocked and each.line.stockrecord_id is None:
            raise ReturnError(f"{each.line.title} has left the catalogue: it has no shelf.")
    if not any(sum(counts) for counts in pieces.values()):
        raise ReturnError("Nothing is in this receipt. If nothing came, close the return instead.")


def _take_in(each: ReturnLine, restocked: int, scrapped: int) -> None:
    """Count the pieces of a line that come back from its last one backwards. Cancelled pieces are
    counted from the first one, so that no piece is ever paid back twice."""
    earlier = ReturnLine.objects.filter(line_id=each.line_id, parent__state__in=COME)
    came = earlier.exclude(pk=each.pk).aggregate(sum=Sum(F("restocked") + F("scrapped")))["sum"]
    each.restocked, each.scrapped = restocked, scrapped
    each.first_piece = each.line.quantity - (came or 0) - each.received
    each.save(update_fields=["restocked", "scrapped", "first_piece"])


def _restock(ret: Return, lines: Sequence[ReturnLine], why: str, by: "User | None") -> None:
    """Put pieces on the shelf in the order of stock records, as everybody locks them."""
    for each in sorted(lines, key=lambda each: (each.line.stockrecord_id or 0, each.pk)):
        product, shelf = each.line.product, each.line.stockrecord_id
        if each.restocked and shelf and product and product.get_product_class().track_stock:
            ledger.restock(
                shelf, each.restocked,
                reference=f"order:{ret.order.number}", by=by, reason=why or f"Return {ret.number}",
            )  # fmt: skip


def proposal(ret: Return, *, fee_cents: int = 0, fee_percent: int = 0, delivery: bool) -> Shares:
    """Return what a received return is worth in cents, tax included, by shares of the bill.

    A fee is kept from the price before tax of what came back for a change of mind, and so is the
    tax on it: either some cents, or per cent.
    """
    rest = [each for each in _came(ret) if each.reason != ReturnReason.CHANGED_MIND]
    mind = _of_changed_minds(ret)
    fee = fee_cents + (_before_tax(mind) * fee_percent + 50) // 100
    still = left(ret.order)
    wanted = merged(less(mind, fee), _value(ret.order, rest))
    if delivery:
        wanted = merged(wanted, of_delivery(still))
    return {share: min(cents, still[share]) for share, cents in wanted.items()}


def most_fee(ret: Return) -> int:
    """Return the highest fee in cents: the price before tax of what came for a change of mind."""
    return _before_tax(_of_changed_minds(ret))


def _came(ret: Return) -> list[ReturnLine]:
    return [each for each in ret.lines.all() if each.received]


def _of_changed_minds(ret: Return) -> Shares:
    lines = [each for each in _came(ret) if each.reason == ReturnReason.CHANGED_MIND]
    return _value(ret.order, lines)


def _before_tax(shares: Shares) -> int:
    return sum(cents for share, cents in shares.items() if not share.component)


def _value(order: Order, lines: Sequence[ReturnLine]) -> Shares:
    pieces = {each.line_id: (each.first_piece or 0, each.received) for each in lines}
    return of_pieces(order, pieces)


def refund(
    *, ret: Return, wanted: Shares, reason: str, by: "User | None", cents: int | None = None
) -> Movement:
    """Pay a received return back, once: what was proposed, or `cents`. Raises DeskError.

    The return moves on when the refund is in the books, whoever books it (booking.keep).
    """
    amount = sum(wanted.values()) if cents is None else cents
    return refund_order(
        order=ret.order, cents=amount, reason=_said(reason), by=by, wanted=wanted, parent=ret
    )


def on_refund_recorded(plan: PlannedRefund, transaction: Movement, **kwargs: Any) -> None:
    """Mark the return as refunded once its refund is recorded, whoever recorded it."""
    ret = plan.parent
    if ret is not None and ret.state == ReturnState.RECEIVED:
        ret.move_to(ReturnState.REFUNDED, why=plan.reason, by=plan.by, movement=transaction)


# --- Parts ---------------------------------------------------------------------------------------


def _locked(ret: Return) -> Return:
    """The return as it is now, with its order's row locked."""
    order = locked_row(ret.order)
    fresh = Return.objects.get(pk=ret.pk)
    fresh.order = order
    return fresh


@transaction.atomic
def _moved(
    ret: Return,
    new: str,
    *,
    why: str,
    by: "User | None",
    by_customer: bool = False,
    tell: Callable[[Return], None] | None = None,
) -> Return:
    """Move a return and tell the customer, once; nothing where it is there already."""
    locked = _locked(ret)
    if locked.state != new:
        _move(locked, new, why=why, by=by, by_customer=by_customer)
        if tell:
            tell(locked)
    return locked


def _move(ret: Return, new: str, *, why: str, by: "User | None", by_customer: bool = False) -> None:
    try:
        ret.move_to(new, why=why, by=by, by_customer=by_customer)
    except NotAllowed as error:
        raise ReturnError(str(error)) from error


def _said(why: str) -> str:
    """A reason that must be there."""
    if not why.strip():
        raise ReturnError("Please write a reason: the customer reads it.")
    return why


def default_fee() -> str:
    """Return the restocking fee that staff are offered, as they would write it; mostly none."""
    return f"{settings.RETURN_FEE_PERCENT}%" if settings.RETURN_FEE_PERCENT else ""
