"""Magnets, carbon rods and tapes."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from catalog.seed.drawing.geometry import FRONT, PLAN, Camera
from catalog.seed.drawing.model import Disc, Model, lineup
from catalog.seed.drawing.palette import HAIR, figure
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Dimension, Drawing, View, measured


def magnet(subject: Subject) -> Drawing:
    """Return all sizes of the family in a row; the smallest with dimensions."""
    family = subject.family
    models = [magnet_model(member) for member in family]
    one, mark = models[0], "⌀" if family[0].mm("diameter_mm") else ""
    if hole := family[0].mm("inner_mm"):
        inner = Dimension((-hole / 2, 0, 0), (hole / 2, 0, 0), "⌀" + figure(hole), "bottom")
        extra: tuple[Dimension, ...] = (inner,)
    else:
        extra = ()
    tall = "" if mark else "left"
    plan = measured("PLAN VIEW", PLAN, one, wide="top", tall=tall, marks=(mark, ""), extra=extra)
    if len(models) == 1:
        models *= min(int(subject.mm("pack_quantity", 1)), 4)
    if subject.has("handle"):
        held = Model([*one.parts, *load_model("magnet", "handle").parts])
        models = [held] * len(models)
    gap = max(model.size(0) for model in models) * (0.8 if subject.has("handle") else 0.2)
    key = subject.word("grade") + (f"  {len(family)} SIZES" if subject.variants else "")
    return Drawing(lineup(models, gap), (plan,), Camera(24, 34), PLAN, key)


def magnet_model(subject: Subject) -> Model:
    """Return a disc, ring or block with lines on its north face, as on a workshop drawing."""
    d, hole, height = subject.size("diameter", "inner", "height")
    length, width = subject.size("length", "width")
    model = Model()
    if d:
        model.rod("z", (0, height), d, "silver", ends=[Disc(hole, "dark")] if hole else ())
        lines = [(x, (d * d * 0.2 - x * x) ** 0.5) for x in (d * 0.17 * i for i in range(-2, 3))]
        middle = 0.0
    else:
        model.box((0, 0, 0), (length, width, height), "silver")
        lines, middle = [(length * i / 5, width * 0.38) for i in range(1, 5)], width / 2
    for x, reach in lines:
        if abs(x) >= hole * 0.75:
            ends = [(x, middle - reach, height + 0.001), (x, middle + reach, height + 0.001)]
            model.wire(ends, HAIR, layer=1)
    return model


class Section(NamedTuple):
    """The cross-section of a rod, in millimetres."""

    width: float
    height: float
    hole: float
    is_round: bool


def rod(subject: Subject) -> Drawing:
    """Return a bundle, cut short; the section with dimensions, and the length."""
    family = subject.family
    sections = [_section(member) for member in family]
    if subject.has("assortment"):
        sections = [Section(d, d, 0, True) for d in (0.28, 0.28, 0.5, 0.5, 1, 1)]
    elif len(sections) == 1:
        sections *= 3
    space, x = Model(), 0.0
    largest = max(max(section[:2]) for section in sections)
    tip = 0.5 if subject.word("profile") == "Tapered" else 1
    for i, section in enumerate(sections):
        _add_bar(space, section, x + section.width / 2, largest * 11, tip, layer=-i)
        x += section.width + largest * 0.55
    middle = sections[len(sections) // 2]
    views = (_cross_section(middle), _length_view(subject.mm("length_mm"), middle.width))
    sizes = f"  {len(family)} SIZES" if subject.variants else ""
    key = f"{subject.text('length_mm')} mm{sizes}"
    return Drawing(space, views, Camera(-34, 26), key_figure=key)


def _section(subject: Subject) -> Section:
    d, hole, width, height = subject.size("diameter", "inner", "width", "height")
    return Section(d, d, hole, True) if d else Section(width, height, 0, False)


def _add_bar(
    model: Model, section: Section, x: float, length: float, tip: float, layer: int
) -> None:
    width, height, hole, is_round = section
    if is_round:
        profile = [(0, width / 2), (length, width / 2 * tip)]
        ends = [Disc(width, "grey"), *([Disc(hole, "paper")] if hole else [])]
        model.turned("y", profile, "dark", at=(x, 0, height / 2), ends=ends, layer=layer)
        return
    left, right = x - width / 2, x + width / 2
    model.box((left, 0, 0), (right, length, height), "dark", layer=layer)
    end = [(left, -0.001, 0), (right, -0.001, 0), (right, -0.001, height), (left, -0.001, height)]
    model.face(end, "grey", layer=layer)


def _cross_section(section: Section) -> View:
    """Return the section, hatched as a cut is."""
    width, height, hole, is_round = section
    model = Model()
    if is_round:
        model.disc("y", (0, 0, 0), width, "grey", layer=0)
    else:
        model.box((-width / 2, 0, -height / 2), (width / 2, 1, height / 2), "grey")
    for (x, z), (x2, z2) in _hatching(section):
        model.wire([(x, -0.01, z), (x2, -0.01, z2)], HAIR, layer=1)
    extra: list[Dimension] = []
    if hole:
        model.disc("y", (0, -0.02, 0), hole, "paper", layer=2)
        ends = (-hole / 2, 0, 0), (hole / 2, 0, 0)
        extra.append(Dimension(*ends, "⌀" + figure(hole), "bottom"))
    tall, marks = ("", ("⌀", "")) if is_round else ("right", ("", ""))
    return measured("SECTION", FRONT, model, wide="top", tall=tall, marks=marks, extra=extra)


def _hatching(section: Section) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield lines at 45 degrees inside a section."""
    width, height, hole, is_round = section

    def is_inside(point: tuple[float, float]) -> bool:
        x, z = point
        if is_round:
            return (hole / 2) ** 2 <= x * x + z * z < width * width / 4.2
        return abs(x) < width / 2.1 and abs(z) < height / 2.1

    span = width + height
    for shift in (span * i / 20 for i in range(-9, 10)):
        points = ((span * (i / 60 - 0.5), span * (i / 60 - 0.5) - shift) for i in range(61))
        for inside, run in groupby(points, is_inside):
            ends = list(run)
            if inside and len(ends) > 1:
                yield ends[0], ends[-1]


