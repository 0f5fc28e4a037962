"""The tax report: sales, refunds and net tax of a period, by component and province.

A sale counts on the day when its payment was captured, a refund on the day when it was made, in
shop time. The report reads the ledger: tax lines, less units cancelled before the capture, and
what refunds paid back. A refund that a bank returned does not count. What was refunded beyond the
total of an order (`AllocationType.OTHER`) is no sale; the audit reports it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.order.models import Line, Order
from checkout.payment.models import Transaction, TransactionType
from checkout.refunds.allocation import price_of_first
from checkout.refunds.models import AllocationType, RefundAllocation
from checkout.tax.models import OrderExemption, TaxLine
from microflight.core.money import from_cents, to_cents


class RowType(TextChoices):
    """What a row of the report adds up."""

    TAXED = "taxed", _("Taxed")
    EXEMPT = "exempt", _("Exempt customers")
    EXPORT = "export", _("Zero-rated exports")
    ALL = "all", _("All sales")


class Key(NamedTuple):
    """What one row is about. `month` is `2026-11`, or empty for the whole period; `place` is a
    Canadian province, or else a country."""

    month: str
    type: str
    component: str
    place: str


_AMOUNTS = ("sales", "refunds", "tax", "tax_refunded")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the report; amounts in CAD."""

    key: Key
    sales: Decimal
    refunds: Decimal
    tax: Decimal
    tax_refunded: Decimal

    @property
    def label(self) -> str:
        return str(RowType(self.key.type).label)

    @property
    def net_sales(self) -> Decimal:
        """Return the sales less refunds, before tax."""
        return self.sales - self.refunds

    @property
    def net_tax(self) -> Decimal:
        """Return the tax to remit."""
        return self.tax - self.tax_refunded


class _Part(NamedTuple):
    """A line of an order, or its shipping (None)."""

    order: int
    line: int | None


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What was charged for each part of some orders, in cents."""

    prices: Mapping[_Part, int]
    taxes: Mapping[_Part, list[tuple[str, str, int]]]  # component, province, cents
    exempt: Mapping[int, list[tuple[str, str]]]  # component, province, by order
    places: Mapping[int, tuple[str, str]]  # country, province, by order

    def keys(self, part: _Part, month: str) -> Iterator[Key]:
        """Yield the rows to which the price of a part belongs."""
        for component, province, _cents in self.taxes.get(part, ()):
            yield Key(month, RowType.TAXED, component, province)
        for component, province in self.exempt.get(part.order, ()):
            yield Key(month, RowType.EXEMPT, component, province)
        country, _province = self.places[part.order]
        if country not in ("CA", ""):
            yield Key(month, RowType.EXPORT, "", country)
        yield self.key_of_all(part, month)

    def tax_keys(self, part: _Part, component: str, month: str) -> Iterator[Key]:
        """Yield the rows to which a tax on a part belongs."""
        provinces = {name: province for name, province, _cents in self.taxes.get(part, ())}
        yield Key(month, RowType.TAXED, component, provinces.get(component, ""))
        yield self.key_of_all(part, month)

    def key_of_all(self, part: _Part, month: str) -> Key:
        """Return the row of all sales to the place of a part."""
        country, province = self.places[part.order]
        return Key(month, RowType.ALL, "", province or country)


def tax_report(first: date, last: date, *, monthly: bool = False) -> list[Row]:
    """Return the rows of the days from `first` to `last`. The queries do not grow with orders."""
    moved = _transactions(first, last)
    captured = moved.filter(type=TransactionType.CAPTURE)
    refunded = moved.filter(type=TransactionType.REFUND)
    days = {row[0]: row[1] for row in captured.values_list("attempt__order", "created_at")}
    refunds = list(
        RefundAllocation.objects.filter(refund__in=refunded)
        .exclude(type=AllocationType.OTHER)
        .values_list("refund__attempt__order", "line", "component", "cents", "refund__created_at")
    )
    ledger = _ledger(Order.objects.filter(pk__in=moved.values("attempt__order")))
    totals: dict[Key, Counter[str]] = defaultdict(Counter)  # cents, by the name of the column
    for part, price in ledger.prices.items():
        if part.order in days:
            month = _month(days[part.order], monthly)
            for key in ledger.keys(part, month):
                totals[key]["sales"] += price
            for component, _province, tax in ledger.taxes.get(part, ()):
                for key in ledger.tax_keys(part, component, month):
                    totals[key]["tax"] += tax
    for order, line, component, cents, at in refunds:
        part, month = _Part(order, line), _month(at, monthly)
        keys = ledger.tax_keys(part, component, month) if component else ledger.keys(part, month)
        for key in keys:
            totals[key]["tax_refunded" if component else "refunds"] += cents
    return [
        Row(key, *(from_cents(totals[key][name]) for name in _AMOUNTS))
        for key in sorted(totals, key=_position)
    ]


def _transactions(first: date, last: date) -> QuerySet[Transaction]:
    """Return captures, and refunds that did not fail, of some days in shop time."""
    return Transaction.objects.filter(
        Q(type=TransactionType.CAPTURE) | Q(type=TransactionType.REFUND, failed_at=None),
        created_at__gte=timezone.make_aware(datetime.combine(first, time())),
        created_at__lt=timezone.make_aware(datetime.combine(last + timedelta(days=1), time())),
    )


def _ledger(orders: QuerySet[Order]) -> _Ledger:
    """Return what was charged for the parts of some orders."""
    lines = Line.objects.filter(order__in=orders)
    taxes: dict[_Part, list[tuple[str, str, int]]] = defaultdict(list)
    units = {row[0]: row[1:] for row in lines.values_list("pk", "uncharged", "quantity")}
    for order, line, component, province, amount in TaxLine.objects.filter(
        order__in=orders
    ).values_list("order", "line", "component", "province", "amount"):
        cents = _charged(to_cents(amount), *units.get(line, (0, 1)))
        taxes[_Part(order, line)].append((component, province, cents))
    exempt: dict[int, list[tuple[str, str]]] = defaultdict(list)
    exemptions = OrderExemption.objects.filter(order__in=orders)
    for order, component, province in exemptions.values_list("order", "component", "province"):
        exempt[order].append((component, province))
    prices = {
        _Part(order, pk): _charged(to_cents(price), *units[pk])
        for order, pk, price in lines.values_list("order", "pk", "line_price_excl_tax")
    }
    charges = orders.values_list("pk", "shipping_excl_tax", "supply_country", "supply_province")
    places = {}
    for pk, charge, country, province in charges:
        prices[_Part(pk, None)] = to_cents(charge)
        places[pk] = (country, province)
    return _Ledger(prices, taxes, exempt, places)


def _charged(cents: int, uncharged: int, quantity: int) -> int:
    """Return what was charged for a line: without the units cancelled before the capture, which
    are its first ones, as in a refund."""
    return cents - price_of_first(uncharged, cents, quantity)


def _month(at: datetime, monthly: bool) -> str:
    return f"{timezone.localtime(at):%Y-%m}" if monthly else ""


def _position(key: Key) -> tuple[str, int, str, str]:
    return key.month, RowType.values.index(key.type), key.component, key.place


#: The columns of the CSV file.
COLUMNS = (
    "month", "type", "component", "place", "sales", "refunds", "net_sales", "tax", "tax_refunded",
    "net_tax",
)  # fmt: skip


def csv_rows(rows: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    """Yield the report as rows of a CSV file; amounts in CAD."""
    for row in rows:
        amounts = (row.sales, row.refunds, row.net_sales, row.tax, row.tax_refunded, row.net_tax)
        yield *row.key, *amounts
