"""Hand tools and brushes, lying along x."""

from collections.abc import Sequence
from math import cos, pi, sin

from catalog.seed.drawing.geometry import P3, PLAN, Camera
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR, OUTLINE, SKY, STROKE, WASH, figure
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject

Profile = list[tuple[float, float]]


def tool(subject: Subject) -> Drawing:
    kind = subject.word("kind")
    makers = {
        "tweezers": _tweezers, "pliers": _pliers, "gauge": _gauge, "caliper": _caliper,
        "winder": _winder, "brush": _brushes, "applicator": _applicators,
    }  # fmt: skip
    model = makers[kind](subject) if kind in makers else turned_tool(kind, subject.mm("length_mm"))
    length = subject.mm("length_mm")
    model = model.scaled(x=length / model.size(0)) if kind not in ("brush", "applicator") else model
    points = model.points()
    left, right = (pick(points, key=lambda p: p[0]) for pick in (min, max))
    near, far = (pick(points, key=lambda p: p[1]) for pick in (min, max))
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension(left, right, figure(round(right[0] - left[0])), "bottom"),
        Dimension(near, far, figure(round(far[1] - near[1], 1)), "left"),
    ))  # fmt: skip
    return Drawing(model, (plan,), iso=Camera(32, 36), key_figure=_key(subject, length))


def _key(subject: Subject, length: float) -> str:
    return f"{figure(length)} mm"


# Turned handles: (place along the tool, radius) in shares of the length and millimetres.
TURNED: dict[str, list[tuple[Profile, str]]] = {
    "driver": [
        ([(0, 2.2), (0.03, 3.4), (0.06, 3.4), (0.07, 2.6)], "metal"),
        ([(0.07, 4.6), (0.12, 5.2), (0.4, 5.2), (0.52, 3.2), (0.55, 3.4)], "film"),
        ([(0.55, 1.5), (0.97, 1.4), (1.0, 0.4)], "silver"),
    ],
    "knife": [
        ([(0, 3.4), (0.02, 4.2), (0.6, 4.2), (0.64, 4.8), (0.74, 4.8)], "metal"),
        ([(0.74, 3.4), (0.78, 2.4)], "grey"),
    ],
    "iron": [
        ([(0, 4.5), (0.03, 7), (0.2, 8), (0.45, 7.4), (0.5, 5)], "dark"),
        ([(0.5, 6.6), (0.56, 6.6), (0.57, 4)], "paper"),
        ([(0.57, 2.6), (0.86, 2.6)], "silver"),
        ([(0.86, 1.9), (0.94, 1.8), (1.0, 0.3)], "copper"),
    ],
    "pinvice": [
        ([(0, 5.5), (0.07, 6), (0.12, 6), (0.14, 3)], "gold"),
        ([(0.14, 4), (0.62, 4), (0.7, 5), (0.8, 3.2), (0.84, 2)], "metal"),
        ([(0.84, 0.6), (1.0, 0.6)], "silver"),
    ],
}


def turned_tool(kind: str, length: float) -> Model:
    model = Model()
    for i, (profile, wash) in enumerate(TURNED[kind]):
        placed = [(share * length, radius) for share, radius in profile]
        rings = tuple(range(1, len(placed) - 1))
        model.turned(placed, "x", wash, rings=rings, layer=i)
    if kind == "knife":
        blade = [(0.78, -2.2), (0.9, -2.2), (1.0, 2.4), (0.94, 2.4), (0.78, 2.2)]
        model.face([(x * length, y, 0) for x, y in blade], "silver", layer=3)
        model.wire([(length * 0.9, -1.2, 0.01), (length * 0.985, 2.2, 0.01)], HAIR, layer=4)
    if kind == "iron":
        cord = [(-2.0 * t, 6 * sin(t * 0.5), -0.3 * t) for t in range(11)]
        model.wire(cord, 9, layer=-1)
    return model


def _tweezers(subject: Subject) -> Model:
    model = Model()
    if not subject.variants:
        return _tweezer(0)
    model.merge(_tweezer(0), (0, 22, 0))
    model.merge(_tweezer(1), (0, 0, 0), layer=5)
    return model


def _tweezer(bent: int) -> Model:
    """Two blades seen from above, joined at the left-hand end."""
    model = Model()
    for sign in (1, -1):
        outer: list[P3] = []
        inner: list[P3] = []
        for i in range(25):
            t = i / 24
            open_by = sign * (
                0.6 + 5.2 * sin(pi * min(t * 1.02, 1)) ** 0.8 * (1 if t < 0.98 else 0.4)
            )
            bend = bent * max(t - 0.8, 0) * 60
            wide = 3.4 * (1 - t) + 0.5
            outer.append((t * 120, open_by + sign * 0.5 + bend, wide / 2))
            inner.append((t * 120, open_by - sign * 0.5 + bend, wide / 2))
        model.face([*outer, *inner[::-1]], "silver")
        for i in range(9, 15):
            x, y, z = outer[i]
            model.wire([(x, y, z), (x, y - sign * 1.0, z)], HAIR, layer=1)
    return model


