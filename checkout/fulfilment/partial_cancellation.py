"""Cancels some items of an order and keeps the rest.

Before capture, the amount due becomes smaller; afterwards the items are refunded. The shipping
charge stays as it is. If only items are left that need no shipping, the payment is captured.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from catalog.partner import ledger
from checkout.fulfilment.capture_actions import capture_payment
from checkout.fulfilment.refund_actions import send_refund
from checkout.order import emails
from checkout.order.delivery import deliver
from checkout.order.lines import LineProgress, line_progress, update_states
from checkout.order.locking import (
    OrderActionError,
    latest_attempt,
    lock_order,
    readable_stripe_errors,
    record_note,
)
from checkout.order.models import Line, LineCancellation, Order
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState, PaymentAttempt, Transaction
from checkout.refunds.allocation import Shares, item_shares, refundable_shares, shares_to_json
from checkout.refunds.models import PlannedRefund
from checkout.refunds.recording import ITEMS
from checkout.settlement.settle import settle
from microflight.core.money import MINIMUM_CHARGE, format_cents

CHANGED = _("The order has changed since you opened this page. Please open it again.")

#: Units to cancel by line.
Quantities = Mapping[int, int]
#: Raises OrderActionError for a locked order that is not to be changed.
Check = Callable[[Order], None]


def cancel_items(
    *,
    order: Order,
    quantities: Quantities,
    reason: str,
    by: User | None,
    check: Check | None = None,
) -> Order:
    """Cancel items that have not shipped: {line: quantity}; not all items of an unshipped order.

    The refund is planned before Stripe is called, so a retry after a lost response refunds once.
    `check` may reject the locked order. Raises OrderActionError, having cancelled nothing.
    """
    quantities = {pk: quantity for pk, quantity in quantities.items() if quantity}
    record_lost_capture(order)
    key = _plan_refund(order, quantities, reason, by, check)
    with readable_stripe_errors(), transaction.atomic():
        locked = lock_order(order)
        if check:
            check(locked)
        _cancel(locked, quantities, key, reason, by)
    return locked


def _cancel(order: Order, quantities: Quantities, key: str, reason: str, by: User | None) -> None:
    """Cancel units of a locked order whose refund was planned with this key, or "" before capture.

    Raises OrderActionError and GatewayError.
    """
    progress = _lines_to_cancel(order, quantities)
    attempt = latest_attempt(order)
    if key != _refund_key(attempt, progress, quantities):
        raise OrderActionError(str(CHANGED))
    value = _value(order, progress, quantities)
    # before stock is locked: shoppers must not wait for Stripe
    refund = _waive_or_refund(attempt, key, value)
    if captures := _is_authorized(attempt) and not _units_to_ship(order, quantities):
        capture_payment(order, by=by)
    for each in progress:
        _cancel_units(each.line, quantities[each.line.pk], reason, by, charged=bool(key))
    _record(order, progress, quantities, value, refund, reason, by)
    if captures:
        deliver(order, by=by)
    update_states(order)


def _record(
    order: Order,
    progress: list[LineProgress],
    quantities: Quantities,
    value: Shares,
    refund: Transaction | None,
    reason: str,
    by: User | None,
) -> None:
    """Save what was cancelled, add a note, and email the customer."""
    rows = LineCancellation.objects.bulk_create(
        LineCancellation(
            line=each.line,
            quantity=quantities[each.line.pk],
            cents=sum(cents for share, cents in value.items() if share.line == each.line.pk),
            refund=refund,
            reason=reason,
            by=by,
        )
        for each in progress
    )
    items = ", ".join(f"{quantities[each.line.pk]} × {each.line.title}" for each in progress)
    note = gettext("Cancelled %(items)s: %(reason)s") % {"items": items, "reason": reason}
    record_note(order, note, by)
    emails.items_cancelled(order, rows)


def _lines_to_cancel(order: Order, quantities: Quantities) -> list[LineProgress]:
    """Return the lines, in the order of their stock records. Raises OrderActionError."""
    if order.status not in (OrderState.PLACED, OrderState.PART_SHIPPED):
        message = gettext("Items of an order that is %(state)s cannot be cancelled.")
        raise OrderActionError(message % {"state": order.status})
    if not quantities:
        raise OrderActionError(gettext("Select at least one item to cancel."))
    progress = {each.line.pk: each for each in line_progress(order, with_stock=False)}
    for pk, quantity in quantities.items():
        if pk not in progress:
            raise OrderActionError(gettext("One of these lines belongs to another order."))
        remaining, product = progress[pk].remaining, progress[pk].line.title
        if not 0 < quantity <= remaining:
            facts = {"product": product, "remaining": remaining, "quantity": quantity}
            message = gettext("%(product)s: %(remaining)d left to cancel, not %(quantity)d.")
            raise OrderActionError(message % facts)
    keeps_items = any(each.remaining > quantities.get(pk, 0) for pk, each in progress.items())
    if order.status == OrderState.PLACED and not keeps_items:
        raise OrderActionError(
            gettext("Nothing would be left of the order. Please cancel the order instead.")
        )
    chosen = [progress[pk] for pk in quantities]
    return sorted(chosen, key=lambda each: (each.line.stockrecord_id or 0, each.line.pk))


def _is_authorized(attempt: PaymentAttempt | None) -> bool:
    return attempt is not None and attempt.state == AttemptState.AUTHORIZED


def _units_to_ship(order: Order, quantities: Quantities) -> int:
    """Return how many units are left to ship once these are cancelled."""
    progress = line_progress(order, with_stock=False)
    return sum(
        each.remaining - quantities.get(each.line.pk, 0)
        for each in progress
        if each.line.requires_shipping
    )


def _value(order: Order, progress: list[LineProgress], quantities: Quantities) -> Shares:
    """Return the price of the units, in cents: the next ones after those cancelled before."""
    lines = [each.line for each in progress]
    return item_shares(order, {line.pk: (line.cancelled, quantities[line.pk]) for line in lines})


def _cancel_units(
    line: Line, quantity: int, reason: str, by: User | None, *, charged: bool
) -> None:
    """Count units as cancelled and release their stock."""
    line.cancelled += quantity
    line.uncharged += 0 if charged else quantity
    allocated = min(quantity, line.num_allocated)
    if allocated and line.stockrecord_id:
        rows = [(line.stockrecord_id, allocated, line.title)]
        reference = f"order:{line.order.number}"
        if ledger.release(rows, reference=reference, by=by, reason=reason[:255]):
            message = gettext("%(product)s: %(quantity)d not allocated to this order.")
            raise OrderActionError(message % {"product": line.title, "quantity": allocated})
    line.num_allocated -= allocated
    line.save(update_fields=["cancelled", "uncharged", "num_allocated"])


# --- Payment -------------------------------------------------------------------------------------


def record_lost_capture(order: Order) -> None:
    """Record a capture whose response was lost: what was captured is refunded, not waived."""
    attempt = latest_attempt(order)
    if attempt is not None and _is_authorized(attempt):
        with readable_stripe_errors():
            settle(attempt.pk)


@transaction.atomic
def _plan_refund(
    order: Order, quantities: Quantities, reason: str, by: User | None, check: Check | None
) -> str:
    """Save the planned refund for exactly these units, once; return its key."""
    locked = lock_order(order)
    if check:
        check(locked)
    progress = _lines_to_cancel(locked, quantities)
    attempt = latest_attempt(locked)
    key = _refund_key(attempt, progress, quantities)
    if attempt is None or not key or PlannedRefund.objects.filter(key=key).exists():
        return key
    refundable = refundable_shares(locked)
    value = _value(locked, progress, quantities)
    shares = {share: min(cents, refundable.get(share, 0)) for share, cents in value.items()}
    not_refunded = attempt.captured_cents - attempt.refunded_cents
    if cents := min(sum(shares.values()), not_refunded):
        attempt.planned_refunds.create(
            key=key, cents=cents, shares=shares_to_json(shares), reason=reason[:255], by=by
        )
    return key


def _refund_key(
    attempt: PaymentAttempt | None, progress: list[LineProgress], quantities: Quantities
) -> str:
    """Return the key of the refund for these units of these lines; "" before capture."""
    if attempt is None or attempt.state != AttemptState.CAPTURED:
        return ""
    units = [(each.line.pk, each.line.cancelled, quantities[each.line.pk]) for each in progress]
    return f"{attempt.uuid}{ITEMS}{sha256(repr(units).encode()).hexdigest()[:16]}"


def _waive_or_refund(attempt: PaymentAttempt | None, key: str, value: Shares) -> Transaction | None:
    """Capture less later, or refund now; return the refund, if there is one."""
    if attempt is None:
        return None
    if not key:
        _waive(attempt, sum(value.values()))
        return None
    plan = PlannedRefund.objects.filter(key=key).first()
    return send_refund(attempt, plan) if plan else None


def _waive(attempt: PaymentAttempt, cents: int) -> None:
    if attempt.state == AttemptState.CANCELLED:
        raise OrderActionError(
            gettext("The payment is no longer authorized. Please cancel the order instead.")
        )
    attempt.waived_cents += cents
    if attempt.due_cents <= 0 < attempt.amount_cents:
        raise OrderActionError(
            gettext("Nothing would be left to pay. Please cancel the order instead.")
        )
    if 0 < attempt.due_cents < MINIMUM_CHARGE:
        message = gettext(
            "%(due)s would be left to capture, but Stripe requires at least %(minimum)s. Ship "
            "first and refund the items then, or cancel the order."
        )
        facts = {"due": format_cents(attempt.due_cents), "minimum": format_cents(MINIMUM_CHARGE)}
        raise OrderActionError(message % facts)
    attempt.save(update_fields=["waived_cents"])
