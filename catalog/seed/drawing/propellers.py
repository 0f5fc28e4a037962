"""Propellers, and what goes on their hubs."""

from math import cos, pi, sin

from catalog.seed.drawing.geometry import FRONT, P3, Camera, corners, smooth
from catalog.seed.drawing.model import Disc, Model
from catalog.seed.drawing.palette import HAIR, THIN, figure
from catalog.seed.drawing.shape_tables import load_model, outline
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Dimension, Drawing, View, measured

MATERIALS = {"Balsa": "wood", "Moulded carbon": "grey"}


def propeller(subject: Subject) -> Drawing:
    shape = subject.word("shape")
    if shape == "assortment":
        return _assortment()
    if shape in ("spinner", "saver"):
        model, radius = load_model("propeller", shape), subject.mm("diameter_mm") / 2
        body = corners((-radius, 0, 0), (radius, 0, model.extent(2)[1]))
        side = measured("SIDE VIEW", FRONT, model, body=body, marks=("⌀", ""))
        return Drawing(model, (side,), Camera(24, 28))
    diameter, pitch, bore = subject.size("diameter", "pitch", "bore")
    blades = int(subject.mm("blades"))
    wash = MATERIALS.get(subject.word("material"), "clear" if shape == "wide" else "paper")
    level, turned = (
        propeller_model(diameter, blades, shape, pitch, bore, wash=wash, turn=turn)
        for turn in (0, 0.62)
    )
    if blades == 3:
        top = max(level.points(), key=lambda p: p[2])
        dimension = Dimension((0, 0, 0), top, "R " + figure(diameter / 2), "right")
        front = View("FRONT VIEW", FRONT, level, (dimension,))
    else:
        front = measured("FRONT VIEW", FRONT, level, wide="top", tall="", marks=("⌀", ""))
    key = f"⌀{figure(diameter)} × {figure(pitch)} mm"
    return Drawing(turned, (front,), Camera(24, 22), key_figure=key)


def _assortment() -> Drawing:
    """Return six propellers in a row, the longest in front."""
    standing, above, z = Model(), Model(), 0.0
    for diameter in (30, 40, 46, 57, 65, 76):
        one = propeller_model(diameter, 2, "plain", diameter * 0.5)
        standing.merge(one, (0, z, 0))
        above.merge(one, (0, 0, z * 2))
        z -= diameter * 0.24
    return Drawing(standing, (View("FRONT VIEW", FRONT, above),), Camera(8, 52))


def propeller_model(
    diameter: float,
    blades: int,
    shape: str,
    pitch: float,
    bore: float = 0.8,
    *,
    wash: str = "paper",
    turn: float = 0.0,
) -> Model:
    """Return blades across y, twisted: at each radius by the angle that the pitch asks for."""
    model, radius = Model(), diameter / 2
    start = turn + (pi / 2 if blades == 3 else 0)
    for i in range(blades):
        _blade(model, shape, radius, pitch, start + 2 * pi * i / blades, wash)
    hub, depth = max(radius * 0.11, bore * 1.1), max(diameter * 0.045, 1.2)
    model.rod("y", (-depth, depth), hub * 2, wash, ends=[Disc(bore, "dark")], layer=2)
    return model


def _blade(model: Model, shape: str, radius: float, pitch: float, turn: float, wash: str) -> None:
    def place(share: float, across: float) -> P3:
        slope = pitch / (2 * pi * share * radius)
        level = across * radius / (1 + slope * slope) ** 0.5
        u, c, s = share * radius, cos(turn), sin(turn)
        return u * c - level * s, level * slope, u * s + level * c

    edges = smooth(outline("propeller", shape))
    lead = [place(share, edge) for share, edge, _ in edges]
    trail = [place(share, edge) for share, _, edge in edges]
    model.face([*lead, *trail[::-1]], wash, pen=THIN * 1.3, layer=1)
    middle = [place(share, a * 0.35 + b * 0.65) for share, a, b in edges[:-1]]
    model.wire(middle, HAIR, layer=1)
