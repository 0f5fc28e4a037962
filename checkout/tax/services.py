"""Sales tax on an order.

Canadian tax follows the place of supply: for shipped goods, the destination (Excise Tax Act,
Schedule IX, Part II), or the shop if they are picked up. Each component is calculated on the total
of items and shipping, rounded once, then allocated to the lines, so that the lines add up to the
cent. Exports are zero-rated (Excise Tax Act, Schedule VI, Part V, section 12). Where the shop is
not registered, it collects nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from checkout.tax.models import (
    JURISDICTION,
    TaxExemption,
    TaxOnShipping,
    TaxRate,
    TaxRegistration,
)
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import allocate, from_cents, rounded, to_cents

#: Where goods are supplied that customers pick up.
SHOP = ("CA", "SK")


@dataclass(frozen=True, slots=True)
class ComponentRate:
    """The rate of one component on a day.

    `registration` is the shop's number, `certificate` that of an exempt customer, or empty.
    """

    component: str
    province: str
    rate: Decimal
    registration: str
    on_shipping: bool = True
    certificate: str = ""

    @property
    def is_collected(self) -> bool:
        """Return whether the shop charges this tax."""
        return bool(self.registration) and not self.certificate


@dataclass(frozen=True, slots=True)
class Supply:
    """The place of supply of an order, which decides on its taxes, and the rates there."""

    country: str
    province: str
    rates: tuple[ComponentRate, ...]

    @property
    def is_known(self) -> bool:
        """Return False while the country or the Canadian province is missing."""
        return bool(self.rates) if self.country == "CA" else bool(self.country)

    @property
    def place(self) -> dict[str, str]:
        """Return the fields of an order; a province in Canada only."""
        province = self.province if self.country == "CA" else ""
        return {"supply_country": self.country, "supply_province": province}

    @property
    def exempt(self) -> tuple[ComponentRate, ...]:
        """Return the taxes that the shop collects, but not from this customer."""
        return tuple(rate for rate in self.rates if rate.registration and rate.certificate)


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax on an order: `amount` CAD on `base` CAD, and its share of each line and of shipping.

    The share of shipping is 0 if the tax is not `on_shipping`; then `base` is without it.
    """

    name: str
    province: str
    rate: Decimal
    base: Decimal
    amount: Decimal
    shares: tuple[Decimal, ...]
    registration: str = ""
    on_shipping: bool = True


def _rates(day: date, country: str, province: str, user_id: int) -> QuerySet:
    """Return all that decides on the taxes of an order, in one query."""
    valid = Q(ends_on=None) | Q(ends_on__gte=day), Q(starts_on__lte=day)
    here = {"jurisdiction": OuterRef("jurisdiction")}
    registrations = TaxRegistration.objects.filter(*valid, **here).order_by("-starts_on")
    exemptions = TaxExemption.objects.filter(*valid, **here, user=user_id).order_by("-ends_on")
    switches = TaxOnShipping.objects.filter(
        province=OuterRef("province"), component=OuterRef("component")
    )
    rates = TaxRate.objects.filter(*valid, country=country, province=province).annotate(
        jurisdiction=JURISDICTION,
        registration=Coalesce(Subquery(registrations.values("number")[:1]), Value("")),
        on_shipping=Coalesce(Subquery(switches.values("taxed")[:1]), Value(True)),
        certificate=Coalesce(Subquery(exemptions.values("certificate")[:1]), Value("")),
    )
    return rates.order_by("starts_on").values_list(
        "component", "province", "rate", "registration", "on_shipping", "certificate"
    )


_IN_FORCE: CompiledQuery = CompiledQuery(_rates)


def rates_on(
    day: date, *, country: str, province: str, user_id: int | None = None
) -> list[ComponentRate]:
    """Return the rates in force on a day, one per component; none outside Canada.

    `user_id` is the account of the customer, who may be exempt.
    """
    if country != "CA":
        return []
    rows = _IN_FORCE(day, country, province, user_id or 0)
    newest = {row[0]: ComponentRate(*row) for row in rows}
    return [newest[name] for name in sorted(newest)]


def supply_on(
    day: date, *, country: str, province: str, pickup: bool = False, user_id: int | None = None
) -> Supply:
    """Return the place of supply of an order to an address and the rates there on a day.

    For `pickup`, it is the shop: a customer from abroad who picks up pays tax (CRA, exported
    goods).
    """
    country, province = SHOP if pickup else (country, province)
    rates = rates_on(day, country=country, province=province, user_id=user_id)
    return Supply(country, province, tuple(rates))


def taxes_on(amounts: Sequence[Decimal], rates: Sequence[ComponentRate]) -> tuple[Tax, ...]:
    """Return each tax that the shop collects on the amounts (lines, then shipping; CAD, before
    tax)."""
    return tuple(_tax(amounts, rate) for rate in rates if rate.is_collected)


def _tax(amounts: Sequence[Decimal], rate: ComponentRate) -> Tax:
    taxed = amounts if rate.on_shipping else [*amounts[:-1], Decimal(0)]
    base = sum(taxed, Decimal(0))
    amount = rounded(base * rate.rate)
    shares = allocate(to_cents(amount), taxed)
    return Tax(
        name=rate.component,
        province=rate.province,
        rate=rate.rate,
        base=base,
        amount=amount,
        shares=tuple(from_cents(share) for share in shares),
        registration=rate.registration,
        on_shipping=rate.on_shipping,
    )
