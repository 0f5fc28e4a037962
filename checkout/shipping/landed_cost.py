"""What a foreign buyer pays on delivery besides our price: duty, taxes and the carrier's fee.

The charges are rows that staff change; each has a range, since rates depend on codes and dates
that only customs decide. The estimate is not part of the total, and is frozen on the order with
the version of the rows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping.destination import Destination
from checkout.shipping.places import is_in, validate_places
from microflight.core.bounds import MAX_AMOUNT, Bounds
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import format_money, rounded
from microflight.core.sourced_rows import SourcedRow

ZERO = Decimal(0)
_MAX_RATE = 1000  # CAD for one unit of a currency


class ChargeType(models.TextChoices):
    """How a charge is calculated, in the order in which they build on each other."""

    DUTY_PERCENT = "duty-percent", _("duty, % of the goods")
    DUTY_PER_CODE = "duty-per-code", _("duty, amount per HS code")
    TAX_PERCENT = "tax-percent", _("import tax, % of goods, shipping and duty")
    FEE = "fee", _("fee, amount per order")


_DUTIES = (ChargeType.DUTY_PERCENT, ChargeType.DUTY_PER_CODE)


class ImportCharge(SourcedRow):
    """One charge on imports into some places. All charges that apply to an order add up."""

    name = models.CharField(_("name"), max_length=64, help_text=_("As shoppers see it."))
    type = models.CharField(_("type"), max_length=16, choices=ChargeType.choices)
    places = models.CharField(
        _("places"),
        max_length=400,
        validators=[validate_places],
        help_text=_("Country codes, separated by spaces, such as DE FR."),
    )
    low = models.DecimalField(_("lowest (% or amount)"), max_digits=8, decimal_places=2)
    high = models.DecimalField(_("highest (% or amount)"), max_digits=8, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="CAD")
    cad_rate = models.DecimalField(
        _("CAD for one unit of the currency"), max_digits=10, decimal_places=4, default=1
    )
    above_value = models.DecimalField(
        _("for goods above (in the currency)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: from the first cent."),
    )
    up_to_value = models.DecimalField(
        _("for goods up to (in the currency)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: any value."),
    )
    except_cusma = models.BooleanField(_("not on goods originating under CUSMA"), default=False)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty for no last day.")
    )

    class Meta:
        ordering = ["places", "type", "starts_on"]
        verbose_name = _("import charge")
        verbose_name_plural = _("import charges")
        constraints = [
            Bounds("low", 0, MAX_AMOUNT),
            Bounds("high", 0, MAX_AMOUNT),
            Bounds("cad_rate", Decimal("0.0001"), _MAX_RATE),
            Bounds("above_value", 0, MAX_AMOUNT),
            Bounds("up_to_value", 0, MAX_AMOUNT),
            models.CheckConstraint(
                condition=Q(high__gte=models.F("low")),
                name="import_charge_range_is_ordered",
                violation_error_message=_("The highest is at least the lowest."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="import_charge_ends_after_it_starts",
                violation_error_message=_("The last day is not before the first day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.places}"

    def clean(self) -> None:
        """Reject a rate for CAD other than 1."""
        if self.currency == "CAD" and self.cad_rate != 1:
            raise ValidationError({"cad_rate": gettext("One CAD is 1 CAD.")})

    def applies(self, destination: Destination, goods: Decimal) -> bool:
        """Tell whether it applies to goods worth so many CAD that are sent to a destination."""
        value = goods / self.cad_rate
        above = self.above_value is None or value > self.above_value
        within = self.up_to_value is None or value <= self.up_to_value
        return above and within and is_in(destination, self.places)


@dataclass(frozen=True, slots=True)
class ImportedItem:
    """A line of an order: its value in CAD after discounts, its HS code or "", and its origin."""

    value: Decimal
    hs6: str
    is_cusma: bool = False


@dataclass(frozen=True, slots=True)
class EstimatedCharge:
    """One charge in CAD, from `low` to `high`."""

    name: str
    low: Decimal
    high: Decimal
    confirmed: bool

    @property
    def amount(self) -> str:
        """Return the range for people, such as "$4.87–$9.74"."""
        return format_range(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The charges of an order; `version` identifies the rows, by their newest source date."""

    charges: tuple[EstimatedCharge, ...]
    version: str

    @property
    def low(self) -> Decimal:
        return sum((each.low for each in self.charges), ZERO)

    @property
    def high(self) -> Decimal:
        return sum((each.high for each in self.charges), ZERO)

    @property
    def amount(self) -> str:
        """Return the total range for people."""
        return format_range(self.low, self.high)

    @property
    def is_confirmed(self) -> bool:
        """Tell whether an authority confirmed every charge."""
        return all(each.confirmed for each in self.charges)

    def as_json(self) -> dict[str, Any]:
        """Return what an order stores."""
        rows = [[each.name, str(each.low), str(each.high), each.confirmed] for each in self.charges]
        return {"version": self.version, "charges": rows}


