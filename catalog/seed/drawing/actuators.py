"""Magnetic actuators and servos."""

from math import cos, pi, sin

from catalog.seed.drawing.electronics import slider
from catalog.seed.drawing.geometry import FRONT, PLAN, Camera, circle
from catalog.seed.drawing.model import Face, Model
from catalog.seed.drawing.palette import HAIR, INK, SKY, THIN, WASH, figure
from catalog.seed.drawing.standard_images import lineup
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject


def actuator(subject: Subject) -> Drawing:
    """A coil standing around z, its magnet on an arm in the middle."""
    d, length = subject.mm("coil_diameter_mm"), subject.mm("length_mm")
    hinged = subject.word("hinged") == "yes"
    one = actuator_model(d, length, subject.word("magnets") != "0", hinged)
    model, space = one, one
    if subject.sku.endswith("DUAL"):
        space = lineup([one, one], d * 0.8)
    if subject.sku.endswith("COIL"):
        space = lineup([actuator_model(x, length, False, False) for x in (7, 7, 7, 5, 5)], 2.5)
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension((-d / 2, 0, 0), (d / 2, 0, 0), "⌀" + figure(d)),
        Dimension((0, -d * 0.23, 0), (0, d * 0.23, 0), "⌀" + figure(round(d * 0.46, 1)), "right"),
    ), actuator_model(d, length, False, False))  # fmt: skip
    ohms = subject.figures.get("resistance_ohm") or ""
    return Drawing(
        space,
        (plan,),
        iso=Camera(30, 34),
        key_figure=f"{ohms} Ω" if ohms else f"⌀{figure(d)} mm",
        space_model=None if model is one else space,
    )


def actuator_model(d: float, length: float, magnet: bool, hinged: bool) -> Model:
    model = Model()
    high = length * 0.42 if magnet else length * 0.6
    profile = [(0, d / 2), (high, d / 2)]
    model.turned(profile, "z", "copper")
    shapes = model.parts[-1].shapes
    for i in range(1, 5):
        ring = [(x, y, high * i / 5) for x, y in circle(d / 2)]
        model.wire(_near_half(ring), HAIR)
    shapes.append(Face([(x, y, high + 0.01) for x, y in circle(d * 0.36)], None, HAIR, solid=True))
    hole = [(x, y, high + 0.02) for x, y in circle(d * 0.23)]
    shapes.append(Face(hole, WASH["film"], THIN, solid=True))
    for sign, colour in ((1, INK), (-1, SKY)):
        lead = [(d * (0.48 + 0.09 * t), sign * d * 0.05 * t**0.8, high * 0.2) for t in range(11)]
        model.wire(lead, 3.2, colour=colour)
    if magnet:
        _magnet(model, d, high)
    if hinged:
        model.box((-d * 0.62, d * 0.34, 0), (d * 0.62, d * 0.52, high * 1.5), "film", layer=-1)
    return model


def _magnet(model: Model, d: float, high: float) -> None:
    """The magnet over the coil, and the horn that it moves."""
    size = d * 0.36
    at = (0, 0, high + size * 0.3)
    model.rod("x", -size * 0.3, size * 0.3, size, "silver", at=at, layer=1)
    top = high + size * 1.5
    model.wire(
        [(0, 0, high + size * 0.5), (0, 0, high + size * 1.1), (0, -d * 0.5, top)], 7, layer=2
    )
    eye = [(u * 0.2, -d * 0.5 + v, top + v * 0.2) for u, v in circle(d * 0.09, 20)]
    model.face(eye, "paper", layer=3)


def _near_half(ring: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The part of a coil's turn that faces the reader in the usual view."""
    first = [i for i, p in enumerate(ring) if p[0] * sin(pi / 6) + p[1] * cos(pi / 6) <= 0.0]
    start = next(i for i in first if (i - 1) % len(ring) not in first)
    return [ring[(start + i) % len(ring)] for i in range(len(first))]


def servo(subject: Subject) -> Drawing:
    kind = subject.word("type")
    if kind == "arms":
        return _arms()
    length, width, height = (subject.mm(f"{side}_mm") for side in ("length", "width", "height"))
    model = linear(length, width, height) if kind == "linear" else rotary(length, width, height)
    camera, name = (PLAN, "PLAN VIEW") if kind == "linear" else (FRONT, "SIDE VIEW")
    first = Flat(name, camera, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((0, 0, 0), (0, width, 0) if kind == "linear" else (0, 0, height),
                  figure(width if kind == "linear" else height), "left"),
    ))  # fmt: skip
    other = Flat(
        "SIDE VIEW" if kind == "linear" else "PLAN VIEW",
        FRONT if kind == "linear" else PLAN,
        (
            Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
            Dimension(
                (length, 0, 0),
                (length, 0, height) if kind == "linear" else (length, width, 0),
                figure(height if kind == "linear" else width),
                "right",
            ),
        ),
    )
    pull = f"{figure(subject.mm('torque_gcm'))} g" + ("" if kind == "linear" else " cm")
    return Drawing(model, (first, other), iso=Camera(28, 30), coin_camera=camera, key_figure=pull)


