"""Motors, gearboxes and propellers."""

from math import cos, pi, sin

from catalog.seed.drawing.electronics import circuit_board
from catalog.seed.drawing.geometry import FRONT, P2, P3, SIDE, Camera, circle
from catalog.seed.drawing.model import Face, Model
from catalog.seed.drawing.palette import HAIR, INK, SKY, THIN, WASH, figure
from catalog.seed.drawing.standard_images import lineup
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject

STANDING = Camera(28, 24)


def motor(subject: Subject) -> Drawing:
    kind = subject.word("kind", "can")
    if kind == "board":
        return _board(subject)
    if kind == "mount":
        return _mount(subject)
    if kind == "bell":
        return _bell(subject)
    d, length, shaft = subject.mm("diameter_mm"), subject.mm("length_mm"), subject.mm("shaft_mm")
    model = can_motor(d, length, shaft, worn=subject.sku.endswith("PAGER"))
    out = max(length * 0.34, 3)
    side = Flat("SIDE VIEW", FRONT, (
        Dimension((0, 0, d / 2), (length, 0, d / 2), figure(length)),
        Dimension((0, 0, -d / 2), (0, 0, d / 2), "⌀" + figure(d), "left"),
        Dimension((length, 0, -shaft / 2), (length + out, 0, -shaft / 2), figure(round(out, 1)),
                  "bottom"),
    ))  # fmt: skip
    end = Flat("FRONT VIEW", SIDE, (
        Dimension((0, -d / 2, 0), (0, d / 2, 0), "⌀" + figure(d), "bottom"),
        Dimension((0, -shaft / 2, 0), (0, shaft / 2, 0), "⌀" + figure(shaft)),
    ), can_motor(d, length, shaft, leads=False))  # fmt: skip
    size = f"⌀{figure(d)} × {figure(length)} mm"
    return Drawing(
        model, (side, end), iso=STANDING, coin_camera=FRONT, key_figure=size, iso_scale=34
    )


def can_motor(
    d: float, length: float, shaft: float, *, leads: bool = True, worn: bool = False
) -> Model:
    """A coreless motor lying along x, its shaft to the right."""
    model = Model()
    if leads:
        for sign, colour in ((1, INK), (-1, SKY)):
            model.wire(_lead(d, sign), 4.5, colour=colour)
    cap = length * 0.09
    profile = [(0, d * 0.44), (cap, d * 0.44), (cap, d / 2), (length, d / 2)]
    model.turned(profile, "x", "metal", rings=(2,))
    model.rod("x", length, length + length * 0.04, d * 0.3, "gold", layer=1)
    out = max(length * 0.34, 3)
    model.rod("x", length * 1.04, length + out, shaft, "silver", layer=2)
    if worn:
        for i in range(3):
            x = length * (0.3 + 0.2 * i)
            model.wire(
                [(x, -d * 0.2, d * 0.46), (x + length * 0.08, d * 0.1, d * 0.49)], HAIR, layer=1
            )
    return model


def _lead(d: float, sign: int) -> list[P3]:
    """A motor lead that leaves the cap in a gentle curve."""
    steps = [i / 16 for i in range(17)]
    return [
        (-t * d * 1.9, sign * d * (0.2 + 0.16 * sin(t * 3.2)), -d * 0.12 - d * 0.3 * sin(t * 2.4))
        for t in steps
    ]


def _bell(subject: Subject) -> Drawing:
    d, length, shaft = subject.mm("diameter_mm"), subject.mm("length_mm"), subject.mm("shaft_mm")
    model = Model()
    model.turned([(0, d * 0.5), (length * 0.18, d * 0.5)], "z", "dark")
    model.turned(
        [(length * 0.22, d / 2), (length * 0.9, d / 2), (length, d * 0.36)],
        "z",
        "metal",
        rings=(1,),
        layer=1,
    )
    for i in range(9):
        a = 2 * pi * i / 9
        x, y = cos(a) * d * 0.27, sin(a) * d * 0.27
        hole = [(x + u, y + v, length) for u, v in circle(d * 0.055, 16)]
        model.face(hole, "dark", pen=HAIR, layer=2)
    model.rod("z", length, length * 1.75, shaft * 1.6, "silver", layer=3)
    for i in range(3):
        y = (i - 1) * d * 0.12
        model.wire([(d * 0.5, y, 1), (d * 0.9, y * 1.4, 0.6), (d * 1.4, y * 2.2, 0.2)], 5)
    side = Flat("SIDE VIEW", FRONT, (
        Dimension((-d / 2, 0, 0), (d / 2, 0, 0), "⌀" + figure(d), "bottom"),
        Dimension((-d / 2, 0, 0), (-d / 2, 0, length), figure(length), "left"),
    ))  # fmt: skip
    return Drawing(model, (side,), iso=Camera(28, 34), key_figure=f"⌀{figure(d)} mm")