def from_json(stored: dict[str, Any] | None) -> Estimate | None:
    """Return the estimate that an order stores; None if it has none."""
    if not stored:
        return None
    charges = (
        EstimatedCharge(name, Decimal(low), Decimal(high), confirmed)
        for name, low, high, confirmed in stored["charges"]
    )
    return Estimate(tuple(charges), stored["version"])


_IN_FORCE = CompiledQuery(
    lambda day: ImportCharge.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day
    ).order_by("pk")
)


def estimate(
    items: Sequence[ImportedItem], shipping: Decimal, destination: Destination, on: date
) -> Estimate | None:
    """Return what the buyer pays on delivery by the rows in force on a day; one query.

    None within Canada, and where no row applies: then nothing is known.
    """
    return estimates(items, [shipping], destination, on)[0]


def estimates(
    items: Sequence[ImportedItem], charges: Sequence[Decimal], destination: Destination, on: date
) -> list[Estimate | None]:
    """Return the estimate for each shipping charge in CAD; one query for all of them."""
    rows = [] if destination.country in ("", "CA") else _IN_FORCE(on)
    goods = sum((item.value for item in items), ZERO)
    rows = [row for row in rows if row.applies(destination, goods)]
    return [_estimate(rows, items, goods, shipping) if rows else None for shipping in charges]


def _estimate(
    rows: Sequence[ImportCharge], items: Sequence[ImportedItem], goods: Decimal, shipping: Decimal
) -> Estimate:
    duties = [_charge(row, *_dutiable(row, items)) for row in rows if row.type in _DUTIES]
    taxed = (goods + shipping) / 100
    low = taxed + sum((duty.low for duty in duties), ZERO) / 100
    high = taxed + sum((duty.high for duty in duties), ZERO) / 100
    taxes = [_charge(row, low, high) for row in rows if row.type == ChargeType.TAX_PERCENT]
    fees = [_charge(row, row.cad_rate, row.cad_rate) for row in rows if row.type == ChargeType.FEE]
    return Estimate((*duties, *taxes, *fees), _version(rows))


def _dutiable(row: ImportCharge, items: Iterable[ImportedItem]) -> tuple[Decimal, Decimal]:
    """Return what a duty's lowest and highest rate are multiplied by, in CAD: 1% of the goods, or
    one unit of its currency for each distinct HS code.

    Goods without a code share one at best, and have one each at worst.
    """
    dutiable = [item for item in items if not (row.except_cusma and item.is_cusma)]
    if row.type == ChargeType.DUTY_PERCENT:
        percent = sum((item.value for item in dutiable), ZERO) / 100
        return percent, percent
    codes = len({item.hs6 for item in dutiable if item.hs6})
    unknown = sum(not item.hs6 for item in dutiable)
    return (codes or min(unknown, 1)) * row.cad_rate, (codes + unknown) * row.cad_rate


def _charge(row: ImportCharge, low: Decimal, high: Decimal) -> EstimatedCharge:
    return EstimatedCharge(
        row.name, rounded(row.low * low), rounded(row.high * high), row.confirmed
    )


def _version(rows: Sequence[ImportCharge]) -> str:
    """Return the newest source date of some rows, and a short hash of all that they say."""
    names = [field.attname for field in ImportCharge._meta.concrete_fields]
    text = repr([[str(getattr(row, name)) for name in names] for row in rows])
    newest = max(row.source_date for row in rows)
    return f"{newest:%Y-%m-%d} {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def format_range(low: Decimal, high: Decimal) -> str:
    """Return a range of CAD for people; one amount if both are equal."""
    if low == high:
        return format_money(low)
    return f"{format_money(low)}–{format_money(high)}"
