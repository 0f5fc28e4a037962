"""Motors, gears and gearboxes."""

from math import cos, pi, sin

from catalog.seed.drawing.electronics import circuit_board
from catalog.seed.drawing.geometry import FRONT, P2, PLAN, Camera, corners
from catalog.seed.drawing.model import Disc, Model, lineup
from catalog.seed.drawing.palette import figure
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Dimension, Drawing, measured

STANDING = Camera(28, 24)


def motor(subject: Subject) -> Drawing:
    kind, (d, length, shaft) = subject.word("kind"), subject.size("diameter", "length", "shaft")
    if kind == "board":
        return circuit_board(subject, (length, d, 2.0), leads=3)
    if kind == "mount":
        mount = load_model("motor", kind)
        front = measured("FRONT VIEW", FRONT, mount, wide="top")
        return Drawing(lineup([mount] * 4, 4), (front,), STANDING, FRONT)
    if kind == "bell":
        return _bell(d, length)
    model, end = can_motor(d, length, shaft), _shaft_end(length)
    can = corners((0, -d / 2, -d / 2), (length, d / 2, d / 2))
    reach = Dimension(
        (length, 0, -shaft / 2), (end, 0, -shaft / 2), figure(round(end - length, 1)), "bottom"
    )
    side = measured(
        "SIDE VIEW", FRONT, model, body=can, wide="top", tall="left", marks=("", "⌀"),
        extra=(reach,),
    )  # fmt: skip
    key = f"⌀{figure(d)} × {figure(length)} mm"
    return Drawing(model, (side,), STANDING, FRONT, key, limit=34)


def _shaft_end(length: float) -> float:
    return length + max(length * 0.34, 3)


def can_motor(d: float, length: float, shaft: float) -> Model:
    """Return a coreless motor lying along x, its shaft to the right."""
    model, cap = Model(), length * 0.09
    for sign, colour in ((1, "ink"), (-1, "sky")):
        places = ((0, 0.2, -0.12), (-0.63, 0.34, -0.33), (-1.27, 0.335, -0.42), (-1.9, 0.19, -0.32))
        lead = [(x * d, sign * y * d, z * d) for x, y, z in places]
        model.wire(lead, 4.5, colour, curved=True)
    profile = [(0, d * 0.44), (cap, d * 0.44), (cap, d / 2), (length, d / 2)]
    model.turned("x", profile, "metal", edges=(2,))
    model.rod("x", (length, length * 1.04), d * 0.3, "gold", layer=1)
    model.rod("x", (length * 1.04, _shaft_end(length)), shaft, "silver", layer=2)
    return model


def _bell(d: float, length: float) -> Drawing:
    """Return a brushless motor standing on its base."""
    model, body = load_model("motor", "bell"), corners((-d / 2, 0, 0), (d / 2, 0, length))
    side = measured("SIDE VIEW", FRONT, model, body=body, tall="left", marks=("⌀", ""))
    return Drawing(model, (side,), Camera(28, 34), PLAN, f"⌀{figure(d)} mm")


def gearbox(subject: Subject) -> Drawing:
    """Return a pinion below, a spur gear and its shaft above, in a moulded frame."""
    ratio = subject.mm("gear_ratio")
    motor_d, length, shaft = subject.size("motor", "length", "shaft")
    pinion = motor_d * 0.42
    gear_d = min(pinion * ratio, motor_d * 3.4)
    rise, front = (gear_d + pinion) / 2, length * 0.79
    model = _frame(motor_d, length, rise)
    if subject.has("motor"):
        model.merge(can_motor(motor_d, 12, 0.8), (length * 0.42 - 12.5, 0, 0), layer=-1)
    model.merge(gear(gear_d, round(pinion * ratio * 3), 1.6), (front, 0, rise), layer=3)
    model.merge(gear(pinion, 9, 2.4), (front, 0, 0), layer=2)
    for start, end, layer in ((0.2, 0.42, -1), (0.79 + 1.6 / length, 1.2, 4)):
        span = (length * start, length * end)
        model.rod("x", span, shaft, "silver", at=(0, 0, rise), layer=layer)
    spindle = corners((length * 0.2, 0, rise), (length * 1.2, 0, rise))
    distance = Dimension((front, 0, 0), (front, 0, rise), figure(round(rise, 1)), "right")
    side = measured("SIDE VIEW", FRONT, model, body=spindle, wide="top", tall="", extra=(distance,))
    return Drawing(model, (side,), Camera(-38, 22), FRONT, f"{figure(ratio)} : 1", limit=46)


def _frame(motor_d: float, length: float, rise: float) -> Model:
    """Return two cheeks and the bridge between them; the motor's shaft is at the origin."""
    model, low, high = Model(), -motor_d * 0.35, rise + 2.4
    cheek = [(-motor_d * 0.7, low), (-2.2, high), (2.2, high), (motor_d * 0.7, low)]
    for layer, x in enumerate((length * 0.42, length * 0.72)):
        model.prism("x", (x, x + 1.4), cheek, "film", layer=layer)
    model.box((length * 0.42, -1.4, rise + 1.2), (length * 0.76, 1.4, high), "film", layer=2)
    return model


def gear(diameter: float, teeth: int, thick: float, bore: float = 0.0) -> Model:
    """Return a spur gear across x, with holes where it is large enough."""
    r, depth = diameter / 2, min(diameter * 0.045, 0.45)
    teeth = max(min(teeth, 60), 8)
    outline: list[P2] = []
    for i in range(teeth):
        for share, radius in ((0, r - depth), (0.2, r + depth), (0.5, r + depth), (0.7, r - depth)):
            a = 2 * pi * (i + share) / teeth
            outline.append((radius * cos(a), radius * sin(a)))
    ends = [Disc(diameter * 0.16, "metal")]
    if bore:
        ends.append(Disc(bore, "dark"))
    if diameter > 6:
        angles = (2 * pi * i / 5 + 0.3 for i in range(5))
        ends += [Disc(r * 0.42, "grey", r * 0.58 * cos(a), r * 0.58 * sin(a)) for a in angles]
    model = Model()
    model.prism("x", (0, thick), outline, side_pen=0.8, ends=ends)
    return model
