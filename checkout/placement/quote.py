"""The quote: the lines, shipping, taxes and total of an order, for checkout and for placing it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext

from checkout.basket.models import Basket
from checkout.order.early_charge import LateLine, Wanted, agreement, late_lines
from checkout.shipping.services import AvailableMethod, available_methods, pack
from checkout.tax.services import Tax, rates_on, taxes_on
from microflight.core.money import rounded, to_cents

ZERO = Decimal("0.00")
_SALT = "checkout-quote"


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A cart line, in CAD before tax: `amount` is `unit` x `quantity`, `net` is after discounts."""

    title: str
    sku: str
    quantity: int
    unit: Decimal
    amount: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class QuoteDiscount:
    """An applied offer and its discount in CAD before tax."""

    name: str
    amount: Decimal
    voucher_code: str = ""


@dataclass(frozen=True, slots=True)
class QuoteShipping:
    """The available and the selected method; `amount` is after a shipping offer, or None."""

    package_weight_g: int
    methods: tuple[AvailableMethod, ...]
    method: AvailableMethod | None = None
    amount: Decimal | None = None
    discount: Decimal = ZERO
    discount_name: str = ""

    @property
    def code(self) -> str:
        """Return the code of the method, or an empty string."""
        return self.method.code if self.method else ""

    @property
    def name(self) -> str:
        """Return the name of the method, or an empty string."""
        return self.method.name if self.method else ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the shopper sees and is charged, in CAD."""

    lines: tuple[QuoteLine, ...]
    line_count: int  # more than len(lines) if a product was withdrawn
    discounts: tuple[QuoteDiscount, ...]
    shipping: QuoteShipping
    taxes: tuple[Tax, ...]
    country: str
    province: str
    late_lines: tuple[LateLine, ...] = ()

    @property
    def complete(self) -> bool:
        """Return False while prices, address or shipping method are missing: an estimate."""
        all_priced = 0 < len(self.lines) == self.line_count
        tax_known = bool(self.taxes) if self.country == "CA" else bool(self.country)
        return all_priced and tax_known and self.shipping.amount is not None

    @property
    def early_charge(self) -> str:
        """Return the text that the shopper must accept if the card is charged before the order
        ships; else an empty string."""
        return agreement(self.late_lines) if self.late_lines and self.total else ""

    @property
    def subtotal(self) -> Decimal:
        """Return the total of the lines after discounts, before tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax_total(self) -> Decimal:
        """Return the total of all taxes."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """Return the amount to charge; without shipping while no method is selected."""
        return self.subtotal + (self.shipping.amount or ZERO) + self.tax_total

    @property
    def cents(self) -> int:
        """Return the total in cents."""
        return to_cents(self.total)

    @property
    def fingerprint(self) -> str:
        """Return a hash (hex) of everything that the shopper accepts by paying."""
        accepted = {
            "currency": settings.OSCAR_DEFAULT_CURRENCY,
            "lines": [(line.sku, line.quantity, line.unit, line.net) for line in self.lines],
            "discounts": [(each.name, each.amount) for each in self.discounts],
            "shipping": (self.shipping.code, self.shipping.amount),
            "taxes": [(tax.name, tax.rate, tax.amount) for tax in self.taxes],
            "to": (self.country, self.province),
            "early_charge": self.early_charge,
            "total": self.total,
        }
        canonical = json.dumps(accepted, default=_plain, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def signed(self) -> str:
        """Return the amounts, signed, for `changes_since` when the form comes back."""
        return signing.dumps(self.amounts(), salt=_SALT, compress=True)

    def amounts(self) -> dict[str, Any]:
        """Return what the shopper sees of this quote, as JSON."""
        return {
            "lines": {
                line.sku: [line.title, line.quantity, f"{line.unit:.2f}"] for line in self.lines
            },
            "discounts": {each.name: f"{each.amount:.2f}" for each in self.discounts},
            "shipping": "" if self.shipping.amount is None else f"{self.shipping.amount:.2f}",
            "tax": f"{self.tax_total:.2f}",
            "total": f"{self.total:.2f}",
            "early_charge": self.early_charge,
        }


def make_quote(
    basket: Basket,
    *,
    country: str,
    province: str = "",
    shipping_code: str | None,
    default_to_first: bool = False,
) -> Quote:
    """Return today's quote for a priced basket and an address; nothing is written.

    `country` is ISO 3166-1 alpha-2, `province` a Canadian or US abbreviation. With
    `default_to_first`, the first shipping method replaces one that is not available: for pages,
    never for orders.
    """
    priced = [line for line in basket.all_lines() if line.unit_price_excl_tax is not None]
    lines = tuple(_line(line) for line in priced)
    shipping = _shipping(basket, country, shipping_code, default_to_first)
    discounts, late = _discounts(basket), late_lines(tracked_stock(priced))
    rates = rates_on(timezone.localdate(), country=country, province=province)
    return Quote(
        lines=lines,
        line_count=len(basket.all_lines()),
        discounts=discounts,
        shipping=shipping,
        taxes=taxes_on([*(line.net for line in lines), shipping.amount or ZERO], rates),
        country=country,
        province=province,
        late_lines=late,
    )


def tracked_stock(basket_lines: Iterable[Any]) -> list[Wanted]:
    """Return the stock that lines of a cart need, if it is tracked."""
    return [
        (line.stockrecord, line.quantity, line.product.get_title())
        for line in basket_lines
        if line.product.get_product_class().track_stock
    ]


def _line(line: Any) -> QuoteLine:
    """Return the quote of a line with its discounts."""
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
            name=application["name"],
            amount=rounded(application["discount"]),
            voucher_code=application["voucher"].code if application["voucher"] else "",
        )
        for application in basket.offer_applications
        if application["result"].affects_basket and application["discount"] > 0
    )


def _shipping(
    basket: Basket, country: str, code: str | None, default_to_first: bool
) -> QuoteShipping:
    package = pack(basket.all_lines())
    methods = tuple(available_methods(package, country=country))
    method = next((each for each in methods if each.code == code), None)
    if method is None and default_to_first:
        method = next(iter(methods), None)
    if method is None:
        return QuoteShipping(package.weight_g, methods)
    name, discount = "", ZERO
    if offers := basket.offer_applications.shipping_discounts[:1]:  # one shipping offer per order
        off = rounded(offers[0]["offer"].shipping_discount(method.charge, basket.currency))
        name, discount = offers[0]["name"], min(off, method.charge)
    return QuoteShipping(
        package_weight_g=package.weight_g,
        methods=methods,
        method=method,
        amount=method.charge - discount,
        discount=discount,
        discount_name=name if discount else "",
    )


def _plain(value: Decimal) -> str:
    """Return a number as text without trailing zeros, which databases add differently."""
    return format(value.normalize(), "f")


# --- What changed since the shopper saw a quote ---------------------------------------------------


def changes_since(signed: str, quote: Quote) -> list[str]:
    """Return how `quote` differs from the `signed` one, as sentences for the shopper."""
    try:
        before = signing.loads(signed, salt=_SALT)
    except signing.BadSignature:
        before = {}
    now = quote.amounts()
    changes = [
        *_changed_lines(before.get("lines", {}), now["lines"]),
        *_changed_discounts(before.get("discounts", {}), now["discounts"]),
        *_changed_totals(before, now),
        *_changed_early_charge(before.get("early_charge", ""), now["early_charge"]),
    ]
    total = gettext("The total is now $%(amount)s.") % {"amount": now["total"]}
    return changes or [total]


def _changed_lines(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    removed = gettext("%(product)s is no longer in your cart.")
    changes = [removed % {"product": before[sku][0]} for sku in before if sku not in now]
    for sku, (title, quantity, price) in now.items():
        if sku not in before:
            changes.append(gettext("%(product)s was added.") % {"product": title})
            continue
        _, old_quantity, old_price = before[sku]
        if quantity != old_quantity:
            text = gettext("%(product)s: the quantity is now %(now)d (was %(before)d).")
            changes.append(text % {"product": title, "now": quantity, "before": old_quantity})
        if price != old_price:
            text = gettext("%(product)s now costs $%(now)s each (was $%(before)s).")
            changes.append(text % {"product": title, "now": price, "before": old_price})
    return changes


def _changed_discounts(before: dict[str, str], now: dict[str, str]) -> list[str]:
    ended = gettext("“%(offer)s” no longer applies.")
    changes = [ended % {"offer": name} for name in before if name not in now]
    applied = gettext("“%(offer)s” now saves you $%(amount)s.")
    for name, amount in now.items():
        if before.get(name) != amount:
            changes.append(applied % {"offer": name, "amount": amount})
    return changes


def _changed_totals(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    labels = {
        "shipping": gettext("Shipping"),
        "tax": gettext("Tax"),
        "total": gettext("The total"),
    }
    changes = []
    for name, label in labels.items():
        if not now[name] or before.get(name) == now[name]:
            continue
        if before.get(name):
            text = gettext("%(label)s is now $%(now)s (was $%(before)s).")
        else:
            text = gettext("%(label)s is now $%(now)s.")
        changes.append(text % {"label": label, "now": now[name], "before": before.get(name)})
    return changes


def _changed_early_charge(before: str, now: str) -> list[str]:
    if before == now:
        return []
    if not now:
        return [gettext("Your card is charged when your order ships, not now.")]
    if before:
        return [gettext("The text above the card has changed: read it again and check the box.")]
    return [
        gettext(
            "Your order ships later than shown: read the text above the card and check the box."
        )
    ]
