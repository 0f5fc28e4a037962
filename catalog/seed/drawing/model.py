"""A product as flat faces, rounded bodies and lines in millimetres: one model for every view."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import pi
from typing import Literal, NamedTuple

from catalog.seed.drawing.geometry import ORIGIN, P2, P3, across, circle, smooth, turned
from catalog.seed.drawing.palette import COLOURS, HAIR, INK, THIN
from catalog.seed.drawing.stroke_font import text_lines


@dataclass(frozen=True)
class Shape:
    """What a canvas draws as one outline or line.

    "face": a flat patch, seen from both sides; "side": the side of a solid, only seen from outside;
    "body": the outline around the convex hulls of `lines`; "wire": a line; "ring": an edge around
    a body, of which the near half is seen.
    """

    kind: Literal["face", "side", "body", "wire", "ring"]
    lines: Sequence[Sequence[P3]]
    fill: str | None = None
    pen: float = THIN
    colour: str = INK
    opacity: float = 1.0

    def points(self) -> list[P3]:
        return [point for line in self.lines for point in line]


class Disc(NamedTuple):
    """A circle on both ends of a solid, `u` and `v` from the middle."""

    diameter: float
    wash: str
    u: float = 0.0
    v: float = 0.0


@dataclass(frozen=True)
class Part:
    """Shapes that stay in this order; parts are sorted by layer, then by nearness."""

    shapes: Sequence[Shape]
    layer: int = 0

    def points(self) -> list[P3]:
        return [point for shape in self.shapes for point in shape.points()]


@dataclass
class Model:
    """Everything that is drawn of a product."""

    parts: list[Part] = field(default_factory=list)

    # -- whole models ---------------------------------------------------------------------------
    def points(self) -> list[P3]:
        """Return all points, each once: neighbouring faces share most of them."""
        return list(dict.fromkeys(point for part in self.parts for point in part.points()))

    def shapes(self) -> list[Shape]:
        return [shape for part in self.parts for shape in part.shapes]

    def extent(self, axis: int) -> tuple[float, float]:
        """Return the lowest and the highest x (0), y (1) or z (2)."""
        values = [point[axis] for point in self.points()]
        return min(values), max(values)

    def size(self, axis: int) -> float:
        low, high = self.extent(axis)
        return high - low

    def mapped(
        self, change: Callable[[P3], P3], *, layer: int = 0, mirror: bool = False
    ) -> "Model":
        """Return the model with every point changed; a mirror image needs its faces reversed."""
        step = -1 if mirror else 1
        return Model([
            Part([replace(shape, lines=[[change(p) for p in line[::step]] for line in shape.lines])
                  for shape in part.shapes], part.layer + layer)
            for part in self.parts
        ])  # fmt: skip

    def merge(self, other: "Model", at: P3 = ORIGIN, layer: int = 0) -> None:
        """Add another model, moved by `at`."""
        x, y, z = at
        moved = other.mapped(lambda p: (p[0] + x, p[1] + y, p[2] + z), layer=layer)
        self.parts += moved.parts

    def merge_both_sides(self, half: "Model") -> None:
        """Add a model of what is right of the middle (high x), and its mirror image."""
        self.parts += half.parts
        self.parts += half.mapped(lambda p: (-p[0], p[1], p[2]), mirror=True).parts

    def scaled(self, x: float = 1, y: float = 1, z: float = 1) -> "Model":
        return self.mapped(lambda p: (p[0] * x, p[1] * y, p[2] * z))

    def laid_down(self) -> "Model":
        """Return the model on its back: what looked to the reader (low y) looks up."""
        return self.mapped(lambda p: (p[0], p[2], -p[1]))

    # -- flat shapes and lines ------------------------------------------------------------------
    def add(self, *shapes: Shape, layer: int = 0) -> None:
        self.parts.append(Part(shapes, layer))

    def face(
        self,
        points: Sequence[P3],
        wash: str = "paper",
        *,
        pen: float = THIN,
        opacity: float = 1.0,
        layer: int = 0,
    ) -> None:
        self.add(Shape("face", [points], COLOURS[wash], pen, opacity=opacity), layer=layer)

    def disc(
        self, axis: str, at: P3, diameter: float, wash: str, *, pen: float = HAIR, layer: int = 1
    ) -> None:
        """Add a flat circle across an axis."""
        self.face(across(axis, 0, circle(diameter / 2), at), wash, pen=pen, layer=layer)

    def wire(
        self,
        points: Sequence[P3],
        pen: float = THIN,
        colour: str = "ink",
        *,
        curved: bool = False,
        layer: int = 0,
    ) -> None:
        """Add a line through points, or a smooth curve."""
        line = smooth(points) if curved else points
        self.add(Shape("wire", [line], pen=pen, colour=COLOURS[colour]), layer=layer)

    def cord(
        self, points: Sequence[P3], pen: float, wash: str, *, curved: bool = False, layer: int = 0
    ) -> None:
        """Add a thick line with an outline."""
        line = smooth(points) if curved else points
        inner = max(pen * 0.5, pen - 2 * THIN)
        wires = [Shape("wire", [line], pen=pen), Shape("wire", [line], None, inner, COLOURS[wash])]
        self.add(*wires, layer=layer)

    def loop(
        self, axis: str, at: P3, diameter: float, pen: float, wash: str, *, layer: int = 0
    ) -> None:
        """Add a cord that forms a circle across an axis."""
        ring = across(axis, 0, circle(diameter / 2, 72), at)
        self.cord([*ring, ring[0]], pen, wash, layer=layer)

    def blades(
        self,
        axis: str,
        at: P3,
        count: int,
        outline: Sequence[P2],
        wash: str = "grey",
        *,
        layer: int = 0,
    ) -> None:
        """Add flat blades around an axis."""
        for i in range(count):
            blade = turned(outline, 2 * pi * i / count)
            self.face(across(axis, 0, blade, at), wash, layer=layer)

    def text(self, text: str, at: P3, height: float, *, layer: int = 0) -> None:
        """Add lettering on a level surface, its baseline at y."""
        x, y, z = at
        lines = [[(x + u, y - v, z) for u, v in line] for line in text_lines(text, height)]
        self.add(*(Shape("wire", [line], pen=3) for line in lines), layer=layer)

    # -- solids ---------------------------------------------------------------------------------
    def box(
        self, low: P3, high: P3, wash: str = "paper", *, pen: float = THIN, layer: int = 0
    ) -> None:
        """Add a box between two corners."""
        outline = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
        self.prism("z", (low[2], high[2]), outline, wash, pen=pen, layer=layer)

    def prism(
        self,
        axis: str,
        span: tuple[float, float],
        outline: Sequence[P2],
        wash: str = "paper",
        *,
        pen: float = THIN,
        side_pen: float = 0,
        ends: Sequence[Disc] = (),
        layer: int = 0,
    ) -> None:
        """Add an outline that is pushed along an axis, with all edges drawn."""
        low, high = (across(axis, along, outline) for along in span)
        fill = COLOURS[wash]
        corners = zip(low, [*low[1:], low[0]], [*high[1:], high[0]], high, strict=True)
        sides = [Shape("side", [corner], fill, side_pen or pen) for corner in corners]
        caps = [Shape("side", [line], fill, pen) for line in (low[::-1], high)]
        self.add(*sides, *caps, *_end_discs(axis, span, ORIGIN, ends), layer=layer)

    def turned(
        self,
        axis: str,
        profile: Sequence[tuple[float, float]],
        wash: str = "paper",
        *,
        at: P3 = ORIGIN,
        edges: Sequence[int] = (),
        ends: Sequence[Disc] = (),
        layer: int = 0,
    ) -> None:
        """Add a body turned on a lathe: (place along the axis, radius) from end to end.

        `edges` are the places in the profile where an edge is drawn around the body.
        """
        rings = [across(axis, along, circle(max(r, 1e-3)), at) for along, r in profile]
        bodies = [a + b for a, b in zip(rings, rings[1:], strict=False)]
        span = profile[0][0], profile[-1][0]
        self.add(
            Shape("body", bodies, COLOURS[wash]),
            *(Shape("ring", [rings[i]], pen=HAIR) for i in edges),
            Shape("side", [rings[0][::-1]], COLOURS[wash], THIN * 0.7),
            Shape("side", [rings[-1]], COLOURS[wash], THIN * 0.7),
            *_end_discs(axis, span, at, ends),
            layer=layer,
        )

    def rod(
        self,
        axis: str,
        span: tuple[float, float],
        diameter: float,
        wash: str = "paper",
        *,
        at: P3 = ORIGIN,
        ends: Sequence[Disc] = (),
        layer: int = 0,
    ) -> None:
        """Add a cylinder."""
        profile = [(along, diameter / 2) for along in span]
        self.turned(axis, profile, wash, at=at, ends=ends, layer=layer)


def _end_discs(axis: str, span: tuple[float, float], at: P3, ends: Sequence[Disc]) -> list[Shape]:
    shapes = []
    for diameter, wash, u, v in (Disc(*disc) for disc in ends):
        outline = [(u + x, v + y) for x, y in circle(diameter / 2, 36)]
        for along, step in ((span[0], -1), (span[1], 1)):
            points = across(axis, along, outline, at)[::step]
            shapes.append(Shape("side", [points], COLOURS[wash], HAIR))
    return shapes


def lineup(models: Sequence[Model], gap: float) -> Model:
    """Return several models side by side along x, on the same floor."""
    together, x = Model(), 0.0
    for model in models:
        (low, high), floor = model.extent(0), model.extent(2)[0]
        together.merge(model, (x - low, 0, -floor))
        x += high - low + gap
    return together


def fanned(models: Sequence[Model], step: P3, layers: int = 20) -> Model:
    """Return several models, each moved by a step from the one before and drawn over it."""
    together = Model()
    for i, model in enumerate(models):
        together.merge(model, (i * step[0], i * step[1], i * step[2]), layer=i * layers)
    return together