def _length_view(length: float, width: float) -> View:
    """Return the full length in a thin drawing that is broken in the middle."""
    model, thick, slant = Model(), max(width, length * 0.024), length * 0.016
    for start, end, left, right in ((0, 0.46, 0, slant), (0.54, 1, slant, 0)):
        a, b = start * length, end * length
        outline = ((a - left, 0), (b - right, 0), (b + right, thick), (a + left, thick))
        model.face([(x, 0, z) for x, z in outline], "dark")
    return measured("LENGTH", FRONT, model, tall="")


TAPES = {"Polyester": "clear", "Acrylic foam": "paper", "Polyimide": "gold"}


def tape(subject: Subject) -> Drawing:
    """Return rolls of all widths or colours."""
    if subject.word("kind") == "spool":
        return _spool(subject)
    widths = [member.mm("width_mm") for member in subject.family]
    wash = TAPES.get(subject.word("material"), "film")
    rolls = [_roll(width, wash) for width in widths]
    side = measured("SIDE VIEW", FRONT, rolls[0], wide="top", marks=("", "⌀"))
    if subject.has("colours"):
        rolls = [_roll(widths[0], name) for name in ("red", "yellow", "blue", "paper", "black")]
    key = " / ".join(map(figure, widths)) + " mm"
    return Drawing(lineup(rolls, 10), (side,), Camera(-42, 22), key_figure=key)


def _roll(width: float, wash: str) -> Model:
    """Return a roll standing on its edge, its axis along x, the free end towards the reader."""
    model = Model()
    strip = [(0, 0, -21), (width, 0, -21), (width, -17, -20.6), (0, -17, -20.6)]
    model.face(strip, wash, layer=-1)
    ends = [Disc(37, wash), Disc(32, wash), Disc(26, "wood"), Disc(23.2, "paper")]
    model.rod("x", (0, width), 42, wash, ends=ends)
    return model


def _spool(subject: Subject) -> Drawing:
    spool, model = load_model("tape", "spool"), load_model("tape", "thread")
    model.merge(spool)
    side = measured("SIDE VIEW", FRONT, model, body=spool.points(), tall="left", marks=("⌀", ""))
    return Drawing(model, (side,), Camera(24, 26), key_figure=f"{subject.text('length_m')} m")
