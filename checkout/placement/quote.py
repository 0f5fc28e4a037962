"""The quote: the lines, shipping, taxes and total of an order, for checkout and for placing it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core import signing
from django.utils import timezone

from catalog.facts import facts_of
from checkout.basket.models import Basket
from checkout.order.early_charge import LateLine, agreement, hold_agreement
from checkout.order.models import Order
from checkout.placement.parcels import Parcel, parcel_of
from checkout.placement.promises import Promises, promises_of
from checkout.placement.quote_lines import ZERO, QuoteLine, QuotePart, parts_of
from checkout.shipping.destination import Destination
from checkout.shipping.engine import Answer, items_from
from checkout.shipping.landed_cost import Estimate, ImportedItem, estimate
from checkout.shipping.services import AvailableMethod, pickup_method
from checkout.tax.services import Supply, Tax, supply_on, taxes_on
from microflight.core.money import allocate, from_cents, rounded, to_cents

#: Of the signature of a quote that a page carries.
SALT = "checkout-quote"
#: A discount by staff, in CAD before tax, at most the subtotal; and its reason.
ManualDiscount = tuple[Decimal, str]


@dataclass(frozen=True, slots=True)
class QuoteDiscount:
    """An applied offer and its discount in CAD before tax."""

    name: str
    amount: Decimal
    voucher_code: str = ""


@dataclass(frozen=True, slots=True)
class QuoteShipping:
    """The available and the selected method; `amount` is after a shipping offer, or None.

    A cart of which nothing is shipped has no method, and the amount is 0.
    """

    package_weight_g: int
    methods: tuple[AvailableMethod, ...]
    required: bool = True
    method: AvailableMethod | None = None
    amount: Decimal | None = None
    discount: Decimal = ZERO
    discount_name: str = ""
    answer: Answer | None = field(default=None, compare=False)  # None if nothing is shipped

    @property
    def code(self) -> str:
        """Return the code of the method, or an empty string."""
        return self.method.code if self.method else ""

    @property
    def is_pickup(self) -> bool:
        """Return whether the customer picks the order up."""
        return self.method is not None and self.method.pickup

    @property
    def needs_address(self) -> bool:
        """Return whether a carrier needs to know where the order goes."""
        return self.required and not self.is_pickup

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
    supply: Supply
    promises: Promises = Promises()
    landed_cost: Estimate | None = None

    @property
    def parts(self) -> list[QuotePart]:
        """Return the parts of all lines: the order has a line for each."""
        return [part for line in self.lines for part in line.parts]

    @property
    def late_lines(self) -> tuple[LateLine, ...]:
        """Return what ships after a card authorization of today has expired."""
        return self.promises.late

    @property
    def complete(self) -> bool:
        """Return False while prices, address or shipping method are missing: an estimate."""
        all_priced = 0 < len(self.lines) == self.line_count
        return all_priced and self.supply.is_known and self.shipping.amount is not None

    @property
    def early_charge(self) -> str:
        """Return the text that the shopper must accept if the card is charged before the order
        ships; else an empty string."""
        if not self.total:
            return ""
        held, late = self.promises.held, self.late_lines
        texts = []
        if held:
            texts.append(hold_agreement(held, self.promises.away_from, self.promises.reopens_on))
        return " ".join([*texts, *([agreement(late)] if late else [])])

    @property
    def subtotal(self) -> Decimal:
        """Return the total of the lines after discounts, before tax."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax_total(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """Return the amount to charge; without shipping while no method is selected."""
        return self.subtotal + (self.shipping.amount or ZERO) + self.tax_total

    @property
    def cents(self) -> int:
        return to_cents(self.total)

    @property
    def order_columns(self) -> dict[str, Any]:
        """Return the columns of an order that store its totals, taxes, shipping and promise."""
        charge = self.shipping.amount or ZERO
        return {
            "total_excl_tax": self.subtotal + charge,
            "total_incl_tax": self.total,
            "shipping_excl_tax": charge,
            "shipping_incl_tax": charge + sum((tax.shares[-1] for tax in self.taxes), ZERO),
            "shipping_method": self.shipping.name,
            "shipping_code": self.shipping.code,
            "is_pickup": self.shipping.is_pickup,
            "fingerprint": self.fingerprint,
            **self.supply.place,
            **self.promises.order_columns,
            "landed_cost": self.landed_cost and self.landed_cost.as_json(),
        }

    @property
    def adds_up(self) -> bool:
        """Return whether no amount is negative, and all parts add up to the total."""
        shipping = self.shipping.amount or ZERO
        taxed = [*(part.net for part in self.parts), shipping]
        discounted = sum((line.amount - line.net for line in self.lines), ZERO)
        return (
            shipping >= 0
            and all(line.adds_up for line in self.lines)
            and discounted == sum((each.amount for each in self.discounts), ZERO)
            and all(_shares_add_up(tax, taxed) for tax in self.taxes)
        )

    @property
    def fingerprint(self) -> str:
        """Return a hash (hex) of everything that the shopper accepts by paying."""
        kits = [(line.sku, line.contents) for line in self.lines if line.is_kit]
        accepted = {
            "currency": settings.OSCAR_DEFAULT_CURRENCY,
            "lines": [
                (line.reference, line.sku, line.quantity, line.unit, line.net)
                for line in self.lines
            ],
            "discounts": [(each.name, each.amount) for each in self.discounts],
            "shipping": (self.shipping.code, self.shipping.amount),
            "taxes": [(tax.name, tax.rate, tax.amount) for tax in self.taxes],
            "to": (self.country, self.province),
            "early_charge": self.early_charge,
            "total": self.total,
            **({"kits": kits} if kits else {}),
        }
        canonical = json.dumps(accepted, default=_plain, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def signed(self) -> str:
        """Return the amounts, signed, for `changes_since` when the form comes back."""
        return signing.dumps(self.amounts(), salt=SALT, compress=True)

    def amounts(self) -> dict[str, Any]:
        """Return what the shopper sees of this quote, as JSON."""
        return {
            "lines": {
                line.reference: [line.title, line.quantity, f"{line.unit:.2f}"]
                for line in self.lines
            },
            "discounts": {each.name: f"{each.amount:.2f}" for each in self.discounts},
            "shipping": "" if self.shipping.amount is None else f"{self.shipping.amount:.2f}",
            "tax": f"{self.tax_total:.2f}",
            "total": f"{self.total:.2f}",
            "early_charge": self.early_charge,
            "contents": {line.reference: line.contents for line in self.lines if line.is_kit},
        }


def _shares_add_up(tax: Tax, taxed: list[Decimal]) -> bool:
    """Return whether the shares of a tax, one for each line and for shipping, add up to it."""
    return (
        tax.base == sum(taxed if tax.on_shipping else taxed[:-1], ZERO)
        and len(tax.shares) == len(taxed)
        and min(tax.shares) >= 0
        and (tax.on_shipping or not tax.shares[-1])
        and sum(tax.shares, ZERO) == tax.amount
    )


def make_quote(
    basket: Basket,
    *,
    country: str,
    province: str = "",
    postcode: str = "",
    shipping_code: str | None,
    default_to_first: bool = False,
    manual_discount: ManualDiscount = (ZERO, ""),
    adds_to: Order | None = None,
) -> Quote:
    """Return today's quote. `default_to_first` replaces a method that is not available."""
    priced = [line for line in basket.all_lines() if line.unit_price_excl_tax is not None]
    to = Destination(country, province, postcode)
    lines, manual = _with_discount(tuple(map(_line, priced)), *manual_discount)
    shipping = _shipping(basket, lines, to, shipping_code, default_to_first, adds_to)
    lines, parts, promises = _completed(priced, lines, shipping.method)
    supply = _supply(basket, to, shipping)
    return Quote(
        lines=lines,
        line_count=len(basket.all_lines()),
        discounts=_discounts(basket) + manual,
        shipping=shipping,
        taxes=taxes_on([*(part.net for part in parts), shipping.amount or ZERO], supply.rates),
        country=country,
        province=province,
        supply=supply,
        promises=promises,
        landed_cost=_landed_cost(parts, shipping, to),
    )