def _pliers(subject: Subject) -> Model:
    model = Model()
    for sign in (1, -1):
        grip = [(0, sign * 17), (20, sign * 19), (48, sign * 13), (66, sign * 3)]
        path = [(x, y, 0) for x, y in _curve(grip)]
        model.wire(path, 30, layer=0)
        model.wire(path, 24, layer=1, colour=WASH["blue"] if sign > 0 else STROKE["handle"])
        jaw = [
            (62, sign * -7),
            (72, sign * -8),
            (80, sign * -5),
            (114, sign * -1.2),
            (115, sign * -0.2),
            (80, sign * -0.2),
            (66, 0),
        ]
        model.face([(x, -y, 1) for x, y in jaw], "metal", layer=2)
    model.rod("z", 1, 2.5, 8, "silver", at=(68, 0, 0), layer=3)
    model.rod("z", 2.5, 2.8, 3, "grey", at=(68, 0, 0), layer=4)
    return model


def _curve(points: Sequence[tuple[float, float]]) -> Profile:
    """A smooth line through four points."""
    (a, b, c, d), found = points, []
    for i in range(21):
        t = i / 20
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        found.append(
            tuple(sum(w * p[k] for w, p in zip(weights, (a, b, c, d), strict=True)) for k in (0, 1))
        )
    return [(x, y) for x, y in found]


def _gauge(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (140, 34, 3), "clear")
    for i in range(12):
        x = 14 + i * 9.6
        model.wire([(x, 0, 3.01), (x + 4 + i * 0.9, 24 - i * 0.4, 3.01)], HAIR, layer=1)
        model.wire([(x, 0, 3.02), (x, 3, 3.02)], HAIR, layer=1)
    model.wire([(6, 28, 3.02), (134, 28, 3.02)], layer=1, colour=SKY)
    model.rod("z", 0, 3.1, 4, "dark", at=(6, 17, 0), layer=2)
    return model


def _caliper(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (150, 12, 3), "grey")
    for i in range(50):
        x = 34 + i * 2
        model.wire([(x, 0.3, 3.01), (x, (5 if i % 5 == 0 else 3), 3.01)], HAIR, layer=2)
    left = [(0, 0), (2, -18), (9, -34), (12, -34), (12, 0)]
    right = [(40, 0), (40, -34), (43, -34), (50, -18), (52, 0)]
    model.prism(left, "z", 0, 3.4, "grey", layer=0)
    model.prism(right, "z", 0, 3.4, "grey", layer=2)
    model.box((40, -2, 2.6), (82, 14, 6), "film", layer=3)
    for i in range(10):
        model.wire([(46 + i * 3, 1, 6.01), (46 + i * 3, 4, 6.01)], HAIR, layer=4)
    model.rod("z", 6, 9, 7, "paper", at=(70, 9, 0), layer=4)
    return model


def _winder(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (70, 40, 8), "film")
    for i, d in enumerate((9, 7, 5)):
        x = 14 + i * 20
        model.rod("z", 8, 11, d * 2.2, "paper", at=(x, 20, 0), layer=i + 1)
        model.rod("z", 11, 16, d, "copper", at=(x, 20, 0), layer=i + 2)
        model.rod("z", 16, 18, d * 2.2, "clear", at=(x, 20, 0), layer=i + 3)
        model.rod("z", 18, 24, 3, "gold", at=(x, 20, 0), layer=i + 4)
    return model


BRUSHES = ((1.8, "round"), (1.0, "round"), (6.0, "flat"), (9.0, "fan"))


def _brushes(subject: Subject) -> Model:
    model = Model()
    shapes = BRUSHES if subject.word("count") else BRUSHES[:3]
    for i, (tip, kind) in enumerate(shapes):
        at = (0, -i * 14, 0)
        model.merge(_brush(tip, kind, subject.mm("length_mm")), at, layer=i * 4)
    return model


def _brush(tip: float, kind: str, length: float) -> Model:
    model = Model()
    k = length / 165
    model.turned([(0, 0.8), (30 * k, 2.0), (100 * k, 3.2), (122 * k, 2.4)], "x", "wood", rings=(3,))
    model.turned(
        [(122 * k, 2.5), (146 * k, max(tip / 2, 1.2) + 0.5)], "x", "silver", rings=(1,), layer=1
    )
    end = max(tip / 2, 0.9)
    spread = {"round": (1.0, 1.25, 0.15), "flat": (1.0, 1.05, 1.0), "fan": (0.5, 1.2, 1.7)}[kind]
    xs = (146 * k, 153 * k, 165 * k)
    outline = [(x, end * s) for x, s in zip(xs, spread, strict=True)]
    model.face(
        [(x, y, 0) for x, y in outline] + [(x, -y, 0) for x, y in outline[::-1]],
        "dark" if kind != "fan" else "wood",
        layer=2,
    )
    for i in range(-2, 3):
        model.wire(
            [(147 * k, end * 0.16 * i, 0.1), (163 * k, end * spread[2] * 0.4 * i, 0.1)],
            HAIR,
            layer=3,
            colour=STROKE["rib"],
        )
    return model


def _applicators(subject: Subject) -> Model:
    model = Model()
    for i in range(7):
        a = -0.3 + 0.1 * i
        end = (100 * cos(a), 100 * sin(a), 0)
        neck = (end[0] * 0.86, end[1] * 0.86, 0)
        model.wire([(0, 0, 0), neck], 9, layer=i)
        model.wire([(0, 0, 0), neck], 5.5, layer=i, colour=WASH["film"])
        model.wire([neck, end], OUTLINE, layer=i)
        model.turned([(-1, 0.5), (0, 1.4), (1, 0.5)], "x", "paper", at=end, layer=i)
    return model
