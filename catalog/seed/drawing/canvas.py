"""An image of 1200 x 900 pixels: models drawn to scale, text, dimension lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import atan2, cos, degrees, hypot, sin

from catalog.seed.drawing.geometry import P2, P3, Camera, hull, normal
from catalog.seed.drawing.model import Model, Part, Shape
from catalog.seed.drawing.palette import (
    HAIR,
    INK,
    OUTLINE,
    PAPER,
    SHADOW,
    SKY,
    THIN,
    coordinate,
    darkened,
    figure,
)
from catalog.seed.drawing.stroke_font import text_lines, text_width

WIDTH, HEIGHT = 1200, 900
MARGIN = 60
LIGHT = (-0.45, -0.5, 0.74)
Box = tuple[float, float, float, float]  # left, top, width, height in pixels


def box_around(points: Iterable[P2]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


@dataclass(frozen=True)
class Projection:
    """A camera, and how its millimetres map to pixels."""

    camera: Camera
    scale: float  # pixels per millimetre
    shift: P2

    def at(self, point: P3) -> P2:
        x, y = self.camera.project(point)
        return x * self.scale + self.shift[0], y * self.scale + self.shift[1]

    def all_at(self, points: Sequence[P3]) -> list[P2]:
        return [self.at(point) for point in points]


def fitted(
    points: Sequence[P3], camera: Camera, box: Box, limit: float | None = None
) -> Projection:
    """Return the view that centres points in a box, as large as possible up to `limit`."""
    x, y, width, height = box_around(map(camera.project, points))
    scale = min(box[2] / max(width, 1e-6), box[3] / max(height, 1e-6), limit or 1e9)
    left = box[0] + box[2] / 2 - (x + width / 2) * scale
    top = box[1] + box[3] / 2 - (y + height / 2) * scale
    return Projection(camera, scale, (left, top))


@dataclass
class Canvas:
    """SVG elements in the order they are drawn."""

    elements: list[str] = field(default_factory=list)

    def svg(self) -> str:
        body = "\n".join(self.elements)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="{WIDTH}" height="{HEIGHT}" '
            f'fill="{PAPER}"/><g fill="none" stroke-linejoin="round" stroke-linecap="round">'
            f"{body}</g></svg>"
        )

    # -- models ---------------------------------------------------------------------------------
    def model(self, model: Model, view: Projection) -> None:
        """Draw a model, far parts first."""

        def order(part: Part) -> tuple[int, float]:
            points = part.points()
            return part.layer, sum(map(view.camera.nearness, points)) / len(points)

        for part in sorted(model.parts, key=order):
            for shape in part.shapes:
                self._shape(shape, view)

    def _shape(self, shape: Shape, view: Projection) -> None:
        lines = [view.all_at(line) for line in shape.lines]
        if shape.kind == "wire":
            self.path(lines[0], shape.pen, shape.colour, closed=False)
        elif shape.kind == "ring":
            self.path(view.all_at(_near_half(shape.lines[0], view)), shape.pen, closed=False)
        elif shape.kind == "body":
            outlines = [hull(line) for line in lines]
            for outline in outlines:
                self.path(outline, shape.pen * 2, fill=INK)
            for outline in outlines:
                self.path(outline, 0.4, shape.fill or "", fill=shape.fill)
        elif shape.kind == "face":
            self.path(lines[0], shape.pen, fill=shape.fill, opacity=shape.opacity)
        else:
            direction = normal(shape.lines[0])
            if view.camera.nearness(direction) > 1e-6:
                self.path(lines[0], shape.pen, fill=_shaded(shape.fill or PAPER, direction))

    def shadow(self, model: Model, view: Projection, ground: float) -> None:
        """Draw the shadow of a model on the floor, `ground` millimetres up."""
        for shape in model.shapes():
            if shape.kind in ("face", "side", "body"):
                for line in shape.lines:
                    flat = view.all_at([(x, y, ground) for x, y, _ in line])
                    outline = hull(flat) if shape.kind == "body" else flat
                    self.path(outline, 0, fill=SHADOW)

    # -- lines and text -------------------------------------------------------------------------
    def path(
        self,
        points: Sequence[P2],
        pen: float = THIN,
        stroke: str = INK,
        *,
        fill: str | None = None,
        closed: bool = True,
        opacity: float = 1.0,
    ) -> None:
        """Draw a polygon or, if not closed, a line; a pen of 0 draws no outline."""
        if len(points) < 2:
            return
        data = _path_data(points) + ("Z" if closed else "")
        outline = f' stroke="{stroke}" stroke-width="{coordinate(pen)}"' if pen else ""
        inside = f' fill="{fill}"' if fill else ""
        see_through = f' fill-opacity="{opacity}"' if opacity < 1 else ""
        self.elements.append(f'<path d="{data}"{outline}{inside}{see_through}/>')

    def text(
        self,
        text: str,
        at: P2,
        height: float,
        colour: str = INK,
        *,
        shift: float = 0.0,
        turn: float = 0.0,
        halo: bool = False,
    ) -> None:
        """Draw text from `at`, moved left by a share of its width and turned by degrees."""
        left = at[0] - text_width(text, height) * shift
        lines = [[(left + x, at[1] + y) for x, y in line] for line in text_lines(text, height)]
        data = " ".join(map(_path_data, lines))
        around = f' transform="rotate({coordinate(turn)} {coordinate(at[0])} {coordinate(at[1])})"'
        pens = [(PAPER, height / 2)] if halo else []
        for stroke, pen in (*pens, (colour, max(height / 9.5, 1.6))):
            self.elements.append(
                f'<path d="{data}" stroke="{stroke}" stroke-width="{coordinate(pen)}"'
                f"{around if turn else ''}/>"
            )

    def dimension(self, a: P2, b: P2, side: str, edge: float, text: str) -> None:
        """Draw a dimension line for a-b at x or y = `edge`, with lines from both points to it."""
        is_level = side in ("top", "bottom")
        a, b = sorted((a, b), key=lambda p: p[0] if is_level else -p[1])
        start, end = ((p[0], edge) if is_level else (edge, p[1]) for p in (a, b))
        out = -10.0 if side in ("top", "left") else 10.0
        for p, q in ((a, start), (b, end)):
            line = [(x, y + out) if is_level else (x + out, y) for x, y in (p, q)]
            self.path(line, HAIR, SKY, closed=False)
        self._arrows(start, end)
        self._dimension_text(start, end, text)

    def _arrows(self, start: P2, end: P2) -> None:
        """Draw the line with arrow heads inside, or outside if it is short."""
        along, length = _direction(start, end)
        is_long = length > 70
        tail = 0 if is_long else 34
        line = [_moved(start, along, -tail), _moved(end, along, tail)]
        self.path(line, HAIR * 1.2, SKY, closed=False)
        for tip, sign in ((start, 1), (end, -1)):
            back = _moved(tip, along, 18 * (sign if is_long else -sign))
            across = -along[1], along[0]
            wings = [_moved(back, across, 4.5), _moved(back, across, -4.5)]
            self.path([tip, *wings], 0.6, SKY, fill=SKY)

    def _dimension_text(self, start: P2, end: P2, text: str) -> None:
        """Draw the text in the middle of the line if there is room, else after its end."""
        along, length = _direction(start, end)
        width = text_width(text, 24)
        has_room = length >= width + 64
        middle = _moved(start, along, length / 2 if has_room else length + 48 + width / 2)
        turn = atan2(along[1], along[0])
        base = middle[0] - sin(turn) * 12, middle[1] + cos(turn) * 12
        self.text(text, base, 24, SKY, shift=0.5, turn=degrees(turn), halo=True)

    def caption(self, text: str, view: Projection) -> None:
        """Draw a text and a scale bar for a round number of millimetres at the bottom."""
        self.text(text, (MARGIN, 850), 19)
        length = next(mm for mm in _ROUND if mm * view.scale >= 90)
        end = WIDTH - MARGIN
        start = end - length * view.scale
        self.path([(start, 846), (end, 846)], OUTLINE, closed=False)
        for x in (start, end):
            self.path([(x, 838), (x, 854)], THIN, closed=False)
        self.text(f"{figure(length)} mm", (start - 16, 853), 19, shift=1)


_ROUND = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def _near_half(ring: Sequence[P3], view: Projection) -> list[P3]:
    """Return the half of a ring that faces the eye, from end to end."""
    depths = [view.camera.nearness(point) for point in ring]
    middle = sum(depths) / len(depths)
    near = [depth >= middle - 1e-9 for depth in depths]
    first = next((i for i, seen in enumerate(near) if seen and not near[i - 1]), 0)
    order = [(first + i) % len(ring) for i in range(len(ring))]
    return [ring[i] for i in order if near[i]]


def _shaded(fill: str, direction: P3) -> str:
    bright = sum(a * b for a, b in zip(direction, LIGHT, strict=True))
    return darkened(fill, 0.075 * (1 - max(bright, 0.0)))


def _path_data(points: Sequence[P2]) -> str:
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)


def _direction(start: P2, end: P2) -> tuple[P2, float]:
    """Return the direction of a line, of length one, and the line's length."""
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    return ((end[0] - start[0]) / length, (end[1] - start[1]) / length), length


def _moved(point: P2, direction: P2, distance: float) -> P2:
    return point[0] + direction[0] * distance, point[1] + direction[1] * distance
