"""Accessories: cases, scales, stands, course markers."""

from collections.abc import Callable
from math import cos, pi, sin

from catalog.seed.drawing.aircraft import airplane_model
from catalog.seed.drawing.geometry import FRONT, PLAN, Camera, circle
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR, INK, OUTLINE, SKY, STROKE, WASH, figure
from catalog.seed.drawing.stroke_font import CAP, strokes, text_width
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject


def accessory(subject: Subject) -> Drawing:
    kind = subject.word("kind")
    model = MAKERS[kind](subject)
    points = model.points()
    left, right = (pick(points, key=lambda p: p[0]) for pick in (min, max))
    near, far = (pick(points, key=lambda p: p[1]) for pick in (min, max))
    low, high = (pick(points, key=lambda p: p[2]) for pick in (min, max))
    wide = Dimension(left, right, figure(round(model.size(0), 1)), "bottom")
    if kind in UPRIGHT:
        flat = Flat("FRONT VIEW", FRONT, (
            wide, Dimension(low, high, figure(round(model.size(2), 1)), "right")))  # fmt: skip
    else:
        flat = Flat("PLAN VIEW", PLAN, (
            wide, Dimension(near, far, figure(round(model.size(1), 1)), "right")))  # fmt: skip
    camera = FRONT if kind in UPRIGHT else PLAN
    sides = sorted((subject.mm("length_mm"), subject.mm("width_mm")), reverse=True)
    key = " × ".join(figure(side) for side in sides if side >= 1) + " mm"
    return Drawing(
        model, (flat,), iso=Camera(28, 30), coin=model.size(0) < 200, coin_camera=camera,
        key_figure=key,
    )  # fmt: skip


UPRIGHT = {"stand", "pylon", "hoop", "wind"}


def _case(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (320, 240, 55), "dark")
    model.box((10, 10, 55), (310, 230, 56), "foam", layer=1)
    plane = Subject(
        "",
        "airplane",
        0,
        {"wingspan_mm": "190", "length_mm": "170", "wing_area_dm2": "1.2"},
        {"wing": "ellipse", "tail": "conventional", "fuselage": "stick", "dihedral": "1"},
    )
    small = airplane_model(plane).scaled(0.72, 0.72, 0.3)
    model.merge(small, (95, 150, 60), layer=4)
    model.merge(small, (220, 120, 60), layer=4)
    for i in range(4):
        model.box((60 + i * 34, 22, 56), (84 + i * 34, 44, 60), "silver", layer=3)
    lid = [(0, 240, 56), (320, 240, 56), (320, 290, 230), (0, 290, 230)]
    model.face(lid, "grey", layer=-1)
    model.face(
        [(14, 243, 68), (306, 243, 68), (306, 287, 220), (14, 287, 220)], "foam", layer=-1, pen=HAIR
    )
    for x in (70, 250):
        model.box((x - 12, -3, 34), (x + 12, 0, 52), "metal", layer=2)
    return model


def _scale(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (120, 62, 14), "grey")
    model.box((6, 6, 14), (62, 56, 18), "silver", layer=1)
    model.face([(70, 28, 14.1), (114, 28, 14.1), (114, 52, 14.1), (70, 52, 14.1)], "green", layer=1)
    _figures(model, "3.600", 75, 36, 14.2, 8)
    for i in range(3):
        model.rod("z", 14, 15.5, 8, "paper", at=(78 + i * 14, 14, 0), layer=1)
    model.rod("z", 18, 30, 11, "gold", at=(34, 31, 0), layer=3)
    model.rod("z", 30, 34, 5, "gold", at=(34, 31, 0), layer=4)
    return model


def _figures(
    model: Model, text: str, x: float, y: float, z: float, height: float, layer: int = 3
) -> None:
    """Lettering on a level surface of the model, its baseline at y."""
    k = height / CAP
    for letter in text:
        for line in strokes(letter):
            points = [(x + u * k, y + (CAP - v) * k, z) for u, v in line]
            model.wire(points, 3, layer=layer)
        x += text_width(letter, height) + 1.4 * k


