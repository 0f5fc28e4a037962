"""Cars, boats, helicopters and other vehicles."""

from collections.abc import Sequence
from math import cos, pi, sin

from catalog.seed.drawing.geometry import FRONT, P2, PLAN, Camera, circle
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR, OUTLINE, figure
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject

TINTS = {"Red": "red", "Blue": "blue", "Silver": "silver", "Grey": "grey"}


def toy(subject: Subject) -> Drawing:
    """Each machine points along x, its length, width and height stretched to the figures."""
    kind = subject.word("kind")
    sizes = [subject.mm(f"{side}_mm") for side in ("length", "width", "height")]
    models = []
    for member in subject.variants or (subject,):
        model = _MAKERS[kind](TINTS.get(member.word("colour"), "film"))
        models.append(model.scaled(*(mm / model.size(i) for i, mm in enumerate(sizes))))
    space = models[0]
    if len(models) > 1 and kind == "car":
        space = Model()
        for i, model in enumerate(models):
            space.merge(model, (i * sizes[0] * 1.12, -i * sizes[1] * 0.9, 0), layer=i * 20)
    flies = {"blimp": 0.1, "helicopter": 0.12, "ornithopter": 0.4}.get(kind, 0.0)
    return Drawing(
        models[0], _views(models[0], sizes), iso=Camera(28, 26), coin=sizes[0] < 400,
        coin_camera=FRONT, key_figure=f"{figure(sizes[0])} mm", space_model=space,
        floor_gap=flies * sizes[0],
    )  # fmt: skip


def _views(model: Model, sizes: list[float]) -> tuple[Flat, Flat]:
    """From the side and from above, with length, height and width between the outmost points."""
    points = model.points()
    left, right = (pick(points, key=lambda p: p[0]) for pick in (min, max))
    near, far = (pick(points, key=lambda p: p[1]) for pick in (min, max))
    low, high = (pick(points, key=lambda p: p[2]) for pick in (min, max))
    side = Flat("SIDE VIEW", FRONT, (
        Dimension(left, right, figure(sizes[0]), "bottom"),
        Dimension(low, high, figure(sizes[2]), "right"),
    ))  # fmt: skip
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension(left, right, figure(sizes[0]), "bottom"),
        Dimension(near, far, figure(sizes[1]), "right"),
    ))  # fmt: skip
    return side, plan


def _wheel(model: Model, x: float, y: float, radius: float, thick: float, layer: int) -> None:
    model.rod("y", y, y + thick, radius * 2, "dark", at=(x, 0, radius), layer=layer)
    model.rod("y", y - 0.1, y + thick, radius, "metal", at=(x, 0, radius), layer=layer)


def _wheels(model: Model, places: tuple[float, ...], width: float, radius: float) -> None:
    for x in places:
        _wheel(model, x, width / 2 - 4, radius, 4, -1)
        _wheel(model, x, -width / 2, radius, 4, 3)


def _body(model: Model, side: Sequence[P2], width: float, wash: str, layer: int = 1) -> None:
    """A side outline (x, z), counter-clockwise as seen from the front, pushed to both sides."""
    model.prism([(z, x) for x, z in side], "y", -width / 2, width / 2, wash, layer=layer)


def car(wash: str) -> Model:
    model = Model()
    _wheels(model, (12, 48), 30, 7)
    _body(
        model,
        [(0, 6), (0, 13), (14, 15), (20, 15), (60, 12), (62, 8), (60, 5), (4, 4)][::-1],
        27,
        wash,
    )
    _body(model, [(9, 14.5), (18, 24), (36, 24), (47, 13.5)][::-1], 22, "clear", 2)
    model.wire([(27, -11.1, 14.5), (27, -11.1, 24)], HAIR, layer=2)
    for y in (-9, 9):
        model.rod("x", 60, 62.4, 4, "yellow", at=(0, y, 9.5), layer=2)
    model.wire([(4, 10, 14), (1, 10, 30)], OUTLINE, layer=2)
    return model


def truck(wash: str) -> Model:
    model = Model()
    _wheels(model, (15, 60), 38, 9.5)
    _body(model, [(0, 10), (0, 15), (74, 15), (74, 9), (6, 9)][::-1], 32, "grey")
    _body(
        model, [(44, 15), (46, 34), (60, 34), (66, 23), (74, 21), (74, 15)][::-1], 30, "orange", 2
    )
    _body(model, [(49, 24), (50, 32), (59, 32), (63, 24)][::-1], 30.6, "clear", 2)
    for z in (15, 19, 23):
        model.box((1, -15, z), (42, -14, z + 3), "wood", layer=2)
        model.box((1, 14, z), (42, 15, z + 3), "wood", layer=1)
    model.box((1, -14, 15), (3, 14, 26), "wood", layer=1)
    return model


