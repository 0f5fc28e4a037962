"""A build sheet: weight, balance, conflicts, missing parts and price of an airframe with parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext, ngettext

from catalog.build_sheet import balance
from catalog.build_sheet.product_data import Geometry, Part
from catalog.compatibility import fits
from catalog.compatibility.combination import Combination
from catalog.compatibility.models import Direction, Interface, Port
from microflight.core.units import format_number

#: Ports through which a battery's current flows.
_LOADS = frozenset({Interface.MOTOR, Interface.ACTUATOR, Interface.SERVO})


@dataclass(frozen=True)
class Placed:
    """A part with its place: mm behind the nose; `is_estimated`: the shopper chose none."""

    number: int  # of its row, from 1
    part: Part
    x: Decimal
    units: int
    is_estimated: bool

    @property
    def weight_g(self) -> Decimal:
        return self.part.weight_g * self.units

    @property
    def price(self) -> Decimal | None:
        return None if self.part.price is None else self.part.price * self.units

    @property
    def mass(self) -> balance.Mass:
        return balance.Mass(self.weight_g, self.x)


@dataclass(frozen=True)
class Sheet:
    """What is built. `battery_included`: the airframe has a battery built in."""

    airframe: Part | None
    geometry: Geometry
    placed: tuple[Placed, ...]
    battery_included: bool = False

    @property
    def on_board(self) -> tuple[Placed, ...]:
        return tuple(each for each in self.placed if each.part.is_on_board)

    # --- Weight and balance ---

    @cached_property
    def masses(self) -> list[balance.Mass]:
        """Return the airframe, if its own balance point is known, and the parts on board."""
        own = []
        if self.airframe and self.geometry.cg is not None:
            own = [balance.Mass(self.airframe.weight_g, self.geometry.cg)]
        return own + [each.mass for each in self.on_board]

    @cached_property
    def weight_g(self) -> Decimal:
        own = self.airframe.weight_g if self.airframe else Decimal(0)
        return own + sum((each.weight_g for each in self.on_board), Decimal(0))

    @cached_property
    def cg(self) -> Decimal | None:
        """Return the centre of gravity; None if the airframe's is unknown."""
        if self.airframe is None or self.geometry.cg is None:
            return None
        return balance.center_of_gravity(self.masses)

    @property
    def cg_shown(self) -> Decimal | None:
        """Return the centre of gravity as it is shown."""
        return None if self.cg is None else balance.rounded(self.cg)

    @property
    def wing_loading(self) -> Decimal | None:
        """Return the wing loading in g/dm²."""
        area = self.geometry.area_dm2
        return balance.wing_loading(self.weight_g, area) if area else None

    @property
    def target(self) -> Decimal | None:
        """Return the nearest point of the recommended range; None inside it, or if unknown."""
        low, high = self.geometry.cg_min, self.geometry.cg_max
        if self.cg is None or low is None or high is None or low <= self.cg <= high:
            return None
        return low if self.cg < low else high

    @property
    def is_balanced(self) -> bool:
        """Return whether the centre of gravity is known to be in the recommended range."""
        return self.cg is not None and self.geometry.cg_max is not None and self.target is None

    @property
    def advice(self) -> str:
        """Return how to reach the recommended range; "" if it is reached or unknown."""
        if self.target is None or self.cg is None:
            return ""
        weight = sum((mass.weight_g for mass in self.masses), Decimal(0))
        return self._move(weight, self.cg, self.target) or self._add(weight, self.cg, self.target)

    def _move(self, weight: Decimal, cg: Decimal, target: Decimal) -> str:
        """Return the advice to move the battery or the heaviest part; "" if none stays on board."""
        order = sorted(self.on_board, key=lambda one: (not one.part.is_battery, -one.weight_g))
        for each in order:
            move = balance.move_of(each.mass, weight, cg, target)
            if move is None or not 0 <= each.x + move.mm <= self.geometry.length_mm:
                continue
            if each.part.is_battery:
                text = (
                    gettext("Move the battery %(mm)s mm forward.")
                    if move.is_forward
                    else gettext("Move the battery %(mm)s mm back.")
                )
                return text % {"mm": move.distance}
            text = (
                gettext("Move “%(part)s” %(mm)s mm forward.")
                if move.is_forward
                else gettext("Move “%(part)s” %(mm)s mm back.")
            )
            return text % {"part": each.part.title, "mm": move.distance}
        return ""

    def _add(self, weight: Decimal, cg: Decimal, target: Decimal) -> str:
        is_tail_heavy = cg > target
        arm = Decimal(0) if is_tail_heavy else self.geometry.length_mm
        grams = balance.ballast(weight, cg, target, arm)
        if grams is None:
            return gettext("No part can be moved far enough.")
        text = (
            gettext("Add %(grams)s g at the nose.")
            if is_tail_heavy
            else gettext("Add %(grams)s g at the tail.")
        )
        return text % {"grams": format_number(grams)}

    # --- Compatibility ---

    @cached_property
    def combination(self) -> Combination:
        parts = [self.airframe] if self.airframe else []
        return Combination(one.member for one in (*parts, *(each.part for each in self.placed)))

    @property
    def conflicts(self) -> list[str]:
        """Return what would do damage, does not connect, or draws too much."""
        found = [*self.combination.damage(), *self.combination.wrong_connectors(), *self._load()]
        return list(dict.fromkeys(found))

    def _load(self) -> Iterable[str]:
        """Yield a warning if motors, actuators and servos draw more than the batteries supply: all
        at once with motors stalled, so it is an estimate."""
        drawn = sum(
            (one.current * each.units for each in self.placed for one in _loads(each.part)
             if one.current), Decimal(0),
        )  # fmt: skip
        supplied = sum(
            (one.current * each.units for each in self.placed for one in each.part.ports
             if one.interface == Interface.BATTERY and one.direction == Direction.PROVIDES
             and one.current), Decimal(0),
        )  # fmt: skip
        if supplied and drawn > supplied:
            text = gettext(
                "Motors and actuators draw up to %(drawn)s A (estimate); the battery supplies at "
                "most %(supplied)s A."
            )
            yield text % {"drawn": format_number(drawn), "supplied": format_number(supplied)}

    @cached_property
    def unmet(self) -> list[Port]:
        """Return what is needed and not on the sheet."""
        own = self.airframe.member.pk if self.airframe and self.battery_included else None
        return [
            port
            for port in self.combination.unmet()
            if not (port.product_id == own and port.interface == Interface.BATTERY)
        ]

    @cached_property
    def missing(self) -> tuple[fits.FitGroup, ...]:
        """Return what is missing, with products that fit. One query, none if nothing is missing."""
        return fits.read(0, self.unmet, (), {}).needs

    # --- Price ---

    @property
    def total(self) -> Decimal:
        """Return the price in CAD before tax."""
        own = self.airframe.price if self.airframe else None
        prices = [own, *(each.price for each in self.placed)]
        return sum((price for price in prices if price is not None), Decimal(0))

    @property
    def lines(self) -> list[str]:
        """Return “SKU quantity” of everything, for the cart."""
        own = [f"{self.airframe.sku} 1"] if self.airframe else []
        return own + [f"{each.part.sku} {each.units}" for each in self.placed]

    @property
    def summary(self) -> str:
        """Return the result in one line, for screen readers."""
        count = len(self.placed)
        text = ngettext("%(n)s part, %(weight)s g", "%(n)s parts, %(weight)s g", count)
        said = text % {"n": count, "weight": format_number(self.weight_g)}
        if self.cg_shown is not None:
            at = gettext("centre of gravity %(mm)s mm behind the nose")
            said = f"{said}, {at % {'mm': format_number(self.cg_shown)}}"
        return said


def _loads(part: Part) -> list[Port]:
    return [
        port
        for port in part.ports
        if port.interface in _LOADS and port.direction == Direction.NEEDS
    ]
