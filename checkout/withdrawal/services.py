"""Declare a withdrawal, and settle it: cancel what has not shipped, approve a return of the rest.

The declaration is one transaction, which also writes the receipt: it counts even while Stripe is
down. Settling is safe to repeat.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.services import cancel_order
from checkout.order.lines import line_progress
from checkout.order.locking import OrderActionError, lock_order
from checkout.order.models import LineCancellation, Order
from checkout.order.states import OrderState
from checkout.returns.approved_returns import create_approved_return
from checkout.withdrawal import emails
from checkout.withdrawal.models import Withdrawal, WithdrawalLine
from checkout.withdrawal.period import Options, shipped_units, withdrawal_options

logger = logging.getLogger(__name__)

#: An attempt to settle that has not ended by then has failed: Stripe's timeouts are shorter.
_CLAIM = timedelta(minutes=10)


class WithdrawalError(OrderActionError):
    """Nothing was changed. The message may be shown to customers."""


@transaction.atomic
def declare(
    *, order: Order, quantities: Mapping[int, int] | None, key: UUID, channel: str
) -> Withdrawal:
    """Record a withdrawal from {line: units}, or from everything, and email the receipt.

    The same `key` again returns the same withdrawal. Raises WithdrawalError.
    """
    locked = lock_order(order)
    if existing := Withdrawal.objects.filter(key=key, order=locked).first():
        return existing
    units = _checked(withdrawal_options(locked), quantities)
    made = Withdrawal.objects.create(
        order=locked,
        key=key,
        channel=channel,
        email=locked.guest_email,
        declared_at=timezone.now(),
    )
    WithdrawalLine.objects.bulk_create(
        WithdrawalLine(parent=made, line_id=pk, quantity=quantity) for pk, quantity in units.items()
    )
    emails.declared(made)
    return made


def _checked(options: Options, quantities: Mapping[int, int] | None) -> dict[int, int]:
    """Return the units of each line, all of them for None. Raises WithdrawalError."""
    available = {each.line.pk: each.quantity for each in options.lines}
    units = {pk: n for pk, n in (quantities or available).items() if n}
    if not units:
        raise WithdrawalError(gettext("There is nothing left in this order to withdraw from."))
    if any(not 0 < n <= available.get(pk, 0) for pk, n in units.items()):
        raise WithdrawalError(
            gettext("The order has changed since you opened this page. Please check it again.")
        )
    return units


def settle_withdrawals() -> int:
    """Settle all that are declared; return how many failed. One does not stop the others."""
    waiting = Withdrawal.objects.filter(settled_at=None).order_by("pk")
    return sum(not settle_withdrawal(pk) for pk in waiting.values_list("pk", flat=True))


def settle_withdrawal(pk: int) -> bool:
    """Settle one withdrawal unless it is settled, or another process does it. Never raises.

    Returns whether it needs no other attempt of this process.
    """
    expired = Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - _CLAIM)
    waiting = Withdrawal.objects.filter(pk=pk, settled_at=None)
    if not waiting.filter(expired).update(claimed_at=timezone.now()):
        return True
    try:
        _settle(Withdrawal.objects.select_related("order").get(pk=pk))
    except Exception as error:
        known = isinstance(error, OrderActionError)
        logger.warning("Withdrawal %s: %s", pk, error, exc_info=None if known else error)
        waiting.update(problem=str(error))  # the next attempt is in ten minutes
        return False
    return True


def _settle(withdrawal: Withdrawal) -> None:
    reason = gettext("Withdrawal %(number)s.") % {"number": withdrawal.number}
    order = withdrawal.order
    if not _is_cancelled(order, reason):
        unshipped = _split(withdrawal)
        if any(unshipped.values()):
            _cancel(order, unshipped, reason)
    _finish(withdrawal)


def _is_cancelled(order: Order, reason: str) -> bool:
    """Tell whether an earlier attempt cancelled the units, and ended before it was recorded."""
    rows = LineCancellation.objects.filter(line__order=order, reason=reason)
    return order.status == OrderState.CANCELLED or rows.exists()


@transaction.atomic
def _split(withdrawal: Withdrawal) -> dict[int, int]:
    """Save how many units of each line are cancelled: those not shipped first. Return them."""
    order = lock_order(withdrawal.order)
    remaining = {each.line.pk: each.remaining for each in line_progress(order, with_stock=False)}
    units = {}
    for each in withdrawal.lines.all():
        each.cancelled = units[each.line_id] = min(each.quantity, remaining[each.line_id])
        each.save(update_fields=["cancelled"])
    return units


def _cancel(order: Order, units: Mapping[int, int], reason: str) -> None:
    """Cancel units, and the whole order if it has no others."""
    progress = line_progress(order, with_stock=False)
    keeps_items = any(
        each.shipped or each.remaining > units.get(each.line.pk, 0) for each in progress
    )
    if keeps_items:
        cancel_items(order=order, quantities=units, reason=reason, by=None)
    else:
        cancel_order(order=order, reason=reason, by=None)


def _units_to_return(order: Order, withdrawal: Withdrawal) -> dict[int, int]:
    """Return the units that are not cancelled, up to those with the buyer and in no return."""
    with_buyer = {each.line.pk: each.shipped for each in shipped_units(order)}
    units = {
        each.line_id: min(each.quantity - each.cancelled, with_buyer.get(each.line_id, 0))
        for each in withdrawal.lines.all()
    }
    return {pk: quantity for pk, quantity in units.items() if quantity > 0}


@transaction.atomic
def _finish(withdrawal: Withdrawal) -> None:
    """Approve a return of the shipped units, and mark the withdrawal as settled, once."""
    order = lock_order(withdrawal.order)
    if Withdrawal.objects.filter(pk=withdrawal.pk).exclude(settled_at=None).exists():
        return
    if shipped := _units_to_return(order, withdrawal):
        note = gettext("You withdrew from the contract (%(number)s).")
        withdrawal.ret = create_approved_return(
            order=order, quantities=shipped, note=note % {"number": withdrawal.number}
        )
    withdrawal.settled_at, withdrawal.problem = timezone.now(), ""
    withdrawal.save(update_fields=["ret", "settled_at", "problem"])
