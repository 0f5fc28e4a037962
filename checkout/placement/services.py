"""Placing an order: one transaction, once per cart, before any payment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout.basket.models import Basket
from checkout.basket.services import price_basket
from checkout.order import errors
from checkout.order.models import Line, Order, ShippingAddress
from checkout.order.numbers import next_number
from checkout.order.reservations import offer_uses, record_offer_uses, redeem_offers, reserve_stock
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAttempt
from checkout.placement.quote import ZERO, Quote, QuoteLine, make_quote, tracked_stock
from checkout.tax.models import TaxLine
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import MINIMUM_CHARGE
from policies.models import Acceptance, PolicyVersion
from policies.services import build_acceptance, required_for_checkout

if TYPE_CHECKING:
    from accounts.users.models import User


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """Contact, address and shipping method. `accepted` pairs policy versions with labels."""

    email: str
    first_name: str
    last_name: str
    line1: str
    city: str
    postcode: str
    country: str  # ISO 3166-1 alpha-2
    shipping_code: str
    line2: str = ""
    province: str = ""
    phone: str = ""
    accepted: list[tuple[int, str]] = field(default_factory=list)
    note: str = ""
    early_charge: bool = False  # accepts Quote.early_charge


_LOCKED_BASKET = CompiledQuery(lambda pk: Basket.objects.select_for_update().filter(pk=pk))

#: Attempts at an order while other orders take its stock.
_MAX_ATTEMPTS = 3


def place_order(
    *,
    basket: Basket,
    details: OrderDetails,
    fingerprint: str,
    user: "User | None" = None,
    ip: str = "",
) -> Order:
    """Create a pending order from a basket. Idempotent: a second call returns the same order.

    `fingerprint` is that of the quote that the shopper saw. Raises a CheckoutError and changes
    nothing. Only the network part of `ip` is stored, with the acceptances.
    """
    user = user if user is not None and user.is_authenticated else None
    for _ in range(_MAX_ATTEMPTS - 1):
        try:
            return _place(basket, details, fingerprint, user, ip)
        except errors.OnBackorder:  # try again with the stock that is left
            continue
    return _place(basket, details, fingerprint, user, ip)


@transaction.atomic
def _place(
    basket: Basket, details: OrderDetails, fingerprint: str, user: "User | None", ip: str
) -> Order:
    locked = _LOCKED_BASKET.get(basket.pk)
    if locked.status != Basket.OPEN:
        return _existing_order(locked)
    accepted = _accepted_policies(details)
    quote = _checked_quote(locked, details, fingerprint, user)
    uses = offer_uses(locked, quote.shipping.discount)
    keys = redeem_offers(uses, user)
    number = next_number()
    order = _write_order(number, locked, details, quote, user)
    record_offer_uses(order, uses, keys)
    _write_lines(order, locked, quote)
    _write_acceptances(order, accepted, ip)
    _open_attempt(order, quote)
    locked.submit()
    # last, because other orders wait for these rows
    reserve_stock(tracked_stock(locked.all_lines()), number=number)
    return order


def _existing_order(basket: Basket) -> Order:
    """Return the order that was placed from this basket."""
    order = Order.objects.live().filter(basket=basket).first()
    if order is None:  # merged into another cart
        raise errors.EmptyCart
    return order


def _accepted_policies(details: OrderDetails) -> dict[PolicyVersion, str]:
    """Return the required policy versions with the labels that the shopper accepted.

    A new version that replaced the accepted one is not accepted.
    """
    labels = dict(details.accepted)
    try:
        return {version: labels[version.pk] for version in required_for_checkout()}
    except KeyError as missing:
        raise errors.PolicyNotAccepted from missing


def _write_acceptances(order: Order, accepted: dict[PolicyVersion, str], ip: str) -> None:
    subject = f"order:{order.number}"
    Acceptance.objects.bulk_create(
        build_acceptance(version, subject, label, user=order.user, ip=ip)
        for version, label in accepted.items()
    )


def _checked_quote(basket: Basket, details: OrderDetails, fingerprint: str, user: Any) -> Quote:
    """Return the current quote if it is the one that the shopper accepted."""
    price_basket(basket, user)
    lines = list(basket.all_lines())
    if not lines:
        raise errors.EmptyCart
    for line in lines:
        if not line.product.is_public or line.unit_price_excl_tax is None:
            raise errors.OutOfStock(line.product.get_title())
    quote = make_quote(
        basket,
        country=details.country,
        province=details.province,
        shipping_code=details.shipping_code,
    )
    if quote.fingerprint != fingerprint:
        raise errors.CartChanged(quote)
    if not quote.complete:
        raise errors.NoShippingMethod
    if quote.early_charge and not details.early_charge:
        raise errors.EarlyChargeNotAgreed
    if 0 < quote.cents < MINIMUM_CHARGE:
        raise errors.BelowMinimumCharge
    return quote


def _write_order(
    number: str, basket: Basket, details: OrderDetails, quote: Quote, user: Any
) -> Order:
    shipping = quote.shipping
    charge = shipping.amount or ZERO
    shipping_tax = sum((tax.shares[-1] for tax in quote.taxes), ZERO)
    now = timezone.now()
    return Order.objects.create(
        number=number,
        site_id=settings.SITE_ID,
        basket=basket,
        user=user,
        guest_email=details.email,
        status=OrderState.PENDING,
        currency=settings.OSCAR_DEFAULT_CURRENCY,
        total_excl_tax=quote.subtotal + charge,
        total_incl_tax=quote.total,
        shipping_excl_tax=charge,
        shipping_incl_tax=charge + shipping_tax,
        shipping_method=shipping.name,
        shipping_code=shipping.code,
        shipping_address=_write_address(details),
        date_placed=now,
        fingerprint=quote.fingerprint,
        early_charge_text=quote.early_charge,
        early_charge_agreed_at=now if quote.early_charge else None,
    )


def _open_attempt(order: Order, quote: Quote) -> None:
    PaymentAttempt.objects.create(
        order=order,
        amount_cents=quote.cents,
        currency=order.currency,
        expires_at=order.date_placed + timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES),
    )


def _write_address(details: OrderDetails) -> ShippingAddress:
    """Create the shipping address. In bulk, because `save()` would query the country's name."""
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
    searched = ("first_name", "last_name", "line1", "line4", "state", "postcode", "country_id")
    address.search_text = " ".join(filter(None, (getattr(address, name) for name in searched)))
    return ShippingAddress.objects.bulk_create([address])[0]


def _write_lines(order: Order, basket: Basket, quote: Quote) -> None:
    """Create the lines, and the tax on each line and on shipping."""
    taxes = [
        sum((tax.shares[index] for tax in quote.taxes), ZERO) for index in range(len(quote.lines))
    ]
    pairs = zip(basket.all_lines(), quote.lines, taxes, strict=True)
    lines = Line.objects.bulk_create(_line(order, *row) for row in pairs)
    TaxLine.objects.bulk_create(_tax_lines(order, lines, quote))


def _line(order: Order, basket_line: Any, quoted: QuoteLine, tax: Decimal) -> Line:
    """Return an order line. It has no unit price with tax: tax is calculated on the whole order."""
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
    bases = [*(line.net for line in quote.lines), quote.shipping.amount or ZERO]
    return [
        TaxLine(
            order=order,
            line=line,
            component=tax.name,
            province=tax.province,
            rate=tax.rate,
            base=base,
            amount=share,
        )
        for tax in quote.taxes
        for line, base, share in zip([*lines, None], bases, tax.shares, strict=True)
    ]
