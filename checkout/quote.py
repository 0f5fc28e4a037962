"""What an order would cost: the one calculation behind cart, checkout page and order."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from checkout.basket.models import Basket
from checkout.money import rounded
from checkout.shipping.services import Choice, choices, has_loose_battery, parcel_weight_g
from checkout.tax.services import Component, rates_on, tax


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A line of the cart. Money is CAD before tax: `amount` is `unit` x `quantity`, `net` what
    is left of it after discounts."""

    title: str
    sku: str
    quantity: int
    unit: Decimal
    amount: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class QuoteDiscount:
    """An offer that applied, and the CAD before tax it took off the goods."""

    name: str
    amount: Decimal
    voucher_code: str = ""


@dataclass(frozen=True, slots=True)
class QuoteDelivery:
    """The chosen service; `amount` is what it costs after a delivery offer, None if unchosen."""

    service_code: str = ""
    name: str = ""
    days: str = ""
    amount: Decimal | None = None
    discount: Decimal = Decimal("0.00")
    discount_name: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the shopper is shown and later charged, in CAD.

    `goods` is after discounts. `complete` is False while the address or the service is not
    known well enough to place an order at this total.
    """

    lines: tuple[QuoteLine, ...]
    discounts: tuple[QuoteDiscount, ...]
    goods: Decimal
    delivery: QuoteDelivery
    services: tuple[Choice, ...]
    taxes: tuple[Component, ...]
    tax_total: Decimal
    total: Decimal
    weight_g: int
    country: str
    province: str
    complete: bool
    fingerprint: str


def make_quote(
    basket: Basket,
    *,
    country: str,
    province: str = "",
    postcode: str = "",
    service_code: str | None,
    or_first_service: bool = False,
    day: date | None = None,
) -> Quote:
    """Work out an order of this basket to this place; nothing is written.

    The basket has its strategy and its offers applied, as on every request. `country` is ISO
    3166-1 alpha-2, `province` a Canadian or US abbreviation. `postcode` does not change a price
    today; callers pass it because zones may become finer. `day` decides the tax rates (default:
    today in Saskatoon). With `or_first_service`, a service that is not offered there
    gives way to the first one that is: a suggestion for a page, never for an order.
    """
    basket_lines = list(basket.all_lines())
    priced = [line for line in basket_lines if line.unit_price_excl_tax is not None]
    whole = bool(priced) and len(priced) == len(basket_lines)  # else something left the catalogue
    lines = tuple(_line(line) for line in priced)
    goods = sum((line.net for line in lines), Decimal("0.00"))
    weight = parcel_weight_g(basket_lines)
    services = choices(
        country=country, weight_g=weight, loose_battery=has_loose_battery(basket_lines)
    )
    if or_first_service and services and service_code not in {each.code for each in services}:
        service_code = services[0].code
    delivery = _delivery(basket, services, service_code)
    rates = rates_on(day or timezone.localdate(), country=country, province=province)
    taxes = tax([*(line.net for line in lines), delivery.amount or Decimal("0.00")], rates)
    taxed = sum((component.amount for component in taxes), Decimal("0.00"))
    facts: dict[str, Any] = {
        "lines": lines,
        "discounts": _discounts(basket),
        "goods": goods,
        "delivery": delivery,
        "taxes": taxes,
        "tax_total": taxed,
        "total": goods + (delivery.amount or Decimal("0.00")) + taxed,
        "country": country,
        "province": province,
    }
    place_known = bool(country) and (country != "CA" or bool(rates))
    return Quote(
        **facts,
        services=tuple(services),
        weight_g=weight,
        complete=whole and place_known and delivery.amount is not None,
        fingerprint=_fingerprint(facts),
    )


def _line(line: Any) -> QuoteLine:
    """A line as the offers left it; they take whole cents."""
    unit = rounded(line.unit_price_excl_tax)
    amount = unit * line.quantity
    return QuoteLine(
        title=line.product.get_title(),
        sku=line.stockrecord.partner_sku,
        quantity=line.quantity,
        unit=unit,
        amount=amount,
        net=amount - rounded(Decimal(line.discount_value)),
    )


def _discounts(basket: Basket) -> tuple[QuoteDiscount, ...]:
    return tuple(
        QuoteDiscount(
            name=found["name"],
            amount=rounded(found["discount"]),
            voucher_code=found["voucher"].code if found["voucher"] else "",
        )
        for found in basket.offer_applications
        if found["result"].affects_basket and found["discount"] > 0
    )


def _delivery(
    basket: Basket, services: Sequence[Choice], service_code: str | None
) -> QuoteDelivery:
    chosen = next((found for found in services if found.code == service_code), None)
    if chosen is None:
        return QuoteDelivery()
    name, discount = "", Decimal("0.00")
    if offered := basket.offer_applications.shipping_discounts[:1]:  # one delivery offer an order
        off = rounded(offered[0]["offer"].shipping_discount(chosen.charge, basket.currency))
        name, discount = offered[0]["name"], min(off, chosen.charge)
    return QuoteDelivery(
        service_code=chosen.code,
        name=chosen.name,
        days=chosen.days,
        amount=chosen.charge - discount,
        discount=discount,
        discount_name=name if discount else "",
    )


def _fingerprint(facts: dict[str, Any]) -> str:
    """Return a digest of everything that a shopper agrees to by paying."""
    seen = {
        "currency": settings.OSCAR_DEFAULT_CURRENCY,
        "lines": [(line.sku, line.quantity, line.unit, line.net) for line in facts["lines"]],
        "discounts": [(found.name, found.amount) for found in facts["discounts"]],
        "delivery": (facts["delivery"].service_code, facts["delivery"].amount),
        "taxes": [(found.name, found.rate, found.amount) for found in facts["taxes"]],
        "to": (facts["country"], facts["province"]),
        "total": facts["total"],
    }
    canonical = json.dumps(seen, default=_plain, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Decimal) -> str:
    """A number as text, without the trailing zeros that engines add differently."""
    return format(value.normalize(), "f")
