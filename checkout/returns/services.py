"""What customers and staff do with returns.

Each function is one transaction under the order's lock. Each change of state writes an event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.users.models import User
from catalog.partner import ledger
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order.lines import record_returned
from checkout.order.locking import OrderActionError, lock_order
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import Transaction
from checkout.refunds.allocation import (
    Shares,
    add_shares,
    deduct,
    item_shares,
    refundable_shares,
    shipping_shares,
)
from checkout.refunds.models import PlannedRefund
from checkout.returns import emails
from checkout.returns.models import Return, ReturnLine, ReturnReason
from checkout.returns.photos import save_photo
from checkout.returns.states import ARRIVED, NotAllowed, ReturnState
from checkout.returns.timeline import not_cancellable_reason
from checkout.returns.window import ReturnableLine, returnable
from microflight.core.image_uploads import EncodedImage

#: The same request sent again within this time is a duplicate.
_DUPLICATE_WITHIN = timedelta(minutes=10)


_WITH_PRODUCT = (
    "line__product__product_class",
    "line__product__parent__product_class",
    "line__stockrecord",
)


class ReturnError(OrderActionError):
    """Nothing was changed. The message may be shown to customers."""


@dataclass(frozen=True, slots=True)
class RequestedItem:
    """A line of the order, how many units of it to return, and why."""

    line_id: int
    quantity: int
    reason: str  # a ReturnReason


# --- Customers -----------------------------------------------------------------------------------


def cancel_by_customer(*, order: Order, note: str) -> Order:
    """Cancel an order that has not shipped. A second call changes nothing.

    Raises ReturnError, also if it ships at the same moment.
    """
    with transaction.atomic():
        locked = lock_order(order)
        if locked.status == OrderState.CANCELLED:
            return locked
        if text := not_cancellable_reason(locked):
            raise ReturnError(text)
        reason = _("Cancelled at your request.")
        if note:
            reason = _("Cancelled at your request: %(note)s") % {"note": note}
        try:
            cancelled = cancel_order(order=locked, reason=reason[:255], by=None)
        except OrderActionError as error:
            # Stripe may have released the payment although its answer was lost
            text = _("We could not cancel this order. Please try again in a minute, or call us.")
            raise ReturnError(text) from error
        emails.cancelled_by_customer(cancelled, note)
        return cancelled


@transaction.atomic
def request_return(
    *,
    order: Order,
    items: Sequence[RequestedItem],
    note: str,
    photos: Sequence[EncodedImage] = (),
    by: User | None = None,
    by_customer: bool = True,
) -> Return:
    """Create a return request, which staff may do for a customer. The same request twice in a row
    is one. Raises ReturnError."""
    locked = lock_order(order)
    if duplicate := _duplicate(locked, items, note):
        return duplicate
    _check_items(locked, items)
    created = Return.objects.create(order=locked, nth=locked.returns.count() + 1, requested_by=by)
    ReturnLine.objects.bulk_create(
        ReturnLine(parent=created, line_id=item.line_id, quantity=item.quantity, reason=item.reason)
        for item in items
    )
    created.events.create(state=created.state, note=note, by=by, by_customer=by_customer)
    emails.requested(created)
    for photo in photos:  # last: a rollback would leave the files on disk
        save_photo(created, photo)
    return created


def _duplicate(order: Order, items: Sequence[RequestedItem], note: str) -> Return | None:
    recent = timezone.now() - _DUPLICATE_WITHIN
    last = order.returns.filter(
        state=ReturnState.REQUESTED, requested_at__gt=recent, events__note=note
    ).first()
    if last is None:
        return None
    lines = {(each.line_id, each.quantity, each.reason) for each in last.lines.all()}
    same = lines == {(item.line_id, item.quantity, item.reason) for item in items}
    return last if same else None


def _check_items(order: Order, items: Sequence[RequestedItem]) -> None:
    if not items:
        raise ReturnError(_("Please enter the quantity of each item to return."))
    if len({item.line_id for item in items}) != len(items):
        raise ReturnError(_("An item is listed twice."))
    lines = {each.line.pk: each for each in returnable(order)}
    for item in items:
        _check_item(item, lines.get(item.line_id))


def _check_item(item: RequestedItem, returnable_line: ReturnableLine | None) -> None:
    if returnable_line is None:
        raise ReturnError(_("This item is not part of the order."))
    title, limit = returnable_line.line.title, returnable_line.quantity
    if not limit:
        text = _("%(item)s cannot be returned. %(reason)s")
        raise ReturnError(text % {"item": title, "reason": returnable_line.not_returnable_reason})
    if not 0 < item.quantity <= limit:
        text = _("You can return up to %(max)d of %(item)s, not %(quantity)d.")
        raise ReturnError(text % {"max": limit, "item": title, "quantity": item.quantity})
    if item.reason not in ReturnReason.values:
        raise ReturnError(_("Please select a reason for returning %(item)s.") % {"item": title})


def cancel_request(*, ret: Return, note: str = "", by: User | None = None) -> Return:
    """Cancel a return for the customer, who keeps the items. A second call changes nothing."""
    return _change_state(ret, ReturnState.CANCELLED, note=note, by=by, by_customer=True)


# --- Staff ---------------------------------------------------------------------------------------


def approve(*, ret: Return, note: str = "", by: User | None) -> Return:
    """Approve a request and email the customer. A second call changes nothing.

    Raises ReturnError.
    """
    return _change_state(ret, ReturnState.APPROVED, note=note, by=by, notify=emails.approved)


def decline(*, ret: Return, note: str, by: User | None) -> Return:
    """Decline a request for a reason. A second call changes nothing. Raises ReturnError."""
    return _change_state(
        ret, ReturnState.DECLINED, note=_required(note), by=by, notify=emails.declined
    )


def close(*, ret: Return, note: str, by: User | None) -> Return:
    """Close a return without a refund, such as when nothing arrived. Raises ReturnError."""
    return _change_state(ret, ReturnState.CLOSED, note=_required(note), by=by, notify=emails.closed)


@transaction.atomic
def receive(
    *, ret: Return, received: Mapping[int, tuple[int, int]], note: str = "", by: User | None
) -> Return:
    """Record what arrived: {ID of a return line: (units restocked, units scrapped)}.

    Units that did not arrive can be returned later. The same receipt twice is one. Raises
    ReturnError.
    """
    locked = _locked(ret)
    lines = list(locked.lines.select_related(*_WITH_PRODUCT))
    if locked.state == ReturnState.RECEIVED and _is_received(lines, received):
        return locked
    _check_received(lines, received)
    _move(locked, ReturnState.RECEIVED, note=note, by=by)
    for each in lines:
        _receive_line(each, *received.get(each.pk, (0, 0)))
    _restock(locked, lines, note, by)
    record_returned(locked.order, {each.line_id: each.received for each in lines if each.received})
    emails.received(locked)
    return locked


def _is_received(lines: Sequence[ReturnLine], received: Mapping[int, tuple[int, int]]) -> bool:
    return all(
        (each.restocked, each.scrapped) == tuple(received.get(each.pk, (0, 0))) for each in lines
    )


def _check_received(lines: Sequence[ReturnLine], received: Mapping[int, tuple[int, int]]) -> None:
    by_pk = {each.pk: each for each in lines}
    for pk, (restocked, scrapped) in received.items():
        if pk not in by_pk:
            raise ReturnError(_("This line belongs to another return."))
        each = by_pk[pk]
        if min(restocked, scrapped) < 0 or restocked + scrapped > each.quantity:
            text = _("The return request is for %(quantity)d of %(item)s, not %(received)d.")
            raise ReturnError(
                text
                % {
                    "quantity": each.quantity,
                    "item": each.line.title,
                    "received": restocked + scrapped,
                }
            )
        if restocked and each.line.stockrecord_id is None and _is_tracked(each):
            text = _("%(item)s cannot be restocked: it has no stock record any more.")
            raise ReturnError(text % {"item": each.line.title})
    if not any(sum(counts) for counts in received.values()):
        raise ReturnError(_("Enter what arrived. If nothing arrived, close the return instead."))


def _is_tracked(each: ReturnLine) -> bool:
    """Tell whether units of a line go back to a stock level; of a deleted product, they should."""
    product = each.line.product
    return product is None or product.tracks_stock


def _receive_line(each: ReturnLine, restocked: int, scrapped: int) -> None:
    """Number the received units of a line from its last unit backwards.

    Cancelled units are numbered from the first, so that no unit is refunded twice.
    """
    earlier = ReturnLine.objects.filter(line_id=each.line_id, parent__state__in=ARRIVED)
    total = earlier.exclude(pk=each.pk).aggregate(sum=Sum(F("restocked") + F("scrapped")))["sum"]
    each.restocked, each.scrapped = restocked, scrapped
    each.first_unit = each.line.quantity - (total or 0) - each.received
    each.save(update_fields=["restocked", "scrapped", "first_unit"])


def _restock(ret: Return, lines: Sequence[ReturnLine], note: str, by: User | None) -> None:
    """Restock in the order of stock records, the order in which all code locks them."""
    for each in sorted(lines, key=lambda each: (each.line.stockrecord_id or 0, each.pk)):
        if each.restocked and each.line.stockrecord_id and _is_tracked(each):
            ledger.restock(
                each.line.stockrecord_id,
                each.restocked,
                reference=f"order:{ret.order.number}",
                by=by,
                reason=note or _("Return %(number)s") % {"number": ret.number},
            )


def refund_proposal(
    ret: Return, *, fee_cents: int = 0, fee_percent: int = 0, delivery: bool
) -> Shares:
    """Return the refund for a received return in cents, tax included, by share of the order.

    The restocking fee, in cents or per cent, is kept from the price before tax of items returned
    for a change of mind, along with its tax.
    """
    changed_mind = _changed_mind_shares(ret)
    others = [each for each in _received_lines(ret) if each.reason != ReturnReason.CHANGED_MIND]
    fee = fee_cents + (_before_tax(changed_mind) * fee_percent + 50) // 100
    not_refunded = refundable_shares(ret.order)
    wanted = add_shares(deduct(changed_mind, fee), _shares(ret.order, others))
    if delivery:
        wanted = add_shares(wanted, shipping_shares(not_refunded))
    return {share: min(cents, not_refunded[share]) for share, cents in wanted.items()}


def max_fee(ret: Return) -> int:
    """Return the highest fee in cents: the price before tax of items with a change of mind."""
    return _before_tax(_changed_mind_shares(ret))


def default_fee() -> str:
    """Return the restocking fee that the refund form starts with, such as "15%" or ""."""
    return f"{settings.RETURN_FEE_PERCENT}%" if settings.RETURN_FEE_PERCENT else ""


def _received_lines(ret: Return) -> list[ReturnLine]:
    return [each for each in ret.lines.all() if each.received]


def _changed_mind_shares(ret: Return) -> Shares:
    lines = [each for each in _received_lines(ret) if each.reason == ReturnReason.CHANGED_MIND]
    return _shares(ret.order, lines)


def _before_tax(shares: Shares) -> int:
    return sum(cents for share, cents in shares.items() if not share.component)


def _shares(order: Order, lines: Sequence[ReturnLine]) -> Shares:
    units = {each.line_id: (each.first_unit or 0, each.received) for each in lines}
    return item_shares(order, units)


def refund(
    *, ret: Return, wanted: Shares, reason: str, by: User | None, cents: int | None = None
) -> Transaction:
    """Refund a received return once: the proposed shares, or `cents`. Raises OrderActionError.

    `on_refund_recorded` then moves the return on.
    """
    amount = sum(wanted.values()) if cents is None else cents
    return refund_order(
        order=ret.order,
        cents=amount,
        reason=_required(reason),
        by=by,
        shares=wanted,
        for_return=ret,
    )


def on_refund_recorded(plan: PlannedRefund, transaction: Transaction, **kwargs: Any) -> None:
    """Mark the return as refunded once its refund is recorded, by whichever process."""
    ret = plan.for_return
    if ret is not None and ret.state == ReturnState.RECEIVED:
        ret.move_to(ReturnState.REFUNDED, note=plan.reason, by=plan.by, refund=transaction)


# --- Helpers -------------------------------------------------------------------------------------


def _locked(ret: Return) -> Return:
    """Return the current return, with its order's row locked."""
    order = lock_order(ret.order)
    fresh = Return.objects.get(pk=ret.pk)
    fresh.order = order
    return fresh


@transaction.atomic
def _change_state(
    ret: Return,
    new: str,
    *,
    note: str,
    by: User | None,
    by_customer: bool = False,
    notify: Callable[[Return], None] | None = None,
) -> Return:
    """Change the state and notify the customer; do nothing if it has that state already."""
    locked = _locked(ret)
    if locked.state != new:
        _move(locked, new, note=note, by=by, by_customer=by_customer)
        if notify:
            notify(locked)
    return locked


def _move(ret: Return, new: str, *, note: str, by: User | None, by_customer: bool = False) -> None:
    try:
        ret.move_to(new, note=note, by=by, by_customer=by_customer)
    except NotAllowed as error:
        raise ReturnError(str(error)) from error


def _required(note: str) -> str:
    """Return a reason; raise ReturnError if it is blank."""
    if not note.strip():
        raise ReturnError(_("Please enter a reason. The customer will see it."))
    return note
