"""Fewer units of lines that have not shipped: what partial cancellation does, as a plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from accounts.users.models import User
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.order.lines import line_progress
from checkout.order.models import Order
from checkout.order_edits.plans import Plan, authorized_payment, check_unshipped
from checkout.refunds.allocation import item_shares, refundable_shares
from microflight.core.money import format_cents


@dataclass(frozen=True)
class Cut(Plan):
    """Units to cancel, and what becomes of their price and stock."""

    sentences: tuple[str, ...]


def plan_cut(order: Order, quantities: Mapping[int, int]) -> Cut:
    """Return what cancelling units does: {line: quantity}. Raises OrderActionError."""
    check_unshipped(order)
    lines = {each.line.pk: each.line for each in line_progress(order, with_stock=False)}
    units = {pk: (lines[pk].cancelled, quantity) for pk, quantity in quantities.items()}
    left = refundable_shares(order)
    cents = sum(min(part, left.get(at, 0)) for at, part in item_shares(order, units).items())
    text = gettext("Remove %(quantity)d × %(title)s: the units go back on sale.")
    removed = [
        text % {"quantity": quantity, "title": lines[pk].title}
        for pk, quantity in quantities.items()
    ]
    money = gettext("%(amount)s is refunded, taxes included. Shipping stays %(shipping)s.")
    if attempt := authorized_payment(order):
        money = gettext(
            "%(amount)s, taxes included, is not captured: %(due)s instead of %(was)s. Shipping "
            "stays %(shipping)s."
        )
    amounts = {"amount": cents, "shipping": round(order.shipping_excl_tax * 100)}
    if attempt:
        amounts |= {"was": attempt.due_cents, "due": attempt.due_cents - cents}
    removed.append(money % {name: format_cents(value) for name, value in amounts.items()})
    return Cut((*removed, gettext("The customer is notified by email.")))


def cut(
    *, order: Order, quantities: Mapping[int, int], reason: str, seen: str, by: User | None
) -> Order:
    """Cancel units, unless staff confirmed another plan than `seen`. Raises OrderActionError."""
    return cancel_items(
        order=order,
        quantities=quantities,
        reason=reason,
        by=by,
        check=lambda locked: plan_cut(locked, quantities).check_seen(seen),
    )