def _board(subject: Subject) -> Drawing:
    return circuit_board(subject, subject.mm("length_mm"), subject.mm("diameter_mm"), 2.0, leads=3)


def _mount(subject: Subject) -> Drawing:
    models = [_clamp(subject.mm("diameter_mm"), lean) for lean in (0, 0, 1, 1)]
    model = lineup(models, 4)
    return Drawing(model, (_front_sizes(models[0]),), iso=STANDING, coin_camera=FRONT)


def _clamp(d: float, lean: int) -> Model:
    """A ring for the motor with a foot for a rod."""
    model = Model()
    ring = [(u + d * 0.75, v + d * 1.2) for u, v in circle(d * 0.66, 40)]
    model.prism([(z, x) for x, z in ring][::1], "y", -3, 3, "paper", side_pen=0.3)
    hole = [(u + d * 0.75, -3.01, v + d * 1.2) for u, v in circle(d / 2, 40)]
    model.parts[-1].shapes.append(Face(hole, WASH["grey"], THIN, solid=True))
    x = d * 0.5 + lean * d * 0.08
    model.box((x, -3, 0), (x + d * 0.5, 3, d * 0.58), "paper", layer=-1)
    model.face(
        [(x + d * 0.25 + u, -3.02, d * 0.2 + v) for u, v in circle(d * 0.1, 20)], "dark", layer=1
    )
    return model


def _front_sizes(model: Model) -> Flat:
    points = model.points()
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    low, high = min(p[2] for p in points), max(p[2] for p in points)
    return Flat("FRONT VIEW", FRONT, (
        Dimension((left, 0, high), (right, 0, high), figure(round(right - left, 1))),
        Dimension((right, 0, low), (right, 0, high), figure(round(high - low, 1)), "right"),
    ), model)  # fmt: skip


def gearbox(subject: Subject) -> Drawing:
    """Motor below, spur gear and shaft above, in a moulded frame."""
    ratio, motor_d = subject.mm("gear_ratio"), subject.mm("motor_mm")
    length, shaft = subject.mm("length_mm"), subject.mm("shaft_mm")
    pinion = motor_d * 0.42
    gear_d = min(pinion * ratio, motor_d * 3.4)
    rise = (gear_d + pinion) / 2
    model = _frame(motor_d, length, rise)
    if subject.sku.endswith("5R"):
        model.merge(can_motor(motor_d, 12, 0.8), (length * 0.42 - 12.5, 0, 0), layer=-1)
    model.merge(gear(gear_d, round(pinion * ratio * 3), 1.6), (length * 0.79, 0, rise), layer=3)
    model.merge(gear(pinion, 9, 2.4), (length * 0.79, 0, 0), layer=2)
    model.rod("x", length * 0.2, length * 0.42, shaft, "silver", at=(0, 0, rise), layer=-1)
    model.rod("x", length * 0.79 + 1.6, length * 1.2, shaft, "silver", at=(0, 0, rise), layer=4)
    side = Flat("SIDE VIEW", FRONT, (
        Dimension((length * 0.2, 0, rise), (length * 1.2, 0, rise), figure(length)),
        Dimension((length * 0.79, 0, 0), (length * 0.79, 0, rise), figure(round(rise, 1)), "right"),
    ))  # fmt: skip
    end = Flat("FRONT VIEW", SIDE, (
        Dimension((0, -gear_d / 2, rise), (0, gear_d / 2, rise), "⌀" + figure(round(gear_d, 1))),
    ))  # fmt: skip
    return Drawing(
        model, (side, end), iso=Camera(-38, 22), coin_camera=FRONT,
        key_figure=f"{figure(ratio)} : 1", iso_scale=46,
    )  # fmt: skip


def _frame(motor_d: float, length: float, rise: float) -> Model:
    """Two moulded cheeks and the bridge between them; the motor's shaft is at the origin."""
    model = Model()
    low, high = -motor_d * 0.35, rise + 2.4
    cheek = [(-motor_d * 0.7, low), (-2.2, high), (2.2, high), (motor_d * 0.7, low)]
    for layer, x in enumerate((length * 0.42, length * 0.72)):
        model.prism(cheek, "x", x, x + 1.4, "film", layer=layer)
    model.box((length * 0.42, -1.4, rise + 1.2), (length * 0.76, 1.4, high), "film", layer=2)
    return model


