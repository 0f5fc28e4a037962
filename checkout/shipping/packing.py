"""Packs an order into cartons, and chooses the cheapest set of them.

Items are kept in one order, by size, and each parcel takes the next ones of that order. Among all
ways to do that, `pack` finds the cheapest. Two properties follow, which packing by the usual rules
("first fit") does not have: with an item less or a lighter one, the price never rises; and the
time is bounded (500 items: see tests/checkout/shipping/test_packing.py).

An item without a size counts by its weight alone.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from itertools import accumulate

from checkout.shipping.models import Carton

#: Weights are added up in hundredths of a gram.
_PER_GRAM = 100
_NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class Item:
    """Units of a product: weight and packed size of one, and what rules count, such as cells."""

    reference: str
    weight_g: Decimal
    quantity: int = 1
    size_mm: tuple[int, int, int] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that rules allow in one parcel, carton included; what is missing has no limit."""

    weight_g: int | None = None
    size_mm: tuple[int, int, int] | None = None  # of the outside
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What one parcel costs up to and including a billable weight, in CAD before tax."""

    up_to_g: int
    charge: Decimal


@dataclass(frozen=True, slots=True)
class Parcel:
    """A packed carton. `left_g` more grams fit into it at the same price."""

    carton: Carton
    weight_g: int  # carton included, rounded up
    contents: tuple[tuple[str, int], ...]  # reference, quantity
    left_g: int

    def billable_g(self, divisor: int | None) -> int:
        """Return the greater of its weight and its volumetric weight, in grams."""
        return max(self.weight_g, self.carton.volumetric_g(divisor))


@dataclass(frozen=True, slots=True)
class _Option:
    """A carton at a price: it takes items of so many hundredths of a gram."""

    carton: Carton
    capacity: int
    charge: Decimal


#: (charge, parcels, grams of cartons): the least is the best.
_Cost = tuple[Decimal, int, int]
#: The cheapest way to pack the first units: where its last parcel starts, and that parcel's option.
_Way = tuple[_Cost, int, _Option]


def pack(
    items: Sequence[Item],
    cartons: Sequence[Carton],
    *,
    limits: Limits | None = None,
    steps: Sequence[Step] = (),
    divisor: int | None = None,
) -> list[Parcel] | None:
    """Return the cheapest parcels at the prices `steps`, or None if an item fits nowhere.

    Without `steps`: the fewest parcels, then the lightest cartons. `divisor`: see
    `ShippingMethod.volumetric_divisor`. For the same arguments, the answer is the same.
    """
    limits = limits or Limits()
    options = _options(cartons, limits, steps or [Step(_NO_LIMIT, Decimal(0))], divisor)
    units = _Units(items, limits)
    best: list[_Way | None] = [None] * (units.count + 1)
    for start in range(units.count):
        before = best[start]
        if start and before is None:
            continue
        charge, parcels, grams = before[0] if before else (Decimal(0), 0, 0)
        for option in options:
            end = units.end(start, option)
            cost = (charge + option.charge, parcels + 1, grams + option.carton.own_weight_g)
            if end > start and ((known := best[end]) is None or cost < known[0]):
                best[end] = (cost, start, option)
    return _parcels(best, units)


def _parcels(best: Sequence[_Way | None], units: "_Units") -> list[Parcel] | None:
    parcels, end = [], units.count
    while end:
        if (found := best[end]) is None:
            return None
        _cost, start, option = found
        parcels.append(units.parcel(start, end, option))
        end = start
    return parcels[::-1]


def _options(
    cartons: Sequence[Carton], limits: Limits, steps: Sequence[Step], divisor: int | None
) -> list[_Option]:
    """Return each carton at each price; a price that takes no more than a lower one is left out."""
    options = []
    for carton in cartons:
        if limits.size_mm and not _fits(carton.outside_mm, limits.size_mm):
            continue
        most = min(carton.max_weight_g, limits.weight_g or _NO_LIMIT)
        taken = 0
        for step in sorted(steps, key=lambda each: each.up_to_g):
            grams = min(step.up_to_g, most)
            if step.up_to_g >= carton.volumetric_g(divisor) and grams > taken:
                capacity = (grams - carton.own_weight_g) * _PER_GRAM
                options.append(_Option(carton, capacity, step.charge))
                taken = grams
    return options


def _fits(inner: Sequence[int], outer: Sequence[int]) -> bool:
    """Return whether a box of one size fits into another one, turned as needed."""
    pairs = zip(sorted(inner), sorted(outer), strict=True)
    return all(small <= large for small, large in pairs)


class _Units:
    """Single units in the order of packing, with running totals of what cartons and rules limit."""

    def __init__(self, items: Sequence[Item], limits: Limits) -> None:
        in_order = sorted(items, key=_by_size)
        self._units = [item for item in in_order for _ in range(item.quantity)]
        self.count = len(self._units)
        self._weights = self._totals([_hundredths(each.weight_g) for each in self._units])
        self._volumes = self._totals([_volume(each) for each in self._units])
        self._counted = [
            (most, self._totals([each.counts.get(name, 0) for each in self._units]))
            for name, most in limits.counts.items()
        ]
        self._misfits: dict[int, list[int]] = {}

    @staticmethod
    def _totals(values: Sequence[int]) -> list[int]:
        return [0, *accumulate(values)]

    def end(self, start: int, option: _Option) -> int:
        """Return where the longest run from `start` ends that fits; `start` if nothing fits."""
        carton = option.carton
        end = self._reach(self._weights, start, option.capacity)
        for most, totals in self._counted:
            end = min(end, self._reach(totals, start, most))
        misfits = self._misfits_of(carton)
        end = min(end, misfits[bisect_right(misfits, start - 1)])
        # one item alone fits if its sides do
        return min(end, max(start + 1, self._reach(self._volumes, start, _usable(carton))))

    @staticmethod
    def _reach(totals: Sequence[int], start: int, most: int) -> int:
        return max(start, bisect_right(totals, totals[start] + most, lo=start) - 1)

    def _misfits_of(self, carton: Carton) -> list[int]:
        """Return the places of the units that do not fit into a carton, then the end."""
        if carton.pk not in self._misfits:
            inside = carton.inside_mm
            found = [
                place
                for place, each in enumerate(self._units)
                if each.size_mm and not _fits(each.size_mm, inside)
            ]
            self._misfits[carton.pk] = [*found, self.count]
        return self._misfits[carton.pk]

    def parcel(self, start: int, end: int, option: _Option) -> Parcel:
        weight = self._weights[end] - self._weights[start]
        contents = Counter(each.reference for each in self._units[start:end])
        is_full = self._volumes[end] - self._volumes[start] > _usable(option.carton)
        return Parcel(
            carton=option.carton,
            weight_g=option.carton.own_weight_g - (-weight // _PER_GRAM),
            contents=tuple(contents.items()),
            left_g=0 if is_full else (option.capacity - weight) // _PER_GRAM,
        )


def _usable(carton: Carton) -> int:
    """Return the space in mm³ that several items fill at most."""
    length, width, height = carton.inside_mm
    return length * width * height * carton.usable_percent // 100


def _hundredths(grams: Decimal) -> int:
    return int((grams * _PER_GRAM).to_integral_value(rounding=ROUND_UP))


def _volume(item: Item) -> int:
    length, width, height = item.size_mm or (0, 0, 0)
    return length * width * height


def _by_size(item: Item) -> tuple[int, int, str]:
    """The largest first, those without a size last; never by weight, see the module."""
    return (-max(item.size_mm or (0,)), -_volume(item), item.reference)
