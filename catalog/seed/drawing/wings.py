"""Lifting surfaces: outlines of half a wing, and panels in space made from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import radians, tan

from catalog.seed.drawing.geometry import P2, P3
from catalog.seed.drawing.model import Model, Shape
from catalog.seed.drawing.palette import COLOURS, HAIR, OUTLINE
from catalog.seed.drawing.shape_tables import outline

#: Places from the root to the tip: x outwards, y (forwards) of the leading and the trailing edge.
Outline = Sequence[tuple[float, float, float]]

BEND = 0.55  # where the outer panel of a polyhedral wing begins


@dataclass(frozen=True)
class Wing:
    """A wing or tailplane: its halves with ribs and a carbon leading edge."""

    shape: str
    span: float
    chord: float
    dihedral: float = 0
    wash: str = "film"
    ribs: int = 2
    has_ailerons: bool = False

    @cached_property
    def edges(self) -> Outline:
        """The outline of the right half in millimetres."""
        half, chord = self.span / 2, self.chord
        places = outline("wing", self.shape)
        return [(x * half, lead * chord, trail * chord) for x, lead, trail in places]

    def edges_at(self, x: float) -> P2:
        """Return y of the leading and the trailing edge at a place along the span."""
        for (x0, lead0, trail0), (x1, lead1, trail1) in pairwise(self.edges):
            if x0 <= x <= x1:
                share = (x - x0) / (x1 - x0)
                return lead0 + (lead1 - lead0) * share, trail0 + (trail1 - trail0) * share
        return self.edges[-1][1:]

    def height(self, x: float) -> float:
        """Return how high a place is; beyond the bend, the panel rises more than twice as much."""
        bend = self.span / 2 * BEND if self.shape == "polyhedral" else self.span
        return tan(radians(self.dihedral)) * (x + 1.3 * max(x - bend, 0))

    def add_to(self, model: Model, at: P3, layer: int = 1) -> None:
        """Add the wing, its root at `at`."""

        def placed(x: float, y: float) -> P3:
            return at[0] + x, at[1] + y, at[2] + self.height(x)

        lead = [placed(x, y) for x, y, _ in self.edges]
        trail = [placed(x, y) for x, _, y in self.edges]
        panel = Shape("face", [[*lead, *trail[::-1]]], COLOURS[self.wash], opacity=0.86)
        lines = [[placed(x, y) for x, y in line] for line in self._lines()]
        wires = [Shape("wire", [line], pen=HAIR) for line in lines]
        right = Model()
        right.add(panel, *wires, Shape("wire", [lead], pen=OUTLINE), layer=layer)
        model.merge_both_sides(right)

    def _lines(self) -> list[list[P2]]:
        """Return the ribs and the cut of an aileron."""
        half = self.span / 2
        places = [half * i / (self.ribs + 0.6) for i in range(1, self.ribs + 1)]
        lines = [[(x, y) for y in self.edges_at(x)] for x in places]
        if self.has_ailerons:
            inner, outer = ((x, self.edges_at(x)[1]) for x in (half * 0.45, half * 0.92))
            cut = [(x, y + self.chord * 0.22) for x, y in (inner, outer)]
            lines.append([inner, *cut, outer])
        return lines


def add_fin(
    model: Model, kind: str, size: float, at: P3, wash: str = "film", lean: float = 0
) -> None:
    """Add an upright surface that leans outwards by degrees."""
    x, y, z = at
    slope = tan(radians(lean))
    fin = outline("fin", kind)
    points = [(x + v * size * slope, y + u * size, z + v * size) for u, v in fin]
    model.face(points, wash, layer=1, opacity=0.9)