def blimp(wash: str) -> Model:
    model = Model()
    steps = [i / 22 for i in range(23)]
    profile = [(810 * t, 205 * (sin(pi * t**0.82)) ** 0.75) for t in steps]
    model.turned(profile, "x", wash, rings=(5, 9, 13, 17))
    for z, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        fin = [(40, 60), (-10, 190), (90, 200), (200, 120)]
        layer = -1 if y > 0 or z < 0 else 1
        model.face([(x, y * r, z * r) for x, r in fin], "film", layer=layer)
    model.box((360, -22, -262), (520, 22, -205), "paper", layer=-1)
    for side in (1, -1):
        model.rod("x", 400, 440, 22, "metal", at=(0, side * 70, -250), layer=-2)
        model.wire([(420, 0, -250), (420, side * 70, -250)], 5, layer=-2)
        disc = [(444, side * 70 + u, -250 + v) for u, v in circle(42)]
        model.face(disc, "clear", layer=-1, opacity=0.6)
    return model


def hovercraft(wash: str) -> Model:
    model = Model()
    outline = [
        (6, -40),
        (110, -42),
        (134, -26),
        (145, 0),
        (134, 26),
        (110, 42),
        (6, 40),
        (0, 30),
        (0, -30),
    ]
    model.prism(outline, "z", 0, 9, "dark")
    inner = [(x * 0.94 + 4, y * 0.84) for x, y in outline]
    model.prism(inner, "z", 9, 14, wash, layer=1)
    model.rod("z", 14, 17, 34, "grey", at=(92, 0, 0), hole=28, layer=2)
    model.box((78, -1, 15), (106, 1, 17.2), "paper", layer=3)
    _body(model, [(100, 14), (104, 26), (116, 24), (128, 14)][::-1], 24, "clear", 3)
    for y in (-18, 18):
        model.box((20, y - 1.2, 14), (26, y + 1.2, 30), "paper", layer=2)
    _fan(model, 22, 31, 17, 4)
    for y in (-12, 12):
        model.face([(6, y, 16), (16, y, 16), (16, y, 44), (6, y, 44)], "orange", layer=3)
    return model


def _fan(model: Model, x: float, z: float, radius: float, layer: int) -> None:
    """A propeller across x in a ring of wire."""
    ring = [(x, u, z + v) for u, v in circle(radius)]
    model.face(ring, "clear", pen=OUTLINE, layer=layer, opacity=0.55)
    for turn in (0.5, 0.5 + pi):
        blade = [(0.1, -0.05), (0.6, -0.14), (0.95, -0.03), (0.9, 0.05), (0.1, 0.06)]
        points = [
            (
                x + 0.5,
                radius * (u * cos(turn) - v * sin(turn)),
                z + radius * (u * sin(turn) + v * cos(turn)),
            )
            for u, v in blade
        ]
        model.face(points, "grey", layer=layer)
    model.rod("x", x - 6, x + 3, 6, "metal", at=(0, 0, z), layer=layer)


def helicopter(wash: str) -> Model:
    model = Model()
    steps = [i / 16 for i in range(17)]
    model.turned(
        [(84 + 60 * t, 15 * sin(pi * t**0.7) ** 0.7) for t in steps],
        "x",
        wash,
        at=(0, 0, 24),
        rings=(6,),
        layer=1,
    )
    model.turned([(6, 1.4), (96, 4.5)], "x", "grey", at=(0, 0, 28), layer=0)
    model.face([(0, 0, 22), (14, 0, 26), (10, 0, 46), (0, 0, 48)], "orange", layer=1)
    model.rod("z", 38, 78, 3, "silver", at=(108, 0, 0), layer=2)
    for z, turn, layer in ((58, 0.5, 3), (74, -0.35, 4)):
        for spin in (0, pi):
            blade = [(4, -3), (20, -4.5), (80, -3.5), (83, 0), (80, 3), (20, 3.6), (4, 3)]
            a = turn + spin
            model.face(
                [(108 + u * cos(a) - v * sin(a), u * sin(a) + v * cos(a), z) for u, v in blade],
                "clear",
                layer=layer,
            )
        model.rod("z", z - 2, z + 3, 8, "dark", at=(108, 0, 0), layer=layer)
    for y in (-11, 11):
        model.wire([(88, y, 0), (130, y, 0), (136, y, 3)], OUTLINE * 1.3, layer=-1)
        for x in (96, 122):
            model.wire([(x, y, 0), (x, y * 0.5, 12)], layer=-1)
    return model


