"""Airplanes, from their attributes and the shape in the `art` column."""

from math import radians, tan

from catalog.seed.drawing.geometry import PLAN, SIDE, Camera, circle
from catalog.seed.drawing.model import Face, Model
from catalog.seed.drawing.palette import HAIR, OUTLINE, WASH, figure
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject
from catalog.seed.drawing.wings import add_fin, add_wing, edge_at, half_outline

SKIES = {"Blue": "blue", "Orange": "orange", "Yellow": "yellow", "Red": "red", "Clear": "film"}


def airplane(subject: Subject) -> Drawing:
    """Nose forwards (towards the reader), the middle of the wing at the origin."""
    model = airplane_model(subject)
    span, length = subject.mm("wingspan_mm"), subject.mm("length_mm")
    left, right = (pick(model.points(), key=lambda p: p[0]) for pick in (min, max))
    floor, top = _ends(model, 2)
    back, front = (pick(model.points(), key=lambda p: p[1]) for pick in (min, max))
    lowest, highest = (pick(model.points(), key=lambda p: p[2]) for pick in (min, max))
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension(left, right, figure(span)),
        Dimension(front, back, figure(length), "right"),
    ))  # fmt: skip
    side = Flat("SIDE VIEW", SIDE, (
        Dimension(front, back, figure(length), "bottom"),
        Dimension(lowest, highest, figure(round(top - floor)), "left"),
    ))  # fmt: skip
    return Drawing(
        model,
        (plan, side),
        iso=Camera(212, 34),
        floor_gap=span * 0.16,
        key_figure=f"{figure(span)} mm",
    )


def _ends(model: Model, axis: int) -> tuple[float, float]:
    values = [point[axis] for point in model.points()]
    return min(values), max(values)


def airplane_model(subject: Subject) -> Model:
    """Wing, tail, fuselage, motor and wheels as the seed's hints say."""
    model = Model()
    span, length = subject.mm("wingspan_mm"), subject.mm("length_mm")
    chord = subject.mm("wing_area_dm2") * 1e4 / span
    if subject.word("biplane") == "yes":
        chord /= 2
    shape = subject.word("wing", "straight")
    flying_wing = subject.word("fuselage") == "none"
    wash = SKIES.get(subject.word("covering"), "film")
    if flying_wing and subject.word("wing") == "swept":
        chord *= 1.05
    _wings(model, subject, shape, span, chord, wash)
    if flying_wing:
        _flying_wing(model, subject, span, chord)
    else:
        _fuselage(model, subject, length, chord, wash)
        _tail(model, subject, length, chord, wash)
    if subject.word("kit") != "yes":
        _power(model, subject, length, chord, span)
    if subject.word("wheels") == "yes":
        _wheels(model, length, chord)
    if subject.word("floats") == "yes":
        _floats(model, length, chord)
    return model.scaled(x=span / model.size(0), y=length / model.size(1))


def _nose(subject: Subject, length: float, chord: float) -> float:
    """How far the nose is ahead of the middle of the wing."""
    if subject.word("tail") == "canard":
        return length * 0.74
    return chord * 0.5 + length * 0.13


def _wings(
    model: Model, subject: Subject, shape: str, span: float, chord: float, wash: str
) -> None:
    dihedral = float(subject.word("dihedral", "4"))
    gap = chord * 0.72
    low = subject.word("low") == "yes"
    height = -chord * 0.06 if low else chord * 0.13
    ailerons = subject.word("ailerons") == "yes"
    if subject.word("tail") == "canard":
        add_wing(model, shape, span, chord, (0, 0, height), dihedral=dihedral, wash=wash)
        return
    layer = -1 if low else 1
    add_wing(
        model, shape, span, chord, (0, 0, height), dihedral=dihedral, wash=wash,
        layer=layer, ailerons=ailerons,
    )  # fmt: skip
    if subject.word("biplane") == "yes":
        add_wing(
            model, shape, span, chord, (0, chord * 0.25, height + gap),
            dihedral=dihedral, wash=wash, layer=3,
        )  # fmt: skip
        _struts(model, span, chord, height, gap, dihedral)


def _struts(
    model: Model, span: float, chord: float, height: float, gap: float, rise: float
) -> None:
    for side in (1, -1):
        for x, y in ((0.28, 0.3), (0.28, -0.25), (0.05, 0.3), (0.05, -0.25)):
            out = side * span * x
            z = height + abs(out) * tan(radians(rise))
            model.wire([(out, chord * y, z), (out, chord * (y + 0.2), z + gap)], layer=2)


