"""What an order holds while it lives: pieces of stock, uses of offers and vouchers, its cart.

Every function runs in the caller's transaction. Rows are locked in the same order everywhere
(order, basket, offers, vouchers, stock, each kind by primary key), so that two orders wait for
each other and never deadlock.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from oscar.apps.voucher.models import Voucher, VoucherApplication

from catalog.partner import ledger
from checkout.basket.models import Basket
from checkout.offers.models import ConditionalOffer
from checkout.order.early_charge import Wanted, in_stock, late_lines
from checkout.order.errors import OfferUsedUp, OnBackorder, OutOfStock
from checkout.order.models import Order, OrderDiscount

if TYPE_CHECKING:
    from accounts.users.models import User

logger = logging.getLogger(__name__)


#: Primary keys of offers by name, and of vouchers by code.
Keys = tuple[dict[str, int], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Use:
    """One offer that an order uses: how often, and for how many CAD before tax."""

    offer: str  # by name, which is unique
    voucher: str  # by code, empty for an offer to everybody
    category: str
    frequency: int
    amount: Decimal


# --- Stock ---------------------------------------------------------------------------------------


def take_stock(wanted: Sequence[Wanted], *, number: str) -> None:
    """Promise pieces to the order of that number; raise OutOfStock.

    What the caller read as in stock must be so still: raises OnBackorder where others took it and
    more may be ordered, because then a card may have to wait for it.
    """
    pieces = [(record.pk, quantity, title) for record, quantity, title in wanted]
    try:
        ledger.reserve(pieces, reference=f"order:{number}", in_stock=in_stock(wanted))
    except ledger.InsufficientStock as error:
        if error.backorder:
            raise OnBackorder(error.title) from error
        raise OutOfStock(error.title, left=error.left) from error


def _held_lines(order: Order) -> list[Any]:
    held = order.lines.filter(num_allocated__gt=0, stockrecord__isnull=False)
    return list(held.order_by("stockrecord_id", "pk"))


def release_stock(order: Order, *, by: "User | None" = None, why: str = "") -> None:
    """Give back what the order's lines still hold; nothing the second time."""
    held = [(line.stockrecord_id, line.num_allocated, line.title) for line in _held_lines(order)]
    for pk in ledger.release(held, reference=f"order:{order.number}", by=by, reason=why[:255]):
        logger.error("Order %s: stock record %s did not hold its pieces.", order.number, pk)
    order.lines.filter(num_allocated__gt=0).update(num_allocated=0, allocation_cancelled=True)


def _retake_stock(order: Order) -> None:
    """Take what a lapsed order had. Raises OnBackorder where its card cannot wait for it now, and
    its customer did not agree to be charged at once."""
    lines = order.lines.filter(allocation_cancelled=True).select_related("stockrecord")
    wanted: list[Wanted] = []
    for line in lines:
        if line.stockrecord is None:  # it left the catalogue
            raise OutOfStock(line.title)
        wanted.append((line.stockrecord, line.quantity, line.title))
    if order.early_charge_agreed_at is None and (late := late_lines(wanted)):
        raise OnBackorder(late[0].title)
    take_stock(wanted, number=order.number)
    lines.update(num_allocated=F("quantity"), allocation_cancelled=False)


# --- Offers and vouchers -------------------------------------------------------------------------


def uses_of(basket: Basket, delivery_discount: Decimal) -> list[Use]:
    """Return what a priced basket uses, with the delivery offer's share as it was quoted."""
    uses, delivery_left = [], delivery_discount
    for found in basket.offer_applications:
        category, amount = OrderDiscount.BASKET, found["discount"]
        if found["result"].affects_shipping:
            category, amount, delivery_left = OrderDiscount.SHIPPING, delivery_left, Decimal(0)
        elif found["result"].affects_post_order:
            category = OrderDiscount.DEFERRED
        if amount > 0 or category == OrderDiscount.DEFERRED:
            code = found["voucher"].code if found["voucher"] else ""
            uses.append(Use(found["offer"].name, code, category, found["freq"], amount))
    return uses


def take_offers(uses: Sequence[Use], user: Any) -> Keys:
    """Lock what is used, check every limit again, and count the uses; raise OfferUsedUp.

    Returns the primary keys of the offers by name and of the vouchers by code.
    """
    if not uses:
        return {}, {}
    offers = _locked(ConditionalOffer, "name", {use.offer for use in uses})
    vouchers = _locked(Voucher, "code", {use.voucher for use in uses if use.voucher})
    for use in uses:
        offer, voucher = offers.get(use.offer), vouchers.get(use.voucher)
        if not _usable(offer, use, user) or (use.voucher and not _redeemable(voucher, user)):
            raise OfferUsedUp(use.offer)
    for use in uses:
        _count(offers[use.offer], vouchers.get(use.voucher), use, sign=1)
    _count_orders(vouchers.values(), sign=1)
    return (
        {name: offer.pk for name, offer in offers.items()},
        {code: voucher.pk for code, voucher in vouchers.items()},
    )


