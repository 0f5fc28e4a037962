"""Small parts: wheels, horns, gears, bearings, screws, wire, sheet."""

from collections.abc import Callable
from math import cos, pi, sin

from catalog.seed.drawing.geometry import FRONT, PLAN, SIDE, Camera, circle
from catalog.seed.drawing.model import Face, Model
from catalog.seed.drawing.motors import gear
from catalog.seed.drawing.palette import HAIR, STROKE, THIN, WASH, figure
from catalog.seed.drawing.standard_images import lineup
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject


def part(subject: Subject) -> Drawing:
    kind = subject.word("kind")
    one, camera, several = MAKERS[kind](subject)
    points = one.points()
    flat_points = [(camera.project(p), p) for p in points]
    left, right = (pick(flat_points, key=lambda f: f[0][0]) for pick in (min, max))
    top, bottom = (pick(flat_points, key=lambda f: f[0][1]) for pick in (min, max))
    wide, tall = right[0][0] - left[0][0], bottom[0][1] - top[0][1]
    name = "PLAN VIEW" if camera is PLAN else "SIDE VIEW"
    flat = Flat(name, camera, (
        Dimension(left[1], right[1], figure(round(wide, 1)), "bottom"),
        Dimension(top[1], bottom[1], figure(round(tall, 1)), "right"),
    ), one)  # fmt: skip
    pieces = subject.figures.get("pieces", "1")
    small = wide < 200
    return Drawing(
        several, (flat,), iso=Camera(30, 32), coin=small, coin_camera=camera,
        key_figure=f"{pieces} PIECES" if pieces != "1" else _size(subject, max(wide, tall)),
    )  # fmt: skip


def _size(subject: Subject, drawn: float) -> str:
    """The length of wire and tube, else the size of what is drawn."""
    length = subject.mm("length_mm")
    return f"{figure(length / 1000)} m" if length >= 1000 else f"{figure(round(drawn, 1))} mm"


Made = tuple[Model, Camera, Model]


def _row(model: Model, count: int, gap: float) -> Model:
    return lineup([model] * count, gap)


def _wheel(subject: Subject) -> Made:
    models = []
    for member in subject.variants:
        d = member.mm("diameter_mm")
        model = Model()
        wide = d * 0.3
        profile = [(0, d * 0.36), (wide * 0.25, d / 2), (wide * 0.75, d / 2), (wide, d * 0.36)]
        model.turned(profile, "x", "dark")
        shapes = model.parts[-1].shapes
        for radius, wash in ((d * 0.3, "paper"), (d * 0.08, "metal"), (d * 0.03, "dark")):
            for x, step in ((wide + 0.01, 1), (-0.01, -1)):
                ring = [(x, u, v) for u, v in circle(radius)][::step]
                shapes.append(Face(ring, WASH[wash], THIN, solid=True))
        models.append(model)
    pairs = [model.scaled() for model in models for _ in range(2)]
    floor = [_on_floor(model) for model in pairs]
    return _on_floor(models[-1]), SIDE, lineup(floor, 7)


def _on_floor(model: Model) -> Model:
    low = min(p[2] for p in model.points())
    moved = Model()
    moved.merge(model, (0, 0, -low))
    return moved


def _clevis(subject: Subject) -> Made:
    model = Model()
    model.rod("x", -3.4, 0, 1.5, "paper", at=(0, 0.9, 0.8))
    for y in (0.0, 1.3):
        model.box((0, y, 0), (4.6, y + 0.5, 1.6), "paper", layer=int(y == 0) + 1)
    model.rod("y", -0.2, 2.0, 0.6, "metal", at=(3.8, 0, 0.8), layer=3)
    return model, PLAN, _row(model, 5, 1.6)


def _horn(subject: Subject) -> Made:
    model = Model()
    outline = [(0, 0), (2.6, 0), (2.6, 1.4), (1.7, 4.6), (1.3, 5), (0.9, 4.6), (0, 1.4)]
    model.prism([(z, x) for x, z in outline][::1], "y", 0, 0.5, "wood")
    for z in (2.2, 3.2, 4.2):
        ring = [(1.3 + u, -0.01, z + v) for u, v in circle(0.22, 18)]
        model.face(ring, "dark", pen=HAIR, layer=1)
    return model, FRONT, _row(model, 6, 1.2)


def _wire(subject: Subject) -> Made:
    together = Model()
    for i in range(5):
        together.rod("x", 0, 250, 2.2, "metal", at=(i * 6, i * 6.0, 1.1), layer=-i)
    one = Model()
    one.rod("x", 0, subject.mm("length_mm"), 2.2, "metal")
    return one, FRONT, together