def _landed_cost(
    parts: Iterable[QuotePart], shipping: QuoteShipping, to: Destination
) -> Estimate | None:
    """Return today's estimate of import charges, unless nothing crosses a border."""
    if not shipping.needs_address or to.country in ("", "CA"):
        return None
    day = timezone.localdate()
    # a download crosses no border
    shipped = [part for part in parts if part.product.is_shipping_required]
    facts = facts_of([part.product for part in shipped])
    items = [
        ImportedItem(part.net, own.hs6, own.originates_under_cusma(day))
        for part in shipped
        for own in [facts[part.product.pk]]
    ]
    return estimate(items, shipping.amount or ZERO, to, day)


def _supply(basket: Basket, destination: Destination, shipping: QuoteShipping) -> Supply:
    """Return today's taxes at the place of supply, for the customer's account."""
    return supply_on(
        timezone.localdate(),
        country=destination.country,
        province=destination.province,
        pickup=shipping.is_pickup,
        user_id=basket.account_id or basket.owner_id,
    )


def _line(line: Any) -> QuoteLine:
    """Return the quote of a line with its discounts."""
    unit = rounded(line.unit_price_excl_tax)
    amount = unit * line.quantity
    return QuoteLine(
        reference=line.line_reference,
        title=line.product.get_title(),
        options=line.options,
        sku=line.stockrecord.partner_sku,
        quantity=line.quantity,
        unit=unit,
        amount=amount,
        net=amount - rounded(Decimal(line.discount_value)),
        is_kit=line.product.is_kit,
    )