def record_uses(order: Order, uses: Sequence[Use], keys: Keys) -> None:
    """Write into the books of the order what take_offers counted."""
    offers, vouchers = keys
    OrderDiscount.objects.bulk_create(
        OrderDiscount(
            order=order,
            category=use.category,
            offer_id=offers[use.offer],
            offer_name=use.offer,
            voucher_id=vouchers.get(use.voucher),
            voucher_code=use.voucher,
            frequency=use.frequency,
            amount=use.amount,
        )
        for use in uses
    )
    _apply_vouchers(order, vouchers.values())


def _apply_vouchers(order: Order, pks: Iterable[int]) -> None:
    VoucherApplication.objects.bulk_create(
        VoucherApplication(voucher_id=pk, order=order, user_id=order.user_id) for pk in pks
    )


def release_offers(order: Order) -> None:
    """Uncount the order's uses; nothing the second time.

    The discount rows stay as a record under name and code. Their links are cut, because Oscar
    counts a customer's uses by them.
    """
    rows = list(order.discounts.exclude(offer_id=None))
    if not rows:
        return
    offers = _locked(ConditionalOffer, "name", {row.offer_name for row in rows})
    vouchers = _locked(Voucher, "code", {row.voucher_code for row in rows if row.voucher_code})
    for row in rows:
        if offer := offers.get(row.offer_name):
            _count(offer, vouchers.get(row.voucher_code), _use(row), sign=-1)
    _count_orders(vouchers.values(), sign=-1)
    VoucherApplication.objects.filter(order=order).delete()
    order.discounts.update(offer_id=None, voucher_id=None)


def _retake_offers(order: Order) -> None:
    rows = list(order.discounts.filter(offer_id=None))
    offers, vouchers = take_offers([_use(row) for row in rows], order.user)
    for row in rows:
        row.offer_id, row.voucher_id = offers[row.offer_name], vouchers.get(row.voucher_code)
    OrderDiscount.objects.bulk_update(rows, ["offer_id", "voucher_id"])
    _apply_vouchers(order, {row.voucher_id for row in rows if row.voucher_id})


def _locked(model: Any, key: str, values: set[str]) -> dict[str, Any]:
    if not values:
        return {}
    rows = model.objects.select_for_update().filter(**{f"{key}__in": values}).order_by("pk")
    return {getattr(row, key): row for row in rows}


def _use(row: Any) -> Use:
    return Use(row.offer_name, row.voucher_code, row.category, row.frequency or 0, row.amount)


def _usable(offer: ConditionalOffer | None, use: Use, user: Any) -> bool:
    if offer is None or offer.is_suspended or offer.get_max_applications(user) < use.frequency:
        return False
    return bool(use.voucher) or offer.is_available(user)  # a voucher has its own dates


def _redeemable(voucher: Voucher | None, user: Any) -> bool:
    if voucher is None or not voucher.is_active():
        return False
    return bool(voucher.is_available_to_user(user or AnonymousUser())[0])


def _count(offer: ConditionalOffer, voucher: Voucher | None, use: Use, *, sign: int) -> None:
    offer.num_applications = max(0, offer.num_applications + sign * use.frequency)
    offer.total_discount = max(Decimal(0), offer.total_discount + sign * use.amount)
    offer.num_orders = max(0, offer.num_orders + sign)
    # its save() opens the offer, or marks it as used up, by these numbers
    offer.save(update_fields=["num_applications", "total_discount", "num_orders", "status"])
    if voucher is not None:
        voucher.total_discount = max(Decimal(0), voucher.total_discount + sign * use.amount)


def _count_orders(vouchers: Iterable[Voucher], *, sign: int) -> None:
    for voucher in vouchers:
        voucher.num_orders = max(0, voucher.num_orders + sign)
        voucher.save(update_fields=["num_orders", "total_discount"])


# --- All of it -----------------------------------------------------------------------------------


def release(order: Order, *, reopen_basket: bool) -> None:
    """Give back all that an order holds. The caller knows that it will not be paid any more."""
    if reopen_basket:
        Basket.objects.filter(order=order, status=Basket.SUBMITTED).update(
            status=Basket.OPEN, date_submitted=None
        )
    release_offers(order)
    release_stock(order)


def retake(order: Order) -> None:
    """Hold again what a lapsed order held; raise OutOfStock or OfferUsedUp having taken nothing
    that the caller's rolled-back savepoint would keep."""
    Basket.objects.filter(order=order, status=Basket.OPEN).update(status=Basket.SUBMITTED)
    _retake_offers(order)
    _retake_stock(order)
