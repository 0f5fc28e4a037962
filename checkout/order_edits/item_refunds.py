"""Refunds of units of lines, and of shipping, without a return."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from accounts.users.models import User
from catalog.partner import ledger
from checkout.fulfilment.refund_actions import refund_order, refundable_cents
from checkout.order.lines import LineProgress, line_progress
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order_edits.plans import Plan
from checkout.payment.models import Transaction
from checkout.refunds.allocation import (
    Shares,
    add_shares,
    item_shares,
    refundable_shares,
    shipping_shares,
)
from checkout.refunds.formatting import format_shares
from microflight.core.money import format_cents


@dataclass(frozen=True)
class ItemRefund(Plan):
    """What a refund pays back, and of how many cents that were left."""

    shares: Shares
    left: int
    sentences: tuple[str, ...]

    @property
    def cents(self) -> int:
        return sum(self.shares.values())


def plan_refund(
    order: Order, quantities: Mapping[int, int], *, shipping: bool, restock: bool
) -> ItemRefund:
    """Return what a refund of units pays back: {line: quantity}, and of what is left of shipping.

    The units have shipped: those that have not are cancelled, so that they do not ship after all.
    They are the last ones that were neither returned nor refunded (decision 009). `restock`: they
    came back. Raises OrderActionError.
    """
    rows = {each.line.pk: each for each in line_progress(order, with_stock=False)}
    for pk, quantity in quantities.items():
        _check(rows[pk], quantity)
    units = {
        pk: (rows[pk].line.quantity - rows[pk].line.returned - quantity, quantity)
        for pk, quantity in quantities.items()
    }
    left = refundable_shares(order)
    wanted = item_shares(order, units)
    if shipping:
        wanted = add_shares(wanted, shipping_shares(left))
    shares = {at: cents for at, part in wanted.items() if (cents := min(part, left.get(at, 0)))}
    if restock:
        _check_not_refunded(rows, quantities, wanted, shares)
    not_refunded = refundable_cents(order)
    refund = ItemRefund(shares, not_refunded, ())
    if not refund.cents:
        raise OrderActionError(gettext("Nothing is left to refund of these items."))
    return ItemRefund(shares, not_refunded, _sentences(refund, rows, quantities, restock))


def _check(row: LineProgress, quantity: int) -> None:
    most = row.shipped - row.line.returned
    if not 0 < quantity <= most:
        text = gettext(
            "%(product)s: %(most)d shipped and can be refunded, not %(quantity)d. Units that have "
            "not shipped are refunded with “Cancel items”."
        )
        facts = {"product": row.line.title, "most": most, "quantity": quantity}
        raise OrderActionError(text % facts)


def _check_not_refunded(
    rows: Mapping[int, LineProgress], quantities: Mapping[int, int], wanted: Shares, shares: Shares
) -> None:
    """Reject units whose price was refunded before: they may be back in stock already."""
    for pk in quantities:
        of_line = {at for at in wanted if at.line == pk}
        if any(wanted[at] for at in of_line) and not any(at in shares for at in of_line):
            text = gettext("%(product)s: nothing is left to refund, so it does not go into stock.")
            raise OrderActionError(text % {"product": rows[pk].line.title})


def _sentences(
    refund: ItemRefund,
    rows: Mapping[int, LineProgress],
    quantities: Mapping[int, int],
    restock: bool,
) -> tuple[str, ...]:
    text = gettext("%(amount)s of %(left)s is refunded: %(shares)s.")
    amounts = {"amount": format_cents(refund.cents), "left": format_cents(refund.left)}
    money = text % {**amounts, "shares": format_shares(refund.shares)}
    items = ", ".join(
        f"{quantity} × {rows[pk].line.partner_sku}" for pk, quantity in quantities.items()
    )
    stock = gettext("Stock does not change.")
    if restock and items:
        stock = gettext("Back in stock: %(items)s.") % {"items": items}
    return money, stock, gettext("The customer is notified by email. This cannot be undone.")


def refund_items(
    *,
    order: Order,
    quantities: Mapping[int, int],
    shipping: bool,
    restock: bool,
    reason: str,
    seen: str,
    by: User | None,
) -> Transaction:
    """Refund units of lines and shipping, and put the units back in stock if they came back.

    `seen` is the hash of the plan that staff confirmed. Raises OrderActionError.
    """
    plan = plan_refund(order, quantities, shipping=shipping, restock=restock)
    plan.check_seen(seen)
    return refund_order(
        order=order,
        cents=plan.cents,
        reason=reason,
        by=by,
        shares=plan.shares,
        left_seen=plan.left,
        recorded=_restock(order, quantities, reason, by) if restock else None,
    )


def _restock(
    order: Order, quantities: Mapping[int, int], reason: str, by: User | None
) -> Callable[[Transaction], None]:
    """Return what puts the units back in stock, once for a refund, in the ledger's order."""
    rows: Any = order.lines.filter(pk__in=quantities, stock_tracked=True)
    lines = rows.filter(stockrecord__isnull=False)

    def restock(refund: Transaction) -> None:
        for line in lines.order_by("stockrecord_id", "pk"):
            ledger.restock(
                line.stockrecord_id,
                quantities[line.pk],
                reference=f"order:{order.number}",
                by=by,
                reason=reason,
                key=f"refund-{refund.pk}-{line.pk}",
            )

    return restock
