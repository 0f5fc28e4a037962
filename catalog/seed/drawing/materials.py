"""Magnets, carbon rods, tapes and glues."""

from collections.abc import Callable
from math import cos, pi, sin

from catalog.seed.drawing.geometry import FRONT, PLAN, SIDE, Camera, circle
from catalog.seed.drawing.model import Face, Model
from catalog.seed.drawing.palette import HAIR, THIN, WASH, figure
from catalog.seed.drawing.standard_images import lineup
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject

#: Width, height and hole of a rod in millimetres, and whether it is round.
Section = tuple[float, float, float, bool]


def magnet(subject: Subject) -> Drawing:
    """One of the smallest with dimensions; in space, all sizes of the family in a row."""
    family = subject.variants or (subject,)
    one, flats = _magnet_flats(family[0])
    models = [_magnet_model(member) for member in family]
    if len(models) == 1:
        models = models * min(int(subject.mm("pieces", 1)), 4)
    tallest = max(model.size(0) for model in models)
    space = lineup(models, tallest * 0.2)
    if subject.sku.endswith("TOOL"):
        space = lineup([_handle(model) for model in models], 8)
    key = subject.word("grade") + (f"  {len(family)} SIZES" if len(family) > 1 else "")
    return Drawing(one, flats, iso=Camera(24, 34), space_model=space, key_figure=key)


def _magnet_model(subject: Subject) -> Model:
    model = Model()
    high = subject.mm("height_mm")
    if subject.mm("diameter_mm"):
        d, hole = subject.mm("diameter_mm"), subject.mm("inner_mm")
        model.rod("z", 0, high, d, "silver", hole=hole)
        _poles(model, d, high, hole)
        return model
    length, width = subject.mm("length_mm"), subject.mm("width_mm")
    model.box((0, 0, 0), (length, width, high), "silver")
    for i in range(1, 5):
        x = length * i / 5
        model.wire(
            [(x, width * 0.12, high + 0.001), (x, width * 0.88, high + 0.001)], HAIR, layer=1
        )
    return model


def _poles(model: Model, d: float, high: float, hole: float) -> None:
    """Hairlines on the north face, as on a workshop drawing."""
    for i in range(-2, 3):
        x = d * 0.17 * i
        reach = (max(d * d * 0.2 - x * x, 0)) ** 0.5
        if hole and abs(x) < hole * 0.75:
            continue
        model.wire([(x, -reach, high + 0.001), (x, reach, high + 0.001)], HAIR, layer=1)


def _magnet_flats(subject: Subject) -> tuple[Model, tuple[Flat, ...]]:
    model = _magnet_model(subject)
    d, high, hole = subject.mm("diameter_mm"), subject.mm("height_mm"), subject.mm("inner_mm")
    if d:
        lines = [Dimension((-d / 2, 0, high), (d / 2, 0, high), "⌀" + figure(d))]
        if hole:
            lines.append(
                Dimension((-hole / 2, 0, 0), (hole / 2, 0, 0), "⌀" + figure(hole), "bottom")
            )
        side = Flat("SIDE VIEW", FRONT, (
            Dimension((-d / 2, 0, high), (d / 2, 0, high), "⌀" + figure(d)),
            Dimension((d / 2, 0, 0), (d / 2, 0, high), figure(high), "right"),
        ), model)  # fmt: skip
        return model, (Flat("PLAN VIEW", PLAN, tuple(lines), model), side)
    length, width = subject.mm("length_mm"), subject.mm("width_mm")
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension((0, width, 0), (length, width, 0), figure(length)),
        Dimension((0, 0, 0), (0, width, 0), figure(width), "left"),
    ), model)  # fmt: skip
    side = Flat("SIDE VIEW", FRONT, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((length, 0, 0), (length, 0, high), figure(high), "right"),
    ), model)  # fmt: skip
    return model, (plan, side)


def _handle(magnet_model: Model) -> Model:
    model = Model()
    model.merge(magnet_model)
    model.turned(
        [(3, 3), (5, 2.4), (18, 2.2), (24, 3.2), (26, 2.6)],
        "z",
        "film",
        at=(5, 2.5, 0),
        rings=(1, 3),
        layer=1,
    )
    return model


