"""Cancel an order, and add a note to it."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.fulfilment.partial_cancellation import CHANGED, cancel_items
from checkout.fulfilment.refund_actions import (
    refund_order,
    refundable_cents,
    release_or_refund,
)
from checkout.order import emails
from checkout.order.lines import cancel_remaining, line_progress, update_states
from checkout.order.locking import (
    OrderActionError,
    lock_order,
    readable_stripe_errors,
    record_note,
)
from checkout.order.models import Order, OrderNote
from checkout.order.reservations import release_offers, release_stock
from checkout.order.states import ORDER, NotAllowed, OrderState
from checkout.payment.models import PaymentAttempt
from checkout.settlement.alerts import alert

#: The SKU of a line that charges for the shipping of another order; no product has it.
SHIPPING_SKU = "SHIPPING"


def shipping_charges(order: Order) -> QuerySet[Order]:
    """Return the orders, unpaid, or paid and not refunded, that charge only for the shipping of an
    order: they end with it, unless some of it has shipped."""
    charges = order.additions.filter(lines__partner_sku=SHIPPING_SKU, lines__stockrecord=None)
    charges = charges.exclude(attempts__in=PaymentAttempt.objects.fully_refunded())
    return charges.filter(status__in=(OrderState.PENDING, OrderState.SHIPPED)).order_by("pk")


def unshipped_additions(order: Order) -> QuerySet[Order]:
    """Return the orders that ship with an order, unpaid or paid, and of which nothing shipped."""
    states = (OrderState.PENDING, OrderState.PLACED)
    return order.additions.filter(status__in=states).order_by("pk")


def cancel_with_additions(*, order: Order, reason: str, by: User | None) -> Order:
    """Cancel an order and, before it, what was added to it and has not shipped: each is an order
    with a payment of its own. If one cannot be cancelled, call again. Raises OrderActionError.
    """
    for added in unshipped_additions(order):
        cancel_order(order=added, reason=reason, by=by)
    return cancel_order(order=order, reason=reason, by=by)


def cancel_order(*, order: Order, reason: str, by: User | None) -> Order:
    """Cancel what has not shipped, release its stock, and release or refund its payment.

    A second call changes nothing. Raises OrderActionError.
    """
    now = Order.objects.get(pk=order.pk)
    if now.status == OrderState.PART_SHIPPED:
        remaining = {each.line.pk: each.remaining for each in line_progress(now, with_stock=False)}
        return cancel_items(order=now, quantities=remaining, reason=reason, by=by)
    with readable_stripe_errors(), transaction.atomic():
        locked = lock_order(order)
        if _is_cancelled(locked):
            return locked
        was_draft = locked.status == OrderState.DRAFT
        if locked.status == OrderState.PART_SHIPPED:
            raise OrderActionError(str(CHANGED))  # a shipment was created in the meantime
        release_or_refund(locked, reason, by)
        release_offers(locked)
        release_stock(locked, by=by, reason=reason)
        cancel_remaining(locked)
        if locked.status == OrderState.PLACED:
            update_states(locked)
        else:
            locked.move_to(OrderState.CANCELLED)
        record_note(locked, gettext("Cancelled: %(reason)s") % {"reason": reason}, by)
        if not was_draft:  # which the customer has never seen
            emails.order_cancelled(locked, reason)
    for charge in shipping_charges(locked):
        _end_charge(charge, reason, by)
    return locked


def _end_charge(charge: Order, reason: str, by: User | None) -> None:
    """Cancel or refund what was charged for shipping that is not needed; if that fails, staff get
    a payment alert, because the order is cancelled already."""
    try:
        if charge.status == OrderState.PENDING:
            cancel_order(order=charge, reason=reason, by=by)
        elif left := refundable_cents(charge):
            refund_order(order=charge, cents=left, reason=reason, by=by)
    except OrderActionError as error:
        text = gettext("The order that it ships was cancelled, so refund it: %(reason)s")
        alert(charge, text % {"reason": error})


def _is_cancelled(order: Order) -> bool:
    """Tell whether it was cancelled before. Raises OrderActionError if all of it was shipped."""
    if order.status == OrderState.CANCELLED:
        return True
    if order.status == OrderState.SHIPPED:
        if order.lines.filter(cancelled__gt=0).exists():
            return True
        raise OrderActionError(str(NotAllowed(ORDER.thing, order.status, OrderState.CANCELLED)))
    return False


def add_note(*, order: Order, message: str, by: User | None) -> OrderNote:
    """Add a note that only staff can read."""
    return record_note(order, message, by, note_type=OrderNote.INFO)
