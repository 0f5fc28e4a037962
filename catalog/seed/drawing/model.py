"""A product as faces, rounded bodies and wires in millimetres: one model, seen from any side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from catalog.seed.drawing.geometry import P2, P3, circle, on_axis
from catalog.seed.drawing.palette import HAIR, INK, OUTLINE, THIN, WASH


@dataclass
class Face:
    """A flat patch. One that looks away from the eye is left out when `solid`."""

    points: list[P3]
    fill: str | None
    pen: float = THIN
    solid: bool = False
    colour: str = INK
    opacity: float = 1.0


@dataclass
class Body:
    """A rounded body: the outline around the convex hulls of its rings."""

    rings: list[list[P3]]
    fill: str
    pen: float = OUTLINE


@dataclass
class Wire:
    """A line in space."""

    points: list[P3]
    pen: float = THIN
    colour: str = INK


@dataclass
class Ring:
    """An edge around a rounded body, of which only the near half is seen."""

    points: list[P3]
    centre: P3
    pen: float = HAIR


Shape = Face | Body | Wire | Ring


@dataclass
class Part:
    """Shapes that stay in this order; parts are sorted by layer, then by nearness."""

    shapes: list[Shape]
    layer: int = 0

    def points(self) -> list[P3]:
        found: list[P3] = []
        for shape in self.shapes:
            found += sum(shape.rings, []) if isinstance(shape, Body) else shape.points
        return found


@dataclass
class Model:
    """Everything that is drawn of a product, in millimetres."""

    parts: list[Part] = field(default_factory=list)

    def add(self, *shapes: Shape, layer: int = 0) -> None:
        self.parts.append(Part(list(shapes), layer))

    def merge(self, other: "Model", at: P3 = (0, 0, 0), layer: int = 0) -> None:
        """Put another model into this one, moved by `at`."""
        for part in other.parts:
            shapes = [_moved(shape, at) for shape in part.shapes]
            self.parts.append(Part(shapes, part.layer + layer))

    def points(self) -> list[P3]:
        return [point for part in self.parts for point in part.points()]

    def size(self, axis: int) -> float:
        """Millimetres from end to end along x (0), y (1) or z (2)."""
        values = [point[axis] for point in self.points()]
        return max(values) - min(values)

    def scaled(self, x: float = 1, y: float = 1, z: float = 1) -> "Model":
        """The same model, stretched along the axes."""

        def stretch(p: P3) -> P3:
            return p[0] * x, p[1] * y, p[2] * z

        parts = [
            Part([_mapped(s, stretch) for s in part.shapes], part.layer) for part in self.parts
        ]
        return Model(parts)

    def turned_over(self) -> "Model":
        """Laid on its back: what looked to the reader (low y) looks up, z becomes y."""
        parts = [
            Part([_mapped(s, lambda p: (p[0], p[2], -p[1])) for s in part.shapes], part.layer)
            for part in self.parts
        ]
        return Model(parts)

    def face(
        self,
        points: Sequence[P3],
        wash: str | None = "paper",
        *,
        pen: float = THIN,
        layer: int = 0,
        opacity: float = 1.0,
    ) -> None:
        """A flat patch, seen from both sides."""
        fill = WASH[wash] if wash else None
        self.add(Face(list(points), fill, pen, opacity=opacity), layer=layer)

    def wire(
        self, points: Sequence[P3], pen: float = THIN, *, layer: int = 0, colour: str = INK
    ) -> None:
        self.add(Wire(list(points), pen, colour), layer=layer)

    def box(
        self, low: P3, high: P3, wash: str = "paper", *, pen: float = THIN, layer: int = 0
    ) -> None:
        """A box between two corners."""
        profile = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
        self.prism(profile, "z", low[2], high[2], wash, pen=pen, layer=layer)

    def prism(
        self,
        profile: Sequence[P2],
        axis: str,
        start: float,
        end: float,
        wash: str = "paper",
        *,
        at: P3 = (0, 0, 0),
        pen: float = THIN,
        side_pen: float | None = None,
        layer: int = 0,
    ) -> None:
        """A profile (counter-clockwise) pushed along an axis, with all edges drawn.

        Profiles are (y, z) along x, (z, x) along y and (x, y) along z.
        """
        low = [on_axis(axis, start, p, at) for p in profile]
        high = [on_axis(axis, end, p, at) for p in profile]
        fill = WASH[wash]
        shapes: list[Shape] = []
        for i in range(len(profile)):
            j = (i + 1) % len(profile)
            quad = [low[i], low[j], high[j], high[i]]
            shapes.append(Face(quad, fill, side_pen or pen, solid=True))
        shapes += [Face(low[::-1], fill, pen, solid=True), Face(high, fill, pen, solid=True)]
        self.add(*shapes, layer=layer)

    def turned(
        self,
        profile: Sequence[tuple[float, float]],
        axis: str,
        wash: str = "paper",
        *,
        at: P3 = (0, 0, 0),
        pen: float = THIN,
        rings: Sequence[int] = (),
        layer: int = 0,
    ) -> None:
        """A body turned on a lathe: (place along the axis, radius) from one end to the other.

        `rings` names the places in the profile where an edge is drawn around the body.
        """
        discs = [
            [on_axis(axis, along, p, at) for p in circle(max(radius, 1e-3))]
            for along, radius in profile
        ]
        fill = WASH[wash]
        bodies = [a + b for a, b in zip(discs, discs[1:], strict=False)]
        shapes: list[Shape] = [Body(bodies, fill, pen)]
        for i in rings:
            centre = on_axis(axis, profile[i][0], (0, 0), at)
            shapes.append(Ring(discs[i], centre))
        shapes.append(Face(discs[0][::-1], fill, pen * 0.7, solid=True))
        shapes.append(Face(discs[-1], fill, pen * 0.7, solid=True))
        self.add(*shapes, layer=layer)

    def rod(
        self,
        axis: str,
        start: float,
        end: float,
        diameter: float,
        wash: str = "paper",
        *,
        at: P3 = (0, 0, 0),
        pen: float = THIN,
        hole: float = 0,
        layer: int = 0,
    ) -> None:
        """A cylinder, with a hole along its axis if that is wanted."""
        profile = [(start, diameter / 2), (end, diameter / 2)]
        self.turned(profile, axis, wash, at=at, pen=pen, layer=layer)
        if hole:
            ring = circle(hole / 2)
            for along, step in ((start, -1), (end, 1)):
                points = [on_axis(axis, along, p, at) for p in ring][::step]
                self.parts[-1].shapes.append(Face(points, WASH["dark"], HAIR, solid=True))


def _moved(shape: Shape, by: P3) -> Shape:
    return _mapped(shape, lambda p: (p[0] + by[0], p[1] + by[1], p[2] + by[2]))


def _mapped(shape: Shape, change: Callable[[P3], P3]) -> Shape:
    """The shape with every point changed."""

    def move(points: list[P3]) -> list[P3]:
        return [change(point) for point in points]

    if isinstance(shape, Body):
        return Body([move(ring) for ring in shape.rings], shape.fill, shape.pen)
    if isinstance(shape, Ring):
        return Ring(move(shape.points), move([shape.centre])[0], shape.pen)
    if isinstance(shape, Wire):
        return Wire(move(shape.points), shape.pen, shape.colour)
    return Face(move(shape.points), shape.fill, shape.pen, shape.solid, shape.colour, shape.opacity)