def linear(length: float, width: float, height: float) -> Model:
    model = Model()
    model.box((0, 0, 0), (length, width, height * 0.16), "board")
    slider(
        model,
        (length * 0.04, width * 0.1, height * 0.16),
        length * 0.94,
        width * 0.8,
        height * 0.84,
    )
    for i, colour in enumerate((INK, SKY, INK)):
        y = width * (0.3 + 0.2 * i)
        model.wire(
            [(-length * 0.03 * t, y + (i - 1) * 0.05 * t * t, height * 0.2) for t in range(13)],
            4,
            colour=colour,
            layer=-1,
        )
    return model


def rotary(length: float, width: float, height: float) -> Model:
    """A servo with a turning arm: case, ears, output with its arm, three wires."""
    model = Model()
    body = height * 0.72
    model.box((0, 0, 0), (length, width, body), "paper")
    _ears(model, length, width, body)
    model.wire([(0, -0.01, body * 0.22), (length, -0.01, body * 0.22)], HAIR, layer=1)
    corners = ((0.12, 0.32), (0.88, 0.32), (0.88, 0.6), (0.12, 0.6))
    label = [(length * u, -0.02, body * v) for u, v in corners]
    model.face(label, "film", pen=HAIR, layer=1)
    at = (length * 0.27, width / 2, 0)
    model.rod("z", body, body * 1.12, width * 0.92, "paper", at=at, layer=2)
    model.rod("z", body * 1.12, height * 0.92, width * 0.42, "metal", at=at, layer=3)
    model.merge(arm(length * 0.62, width * 0.5), (at[0], at[1], height * 0.9), layer=4)
    for i, colour in enumerate((INK, SKY, INK)):
        points = [
            (length * (1 + 0.035 * t), width * 0.5 + (i - 1) * (0.6 + 0.03 * t * t), body * 0.12)
            for t in range(13)
        ]
        model.wire(points, 4, colour=colour, layer=-1)
    return model


def _ears(model: Model, length: float, width: float, body: float) -> None:
    """The two lugs that it is screwed down by."""
    ear = length * 0.19
    for x, layer in ((-ear, -1), (length, 1)):
        low, high = (x, width * 0.05, body * 0.68), (x + ear, width * 0.95, body * 0.76)
        model.box(low, high, "paper", layer=layer)
        dot = circle(ear * 0.2, 20)
        hole = [(x + ear * 0.5 + u, width * 0.5 + v, body * 0.761) for u, v in dot]
        model.face(hole, "dark", pen=HAIR, layer=1)


def arm(reach: float, size: float, double: bool = False) -> Model:
    """A servo arm lying flat, its hub at the origin."""
    model = Model()
    ends = [(reach, 0.0)] + ([(-reach, 0.0)] if double else [])
    for x, _ in ends:
        sign = 1 if x > 0 else -1
        blade = [
            (0, -size * 0.45),
            (x, -size * 0.24),
            (x + sign * size * 0.3, 0),
            (x, size * 0.24),
            (0, size * 0.45),
        ]
        model.prism(blade if sign > 0 else blade[::-1], "z", 0, 0.8, "paper")
        for i in range(4):
            hole = [(x * (0.45 + 0.18 * i) + u, v, 0.81) for u, v in circle(size * 0.08, 14)]
            model.face(hole, "dark", pen=HAIR, layer=1)
    model.rod("z", -0.6, 1.2, size * 1.1, "paper", hole=size * 0.4, layer=2)
    return model


def _arms() -> Drawing:
    model = Model()
    for i in range(8):
        double = i % 2 == 1
        at = ((i % 4) * 15 + (3 if double else 0), (i // 4) * 13 + (4 if double else 0), 0.6)
        model.merge(arm(8 if not double else 6.5, 4, double), at)
    one = arm(14 - 2 - 1.2, 4)
    left, right = min(one.points()), max(one.points())
    flat = Flat("PLAN VIEW", PLAN, (
        Dimension(left, right, figure(round(right[0] - left[0], 1))),
        Dimension((0, -0.8, 0), (0, 0.8, 0), "⌀1.6", "left"),
    ), one)  # fmt: skip
    return Drawing(model, (flat,), iso=Camera(20, 40), key_figure="8 ARMS")
