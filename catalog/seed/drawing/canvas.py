"""An image of 1200 x 900 pixels: models drawn to scale, text, dimension lines."""

from dataclasses import dataclass, field
from math import atan2, cos, hypot, sin

from catalog.seed.drawing.geometry import P2, P3, Camera, hull, normal
from catalog.seed.drawing.model import Body, Face, Model, Part, Ring, Shape, Wire
from catalog.seed.drawing.palette import (
    HAIR,
    INK,
    OUTLINE,
    PAPER,
    SHADOW,
    SKY,
    THIN,
    figure,
    mixed,
    number,
)
from catalog.seed.drawing.stroke_font import text_path, text_width

WIDTH, HEIGHT = 1200, 900
Box = tuple[float, float, float, float]  # left, top, width, height in pixels
LIGHT = (-0.45, -0.5, 0.74)


@dataclass(frozen=True)
class View:
    """A camera, and how its millimetres map to pixels."""

    camera: Camera
    scale: float  # pixels a millimetre
    shift: P2

    def at(self, point: P3) -> P2:
        x, y = self.camera.project(point)
        return x * self.scale + self.shift[0], y * self.scale + self.shift[1]


def fitted(points: list[P3], camera: Camera, box: Box, *, scale: float | None = None) -> View:
    """Return the view that centres these points in a box, as large as possible."""
    flat = [camera.project(point) for point in points]
    left, right = min(x for x, _ in flat), max(x for x, _ in flat)
    top, bottom = min(y for _, y in flat), max(y for _, y in flat)
    largest = min(box[2] / max(right - left, 1e-6), box[3] / max(bottom - top, 1e-6))
    k = min(scale or largest, largest)
    x = box[0] + box[2] / 2 - (left + right) / 2 * k
    y = box[1] + box[3] / 2 - (top + bottom) / 2 * k
    return View(camera, k, (x, y))


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
    def model(self, model: Model, view: View) -> None:
        """Draw a model, far parts first."""

        def order(part: Part) -> tuple[int, float]:
            points = part.points()
            return part.layer, sum(map(view.camera.nearness, points)) / len(points)

        for part in sorted(model.parts, key=order):
            for shape in part.shapes:
                self._shape(shape, view)

    def shadow(self, model: Model, view: View, ground: float) -> None:
        """Draw the shadow of a model on the floor, `ground` millimetres up."""
        for part in model.parts:
            for shape in part.shapes:
                if isinstance(shape, Face | Body):
                    self._shade(shape, view, ground)

    def _shade(self, shape: Face | Body, view: View, ground: float) -> None:
        rings = shape.rings if isinstance(shape, Body) else [shape.points]
        for ring in rings:
            flat = [view.at((x, y, ground)) for x, y, _ in ring]
            flat = hull(flat) if isinstance(shape, Body) else flat
            self.path(flat, fill=SHADOW, stroke=SHADOW, pen=1)

    def _shape(self, shape: Shape, view: View) -> None:
        if isinstance(shape, Wire):
            self.path([view.at(p) for p in shape.points], shape.pen, shape.colour, closed=False)
        elif isinstance(shape, Ring):
            self._ring(shape, view)
        elif isinstance(shape, Body):
            self._body(shape, view)
        else:
            self._face(shape, view)

    def _face(self, face: Face, view: View) -> None:
        n = normal(face.points)
        if face.solid and view.camera.nearness(n) <= 1e-6:
            return
        fill = face.fill
        if fill and face.solid:
            bright = sum(a * b for a, b in zip(n, LIGHT, strict=True))
            fill = mixed(fill, 0.075 * (1 - max(bright, 0.0)))
        points = [view.at(p) for p in face.points]
        self.path(points, face.pen, face.colour, fill=fill, opacity=face.opacity)

    def _body(self, body: Body, view: View) -> None:
        outlines = [hull(view.at(p) for p in ring) for ring in body.rings]
        for outline in outlines:
            self.path(outline, body.pen * 2, fill=INK)
        for outline in outlines:
            self.path(outline, 0.4, body.fill, fill=body.fill)

    def _ring(self, ring: Ring, view: View) -> None:
        middle = view.camera.nearness(ring.centre)
        near = [view.camera.nearness(p) >= middle - 1e-9 for p in ring.points]
        turn = next((i for i, seen in enumerate(near) if seen and not near[i - 1]), 0)
        points = ring.points[turn:] + ring.points[:turn]
        seen = [p for p in points if view.camera.nearness(p) >= middle - 1e-9]
        self.path([view.at(p) for p in seen], ring.pen, closed=False)

    # -- lines and text -------------------------------------------------------------------------
    def path(
        self,
        points: list[P2],
        pen: float = THIN,
        stroke: str = INK,
        *,
        fill: str | None = None,
        closed: bool = True,
        opacity: float = 1.0,
        dash: str = "",
    ) -> None:
        """Draw a polygon or, if not closed, a line."""
        if len(points) < 2:
            return
        data = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        attributes = f'stroke="{stroke}" stroke-width="{number(pen)}"'
        if fill:
            attributes += f' fill="{fill}"'
        if opacity < 1:
            attributes += f' fill-opacity="{opacity}"'
        if dash:
            attributes += f' stroke-dasharray="{dash}"'
        self.elements.append(f'<path d="{data}{"Z" if closed else ""}" {attributes}/>')

    def circle(self, centre: P2, radius: float, pen: float = THIN, *, fill: str = "none") -> None:
        self.elements.append(
            f'<circle cx="{number(centre[0])}" cy="{number(centre[1])}" r="{number(radius)}" '
            f'stroke="{INK}" stroke-width="{number(pen)}" fill="{fill}"/>'
        )

    def text(
        self,
        text: str,
        x: float,
        y: float,
        height: float = 22,
        *,
        colour: str = INK,
        anchor: str = "start",
        turn: float = 0,
        halo: bool = False,
    ) -> None:
        """Draw text with its baseline at y; `turn` is in degrees around (x, y)."""
        width = text_width(text, height)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
        data = text_path(text, left, y, height)
        around = f' transform="rotate({number(turn)} {number(x)} {number(y)})"' if turn else ""
        if halo:
            self.elements.append(
                f'<path d="{data}" stroke="{PAPER}" stroke-width="{number(height / 2)}"{around}/>'
            )
        pen = max(height / 9.5, 1.6)
        self.elements.append(
            f'<path d="{data}" stroke="{colour}" stroke-width="{number(pen)}"{around}/>'
        )

    def dimension(self, a: P2, b: P2, side: str, edge: float, text: str) -> None:
        """Draw a dimension line for a-b at x or y = `edge`, with lines from both points to it."""
        level = side in ("top", "bottom")
        a, b = sorted((a, b), key=lambda p: p[0] if level else -p[1])
        start, end = ((p[0], edge) if level else (edge, p[1]) for p in (a, b))
        length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
        along = (end[0] - start[0]) / length, (end[1] - start[1]) / length
        sign = -1 if side in ("top", "left") else 1
        out = (0.0, sign * 10.0) if level else (sign * 10.0, 0.0)
        for p, q in ((a, start), (b, end)):
            line = [(p[0] + out[0], p[1] + out[1]), (q[0] + out[0], q[1] + out[1])]
            self.path(line, HAIR, SKY, closed=False)
        self._arrows(start, end, along, length)
        self._dimension_text(start, end, along, text, length)

    def _arrows(self, start: P2, end: P2, along: P2, length: float) -> None:
        """Draw arrow heads inside the line, or outside if it is short."""
        inside = length > 70
        tail = 0 if inside else 34
        line = [_along(start, along, -tail), _along(end, along, tail)]
        self.path(line, HAIR * 1.2, SKY, closed=False)
        for tip, sign in ((start, 1), (end, -1)):
            sign = sign if inside else -sign
            back = _along(tip, along, 18 * sign)
            across = (along[1] * 4.5, -along[0] * 4.5)
            wings = [(back[0] + across[0], back[1] + across[1]),
                     (back[0] - across[0], back[1] - across[1])]  # fmt: skip
            self.path([tip, *wings], 0.6, SKY, fill=SKY)

    def _dimension_text(self, start: P2, end: P2, along: P2, text: str, length: float) -> None:
        """Draw the text in the middle of the line if there is room, else after its end."""
        turn = atan2(along[1], along[0]) * 180 / 3.141592653589793
        flip = turn > 91 or turn <= -91
        reading = turn - 180 if flip else turn
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        if length < text_width(text, 24) + 64:
            reach = length / 2 + 48 + text_width(text, 24) / 2
            middle = _along(middle, along, reach)
        down = reading * 3.141592653589793 / 180
        base = middle[0] - sin(down) * 12, middle[1] + cos(down) * 12
        self.text(text, *base, 24, colour=SKY, anchor="middle", turn=reading, halo=True)

    def caption(self, left: str, right: str = "") -> None:
        """Draw the line of text at the bottom."""
        self.text(left, 60, 850, 19)
        if right:
            self.text(right, WIDTH - 60, 850, 19, anchor="end")

    def scale_bar(self, view: View) -> None:
        """Draw a scale bar for a round number of millimetres, at the bottom right."""
        length = next(mm for mm in _ROUND if mm * view.scale >= 90)
        end = WIDTH - 60
        start = end - length * view.scale
        self.path([(start, 846), (end, 846)], OUTLINE, closed=False)
        for x in (start, end):
            self.path([(x, 838), (x, 854)], THIN, closed=False)
        self.text(f"{figure(length)} mm", start - 16, 853, 19, anchor="end")


_ROUND = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def _along(point: P2, direction: P2, distance: float) -> P2:
    return point[0] + direction[0] * distance, point[1] + direction[1] * distance
