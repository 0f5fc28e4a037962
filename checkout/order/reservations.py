"""What an open order reserves: stock, uses of offers and vouchers, and its cart.

Every function runs in the caller's transaction. Rows are always locked in the same sequence
(order, basket, offers, vouchers, stock; each by primary key), so that orders cannot deadlock.
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
class OfferUse:
    """An offer that an order uses: how often, and for how much (CAD before tax)."""

    offer: str  # its name, which is unique
    voucher: str  # its code; empty for an offer without a voucher
    category: str
    frequency: int
    amount: Decimal


# --- Stock ---------------------------------------------------------------------------------------


def reserve_stock(wanted: Sequence[Wanted], *, number: str) -> None:
    """Allocate stock to the order with this number. Raises OutOfStock.

    Raises OnBackorder if an item that the caller saw in stock has since gone on backorder: then
    the card may have to be charged early.
    """
    quantities = [(record.pk, quantity, title) for record, quantity, title in wanted]
    try:
        ledger.reserve(quantities, reference=f"order:{number}", in_stock=in_stock(wanted))
    except ledger.InsufficientStock as error:
        if error.backorder:
            raise OnBackorder(error.title) from error
        raise OutOfStock(error.title, left=error.left) from error


def release_stock(order: Order, *, by: "User | None" = None, reason: str = "") -> None:
    """Release the stock that is allocated to the order. A second call changes nothing."""
    lines: Any = order.lines.filter(num_allocated__gt=0, stockrecord__isnull=False)
    lines = lines.order_by("stockrecord_id", "pk")
    allocated = [(line.stockrecord_id, line.num_allocated, line.title) for line in lines]
    reference = f"order:{order.number}"
    for pk in ledger.release(allocated, reference=reference, by=by, reason=reason[:255]):
        logger.error("Order %s: stock record %s had less allocated.", order.number, pk)
    order.lines.filter(num_allocated__gt=0).update(num_allocated=0, allocation_cancelled=True)


def _reserve_stock_again(order: Order) -> None:
    """Raises OnBackorder if the card would have to be charged early now, and the customer did not
    agree to that."""
    lines = order.lines.filter(allocation_cancelled=True).select_related("stockrecord")
    wanted: list[Wanted] = []
    for line in lines:
        if line.stockrecord is None:  # the product was deleted
            raise OutOfStock(line.title)
        wanted.append((line.stockrecord, line.quantity, line.title))
    if order.early_charge_agreed_at is None and (late := late_lines(wanted)):
        raise OnBackorder(late[0].title)
    reserve_stock(wanted, number=order.number)
    lines.update(num_allocated=F("quantity"), allocation_cancelled=False)


# --- Offers and vouchers -------------------------------------------------------------------------


def offer_uses(basket: Basket, shipping_discount: Decimal) -> list[OfferUse]:
    """Return the offers that a priced basket uses, with the quoted shipping discount."""
    uses = []
    for applied in basket.offer_applications:
        category, amount = OrderDiscount.BASKET, applied["discount"]
        if applied["result"].affects_shipping:
            category, amount = OrderDiscount.SHIPPING, shipping_discount
            shipping_discount = Decimal(0)
        elif applied["result"].affects_post_order:
            category = OrderDiscount.DEFERRED
        if amount > 0 or category == OrderDiscount.DEFERRED:
            code = applied["voucher"].code if applied["voucher"] else ""
            uses.append(OfferUse(applied["offer"].name, code, category, applied["freq"], amount))
    return uses


def redeem_offers(uses: Sequence[OfferUse], user: Any) -> Keys:
    """Lock offers and vouchers, check their limits again, and count the uses. Raises OfferUsedUp.

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


def record_offer_uses(order: Order, uses: Sequence[OfferUse], keys: Keys) -> None:
    """Record on the order the uses that redeem_offers counted."""
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
    """Subtract the order's uses. A second call changes nothing.

    The discount rows stay, with name and code. Their foreign keys are cleared, because Oscar
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


def _redeem_offers_again(order: Order) -> None:
    rows = list(order.discounts.filter(offer_id=None))
    offers, vouchers = redeem_offers([_use(row) for row in rows], order.user)
    for row in rows:
        row.offer_id, row.voucher_id = offers[row.offer_name], vouchers.get(row.voucher_code)
    OrderDiscount.objects.bulk_update(rows, ["offer_id", "voucher_id"])
    _apply_vouchers(order, {row.voucher_id for row in rows if row.voucher_id})


def _locked(model: Any, key: str, values: set[str]) -> dict[str, Any]:
    if not values:
        return {}
    rows = model.objects.select_for_update().filter(**{f"{key}__in": values}).order_by("pk")
    return {getattr(row, key): row for row in rows}


def _use(row: Any) -> OfferUse:
    return OfferUse(row.offer_name, row.voucher_code, row.category, row.frequency or 0, row.amount)


def _usable(offer: ConditionalOffer | None, use: OfferUse, user: Any) -> bool:
    if offer is None or offer.is_suspended or offer.get_max_applications(user) < use.frequency:
        return False
    return bool(use.voucher) or offer.is_available(user)  # a voucher has its own dates


def _redeemable(voucher: Voucher | None, user: Any) -> bool:
    if voucher is None or not voucher.is_active():
        return False
    return bool(voucher.is_available_to_user(user or AnonymousUser())[0])


def _count(offer: ConditionalOffer, voucher: Voucher | None, use: OfferUse, *, sign: int) -> None:
    offer.num_applications = max(0, offer.num_applications + sign * use.frequency)
    offer.total_discount = max(Decimal(0), offer.total_discount + sign * use.amount)
    offer.num_orders = max(0, offer.num_orders + sign)
    # its save() opens or closes the offer by these numbers
    offer.save(update_fields=["num_applications", "total_discount", "num_orders", "status"])
    if voucher is not None:
        voucher.total_discount = max(Decimal(0), voucher.total_discount + sign * use.amount)


def _count_orders(vouchers: Iterable[Voucher], *, sign: int) -> None:
    for voucher in vouchers:
        voucher.num_orders = max(0, voucher.num_orders + sign)
        voucher.save(update_fields=["num_orders", "total_discount"])


# --- Everything ----------------------------------------------------------------------------------


def release(order: Order, *, reopen_basket: bool) -> None:
    """Release all that an order reserves. The caller knows that it will not be paid any more."""
    if reopen_basket:
        Basket.objects.filter(order=order, status=Basket.SUBMITTED).update(
            status=Basket.OPEN, date_submitted=None
        )
    release_offers(order)
    release_stock(order)


def reserve_again(order: Order) -> None:
    """Reserve again what an expired order had reserved. The caller rolls back its savepoint if
    this raises OutOfStock, OnBackorder or OfferUsedUp."""
    Basket.objects.filter(order=order, status=Basket.OPEN).update(status=Basket.SUBMITTED)
    _redeem_offers_again(order)
    _reserve_stock_again(order)
