"""What an open order reserves: stock, uses of offers and vouchers, and its cart.

Every function runs in the caller's transaction. Rows are always locked in the same sequence
(order, basket, offers, vouchers, stock; each by primary key), so that orders cannot deadlock.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F
from oscar.apps.voucher.models import Voucher, VoucherApplication

from accounts.users.models import User
from catalog.partner import ledger
from checkout.basket.models import Basket
from checkout.offers.customers import Customer
from checkout.offers.eligibility import is_first_order
from checkout.offers.models import ConditionalOffer, Eligibility
from checkout.order.early_charge import Wanted, in_stock, late_lines
from checkout.order.errors import OfferUsedUp, OnBackorder, OutOfStock
from checkout.order.models import Order, OrderDiscount
from microflight.core import page_cache

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OfferUse:
    """An offer that an order uses: how often, and for how much (CAD before tax)."""

    offer_id: int
    offer_name: str
    voucher_id: int | None  # of a discount code, if the offer has one
    voucher_code: str
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


def release_stock(order: Order, *, by: User | None = None, reason: str = "") -> None:
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
    lines = order.lines.select_related(
        "stockrecord", "product__product_class", "product__parent__product_class"
    )
    wanted: list[Wanted] = []
    tracked = []
    for line in lines:
        if line.stockrecord is None or line.product is None:  # the product was deleted
            raise OutOfStock(line.title)
        if line.product.tracks_stock:
            tracked.append(line.pk)
            wanted.append((line.stockrecord, line.quantity, line.title))
    if order.early_charge_agreed_at is None and (late := late_lines(wanted)):
        raise OnBackorder(late[0].title)
    reserve_stock(wanted, number=order.number)
    order.lines.update(allocation_cancelled=False, stock_tracked=False)
    order.lines.filter(pk__in=tracked).update(num_allocated=F("quantity"), stock_tracked=True)


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
            offer, voucher = applied["offer"], applied["voucher"]
            voucher_id, code = (voucher.pk, voucher.code) if voucher else (None, "")
            of_offer = (offer.pk, offer.name, voucher_id, code)
            uses.append(OfferUse(*of_offer, category, applied["freq"], amount))
    return uses


def redeem_offers(uses: Sequence[OfferUse], customer: Customer) -> None:
    """Lock offers and vouchers, check limits again, and count the uses. Raises OfferUsedUp."""
    offers, vouchers = _locked(uses)
    for use in uses:
        offer, voucher = offers.get(use.offer_id), vouchers.get(use.voucher_id)
        if not _usable(offer, use, customer) or (
            use.voucher_id and not _redeemable(voucher, customer)
        ):
            raise OfferUsedUp(use.offer_name)
    for use in uses:
        _count(offers[use.offer_id], vouchers.get(use.voucher_id), use, sign=1)
    _count_orders(vouchers.values(), sign=1)


def record_offer_uses(order: Order, uses: Sequence[OfferUse]) -> list[OrderDiscount]:
    """Record on the order the uses that redeem_offers counted, and return them."""
    discounts = (OrderDiscount(order=order, **asdict(use)) for use in uses)
    rows = OrderDiscount.objects.bulk_create(discounts)
    _apply_vouchers(order, uses)
    return rows


def _apply_vouchers(order: Order, uses: Sequence[OfferUse]) -> None:
    pks = sorted({use.voucher_id for use in uses if use.voucher_id})
    VoucherApplication.objects.bulk_create(
        VoucherApplication(voucher_id=pk, order=order, user_id=order.user_id) for pk in pks
    )


def release_offers(order: Order) -> None:
    """Subtract the order's uses from those of the offers and vouchers that it used, whatever their
    names are now. A second call changes nothing."""
    uses = [_use(row) for row in order.discounts.in_use()]
    if not uses:
        return
    offers, vouchers = _locked(uses)
    for use in uses:
        _count(offers.get(use.offer_id), vouchers.get(use.voucher_id), use, sign=-1)
    _count_orders(vouchers.values(), sign=-1)
    VoucherApplication.objects.filter(order=order).delete()
    order.discounts.update(released=True)


def _redeem_offers_again(order: Order) -> None:
    released = order.discounts.filter(released=True)
    uses = [_use(row) for row in released.exclude(offer_id=None)]  # None: a discount by staff
    redeem_offers(uses, Customer.of(order.user, order.guest_email))
    order.discounts.update(released=False)
    _apply_vouchers(order, uses)


def _locked(uses: Sequence[OfferUse]) -> tuple[dict[int, Any], dict[int | None, Any]]:
    """Return the offers and the vouchers by ID, with their rows locked. Some may be deleted.

    No more than the rows: staff who combine two offers have one and, at their commit, refer to the
    other. With its key locked, they and an order of both would wait for each other.
    """
    offers = ConditionalOffer.objects.select_for_update(no_key=True).order_by("pk")
    vouchers = Voucher.objects.select_for_update(no_key=True).order_by("pk")
    voucher_ids = {use.voucher_id for use in uses if use.voucher_id}
    return (
        offers.in_bulk({use.offer_id for use in uses}),
        vouchers.in_bulk(voucher_ids) if voucher_ids else {},
    )


def _use(row: OrderDiscount) -> OfferUse:
    return OfferUse(
        offer_id=row.offer_id or 0,  # the column may be empty in Oscar
        offer_name=row.offer_name,
        voucher_id=row.voucher_id,
        voucher_code=row.voucher_code,
        category=row.category,
        frequency=row.frequency or 0,
        amount=row.amount,
    )


def _usable(offer: ConditionalOffer | None, use: OfferUse, customer: Customer) -> bool:
    if offer is None or offer.is_suspended or offer.get_max_applications(customer) < use.frequency:
        return False
    if offer.eligibility == Eligibility.FIRST_ORDER and not is_first_order(customer):
        return False  # another cart of the same customer was ordered at the same time
    return bool(use.voucher_id) or offer.is_available(customer)  # a voucher has its own dates


def _redeemable(voucher: Voucher | None, customer: Customer) -> bool:
    return voucher is not None and voucher.is_active() and customer.may_use(voucher)


def _count(
    offer: ConditionalOffer | None, voucher: Voucher | None, use: OfferUse, *, sign: int
) -> None:
    if offer is not None:
        offer.num_applications = max(0, offer.num_applications + sign * use.frequency)
        offer.total_discount = max(Decimal(0), offer.total_discount + sign * use.amount)
        offer.num_orders = max(0, offer.num_orders + sign)
        status = offer.status
        # its save() opens or closes the offer by these numbers
        offer.save(update_fields=["num_applications", "total_discount", "num_orders", "status"])
        if offer.status != status:
            page_cache.invalidate()  # of pages with its banner
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
