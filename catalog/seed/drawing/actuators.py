"""Magnetic actuators and servos."""

from catalog.seed.drawing.geometry import FRONT, ORIGIN, PLAN, Camera, corners
from catalog.seed.drawing.model import Disc, Model, fanned, lineup
from catalog.seed.drawing.palette import figure
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Dimension, Drawing, measured


def actuator(subject: Subject) -> Drawing:
    d, length = subject.mm("coil_diameter_mm"), subject.mm("length_mm")
    kind, coil, body = (
        subject.word("kind"),
        actuator_model(d, length, "coil"),
        corners((-d / 2, -d / 2, 0), (d / 2, d / 2, 1)),
    )
    if kind == "coil":
        space = lineup([actuator_model(x, length, kind) for x in (7, 7, 7, 5, 5)], 2.5)
    else:
        count = 2 if kind == "pair" else 1
        space = lineup([actuator_model(d, length, kind)] * count, d * 0.8)
    hole = figure(round(d * 0.46, 1))
    inner = Dimension((0, -d * 0.23, 0), (0, d * 0.23, 0), f"⌀{hole}", "right")
    plan = measured(
        "PLAN VIEW", PLAN, coil, body=body, wide="top", tall="", marks=("⌀", ""), extra=(inner,)
    )
    ohms = subject.figures.get("resistance_ohm")
    key = f"{ohms} Ω" if ohms else f"⌀{figure(d)} mm"
    return Drawing(space, (plan,), Camera(30, 34), PLAN, key)


def actuator_model(d: float, length: float, kind: str) -> Model:
    """Return a coil standing around z; except in a mere coil, a magnet on an arm is over it."""
    model, high = Model(), length * (0.6 if kind == "coil" else 0.42)
    windings = [(high * i / 5, d / 2) for i in range(6)]
    ends = [Disc(d * 0.72, "copper"), Disc(d * 0.46, "film")]
    model.turned("z", windings, "copper", edges=(1, 2, 3, 4), ends=ends)
    for sign, colour in ((1, "ink"), (-1, "sky")):
        places = ((0.48, 0), (0.75, 0.12), (1.05, 0.22), (1.38, 0.32))
        lead = [(d * x, d * y * sign, high * 0.2) for x, y in places]
        model.wire(lead, 3.2, colour, curved=True)
    if kind != "coil":
        _add_magnet(model, d, high)
    if kind == "hinged":
        low, corner = (-d * 0.62, d * 0.34, 0), (d * 0.62, d * 0.52, high * 1.5)
        model.box(low, corner, "film", layer=-1)
    return model


def _add_magnet(model: Model, d: float, high: float) -> None:
    """Add the magnet over the coil, and the horn that it moves."""
    size = d * 0.36
    at, top = (0, 0, high + size * 0.3), high + size * 1.5
    model.rod("x", (-size * 0.3, size * 0.3), size, "silver", at=at, layer=1)
    horn = [(0, 0, high + size * 0.5), (0, 0, high + size * 1.1), (0, -d * 0.5, top)]
    model.wire(horn, 7, layer=2)
    model.disc("y", (0, -d * 0.55, top), d * 0.09, "paper", layer=3)


def servo(subject: Subject) -> Drawing:
    kind, sizes = subject.word("type"), subject.size("length", "width", "height")
    if kind == "arms":
        return _arms()
    is_linear = kind == "linear"
    nominal = (16.5, 8, 5.5) if is_linear else (15.2, 6.6, 15)
    scale = (mm / size for mm, size in zip(sizes, nominal, strict=True))
    model = load_model("servo", kind).scaled(*scale)
    name, camera, unit = ("PLAN VIEW", PLAN, "g") if is_linear else ("SIDE VIEW", FRONT, "g cm")
    view = measured(name, camera, model, body=corners(ORIGIN, sizes), tall="left")
    pull = f"{subject.text('torque_gcm')} {unit}"
    return Drawing(model, (view,), Camera(28, 30), camera, pull)


def _arms() -> Drawing:
    single, double = (load_model("servo", name) for name in ("arm", "double_arm"))
    row = lineup([single, double] * 2, 3)
    space = fanned([row] * 2, (0, -13, 0))
    hole = Dimension((0, -0.8, 0), (0, 0.8, 0), "⌀1.6", "left")
    plan = measured("PLAN VIEW", PLAN, single, wide="top", tall="", extra=(hole,))
    return Drawing(space, (plan,), Camera(20, 40), PLAN, "8 ARMS")