def airboat(wash: str) -> Model:
    model = Model()
    outline = [(0, -24), (90, -26), (112, -16), (120, 0), (112, 16), (90, 26), (0, 24)]
    model.prism(outline, "z", 0, 8, wash)
    model.prism([(x * 0.8 + 8, y * 0.7) for x, y in outline], "z", 8, 10, "wood", layer=1)
    _body(model, [(62, 10), (62, 20), (72, 20), (74, 10)][::-1], 14, "paper", 2)
    model.wire([(30, -10, 10), (22, 0, 27), (30, 10, 10)], OUTLINE, layer=2)
    _fan(model, 20, 28, 17, 4)
    for y in (-9, 9):
        model.face([(2, y, 12), (13, y, 12), (13, y, 42), (2, y, 42)], "red", layer=3)
    return model


def tank(wash: str) -> Model:
    model = Model()
    for y, layer in ((9, -1), (-17, 3)):
        track = [(6, 0), (50, 0), (58, 7), (54, 12), (4, 12), (0, 7)]
        model.prism([(z, x) for x, z in track], "y", y, y + 8, "dark", layer=layer)
        for i in range(5):
            x = 8 + i * 10.5
            model.rod("y", y - 0.2, y, 7.6, "grey", at=(x, 0, 5.4), layer=layer)
            model.rod("y", y - 0.4, y, 2.4, "paper", at=(x, 0, 5.4), layer=layer)
    model.box((4, -9, 4), (54, 9, 15), "green", layer=1)
    _body(model, [(16, 15), (18, 22), (36, 22), (42, 15)][::-1], 20, wash, 2)
    model.rod("x", 38, 57, 2.6, "grey", at=(0, 0, 18.5), layer=3)
    model.rod("z", 22, 24, 8, "paper", at=(26, 0, 0), layer=3)
    model.wire([(20, 6, 22), (16, 6, 26)], OUTLINE, layer=3)
    return model


def ornithopter(wash: str) -> Model:
    model = Model()
    model.rod("x", 20, 150, 3.2, "dark")
    for side in (1, -1):
        for rise, name, layer in ((34, wash, 2), (-10, "blue", 1)):
            tip = (112, side * 160, rise)
            points = [
                (150, side * 2, 3),
                (146, side * 90, rise * 0.62),
                tip,
                (70, side * 110, rise * 0.6),
                (36, side * 3, 2),
            ]
            model.face(points, name, layer=layer, opacity=0.8)
            model.wire(
                [(150, side * 2, 3), (146, side * 90, rise * 0.62), tip], OUTLINE, layer=layer
            )
            for end in ((70, side * 110, rise * 0.6), (54, side * 55, rise * 0.32)):
                model.wire([(146, side * 30, rise * 0.2), end], HAIR, layer=layer)
    model.face([(36, 0, 2), (0, 26, 12), (-8, 0, 6), (0, -26, 12)], "orange", layer=3)
    model.turned([(130, 2), (150, 7), (168, 7), (182, 2)], "x", "paper", layer=3, rings=(2,))
    model.rod("y", -6, 6, 14, "metal", at=(140, 0, -4), layer=0)
    return model


def rover(wash: str) -> Model:
    model = Model()
    for x in (11, 48, 85):
        _wheel(model, x, 26, 11, 10, -1)
        _wheel(model, x, -36, 11, 10, 3)
    model.box((14, -22, 14), (84, 22, 26), "metal", layer=1)
    model.box((0, -34, 28), (92, 34, 30), "dark", layer=4)
    for i in range(5):
        for j in range(3):
            x, y = 2 + i * 18, -32 + j * 22
            model.box((x, y, 30), (x + 16.5, y + 20, 30.6), "blue", pen=HAIR, layer=5)
    for edge in (-30.5, 30.5):
        model.wire(
            [(11, edge, 11), (30, edge, 24), (48, edge, 11), (66, edge, 24), (85, edge, 11)],
            OUTLINE,
            layer=3 if edge < 0 else 0,
        )
    model.rod("z", 30, 38, 3, "silver", at=(80, 20, 0), layer=6)
    model.box((76, 14, 38), (86, 26, 44), "paper", layer=7)
    model.rod("x", 86, 87.5, 4, "dark", at=(0, 20, 41), layer=8)
    return model


_MAKERS = {
    "car": car,
    "truck": truck,
    "blimp": blimp,
    "hovercraft": hovercraft,
    "helicopter": helicopter,
    "airboat": airboat,
    "tank": tank,
    "ornithopter": ornithopter,
    "rover": rover,
}