def _fuselage(model: Model, subject: Subject, length: float, chord: float, wash: str) -> None:
    nose = _nose(subject, length, chord)
    tail = nose - length
    if subject.word("fuselage") == "stick":
        width = max(length * 0.008, 0.8)
        model.box((-width, tail, -width), (width, nose, width), "dark")
        return
    k = length / 100
    outline = [
        (nose - 3 * k, -6 * k), (nose, -3.4 * k), (nose, 2.2 * k), (nose - 9 * k, 5 * k),
        (nose - 22 * k, 8.5 * k), (nose - 34 * k, 8.8 * k), (nose - 52 * k, 4.2 * k),
        (tail, 1.6 * k), (tail, -1.6 * k), (nose - 56 * k, -4.2 * k), (nose - 30 * k, -7.4 * k),
    ]  # fmt: skip
    half = max(length * 0.008, 1.0)
    model.prism(outline[::-1], "x", -half, half, "foam" if wash == "film" else wash)
    canopy = [
        (nose - 13 * k, 5.6 * k), (nose - 21 * k, 8 * k), (nose - 31 * k, 8.2 * k),
        (nose - 31 * k, 4.6 * k), (nose - 14 * k, 3.6 * k),
    ]  # fmt: skip
    for x in (half, -half):
        model.parts[-1].shapes += _window([(x, y, z) for y, z in canopy], x > 0)


def _window(points: list[tuple[float, float, float]], right: bool) -> list:
    return [Face(points if right else points[::-1], WASH["film"], HAIR, solid=True)]


def _tail(model: Model, subject: Subject, length: float, chord: float, wash: str) -> None:
    """The kind of tail that the seed's hints name; without one, a fin over a tailplane."""
    nose = _nose(subject, length, chord)
    end, kind, size = nose - length, subject.word("tail"), chord * 0.6
    span = subject.mm("wingspan_mm")
    if kind == "canard":
        _canard(model, span, chord, nose, wash)
    elif kind == "v":
        _v_tail(model, end, size, wash)
    else:
        shape = "ellipse" if kind == "round" or subject.word("wing") == "ellipse" else "taper"
        _tailplane(model, shape, span * 0.38, size, end, wash)
        add_fin(model, _fin(kind, size), (0, end + size * 0.62, 1), wash)
        model.wire([(0, end + size * 0.14, 1), (0, end + size * 0.14, size * 0.8)], HAIR, layer=1)


def _canard(model: Model, span: float, chord: float, nose: float, wash: str) -> None:
    """A small wing at the nose, fins at the tips of the large one."""
    size = chord * 0.6
    at = (0, nose - size * 0.5, 2)
    add_wing(model, "taper", span * 0.36, size * 0.62, at, ribs=2, wash=wash)
    fin = [
        (chord * 0.25, 0), (-chord * 0.3, 0), (-chord * 0.34, size * 0.7),
        (-chord * 0.1, size * 0.7),
    ]  # fmt: skip
    for side in (1, -1):
        tip = (side * span * 0.495, -chord * 0.65, chord * 0.12 + span * 0.05)
        add_fin(model, fin, tip, wash)


def _v_tail(model: Model, end: float, size: float, wash: str) -> None:
    half = [(0, 0), (-size * 0.1, size * 1.5), (-size * 0.55, size * 1.5), (-size * 0.7, 0)]
    for side in (1, -1):
        add_fin(model, half, (0, end + size * 0.72, 0), wash, lean=side * 52)


def _tailplane(model: Model, shape: str, span: float, size: float, end: float, wash: str) -> None:
    """A small wing at the end, its elevator hinged."""
    add_wing(model, shape, span, size, (0, end + size * 0.5, 1), ribs=2, wash=wash, layer=0)
    for side in (1, -1):
        model.wire([(0, end + size * 0.16, 1), (side * span * 0.42, end + size * 0.16, 1)], HAIR)


def _fin(kind: str, size: float) -> list[tuple[float, float]]:
    if kind == "round":
        return [
            (y * 0.52 * size - size * 0.3, max(z, -0.35) * size * 0.55 + size * 0.2)
            for y, z in circle(1, 28)
        ]
    return [
        (0, 0),
        (-size * 0.22, size * 0.68),
        (-size * 0.38, size * 0.86),
        (-size * 0.62, size * 0.84),
        (-size * 0.7, size * 0.6),
        (-size * 0.66, 0),
    ]