def _completed(
    basket_lines: Sequence[Any], lines: Iterable[QuoteLine], method: AvailableMethod | None
) -> tuple[tuple[QuoteLine, ...], list[QuotePart], Promises]:
    """Return the lines with their promises and, at their final prices, their parts; and these."""
    promises = promises_of(basket_lines, method)
    completed = tuple(
        replace(
            line, promise=promise, parts=parts_of(basket_line, line.unit, line.amount, line.net)
        )
        for basket_line, line, promise in zip(basket_lines, lines, promises.lines, strict=True)
    )
    return completed, [part for line in completed for part in line.parts], promises


def _with_discount(
    lines: tuple[QuoteLine, ...], wanted: Decimal, reason: str
) -> tuple[tuple[QuoteLine, ...], tuple[QuoteDiscount, ...]]:
    """Return the lines with a discount by staff divided over them in proportion, to the cent."""
    off = min(wanted, sum((line.net for line in lines), ZERO))
    if not off:
        return lines, ()
    shares = allocate(to_cents(off), [to_cents(line.net) for line in lines])
    each = zip(lines, map(from_cents, shares), strict=True)
    reduced = tuple(replace(line, net=line.net - share) for line, share in each)
    return reduced, (QuoteDiscount(reason, off),)


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
    basket: Basket,
    lines: Iterable[QuoteLine],
    to: Destination,
    code: str | None,
    default_to_first: bool,
    adds_to: Order | None,
) -> QuoteShipping:
    """What is added to an order ships in its parcel, and pays what that parcel costs more."""
    if not basket.is_shipping_required():
        return QuoteShipping(0, (), required=False, amount=ZERO)
    others = parcel_of(adds_to, to)
    subtotal = sum((line.net for line in lines), others.subtotal)
    found = others.answer_with(items_from(basket.all_lines()), to, subtotal)
    methods = found.services
    method = next((each for each in methods if each.code == code), None)
    if method is None and code and (pickup := pickup_method()) and pickup.code == code:
        return QuoteShipping(0, (*methods, pickup), method=pickup, amount=ZERO)
    if method is None and default_to_first:
        method = next(iter(methods), None)
    if method is None:
        weight_g = min((each.weight_g for each in methods), default=0)
        return QuoteShipping(weight_g, methods, answer=found)
    return _priced(basket, method, others, found)


def _priced(
    basket: Basket, method: AvailableMethod, others: Parcel, found: Answer
) -> QuoteShipping:
    """Return the shipping with a method, less the shipping offer and what others in the parcel
    pay."""
    name, discount = _shipping_discount(basket, method.charge)
    return QuoteShipping(
        package_weight_g=method.weight_g,
        methods=found.services,
        method=method,
        amount=max(ZERO, method.charge - discount - others.charge(method.code)),
        discount=discount,
        discount_name=name if discount else "",
        answer=found,
    )


def _shipping_discount(basket: Basket, charge: Decimal) -> tuple[str, Decimal]:
    """Return name and discount of the shipping offer: one per order."""
    offers = basket.offer_applications.shipping_discounts[:1]
    if not offers:
        return "", ZERO
    off = rounded(offers[0]["offer"].shipping_discount(charge, basket.currency))
    return offers[0]["name"], min(off, charge)


def _plain(value: Decimal) -> str:
    """Return a number as text without trailing zeros, which databases add differently."""
    return format(value.normalize(), "f")
