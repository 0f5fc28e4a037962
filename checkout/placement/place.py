"""From cart to order, in one transaction and once, before any money moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout.basket.models import Basket
from checkout.order.errors import (
    CartChanged,
    CheckoutError,
    EarlyChargeNotAgreed,
    EmptyCart,
    NoDelivery,
    OfferUsedUp,
    OnBackorder,
    OutOfStock,
    PolicyNotAccepted,
    TooLittle,
)
from checkout.order.models import Line, Order, ShippingAddress
from checkout.order.numbers import next_number
from checkout.order.reservations import record_uses, take_offers, take_stock, uses_of
from checkout.order.states import OrderState
from checkout.order.utils import price_afresh
from checkout.payment.models import PaymentAttempt
from checkout.placement.quote import Quote, QuoteLine, counted, make_quote
from checkout.tax.models import TaxLine
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import LEAST_CHARGE, to_cents
from policies.models import Acceptance, PolicyVersion
from policies.services import build_acceptance, required_for_checkout

if TYPE_CHECKING:
    from accounts.users.models import User

__all__ = [
    "CartChanged",
    "CheckoutError",
    "EarlyChargeNotAgreed",
    "EmptyCart",
    "NoDelivery",
    "OfferUsedUp",
    "OrderDetails",
    "OutOfStock",
    "PolicyNotAccepted",
    "place_order",
]


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """Who orders, where it goes and how. `accepted` holds policy version and label shown."""

    email: str
    first_name: str
    last_name: str
    line1: str
    city: str
    postcode: str
    country: str  # ISO 3166-1 alpha-2
    service_code: str
    line2: str = ""
    province: str = ""
    phone: str = ""
    accepted: list[tuple[int, str]] = field(default_factory=list)
    note: str = ""
    early_charge: bool = False  # agrees to be charged at once, see Quote.early_charge


_LOCKED = CompiledQuery(lambda pk: Basket.objects.select_for_update().filter(pk=pk))


#: How often an order is begun again because others took what it was to get from stock.
_TRIES = 3


def place_order(
    *,
    basket: Basket,
    details: OrderDetails,
    fingerprint: str,
    user: "User | None" = None,
    ip: str = "",
) -> Order:
    """Turn a basket into an order that waits for its payment; a second call returns the first.

    `fingerprint` is that of the quote that the shopper saw. Raises a CheckoutError, having
    changed nothing. Of `ip` only the network is kept, with what was agreed to.
    """
    user = user if user is not None and user.is_authenticated else None
    for _ in range(_TRIES - 1):
        try:
            return _place(basket, details, fingerprint, user, ip)
        except OnBackorder:  # judged again, by what is left in stock
            continue
    return _place(basket, details, fingerprint, user, ip)


@transaction.atomic
def _place(
    basket: Basket, details: OrderDetails, fingerprint: str, user: "User | None", ip: str
) -> Order:
    locked = _LOCKED.get(basket.pk)
    if locked.status != Basket.OPEN:
        return _order_of(locked)
    agreed = _agreed_texts(details)
    quote = _checked_quote(locked, details, fingerprint, user)
    uses = uses_of(locked, quote.delivery.discount)
    keys = take_offers(uses, user)
    number = next_number()
    order = _write_order(number, locked, details, quote, user)
    record_uses(order, uses, keys)
    _write_lines(order, locked, quote)
    _write_acceptances(order, agreed, ip)
    _open_attempt(order, quote)
    locked.submit()
    # last: other shoppers wait for these rows
    take_stock(counted(locked.all_lines()), number=number)
    return order


def _order_of(basket: Basket) -> Order:
    """The order that this basket already became."""
    order = Order.objects.live().filter(basket=basket).first()
    if order is None:  # merged into another cart, or saved
        raise EmptyCart
    return order


def _agreed_texts(details: OrderDetails) -> dict[PolicyVersion, str]:
    """The texts that an order needs, each with the words that the shopper agreed to.

    A text that was replaced while the shopper read the old one is not agreed to.
    """
    shown = dict(details.accepted)
    try:
        return {version: shown[version.pk] for version in required_for_checkout()}
    except KeyError as missing:
        raise PolicyNotAccepted from missing


def _write_acceptances(order: Order, agreed: dict[PolicyVersion, str], ip: str) -> None:
    subject = f"order:{order.number}"
    Acceptance.objects.bulk_create(
        build_acceptance(version, subject, label, user=order.user, ip=ip)
        for version, label in agreed.items()
    )


def _checked_quote(basket: Basket, details: OrderDetails, fingerprint: str, user: Any) -> Quote:
    """The order's price as of now, if it is the one that the shopper agreed to."""
    price_afresh(basket, user)
    lines = list(basket.all_lines())
    if not lines:
        raise EmptyCart
    for line in lines:
        if not line.product.is_public or line.unit_price_excl_tax is None:
            raise OutOfStock(line.product.get_title())
    quote = make_quote(
        basket,
        country=details.country,
        province=details.province,
        postcode=details.postcode,
        service_code=details.service_code,
    )
    if quote.fingerprint != fingerprint:
        raise CartChanged(quote)
    if not quote.complete:
        raise NoDelivery
    if quote.early_charge and not details.early_charge:
        raise EarlyChargeNotAgreed
    if 0 < to_cents(quote.total) < LEAST_CHARGE:
        raise TooLittle
    return quote


