"""The rate card as rows of a file, and what can be wrong with it.

A rate card is the rows of one method, zone and first day. A file replaces each card that it has
rows of, and leaves the others. Gaps and falling prices show only in a whole card, so the cards are
read and saved here, and `microflight.imports` adds files, dry run and report.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from checkout.shipping.models import (
    MAX_GRAMS,
    FuelSurcharge,
    MethodZone,
    ShippingMethod,
    ShippingRate,
)
from microflight.core.bounds import MAX_AMOUNT
from microflight.core.csv_files import InvalidFile
from microflight.core.money import rounded
from microflight.core.numbers import plain_number

REQUIRED = ("method", "zone", "up_to_g", "price", "effective_from")
COLUMNS = (*REQUIRED, "free")
_YES = "yes"


class Price(NamedTuple):
    """A row of a card. `row` is its number in the file, or 0."""

    up_to_g: int
    price: Decimal
    free: bool = False
    row: int = 0


class CellError(NamedTuple):
    """What is wrong in one cell."""

    row: int
    column: str
    message: str


class InvalidRates(Exception):
    """A file with errors; nothing was saved."""

    def __init__(self, errors: Sequence[CellError]) -> None:
        super().__init__(_("Nothing was saved."))
        self.errors = sorted(errors)


@dataclass
class Card:
    """The rows of a method and zone from one day on, in the file's order."""

    method_zone: MethodZone
    effective_from: date
    prices: list[Price] = field(default_factory=list)


def card_errors(prices: Sequence[Price], max_weight_g: int) -> Iterator[CellError]:
    """Return overlaps, falling prices and gaps of a card, each with the row that has it."""
    in_order = sorted(prices)
    for lighter, heavier in pairwise(in_order):
        if lighter.up_to_g == heavier.up_to_g:
            text = _("This card has two prices up to %(grams)d g.")
            yield CellError(heavier.row, "up_to_g", text % {"grams": heavier.up_to_g})
        elif heavier.price < lighter.price:
            text = _("Up to %(heavier)d g costs less than up to %(lighter)d g.")
            names = {"heavier": heavier.up_to_g, "lighter": lighter.up_to_g}
            yield CellError(heavier.row, "price", text % names)
    last = in_order[-1]
    if last.up_to_g < max_weight_g:
        text = _("The rates end at %(last)d g, but the method takes %(most)d g: add that row.")
        yield CellError(last.row, "up_to_g", text % {"last": last.up_to_g, "most": max_weight_g})
    for price in in_order:
        if price.up_to_g > max_weight_g:
            text = _("The method takes %(most)d g at most.")
            yield CellError(price.row, "up_to_g", text % {"most": max_weight_g})


# --- Download ------------------------------------------------------------------------------------


def export_rows() -> Iterator[tuple[object, ...]]:
    """Yield the cells of all rate cards."""
    rates = ShippingRate.objects.select_related("method_zone__method", "method_zone__zone")
    rows = rates.order_by(
        "method_zone__method__code", "method_zone__zone__code", "effective_from", "up_to_g"
    )
    return map(_cells, rows)


def _cells(rate: ShippingRate) -> tuple[object, ...]:
    to = rate.method_zone
    free = _YES if rate.free else ""
    return (
        to.method.code, to.zone.code, rate.up_to_g, rate.price, rate.effective_from.isoformat(),
        free,
    )  # fmt: skip


# --- Upload --------------------------------------------------------------------------------------


def lock(cards: Collection[Card]) -> None:
    """Lock what cards belong to, so that two imports of one card follow each other."""
    pks = {card.method_zone.pk for card in cards}
    list(MethodZone.objects.filter(pk__in=pks).select_for_update().order_by("pk").values("pk"))


def changes(card: Card) -> Iterator[tuple[int, int, ShippingRate | None, Price | None]]:
    """Yield what a card would change: the number of the row, or 0, grams, and the stored and the
    new price of that weight; None if there is none."""
    before = _stored(card)
    for price in card.prices:
        rate = before.pop(price.up_to_g, None)
        if rate is None or (rate.price, rate.free) != (price.price, price.free):
            yield price.row, price.up_to_g, rate, price
    for grams, rate in before.items():
        yield 0, grams, rate, None


def replace(card: Card) -> None:
    """Save a card: add, change and remove rates."""
    for _row, grams, rate, price in list(changes(card)):
        if price is None:
            if rate is not None:
                rate.delete()
            continue
        rate = rate or ShippingRate(
            method_zone=card.method_zone, effective_from=card.effective_from, up_to_g=grams
        )
        rate.price, rate.free = price.price, price.free
        rate.save()


def _stored(card: Card) -> dict[int, ShippingRate]:
    rates = card.method_zone.rates.filter(effective_from=card.effective_from)
    return {rate.up_to_g: rate for rate in rates.order_by("up_to_g")}