def _stand(subject: Subject) -> Model:
    model = Model()
    for y in (0, 70):
        plate = [
            (0, 0),
            (120, 0),
            (112, 8),
            (84, 12),
            (66, 84),
            (74, 110),
            (62, 100),
            (58, 100),
            (46, 110),
            (54, 84),
            (36, 12),
            (8, 8),
        ]
        model.prism([(z, x) for x, z in plate], "y", y, y + 4, "clear", layer=2 if y == 0 else 0)
    model.box((20, 4, 10), (100, 70, 14), "clear", layer=1)
    return model


def _led(subject: Subject) -> Model:
    model = Model()
    for i, wash in enumerate(("red", "green", "paper")):
        y = i * 5.0
        model.box((0, y, 0), (3, y + 1.6, 0.5), "gold", layer=1)
        model.box((0.6, y + 0.1, 0.5), (2.4, y + 1.5, 1.2), wash, layer=2)
        for x in (-0.2, 2.8):
            model.box((x, y, 0), (x + 0.4, y + 1.6, 0.6), "metal", layer=1)
        for sign, colour in ((1, SKY), (-1, INK)):
            points = [
                (3 + t * 0.9, y + 0.8 + sign * (0.3 + 0.25 * sin(t * 0.7)), 0.2) for t in range(14)
            ]
            model.wire(points, 2.6, colour=colour)
    return model


def _pylon(subject: Subject) -> Model:
    model = Model()
    for x in (0.0, 330.0):
        at = (x, 0, 0)
        model.turned([(0, 90), (300, 63)], "z", "orange", at=at, rings=(1,))
        model.turned([(300, 63), (600, 36)], "z", "paper", at=at, rings=(1,), layer=1)
        model.turned([(600, 36), (900, 8)], "z", "orange", at=at, layer=2)
    return model


def _mat(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (450, 300, 3), "green")
    for i in range(1, 18):
        line = [(i * 25, 4, 3.1), (i * 25, 296, 3.1)]
        model.wire(line, HAIR if i % 4 else 2, layer=1, colour=STROKE["grid"])
    for i in range(1, 12):
        line = [(4, i * 25, 3.1), (446, i * 25, 3.1)]
        model.wire(line, HAIR if i % 4 else 2, layer=1, colour=STROKE["grid"])
    for i in range(3):
        rib = [
            (120 + i * 20 + 150 * t, 120 + i * 40 + 26 * sin(pi * t**0.6) * (1 - t * 0.4), 3.2)
            for t in [j / 20 for j in range(21)]
        ]
        model.face(rib, "wood", layer=2)
    return model


def _roll(subject: Subject) -> Model:
    """Rolls of film, one for each colour, with a loose end."""
    model = Model()
    for i, wash in enumerate(("clear", "blue", "orange")):
        y = -i * 46.0
        sheet = [(0, y - 16, 0.2), (150, y - 16, 0.2), (150, y, 0.2), (0, y, 0.2)]
        model.face(sheet, wash, layer=i * 4, opacity=0.7)
        model.rod("x", 0, 150, 26, wash, at=(0, y, 13), layer=i * 4 + 1)
        model.rod("x", -4, 154, 12, "wood", at=(0, y, 13), hole=9, layer=i * 4)
        model.rod("x", 150, 154, 12, "wood", at=(0, y, 13), hole=9, layer=i * 4 + 2)
    return model


