"""Placing an order: one transaction, once per cart, before any payment."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.users.models import User
from checkout.basket.models import Basket
from checkout.basket.services import MAX_ITEMS, price_basket
from checkout.offers.customers import Customer
from checkout.order import errors
from checkout.order.models import (
    BillingAddress,
    Order,
    ShippingAddress,
)
from checkout.order.numbers import next_number
from checkout.order.reservations import offer_uses, record_offer_uses, redeem_offers, reserve_stock
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAttempt
from checkout.placement.order_lines import write_line_details, write_lines
from checkout.placement.promises import tracked_stock
from checkout.placement.quote import ZERO, ManualDiscount, Quote, make_quote
from checkout.placement.unpaid_limits import Visitor, check_unpaid_orders
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import MAXIMUM_CHARGE, MINIMUM_CHARGE
from policies.models import Acceptance, PolicyVersion
from policies.opening.calendars import share_away_lock
from policies.services import build_acceptance, required_for_checkout

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """Contact, address and shipping method. `accepted` pairs policy versions with labels.

    An order of which nothing is shipped needs name, country and province only, for its taxes.
    """

    email: str
    first_name: str
    last_name: str
    country: str  # ISO 3166-1 alpha-2
    shipping_code: str = ""
    line1: str = ""
    city: str = ""
    postcode: str = ""
    line2: str = ""
    province: str = ""
    phone: str = ""
    accepted: list[tuple[int, str]] = field(default_factory=list)
    note: str = ""
    early_charge: bool = False  # accepts Quote.early_charge
    manual_discount: ManualDiscount = (ZERO, "")
    adds_to: Order | None = None  # the order with which it ships


_LOCKED_BASKET = CompiledQuery(lambda pk: Basket.objects.select_for_update().filter(pk=pk))

#: Attempts at an order while other orders take its stock.
_MAX_ATTEMPTS = 3


def place_order(
    *,
    basket: Basket,
    details: OrderDetails,
    fingerprint: str,
    user: User | None = None,
    ip: str = "",
    unpaid_carts: Iterable[int] = (),
    has_card: bool = True,
) -> Order:
    """Create a pending order from a basket. Idempotent: a second call returns the same order.

    `fingerprint` is that of the quote that the shopper saw. Raises a CheckoutError and changes
    nothing. Of `ip`, only the network is stored, and a keyed hash until the order is paid.
    `unpaid_carts` are a guest's earlier carts; `has_card` tells that a card was entered.
    """
    account = user if user is not None and user.is_authenticated else None
    visitor = Visitor(account, ip, tuple(unpaid_carts), has_card)
    for _ in range(_MAX_ATTEMPTS - 1):
        try:
            return _place(basket, details, fingerprint, visitor)
        except errors.OnBackorder:  # try again with the stock that is left
            continue
    return _place(basket, details, fingerprint, visitor)


@transaction.atomic
def _place(basket: Basket, details: OrderDetails, fingerprint: str, visitor: Visitor) -> Order:
    locked = _LOCKED_BASKET.get(basket.pk)
    if locked.status != Basket.OPEN:
        return _existing_order(locked)
    accepted = _accepted_policies(details.accepted)
    quote = checked_quote(locked, details, fingerprint, visitor.user)
    if quote.shipping.needs_address and not details.line1:
        raise errors.NoShippingMethod
    if quote.cents and not visitor.has_card:
        raise errors.CardMissing
    check_unpaid_orders(visitor, sum(part.quantity for part in quote.parts))
    uses = offer_uses(locked, quote.shipping.discount)
    redeem_offers(uses, Customer.of(visitor.user, details.email))
    number = next_number()
    order = _write_order(number, locked, details, quote, visitor)
    discounts = record_offer_uses(order, uses)
    lines = write_lines(order, locked, quote)
    write_line_details(lines, locked, quote, discounts)
    _write_acceptances(order, accepted, visitor.ip)
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


def accept_policies(*, order: Order, accepted: list[tuple[int, str]], ip: str = "") -> None:
    """Record once that the customer of a quote accepts the policies. Raises PolicyNotAccepted."""
    versions = _accepted_policies(accepted)
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if not has_accepted_policies(order):
            _write_acceptances(order, versions, ip)


def has_accepted_policies(order: Order) -> bool:
    """Tell whether acceptances are recorded for an order."""
    return Acceptance.objects.filter(subject=f"order:{order.number}").exists()


def _accepted_policies(accepted: list[tuple[int, str]]) -> dict[PolicyVersion, str]:
    """Return the required policy versions with the labels that the shopper accepted.

    A new version that replaced the accepted one is not accepted.
    """
    labels = dict(accepted)
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


def _check_sold(lines: list[Any]) -> None:
    """Raise OutOfStock for a product that was hidden or discontinued, or lost its price."""
    for line in lines:
        is_sold = line.product.is_public and not line.product.is_discontinued
        if not is_sold or line.unit_price_excl_tax is None:
            raise errors.OutOfStock(line.product.get_title())


def checked_quote(basket: Basket, details: OrderDetails, fingerprint: str, user: Any) -> Quote:
    """Return the current quote if it is the one that the shopper accepted."""
    share_away_lock()
    price_basket(basket, user, email=details.email)
    lines = list(basket.all_lines())
    if not lines:
        raise errors.EmptyCart
    if basket.num_items > MAX_ITEMS:
        raise errors.TooManyItems
    _check_sold(lines)
    quote = make_quote(
        basket,
        country=details.country,
        province=details.province,
        postcode=details.postcode,
        shipping_code=details.shipping_code,
        manual_discount=details.manual_discount,
        adds_to=details.adds_to,
    )
    if quote.promises.blocked:
        raise errors.BlockedWhileAway(quote.promises.blocked, quote.promises.reopens_on)
    if quote.fingerprint != fingerprint:
        raise errors.CartChanged(quote)
    if not quote.complete:
        raise errors.NoShippingMethod
    if quote.early_charge and not details.early_charge:
        raise errors.EarlyChargeNotAgreed
    check_amounts(quote)
    return quote


def check_amounts(quote: Quote) -> None:
    """Reject a total that a card cannot be charged, and amounts that do not add up to it."""
    if not quote.adds_up:
        logger.error("A quote does not add up: %s", quote.amounts())
        raise errors.WrongSum
    if 0 < quote.cents < MINIMUM_CHARGE:
        raise errors.BelowMinimumCharge
    if quote.cents > MAXIMUM_CHARGE:
        raise errors.AboveMaximumCharge


def _write_order(
    number: str, basket: Basket, details: OrderDetails, quote: Quote, visitor: Visitor
) -> Order:
    now = timezone.now()
    return Order.objects.create(
        number=number,
        site_id=settings.SITE_ID,
        basket=basket,
        user=visitor.user,
        ip_key=visitor.ip_key,
        network=visitor.network,
        guest_email=details.email,
        status=OrderState.PENDING,
        currency=settings.OSCAR_DEFAULT_CURRENCY,
        **write_address(details, is_shipped=quote.shipping.needs_address),
        date_placed=now,
        early_charge_text=quote.early_charge,
        early_charge_agreed_at=now if quote.early_charge else None,
        **quote.order_columns,
    )


def _open_attempt(order: Order, quote: Quote) -> None:
    """Open the first payment attempt. Its time is short until a card is tried."""
    minutes = min(settings.NO_CARD_WINDOW_MINUTES, settings.PAYMENT_WINDOW_MINUTES)
    PaymentAttempt.objects.create(
        order=order,
        amount_cents=quote.cents,
        currency=order.currency,
        expires_at=order.date_placed + timedelta(minutes=minutes),
    )


def write_address(details: OrderDetails, *, is_shipped: bool) -> dict[str, Any]:
    """Create the shipping address; if nothing is shipped, a billing address with the name, and the
    place that decides on taxes. In bulk, because `save()` would query the country's name."""
    place = {
        "first_name": details.first_name,
        "last_name": details.last_name,
        "state": details.province,
        "country_id": details.country,
    }
    if not is_shipped:
        billing = BillingAddress(**place, search_text=_searched(place))
        return {"billing_address": BillingAddress.objects.bulk_create([billing])[0]}
    place |= {"line1": details.line1, "line4": details.city, "postcode": details.postcode}
    address = ShippingAddress(
        **place,
        line2=details.line2,
        phone_number=details.phone,
        notes=details.note,
        search_text=_searched(place),
    )
    return {"shipping_address": ShippingAddress.objects.bulk_create([address])[0]}


def _searched(place: dict[str, str]) -> str:
    """Return the search text of an address, in Oscar's order."""
    names = ("first_name", "last_name", "line1", "line4", "state", "postcode", "country_id")
    return " ".join(place[name] for name in names if place.get(name))