def _tube(subject: Subject) -> Made:
    """Tube in a loose coil with one end up."""
    model = Model()
    points = []
    for i in range(150):
        a = i / 150 * 2 * pi * 3.2
        points.append((30 * cos(a) + i * 0.03, 30 * sin(a), 1 + i * 0.02))
    points += [(points[-1][0] - 1.6 * i, points[-1][1] - 2 * i, 4) for i in range(1, 10)]
    model.wire(points, 12, layer=0)
    model.wire(points, 8, layer=1, colour=WASH["black"])
    return model, PLAN, model


def _gear(subject: Subject) -> Made:
    d = subject.mm("diameter_mm")
    thick = subject.mm("length_mm")
    one = gear(d, int(subject.word("teeth", "9")), thick, hole=1.0)
    if d > 6:
        return _on_floor(one), SIDE, _on_floor(one)
    return _on_floor(one), SIDE, lineup([_on_floor(one)] * 4, 2)


def _bearing(subject: Subject) -> Made:
    d, thick = subject.mm("diameter_mm"), subject.mm("length_mm")
    model = Model()
    model.rod("z", 0, thick, d, "silver")
    shapes = model.parts[-1].shapes
    for radius, wash in ((d * 0.38, "grey"), (d * 0.27, "silver"), (d / 6, "dark")):
        shapes.append(
            Face([(u, v, thick + 0.001) for u, v in circle(radius)], WASH[wash], THIN, solid=True)
        )
    for i in range(7):
        a = 2 * pi * i / 7
        ball = [
            (d * 0.325 * cos(a) + u, d * 0.325 * sin(a) + v, thick + 0.002)
            for u, v in circle(d * 0.045, 16)
        ]
        shapes.append(Face(ball, WASH["paper"], HAIR, solid=True))
    return model, PLAN, _row(model, 2, 1)


def _shaft(subject: Subject) -> Made:
    one = Model()
    d, length = subject.mm("diameter_mm"), subject.mm("length_mm")
    one.rod("x", 0, length, d, "silver")
    together = Model()
    for i in range(3):
        together.merge(one, (i * 2, i * 3.0, 0), layer=-i)
    return one, FRONT, together


def _screw(subject: Subject) -> Made:
    d, length = subject.mm("diameter_mm"), subject.mm("length_mm")
    model = Model()
    turns = [(i * length / 16, d / 2 * (1 if i % 2 else 0.8)) for i in range(17)]
    model.turned([(0, 0.1), *turns[1:]], "z", "silver")
    model.turned([(length, d * 0.95), (length + d * 0.65, d * 0.95)], "z", "silver", layer=1)
    top = length + d * 0.65 + 0.01
    slot = [
        (u * d, v * d, top) for u, v in ((-0.9, -0.13), (0.9, -0.13), (0.9, 0.13), (-0.9, 0.13))
    ]
    model.face(slot, "dark", pen=HAIR, layer=2)
    return model, FRONT, _row(model, 6, 1.4)


def _coil(subject: Subject) -> Made:
    """Wire wound on a card, or two colours of wire in coils."""
    model = Model()
    colours = [STROKE["copper"]]
    if "MAGNET" not in subject.sku:
        colours = [STROKE["insulation"], WASH["dark"]]
    for k, colour in enumerate(colours):
        for i in range(9):
            r = 22 + i * 0.7
            ring = [
                (k * 58 + r * cos(a), r * sin(a), 0.8 * (i % 3))
                for a in [2 * pi * j / 48 for j in range(49)]
            ]
            model.wire(ring, 4.6, layer=i)
            model.wire(ring, 2.6, layer=i, colour=colour)
        for a in (0.6, 2.7, 4.8):
            model.box(
                (k * 58 + 24 * cos(a) - 3.5, 24 * sin(a) - 3.5, 0),
                (k * 58 + 24 * cos(a) + 3.5, 24 * sin(a) + 3.5, 4),
                "paper",
                layer=20,
            )
    return model, PLAN, model


def _sheet(subject: Subject) -> Made:
    grain = subject.word("grain") == "yes"
    length, width, thick = (
        subject.mm("length_mm"),
        75.0 if grain else 200.0,
        subject.mm("diameter_mm"),
    )
    one = Model()
    one.box((0, 0, 0), (length, width, thick), "wood" if grain else "foam")
    for i in range(9 if grain else 0):
        y = width * (i + 0.6) / 9.3
        one.wire(
            [(length * t / 12, y + 1.6 * sin(t * 0.9 + i), thick + 0.01) for t in range(13)],
            HAIR,
            layer=1,
            colour=STROKE["grain"],
        )
    together = Model()
    for i in range(int(subject.mm("pieces", 1))):
        together.merge(one, (i * 12, -i * width * 0.13, i * (thick + 3)), layer=i * 3)
    return one, PLAN, together


MAKERS: dict[str, Callable[[Subject], Made]] = {
    "wheel": _wheel, "clevis": _clevis, "horn": _horn, "wire": _wire, "tube": _tube, "gear": _gear,
    "bearing": _bearing, "shaft": _shaft, "screw": _screw, "coil": _coil, "sheet": _sheet,
}  # fmt: skip