def _wind(subject: Subject) -> Model:
    model = Model()
    model.prism(
        [(z, x) for x, z in [(4, 0), (41, 0), (45, 6), (43, 92), (2, 92), (0, 6)]],
        "y",
        0,
        20,
        "paper",
    )
    model.face([(8, -0.1, 54), (37, -0.1, 54), (37, -0.1, 84), (8, -0.1, 84)], "green", layer=1)
    model.rod("y", -1.5, 0, 9, "dark", at=(22.5, 0, 30), layer=1)
    ring = [(22.5 + u, 10, 116 + v) for u, v in circle(24)]
    model.face(ring, "clear", pen=OUTLINE * 1.6, layer=1, opacity=0.6)
    for i in range(6):
        a = pi / 3 * i
        blade = [(3, -1.5), (19, -5.5), (20, 1), (3, 1.5)]
        model.face(
            [(22.5 + u * cos(a) - v * sin(a), 9, 116 + u * sin(a) + v * cos(a)) for u, v in blade],
            "grey",
            layer=2,
        )
    model.rod("y", 5, 12, 6, "metal", at=(22.5, 0, 116), layer=3)
    return model


def _strap(subject: Subject) -> Model:
    model = Model()
    outer = [
        (130 * cos(a) * (1 + 0.12 * sin(a)), 190 * sin(a), 0)
        for a in [pi * (i / 40 * 1.86 + 0.57 - 1.0) + pi for i in range(41)]
    ]
    model.wire(outer, 26, layer=0)
    model.wire(outer, 19, layer=1, colour=WASH["black"])
    model.wire(outer, 1.2, layer=2, colour=STROKE["seam"])
    x, y = outer[0][0] * 0.0, min(p[1] for p in outer) - 10
    model.rod("y", y - 26, y, 20, "metal", at=(x, 0, 0), layer=3)
    hook = [
        (x + 14 * cos(a), y - 44 + 18 * sin(a), 0)
        for a in [pi / 2 + pi * 1.6 * i / 20 for i in range(21)]
    ]
    model.wire(hook, 9, layer=3)
    model.wire(hook, 4.5, layer=4, colour=WASH["metal"])
    return model


def _hoop(subject: Subject) -> Model:
    model = Model()
    ring = circle(450, 72)
    loop = [(u, 0, 450 + v) for u, v in [*ring, ring[0]]]
    model.wire(loop, 24, layer=0)
    model.wire(loop, 18, layer=1, colour=WASH["orange"])
    for i in range(0, 72, 9):
        model.wire([loop[i], loop[i + 1]], 18, layer=2, colour=WASH["paper"])
    for x in (-90, 90):
        model.wire([(x, -160, 0), (x * 0.7, 0, 16), (x, 160, 0)], 8, layer=2)
    return model


def _decal(subject: Subject) -> Model:
    model = Model()
    for k, at in ((0, (0.0, 24.0)), (1, (24.0, 0.0))):
        x, y = at
        model.face(
            [(x, y, k), (x + 120, y, k), (x + 120, y + 80, k), (x, y + 80, k)], "paper", layer=k * 4
        )
        size = 12 if k else 7
        for row, text in enumerate(("C-FMIC", "RO 36", "1996")):
            _figures(model, text, x + 10, y + 56 - row * 22, k + 0.1, size, layer=k * 4 + 1)
    return model


def _bag(subject: Subject) -> Model:
    model = Model()
    model.box((0, 0, 0), (180, 120, 22), "grey")
    model.face([(0, 0, 22.1), (180, 0, 22.1), (168, 52, 24), (12, 52, 24)], "silver", layer=1)
    model.box((70, 34, 24), (110, 46, 25), "dark", layer=2)
    for i in range(3):
        model.wire([(6, 62 + 18 * i, 22.2), (174, 62 + 18 * i, 22.2)], HAIR, layer=1)
    return model


MAKERS: dict[str, Callable[[Subject], Model]] = {
    "case": _case, "scale": _scale, "stand": _stand, "led": _led, "pylon": _pylon, "mat": _mat,
    "roll": _roll, "wind": _wind, "strap": _strap, "hoop": _hoop, "decal": _decal, "bag": _bag,
}  # fmt: skip