def rod(subject: Subject) -> Drawing:
    """A bundle, cut short with a break; the section with dimensions, and the length."""
    family = subject.variants or (subject,)
    sections = [_section(member) for member in family]
    if subject.sku.endswith("ASST"):
        sections = (
            [(0.28, 0.28, 0.0, True)] * 2
            + [(0.5, 0.5, 0.0, True)] * 2
            + [(1.0, 1.0, 0.0, True)] * 2
        )
    if len(sections) == 1:
        sections = sections * 3
    space, x = Model(), 0.0
    largest = max(max(w, h) for w, h, _, _ in sections)
    tip = 0.5 if subject.word("profile") == "Tapered" else 1.0
    for i, section in enumerate(sections):
        _bar(space, x + section[0] / 2, section, length=largest * 11, tip=tip, layer=-i)
        x += section[0] + largest * 0.55
    w, h, hole, is_round = sections[min(len(sections) - 1, len(sections) // 2)]
    key = f"{figure(subject.mm('length_mm'))} mm" + (
        f"  {len(family)} SIZES" if len(family) > 1 else ""
    )
    flats = (_cross_section(w, h, hole, is_round), _long_view(subject, w))
    return Drawing(space, flats, iso=Camera(-34, 26), coin=False, key_figure=key)


def _section(subject: Subject) -> Section:
    if subject.mm("diameter_mm"):
        d = subject.mm("diameter_mm")
        return d, d, subject.mm("inner_mm"), True
    return subject.mm("width_mm"), subject.mm("height_mm"), 0.0, False


def _bar(
    model: Model, x: float, section: Section, *, length: float, tip: float, layer: int
) -> None:
    w, h, hole, is_round = section
    if is_round:
        profile = [(0, w / 2), (length, w / 2 * tip)]
        model.turned(profile, "y", "dark", at=(x, 0, h / 2), layer=layer)
        end = [(x + u, -0.0005, h / 2 + v) for u, v in circle(w / 2)]
        model.parts[-1].shapes.append(Face(end, WASH["grey"], THIN))
        if hole:
            ring = [(x + u, -0.001, h / 2 + v) for u, v in circle(hole / 2)]
            model.parts[-1].shapes.append(Face(ring, WASH["paper"], HAIR))
        return
    model.box((x - w / 2, 0, 0), (x + w / 2, length, h), "dark", layer=layer)
    model.face(
        [
            (x - w / 2, -0.001, 0),
            (x + w / 2, -0.001, 0),
            (x + w / 2, -0.001, h),
            (x - w / 2, -0.001, h),
        ],
        "grey",
        layer=layer,
    )


def _cross_section(w: float, h: float, hole: float, is_round: bool) -> Flat:
    """The section, hatched as a cut is."""
    model = Model()
    outline = (
        circle(w / 2)
        if is_round
        else [(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)]
    )
    model.face([(u, 0, v) for u, v in outline], "grey")
    for i in range(-9, 10):
        line = _hatch(i / 10, w, h, hole, is_round)
        for a, b in line:
            model.wire([(a[0], -0.01, a[1]), (b[0], -0.01, b[1])], HAIR, layer=1)
    if hole:
        model.face([(u, -0.02, v) for u, v in circle(hole / 2)], "paper", layer=2)
    mark = "⌀" if is_round else ""
    lines = [Dimension((-w / 2, 0, 0), (w / 2, 0, 0), mark + figure(w))]
    if hole:
        lines.append(Dimension((-hole / 2, 0, 0), (hole / 2, 0, 0), "⌀" + figure(hole), "bottom"))
    elif not is_round:
        lines.append(Dimension((w / 2, 0, -h / 2), (w / 2, 0, h / 2), figure(h), "right"))
    return Flat("SECTION", FRONT, tuple(lines), model)


Line = tuple[tuple[float, float], tuple[float, float]]


def _hatch(share: float, w: float, h: float, hole: float, is_round: bool) -> list[Line]:
    """One line at 45 degrees across the section."""
    steps = [i / 60 - 0.5 for i in range(61)]
    shift = share * (w + h) / 2
    inside = []
    for t in steps:
        x, z = t * (w + h) + shift / 2 * 0, t * (w + h) - shift
        seen = x * x + z * z < w * w / 4.2 if is_round else abs(x) < w / 2.1 and abs(z) < h / 2.1
        if seen and x * x + z * z >= (hole / 2) ** 2:
            inside.append((x, z))
    return [(inside[0], inside[-1])] if len(inside) > 2 and not hole else (
        [(a, b) for a, b in zip(inside, inside[1:], strict=False) if b[0] - a[0] < (w + h) / 40]
    )  # fmt: skip


def _long_view(subject: Subject, w: float) -> Flat:
    """Full length in a thin drawing that is broken in the middle."""
    length = subject.mm("length_mm")
    model = Model()
    thick = max(w, length * 0.024)
    for start, end in ((0, 0.46), (0.54, 1)):
        a, b = start * length, end * length
        slant = length * 0.016
        left = slant if start else 0
        right = 0 if start else slant
        model.face(
            [(a - left, 0, 0), (b - right, 0, 0), (b + right, 0, thick), (a + left, 0, thick)],
            "dark",
        )
    return Flat(
        "LENGTH", FRONT, (Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),), model
    )


def tape(subject: Subject) -> Drawing:
    if subject.word("kind") == "spool":
        return _spool(subject)
    family = subject.variants or (subject,)
    washes = {"Polyester": "clear", "Acrylic foam": "paper", "Polyimide": "gold"}
    wash = washes.get(subject.word("material"), "film")
    models = [roll(member.mm("width_mm"), wash) for member in family]
    if subject.word("rolls", "1") != "1":
        models = [
            roll(subject.mm("width_mm"), name)
            for name in ("red", "yellow", "blue", "paper", "black")
        ]
    space = lineup(models, 10)
    one = roll(family[0].mm("width_mm"), wash)
    width = family[0].mm("width_mm")
    flats = (
        Flat("SIDE VIEW", FRONT, (
            Dimension((0, 0, 21), (width, 0, 21), figure(width)),
            Dimension((width, 0, -21), (width, 0, 21), "⌀42", "right"),
        ), one),
        Flat("FRONT VIEW", SIDE, (
            Dimension((0, -13, 0), (0, 13, 0), "⌀26", "bottom"),
            Dimension((0, -21, 0), (0, 21, 0), "⌀42"),
        ), one),
    )  # fmt: skip
    key = " / ".join(figure(member.mm("width_mm")) for member in family) + " mm"
    return Drawing(space, flats, iso=Camera(-42, 22), key_figure=key, coin_camera=Camera(-42, 22))


def roll(width: float, wash: str) -> Model:
    """A roll of tape standing on its edge, its axis along x."""
    model = Model()
    model.face([(0, 0, -21), (width, 0, -21), (width, -17, -20.6), (0, -17, -20.6)], wash, layer=-1)
    model.rod("x", 0, width, 42, wash)
    shapes = model.parts[-1].shapes
    for radius, name in ((13.0, "wood"), (11.6, "paper")):
        ring = [(width + 0.01, u, v) for u, v in circle(radius)]
        shapes.append(Face(ring, WASH[name], THIN, solid=True))
    for radius in (18.5, 16):
        shapes.append(
            Face([(width + 0.01, u, v) for u, v in circle(radius)], None, HAIR * 0.7, solid=True)
        )
    return model


def _spool(subject: Subject) -> Drawing:
    model = Model()
    profile = [(0, 9), (1.6, 9), (1.6, 6.5), (14.4, 6.5), (14.4, 9), (16, 9)]
    model.turned(profile, "z", "wood", rings=(1, 4))
    model.rod("z", 2.4, 13.6, 15, "gold", layer=1)
    for i in range(1, 12):
        z = 2.4 + i
        model.wire(
            [(7.5 * cos(pi + a * pi / 12), 7.5 * sin(pi + a * pi / 12), z) for a in range(13)],
            HAIR,
            layer=2,
        )
    model.rod("z", 14.4, 16, 18, "wood", hole=5, layer=3)
    model.wire([(6, -5, 8), (10, -8, 6), (14, -9, 2), (20, -10, 0)], 2.4, layer=4)
    flat = Flat("SIDE VIEW", FRONT, (
        Dimension((-9, 0, 0), (9, 0, 0), "⌀18", "bottom"),
        Dimension((-9, 0, 0), (-9, 0, 16), "16", "left"),
    ))  # fmt: skip
    return Drawing(
        model, (flat,), iso=Camera(24, 26), key_figure=f"{figure(subject.mm('length_m'))} m"
    )


Profile = list[tuple[float, float]]
BOTTLES: dict[str, tuple[Profile, tuple[int, ...], str]] = {
    # (height, radius) from the foot up, edges to draw, wash
    "bottle": ([(0, 11), (1, 12), (44, 12), (50, 8), (52, 6.5)], (2, 3), "paper"),
    "pump": ([(0, 16), (1, 17), (70, 17), (80, 10), (86, 9)], (2, 3), "clear"),
    "can": ([(0, 22), (2, 23), (105, 23), (112, 17), (116, 12)], (1, 2, 3), "grey"),
}


def glue(subject: Subject) -> Drawing:
    kind = subject.word("kind", "bottle")
    make: Callable[[float], Model] = {"syringe": _syringe}.get(
        kind, lambda k: _bottle(subject, kind, k)
    )
    family = [member.mm("volume_ml") for member in subject.variants] or [subject.mm("volume_ml")]
    base = {"bottle": 20, "pump": 50, "can": 75, "syringe": 28}[kind]
    models = [make((volume / base) ** (1 / 3)) for volume in family]
    one = models[-1]
    space = lineup(models, 12)
    points = one.points()
    low, high = min(p[2] for p in points), max(p[2] for p in points)
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    flat = Flat("FRONT VIEW", FRONT, (
        Dimension((left, 0, low), (right, 0, low), figure(round(right - left)), "bottom"),
        Dimension((right, 0, low), (right, 0, high), figure(round(high - low)), "right"),
    ), one)  # fmt: skip
    key = " / ".join(figure(volume) for volume in family) + " ml"
    return Drawing(space, (flat,), iso=Camera(24, 16), key_figure=key, coin_camera=FRONT)


def _bottle(subject: Subject, kind: str, k: float) -> Model:
    profile, rings, wash = BOTTLES[kind]
    scaled = [(h * k, r * k) for h, r in profile]
    model = Model()
    model.turned(scaled, "z", wash, rings=rings)
    top, radius = scaled[-1]
    body = scaled[2][0]
    _label(model, subject, scaled[1][1], body * 0.2, body * 0.78)
    if kind == "bottle":
        model.turned([(top, 6 * k), (top + 7 * k, 5.6 * k)], "z", "dark", rings=(1,), layer=2)
        model.turned([(top + 7 * k, 3 * k), (top + 24 * k, 1 * k)], "z", "film", layer=3)
    elif kind == "pump":
        model.turned(
            [(top, radius), (top + 12, radius), (top + 12, 5), (top + 20, 5)],
            "z",
            "dark",
            rings=(1,),
            layer=2,
        )
        model.rod("x", -14, 6, 8, "dark", at=(0, 0, top + 22), layer=3)
        model.rod("x", -17, -14, 4, "paper", at=(0, 0, top + 22), layer=4)
    else:
        model.turned([(top, 9), (top + 10, 9), (top + 12, 8)], "z", "paper", rings=(1,), layer=2)
        model.rod("y", -9.2, -8.8, 2.4, "dark", at=(0, 0, top + 6), layer=3)
    return model


def _label(model: Model, subject: Subject, radius: float, low: float, high: float) -> None:
    """A label around the front, with lines for writing and a drop for the thickness."""
    angles = [pi * (1.12 + 0.76 * i / 20) for i in range(21)]
    edge = [(radius * cos(a), radius * sin(a)) for a in angles]
    band = [(x, y, low) for x, y in edge] + [(x, y, high) for x, y in edge[::-1]]
    thin = subject.mm("viscosity_mpas", 100)
    wash = "film" if thin < 10 else "yellow" if thin < 100 else "orange" if thin < 1000 else "green"
    model.face(band, wash, layer=1)
    for i, share in enumerate((0.72, 0.6)):
        part = edge[4 : 16 - 3 * i]
        z = low + (high - low) * share
        model.wire([(x * 1.001, y * 1.001, z) for x, y in part], HAIR, layer=2)
    middle = edge[10]
    drop = [
        (
            middle[0] + u * (1 if v < 0 else 1 - v * 0.9),
            middle[1] - 0.05,
            low + (high - low) * 0.3 + v * radius * 0.3,
        )
        for u, v in [(radius * 0.2 * cos(a * pi / 12), sin(a * pi / 12)) for a in range(24)]
    ]
    model.face(drop, "paper", layer=2)


def _syringe(k: float) -> Model:
    model = Model()
    for x, wash in ((0.0, "clear"), (17.0, "yellow")):
        model.turned(
            [(0, 1.6), (8, 2.2), (8, 7), (72, 7), (72, 10), (75, 10)],
            "z",
            wash,
            at=(x, 0, 0),
            rings=(2, 3),
        )
        model.rod("z", 75, 100, 5, "paper", at=(x, 0, 0), layer=1)
        model.rod("z", 100, 103, 15, "paper", at=(x, 0, 0), layer=2)
        for i in range(7):
            z = 16 + 8 * i
            model.wire([(x - 2, -7, z), (x + 2.5, -6.6, z)], HAIR, layer=3)
    return model.scaled(k, k, k)
