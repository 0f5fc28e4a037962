"""Lifting surfaces: outlines of half a wing, and panels in space made from them."""

from math import cos, pi, radians, sin, tan

from catalog.seed.drawing.geometry import P2, P3
from catalog.seed.drawing.model import Face, Model, Shape, Wire
from catalog.seed.drawing.palette import HAIR, OUTLINE, WASH


def half_outline(shape: str, half: float, chord: float) -> tuple[list[P2], list[P2]]:
    """Leading and trailing edge from root to tip: x outwards, y forwards, root centred on 0."""
    if shape == "ellipse":
        steps = [sin(pi / 2 * i / 18) for i in range(19)]
        widths = [(1 - (t**2.6)) ** 0.5 for t in steps]
        lead = [(half * t, chord * 0.42 * w) for t, w in zip(steps, widths, strict=True)]
        trail = [(half * t, -chord * 0.58 * w) for t, w in zip(steps, widths, strict=True)]
        return lead, trail
    corners = {
        "straight": (0.5, 0.46, -0.5, -0.46),
        "taper": (0.5, 0.30, -0.5, -0.28),
        "swept": (0.5, -0.35, -0.5, -0.95),
        "delta": (1.3, -0.42, -0.5, -0.5),
        "polyhedral": (0.5, 0.30, -0.5, -0.34),
    }[shape]
    edges = [part * chord for part in corners]
    if shape in ("swept", "delta"):
        lead0, lead1, trail0, trail1 = edges
        nick = (lead1 - trail1) * 0.25  # the front corner of the tip is cut off
        lead = [(0, lead0), (half * 0.96, lead0 + (lead1 - lead0) * 0.96), (half, lead1 - nick)]
        trail = [(0, trail0), (half * 0.4, trail0 * 0.6 + trail1 * 0.4), (half, trail1)]
        return lead, trail
    return _rounded(half, *edges)


def _rounded(
    half: float, lead0: float, lead1: float, trail0: float, trail1: float
) -> tuple[list[P2], list[P2]]:
    """Straight edges with a tip rounded off over the last tenth of the span."""
    radius = min((lead1 - trail1) / 2, half * 0.12)
    knee = half - radius

    def edge(root: float, tip: float, sign: int) -> list[P2]:
        at = root + (tip - root) * knee / half
        middle = tip - sign * radius
        bend = [pi / 2 * i / 6 for i in range(1, 7)]
        return [
            (0, root),
            (knee / 2, (root + at) / 2),
            (knee, at),
            *((knee + radius * sin(a), middle + sign * radius * cos(a)) for a in bend),
        ]

    return edge(lead0, lead1, 1), edge(trail0, trail1, -1)


def lifted(point: P2, side: int, dihedral: float, bend: float, at: P3) -> P3:
    """A point of the outline in space; beyond `bend` the panel rises twice as steeply."""
    x, y = point
    z = x * tan(radians(dihedral))
    if bend and x > bend:
        z += (x - bend) * tan(radians(dihedral * 1.3))
    return at[0] + side * x, at[1] + y, at[2] + z


def add_wing(
    model: Model,
    shape: str,
    span: float,
    chord: float,
    at: P3,
    *,
    dihedral: float = 0,
    wash: str = "film",
    ribs: int = 5,
    layer: int = 1,
    ailerons: bool = False,
) -> None:
    """Both halves with ribs and a carbon leading edge."""
    half = span / 2
    lead, trail = half_outline(shape, half, chord)
    bend = half * 0.55 if shape == "polyhedral" else 0.0
    if bend:
        lead, trail = (_with_bend(edge, bend) for edge in (lead, trail))
    for side in (1, -1):
        edge = [lifted(p, side, dihedral, bend, at) for p in lead]
        back = [lifted(p, side, dihedral, bend, at) for p in trail]
        panel: list[Shape] = [Face([*edge, *back[::-1]], WASH[wash], opacity=0.86)]
        for line in _lines(lead, trail, half, ribs, chord if ailerons else 0):
            panel.append(Wire([lifted(p, side, dihedral, bend, at) for p in line], HAIR))
        model.add(*panel, Wire(edge, OUTLINE), layer=layer)


def _lines(
    lead: list[P2], trail: list[P2], half: float, ribs: int, aileron_chord: float
) -> list[list[P2]]:
    """Ribs, and the cut of an aileron where its chord is not 0."""
    places = [half * i / (ribs + 0.6) for i in range(1, ribs + 1)]
    lines = [[(x, edge_at(lead, x)), (x, edge_at(trail, x))] for x in places]
    if aileron_chord:
        inner, outer = half * 0.45, half * 0.92
        cut = [(x, edge_at(trail, x) + aileron_chord * 0.22) for x in (inner, outer)]
        lines.append([(inner, edge_at(trail, inner)), *cut, (outer, edge_at(trail, outer))])
    return lines


def _with_bend(edge: list[P2], bend: float) -> list[P2]:
    return sorted([*edge, (bend, edge_at(edge, bend))])


def edge_at(edge: list[P2], x: float) -> float:
    """y of an edge at a place along the span."""
    for (x0, y0), (x1, y1) in zip(edge, edge[1:], strict=False):
        if x0 <= x <= x1 and x1 > x0:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return edge[-1][1]


def add_fin(model: Model, outline: list[P2], at: P3, wash: str = "film", lean: float = 0) -> None:
    """An upright surface: (y, z) points from `at`, leaning outwards by degrees."""
    points = [(at[0] + z * tan(radians(lean)), at[1] + y, at[2] + z) for y, z in outline]
    model.face(points, wash, layer=1, opacity=0.9)