def gear(diameter: float, teeth: int, thick: float, hole: float = 0.0) -> Model:
    """A spur gear across x, with spokes' holes where it is large enough."""
    r, depth = diameter / 2, min(diameter * 0.045, 0.45)
    teeth = max(min(teeth, 60), 8)
    outline: list[P2] = []
    for i in range(teeth):
        for share, radius in (
            (0.0, r - depth),
            (0.2, r + depth),
            (0.5, r + depth),
            (0.7, r - depth),
        ):
            a = 2 * pi * (i + share) / teeth
            outline.append((radius * cos(a), radius * sin(a)))
    model = Model()
    model.prism(outline, "x", 0, thick, "paper", side_pen=0.8)
    shapes = model.parts[-1].shapes
    for radius in (r * 0.16, hole / 2) if hole else (r * 0.16,):
        ring = [(thick + 0.01, u, v) for u, v in circle(radius)]
        shapes.append(Face(ring, WASH["dark" if radius == hole / 2 else "metal"], THIN, solid=True))
    if diameter > 6:
        for i in range(5):
            a = 2 * pi * i / 5 + 0.3
            at = (r * 0.58 * cos(a), r * 0.58 * sin(a))
            ring = [(thick + 0.01, at[0] + u, at[1] + v) for u, v in circle(r * 0.21, 24)]
            shapes.append(Face(ring, WASH["grey"], THIN, solid=True))
    return model


def propeller(subject: Subject) -> Drawing:
    kind = subject.word("shape", "plain")
    if kind in ("spinner", "saver"):
        return _hub_part(subject, kind)
    if kind == "assortment":
        sizes = (30, 40, 46, 57, 65, 76)
        flat = Flat("FRONT VIEW", FRONT, (), _stacked(sizes, flat=True))
        return Drawing(_stacked(sizes), (flat,), iso=Camera(8, 52), coin=False)
    d, blades = subject.mm("diameter_mm"), int(subject.mm("blades"))
    pitch, bore = subject.mm("pitch_mm"), subject.mm("bore_mm")
    wash = WASHES.get(subject.word("material"), "clear" if kind == "wide" else "paper")
    model = propeller_model(d, blades, kind, pitch, bore, wash=wash)
    reach = model.points()
    left, right = (pick(reach, key=lambda p: p[0]) for pick in (min, max))
    front_lines = [Dimension(left, right, "⌀" + figure(d))] if blades in (2, 4) else [
        Dimension((0, 0, 0), max(reach, key=lambda p: p[2]), "R " + figure(d / 2), "right")
    ]  # fmt: skip
    front = Flat("FRONT VIEW", FRONT, tuple(front_lines))
    deep = min(p[1] for p in reach), max(p[1] for p in reach)
    top = Flat("PLAN VIEW", Camera(0, 90), (
        Dimension((0, deep[0], 0), (0, deep[1], 0), figure(round(deep[1] - deep[0], 1)), "right"),
    ))  # fmt: skip
    turned = propeller_model(d, blades, kind, pitch, bore, wash=wash, turn=0.62)
    return Drawing(
        model, (front, top), iso=Camera(24, 22), coin_camera=FRONT, space_model=turned,
        key_figure=f"⌀{figure(d)} × {figure(pitch)} mm",
    )  # fmt: skip


def _stacked(sizes: tuple[int, ...], flat: bool = False) -> Model:
    """Propellers one behind or under the other, the longest last."""
    model = Model()
    z = 0.0
    for d in sizes:
        z -= d * 0.19 if flat else 0
        at = (0, 0, z) if flat else (0, -z, 0)
        model.merge(propeller_model(d, 2, "plain", d * 0.5), at)
        z -= d * 0.19
    return model


WASHES = {"Balsa": "wood", "Moulded carbon": "grey"}
OUTLINES: dict[str, list[tuple[float, float, float]]] = {
    # place along the blade, leading and trailing edge, in radii
    "plain": [
        (0.1, 0.045, -0.045),
        (0.25, 0.085, -0.09),
        (0.5, 0.11, -0.10),
        (0.75, 0.09, -0.09),
        (0.92, 0.05, -0.07),
        (1.0, 0.0, -0.02),
    ],
    "scimitar": [
        (0.1, 0.04, -0.05),
        (0.3, 0.10, -0.06),
        (0.55, 0.13, -0.07),
        (0.78, 0.07, -0.11),
        (0.93, -0.03, -0.15),
        (1.0, -0.12, -0.16),
    ],
    "wide": [
        (0.1, 0.06, -0.06),
        (0.28, 0.14, -0.13),
        (0.55, 0.18, -0.16),
        (0.8, 0.16, -0.14),
        (0.95, 0.08, -0.09),
        (1.0, 0.02, -0.04),
    ],
    "paddle": [
        (0.08, 0.025, -0.025),
        (0.3, 0.035, -0.04),
        (0.5, 0.09, -0.09),
        (0.75, 0.13, -0.13),
        (0.93, 0.11, -0.11),
        (1.0, 0.03, -0.04),
    ],
    "fold": [
        (0.09, 0.035, -0.035),
        (0.3, 0.09, -0.06),
        (0.55, 0.10, -0.07),
        (0.8, 0.08, -0.05),
        (0.95, 0.04, -0.03),
        (1.0, 0.0, -0.0),
    ],
}