def _flying_wing(model: Model, subject: Subject, span: float, chord: float) -> None:
    shape = subject.word("wing")
    _, trail = half_outline(shape, span / 2, chord)
    size = chord * 0.42
    back = trail[0][1]
    pod = [(back + chord * 0.2, 0), (chord * 0.62, 0), (chord * 0.5, 5), (back + chord * 0.3, 6)]
    model.prism(pod[::-1] if shape == "x" else pod, "x", -3, 3, "foam", layer=2)
    if subject.word("tail") == "tips":
        for side in (1, -1):
            tip = (side * span * 0.497, trail[-1][1] + size * 0.5, span * 0.026)
            add_fin(
                model,
                [(size * 0.5, -2), (-size * 0.4, -2), (-size * 0.5, size), (-size * 0.1, size)],
                tip,
            )
    else:
        fin = [
            (size * 1.2, 0),
            (-size * 0.2, size * 1.1),
            (-size * 0.7, size * 1.1),
            (-size * 0.5, 0),
        ]
        for side in (1, -1):
            add_fin(model, fin, (side * span * 0.2, back + size * 0.4, 0), lean=side * 10)
    for side in (1, -1):
        places = (span * 0.08, span * 0.44)
        hinge = [(side * x, edge_at(trail, x) + chord * 0.15, 1.2) for x in places]
        model.wire(hinge, layer=2)


def _power(model: Model, subject: Subject, length: float, chord: float, span: float) -> None:
    """Motor, propeller and cell."""
    size = max(length * 0.19, 24)
    flying = subject.word("fuselage") == "none"
    nose = chord * 0.5 if flying else _nose(subject, length, chord)
    if subject.word("twin") == "yes":
        for side in (1, -1):
            x, y, z = side * span * 0.19, chord * 0.46, chord * 0.13
            model.rod("y", y - 9, y + 9, 7, "metal", at=(x, 0, z), layer=2)
            propeller_at(model, (x, y + 11, z), size)
        _cell(model, nose - chord * 0.4, -length * 0.09)
        return
    if subject.word("pusher") == "yes":
        y = -chord * 0.72 if flying and subject.word("wing") != "delta" else -chord * 0.62
        y = y if flying else nose - length
        z = 4 if flying else 0
        model.rod("y", y, y + 12, 6, "metal", at=(0, 0, z), layer=2)
        propeller_at(model, (0, y - 3, z), size)
        _cell(model, chord * 0.3 if flying else nose - length * 0.16, 6 if flying else -3.5)
        return
    model.rod("y", nose - 4, nose + 5, 6, "metal", layer=0)
    model.rod("y", nose + 5, nose + 8, 1.4, "dark", layer=0)
    propeller_at(model, (0, nose + 7, 0), size)
    _cell(
        model,
        nose - length * 0.1,
        -length * 0.055 if subject.word("fuselage") == "profile" else -3.4,
    )


def propeller_at(model: Model, at: tuple[float, float, float], diameter: float) -> None:
    """Two blades across the y axis, turned a little so that they show in each view."""
    x, y, z = at
    r = diameter / 2
    blade = [
        (0.08, 0.03),
        (0.45, 0.11),
        (0.8, 0.12),
        (1.0, 0.05),
        (0.98, -0.02),
        (0.5, -0.06),
        (0.08, -0.03),
    ]
    for sign in (1, -1):
        points = [
            (x + sign * (u * 0.94 - v * 0.34) * r, y, z + sign * (u * 0.34 + v * 0.94) * r)
            for u, v in blade
        ]
        model.face(points, "grey", layer=1)
    model.rod("y", y - 1, y + 1.5, max(diameter * 0.09, 2), "paper", at=(x, 0, z), layer=1)


def _cell(model: Model, y: float, z: float) -> None:
    model.box((-3.2, y - 14, z - 2.6), (3.2, y + 2, z), "silver", layer=-1)


def _wheels(model: Model, length: float, chord: float) -> None:
    size = length * 0.075
    drop = -length * 0.16
    y = chord * 0.3
    for side in (1, -1):
        hub = (side * length * 0.13, y + size * 0.4, drop)
        model.wire([(0, y, -length * 0.03), hub], OUTLINE, layer=-2)
        model.rod("x", -1.2, 1.2, size, "dark", at=hub, layer=-2)
        model.rod("x", -1.5, 1.5, size * 0.45, "paper", at=hub, layer=-2)


def _floats(model: Model, length: float, chord: float) -> None:
    drop = -length * 0.2
    for side in (1, -1):
        x = side * length * 0.14
        k = length / 100
        hull = [
            (26 * k, 2 * k),
            (34 * k, 5 * k),
            (30 * k, 7 * k),
            (-20 * k, 5.5 * k),
            (-28 * k, 3 * k),
            (-6 * k, 0),
            (-4 * k, -1.5 * k),
            (18 * k, -1.5 * k),
        ]
        model.prism(
            [(y, z + drop) for y, z in hull], "x", x - 3.2 * k, x + 3.2 * k, "paper", layer=-2
        )
        for y in (12 * k, -8 * k):
            model.wire([(x, y, drop + 6 * k), (side * 2, y, -5 * k)], layer=-1)
