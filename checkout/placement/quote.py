"""What an order would cost: the one calculation behind cart, checkout page and order."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from checkout.basket.models import Basket
from checkout.order.early_charge import LateLine, Wanted, agreement, late_lines
from checkout.shipping.services import Choice, choices, has_loose_battery, parcel_weight_g
from checkout.tax.services import Component, rates_on, tax
from microflight.core.money import rounded


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
    delivery: QuoteDelivery
    services: tuple[Choice, ...]
    taxes: tuple[Component, ...]
    weight_g: int
    country: str
    province: str
    complete: bool
    late: tuple[LateLine, ...] = ()

    @property
    def early_charge(self) -> str:
        """Return the words that the shopper has to agree to, where a card cannot wait for the
        goods and is charged at once; else an empty string."""
        return agreement(self.late) if self.late and self.total else ""

    @property
    def goods(self) -> Decimal:
        """Return the lines after discounts, before tax."""
        return sum((line.net for line in self.lines), Decimal("0.00"))

    @property
    def tax_total(self) -> Decimal:
        """Return all components of tax."""
        return sum((found.amount for found in self.taxes), Decimal("0.00"))

    @property
    def total(self) -> Decimal:
        """Return what the card is charged; without delivery while that is not chosen."""
        return self.goods + (self.delivery.amount or Decimal("0.00")) + self.tax_total

    @property
    def fingerprint(self) -> str:
        """Return a digest (hex) of everything that a shopper agrees to by paying."""
        seen = {
            "currency": settings.OSCAR_DEFAULT_CURRENCY,
            "lines": [(line.sku, line.quantity, line.unit, line.net) for line in self.lines],
            "discounts": [(found.name, found.amount) for found in self.discounts],
            "delivery": (self.delivery.service_code, self.delivery.amount),
            "taxes": [(found.name, found.rate, found.amount) for found in self.taxes],
            "to": (self.country, self.province),
            "early_charge": self.early_charge,
            "total": self.total,
        }
        canonical = json.dumps(seen, default=_plain, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


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
    weight = parcel_weight_g(basket_lines)
    loose = has_loose_battery(basket_lines)
    services = tuple(choices(country=country, weight_g=weight, loose_battery=loose))
    if or_first_service and services and service_code not in {each.code for each in services}:
        service_code = services[0].code
    delivery = _delivery(basket, services, service_code)
    rates = rates_on(day or timezone.localdate(), country=country, province=province)
    place_known = bool(country) and (country != "CA" or bool(rates))
    return Quote(
        lines=lines,
        discounts=_discounts(basket),
        delivery=delivery,
        services=services,
        taxes=tax([*(line.net for line in lines), delivery.amount or Decimal("0.00")], rates),
        weight_g=weight,
        country=country,
        province=province,
        complete=whole and place_known and delivery.amount is not None,
        late=late_lines(counted(priced)),
    )


def counted(basket_lines: Iterable[Any]) -> list[Wanted]:
    """Return what lines of a cart take of stock that is counted."""
    return [
        (line.stockrecord, line.quantity, line.product.get_title())
        for line in basket_lines
        if line.product.get_product_class().track_stock
    ]


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


def _plain(value: Decimal) -> str:
    """A number as text, without the trailing zeros that engines add differently."""
    return format(value.normalize(), "f")