def propeller_model(
    diameter: float,
    blades: int,
    kind: str,
    pitch: float,
    bore: float = 0.8,
    *,
    wash: str = "paper",
    turn: float = 0.0,
) -> Model:
    """Twisted blades across y: at each radius the angle that the pitch asks for."""
    model, r = Model(), diameter / 2
    for i in range(blades):
        around = turn + 2 * pi * i / blades + (pi / 2 if blades == 3 else 0)
        _blade(model, _smooth(OUTLINES[kind]), r, pitch, around, wash)
    hub = max(r * 0.11, bore * 1.1)
    deep = max(diameter * 0.045, 1.2)
    model.rod("y", -deep, deep, hub * 2, wash, hole=bore, layer=2)
    return model


def _smooth(outline: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Points between those of a table, on a smooth curve (Catmull and Rom's)."""
    found = []
    for i in range(len(outline) - 1):
        a, b, c, d = (outline[min(max(i + j, 0), len(outline) - 1)] for j in (-1, 0, 1, 2))
        for step in range(6):
            t = step / 6
            found.append(tuple(
                0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t
                       + (3 * q - p - 3 * r + s) * t**3)
                for p, q, r, s in zip(a, b, c, d, strict=True)
            ))  # fmt: skip
    return [(share, lead, trail) for share, lead, trail in (*found, outline[-1])]


def _blade(
    model: Model,
    outline: list[tuple[float, float, float]],
    r: float,
    pitch: float,
    turn: float,
    wash: str,
) -> None:
    def at(share: float, across: float) -> P3:
        slope = pitch / (2 * pi * share * r)
        c = 1 / (1 + slope * slope) ** 0.5
        u, v, w = share * r, across * r * c, across * r * c * slope
        return u * cos(turn) - v * sin(turn), w, u * sin(turn) + v * cos(turn)

    lead = [at(share, a) for share, a, _ in outline]
    trail = [at(share, b) for share, _, b in outline]
    model.face([*lead, *trail[::-1]], wash, pen=THIN * 1.3, layer=1)
    middle = [at(share, a * 0.35 + b * 0.65) for share, a, b in outline[:-1]]
    model.wire(middle, HAIR, layer=1)


def _hub_part(subject: Subject, kind: str) -> Drawing:
    d = subject.mm("diameter_mm")
    model, height = (_spinner(d), d * 1.06) if kind == "spinner" else (_saver(d), d * 0.9)
    side_view = Flat("SIDE VIEW", FRONT, (
        Dimension((-d / 2, 0, 0), (d / 2, 0, 0), "⌀" + figure(d), "bottom"),
        Dimension((d / 2, 0, 0), (d / 2, 0, height), figure(round(height, 1)), "right"),
    ))  # fmt: skip
    return Drawing(model, (side_view,), iso=Camera(24, 28), coin_camera=FRONT)


def _spinner(d: float) -> Model:
    """A hollow cone."""
    outline = ((0, 0.5), (0.25, 0.47), (0.55, 0.38), (0.85, 0.22), (1.02, 0.08))
    model = Model()
    profile = [(d * z, d * r) for z, r in outline]
    model.turned([*profile, (d * 1.06, 0.1)], "z", "clear", rings=(1,))
    return model


def _saver(d: float) -> Model:
    """A propeller saver: a collar with two screws and a rubber band."""
    model = Model()
    collar = [(0, d / 2), (d * 0.2, d / 2), (d * 0.2, d * 0.24), (d * 0.9, d * 0.24)]
    model.turned(collar, "z", "metal", rings=(1, 2))
    for side in (1, -1):
        low, high, at = side * d * 0.5, side * d * 0.72, (0, 0, d * 0.1)
        model.rod("x", low, high, d * 0.1, "silver", at=at, layer=-1)
    band = [(u, v * 0.5, d * 0.5 + 0.2 * u * u / d) for u, v in circle(d * 0.7, 40)]
    model.wire([*band, band[0]], 5, layer=1)
    return model