def _write_order(
    number: str, basket: Basket, details: OrderDetails, quote: Quote, user: Any
) -> Order:
    delivery = quote.delivery
    charge = delivery.amount or Decimal("0.00")
    delivery_tax = sum((found.shares[-1] for found in quote.taxes), Decimal("0.00"))
    now = timezone.now()
    return Order.objects.create(
        number=number,
        site_id=settings.SITE_ID,
        basket=basket,
        user=user,
        guest_email=details.email,
        status=OrderState.PENDING,
        currency=settings.OSCAR_DEFAULT_CURRENCY,
        total_excl_tax=quote.goods + charge,
        total_incl_tax=quote.total,
        shipping_excl_tax=charge,
        shipping_incl_tax=charge + delivery_tax,
        shipping_method=delivery.name,
        shipping_code=delivery.service_code,
        shipping_address=_write_address(details),
        date_placed=now,
        fingerprint=quote.fingerprint,
        early_charge_text=quote.early_charge,
        early_charge_agreed_at=now if quote.early_charge else None,
    )


def _open_attempt(order: Order, quote: Quote) -> None:
    PaymentAttempt.objects.create(
        order=order,
        amount_cents=to_cents(quote.total),
        currency=order.currency,
        expires_at=order.date_placed + timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES),
    )


def _write_address(details: OrderDetails) -> ShippingAddress:
    """Write where the parcel goes. In bulk: saved alone, it would look its country up by name."""
    address = ShippingAddress(
        first_name=details.first_name,
        last_name=details.last_name,
        line1=details.line1,
        line2=details.line2,
        line4=details.city,
        state=details.province,
        postcode=details.postcode,
        country_id=details.country,
        phone_number=details.phone,
        notes=details.note,
    )
    found_by = ("first_name", "last_name", "line1", "line4", "state", "postcode", "country_id")
    address.search_text = " ".join(filter(None, (getattr(address, name) for name in found_by)))
    return ShippingAddress.objects.bulk_create([address])[0]


def _write_lines(order: Order, basket: Basket, quote: Quote) -> None:
    """Write the lines and what each component of tax took from them and from delivery."""
    taxes = [
        sum((found.shares[place] for found in quote.taxes), Decimal("0.00"))
        for place in range(len(quote.lines))
    ]
    pairs = zip(basket.all_lines(), quote.lines, taxes, strict=True)
    lines = Line.objects.bulk_create(_line(order, *row) for row in pairs)
    TaxLine.objects.bulk_create(_tax_lines(order, lines, quote))


def _line(order: Order, basket_line: Any, quoted: QuoteLine, tax: Decimal) -> Line:
    """An order line. It has no unit price with tax: tax is worked out on the whole order."""
    product = basket_line.product
    tracked = product.get_product_class().track_stock
    return Line(
        order=order,
        partner_id=basket_line.stockrecord.partner_id,
        partner_sku=quoted.sku,
        stockrecord_id=basket_line.stockrecord_id,
        product=product,
        title=quoted.title,
        upc=product.upc,
        quantity=quoted.quantity,
        unit_price_excl_tax=quoted.unit,
        line_price_before_discounts_excl_tax=quoted.amount,
        line_price_before_discounts_incl_tax=quoted.amount + tax,
        line_price_excl_tax=quoted.net,
        line_price_incl_tax=quoted.net + tax,
        num_allocated=quoted.quantity if tracked else 0,
    )


def _tax_lines(order: Order, lines: Sequence[Line], quote: Quote) -> list[TaxLine]:
    bases = [*(line.net for line in quote.lines), quote.delivery.amount or Decimal("0.00")]
    return [
        TaxLine(
            order=order,
            line=line,
            component=found.name,
            province=found.province,
            rate=found.rate,
            base=base,
            amount=share,
        )
        for found in quote.taxes
        for line, base, share in zip([*lines, None], bases, found.shares, strict=True)
    ]
