"""Weight, centre of gravity and wing loading of a build, and how to move the centre of gravity.

Positions are in mm behind the nose (the datum), weights in g, areas in dm².
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

_TENTH, _WHOLE = Decimal("0.1"), Decimal("1")


@dataclass(frozen=True, slots=True)
class Mass:
    """A point mass: g, and mm behind the nose."""

    weight_g: Decimal
    x: Decimal


@dataclass(frozen=True, slots=True)
class Move:
    """How far a part moves: mm, negative forward."""

    mm: Decimal

    @property
    def distance(self) -> Decimal:
        return abs(self.mm)

    @property
    def is_forward(self) -> bool:
        return self.mm < 0


def total_weight(masses: Sequence[Mass]) -> Decimal:
    """Return the weight in g."""
    return sum((mass.weight_g for mass in masses), Decimal(0))


def center_of_gravity(masses: Sequence[Mass]) -> Decimal | None:
    """Return the centre of gravity, not rounded; None without weight.

    It is the sum of the moments (weight times arm) divided by the total weight: FAA-H-8083-1A,
    Aircraft Weight and Balance Handbook (2007), chapter 2, "Determining the CG".
    """
    total = total_weight(masses)
    if not total:
        return None
    moment = sum((mass.weight_g * mass.x for mass in masses), Decimal(0))
    return moment / total


def rounded(number: Decimal) -> Decimal:
    """Return a result as it is shown: to a tenth."""
    return number.quantize(_TENTH, ROUND_HALF_UP)


def wing_loading(weight_g: Decimal, area_dm2: Decimal) -> Decimal:
    """Return the wing loading in g/dm²: weight divided by wing area (J. D. Anderson, Introduction
    to Flight, W/S)."""
    return rounded(weight_g / area_dm2)


def move_of(part: Mass, total_g: Decimal, cg: Decimal, target: Decimal) -> Move | None:
    """Return how far to move a part so that the centre of gravity reaches the target; a whole
    number of mm, rounded up; None for a part without weight.

    Weight moved / total weight = change of the CG / distance moved (FAA-H-8083-1A,
    chapter 2, "Basic Weight and Balance Equation").
    """
    if not part.weight_g:
        return None
    exact = (target - cg) * total_g / part.weight_g
    whole = abs(exact).quantize(_WHOLE, ROUND_CEILING)
    return Move(whole if exact > 0 else -whole)


def ballast(total_g: Decimal, cg: Decimal, target: Decimal, arm: Decimal) -> Decimal | None:
    """Return the weight in g to add at `arm` so that the centre of gravity reaches the target; None
    where no weight does it.

    From the moments about the target: added (arm - target) = total (target - cg), the law of
    the lever in FAA-H-8083-1A, chapter 2.
    """
    lever = arm - target
    if not lever or (added := total_g * (target - cg) / lever) <= 0:
        return None
    return added.quantize(Decimal("0.01"), ROUND_CEILING)