def read_cards(rows: Iterable[tuple[int, Mapping[str, str]]]) -> list[Card]:
    """Return the cards of numbered rows. Raises InvalidFile or InvalidRates."""
    served = {
        (to.method.code, to.zone.code): to
        for to in MethodZone.objects.select_related("method", "zone")
    }
    cards: dict[tuple[int, date], Card] = {}
    errors: list[CellError] = []
    for number, cells in rows:
        row = _Row(number, cells)
        to, day, price = row.method_zone(served), row.day(), row.price()
        errors += row.errors
        if to is not None and day is not None and price is not None:
            cards.setdefault((to.pk, day), Card(to, day)).prices.append(price)
    if not errors:
        for card in cards.values():
            errors += card_errors(card.prices, card.method_zone.method.max_weight_g)
    if errors:
        raise InvalidRates(errors)
    if not cards:
        raise InvalidFile(_("The file has no rows below the header."))
    return list(cards.values())


class _Row:
    """Reads the cells of a row, and collects what is wrong with them."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number, self.cells = number, cells
        self.errors: list[CellError] = []

    def _wrong(self, column: str, message: str) -> None:
        self.errors.append(CellError(self.number, column, message))

    def method_zone(self, served: dict[tuple[str, str], MethodZone]) -> MethodZone | None:
        method, zone = self.cells["method"], self.cells["zone"]
        if found := served.get((method, zone)):
            return found
        if method not in {code for code, _zone in served}:
            self._wrong("method", _("No shipping method with a zone has this code."))
        else:
            self._wrong("zone", _("The method does not ship to a zone with this code."))
        return None

    def day(self) -> date | None:
        try:
            day = parse_date(self.cells["effective_from"])
        except ValueError:
            day = None
        if day is None:
            self._wrong("effective_from", _("Enter a date like 2027-01-31."))
        return day

    def price(self) -> Price | None:
        grams = self._number("up_to_g", Decimal(1), Decimal(MAX_GRAMS), places=0)
        price = self._number("price", Decimal(0), MAX_AMOUNT, places=2)
        free = self.cells["free"].lower()
        if free not in ("", "no", _YES):
            self._wrong("free", _("Enter “yes”, or leave it empty."))
        elif price is not None and (price == 0) != (free == _YES):
            text = _("Only a price of 0.00 is free, and it needs “yes” under “free”.")
            self._wrong("price", text)
        if self.errors or grams is None or price is None:
            return None
        return Price(int(grams), rounded(price), free == _YES, self.number)

    def _number(self, column: str, low: Decimal, high: Decimal, places: int) -> Decimal | None:
        try:
            value = Decimal(plain_number(self.cells[column]))
            if not value.is_finite() or value != round(value, places):
                raise InvalidOperation
        except ValidationError as error:
            self._wrong(column, " ".join(error.messages))
        except InvalidOperation:
            text = _("Enter a whole number.") if places == 0 else _("Enter an amount like 12.50.")
            self._wrong(column, text)
        else:
            if low <= value <= high:
                return value
            limits = {"low": low, "high": high}
            self._wrong(column, _("Enter a number from %(low)s to %(high)s.") % limits)
        return None


# --- Warnings ------------------------------------------------------------------------------------


def warnings(today: date, method: ShippingMethod | None = None) -> list[str]:
    """Return what is wrong with the cards that are or will be in force, for staff.

    Of all active methods, or of one.
    """
    served = MethodZone.objects.filter(method__active=True, method__pickup=False)
    served = served.select_related("method", "zone")
    if method is not None:
        served = served.filter(method=method)
    rates: dict[int, dict[date, list[Price]]] = defaultdict(lambda: defaultdict(list))
    for rate in ShippingRate.objects.filter(method_zone__in=served):
        price = Price(rate.up_to_g, rate.price, rate.free)
        rates[rate.method_zone_id][rate.effective_from].append(price)
    found = []
    for to in served:
        cards = rates[to.pk]
        in_force = max((day for day in cards if day <= today), default=None)
        if in_force is None:
            found.append(_("%s has no rates today, so shoppers do not see it.") % to)
        for day in sorted(day for day in cards if in_force is None or day >= in_force):
            names = {"card": to, "day": day.isoformat()}
            for error in card_errors(cards[day], to.method.max_weight_g):
                names["problem"] = error.message
                found.append(_("%(card)s from %(day)s: %(problem)s") % names)
    return found + _without_surcharge(served, today)


def _without_surcharge(served: QuerySet[MethodZone], today: date) -> list[str]:
    """Return the methods with a fuel surcharge that has no percentage yet: nothing is added."""
    known = FuelSurcharge.objects.filter(starts_on__lte=today).values("surcharge")
    methods = {
        to.method
        for to in served.exclude(method__surcharge="").exclude(method__surcharge__in=known)
    }
    text = _("%(method)s has no fuel surcharge today: none is entered for “%(class)s”.")
    names = sorted((method.name, method.get_surcharge_display()) for method in methods)
    return [text % {"method": name, "class": kind} for name, kind in names]
