"""Small parts: wheels, horns, gears, bearings, screws, wire, sheet."""

from catalog.seed.drawing.geometry import FRONT, PLAN, SIDE, Camera
from catalog.seed.drawing.model import Model, fanned, lineup
from catalog.seed.drawing.motors import gear
from catalog.seed.drawing.palette import figure
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Drawing, measured

#: One part, the camera of its view, and what the perspective image shows.
Shown = tuple[Model, Camera, Model]

# How often parts of a fixed size appear, with a gap in mm, and from where they are measured.
ROWS = {
    "clevis": (5, 1.6, PLAN), "horn": (6, 1.2, FRONT), "screw": (6, 1.4, FRONT),
    "bearing": (2, 1, PLAN), "tube": (1, 0, PLAN),
}  # fmt: skip


def part(subject: Subject) -> Drawing:
    one, camera, several = _shown(subject, subject.word("kind"))
    view = measured("PLAN VIEW" if camera is PLAN else "SIDE VIEW", camera, one)
    count, length = subject.word("pack_quantity", "1"), subject.mm("length_mm")
    if count != "1":
        key = f"PACK OF {count}"
    elif length >= 1000:
        key = f"{figure(length / 1000)} m"
    else:
        key = f"{figure(round(one.size(2), 1))} mm"
    return Drawing(several, (view,), Camera(30, 32), key_figure=key)


def _shown(subject: Subject, kind: str) -> Shown:
    if kind in ROWS:
        count, gap, camera = ROWS[kind]
        one = load_model("part", kind)
        return one, camera, lineup([one] * count, gap)
    if kind == "gear":
        d, thick = subject.size("diameter", "length")
        one = gear(d, int(subject.word("teeth", "9")), thick, bore=1.0)
        return one, SIDE, lineup([one] * int(subject.mm("pack_quantity")), 2)
    if kind == "wheel":
        scales = [member.mm("diameter_mm") / 10 for member in subject.variants for _ in range(2)]
        models = [load_model("part", kind).scaled(k, k, k) for k in scales]
        return models[-1], SIDE, lineup(models, 7)
    if kind == "coil":  # of copper, or of red and black wire
        is_copper = subject.word("material") == "Copper"
        washes = ("winding",) if is_copper else ("insulation", "dark")
        together = lineup([load_model("part", kind, wash) for wash in washes], 4)
        return together, PLAN, together
    if kind == "shaft":
        return _shafts(subject)
    one = load_model("part", kind)
    width, thick = one.size(1), one.size(2)
    sheets = [one] * int(subject.mm("pack_quantity"))
    return one, PLAN, fanned(sheets, (12, -width * 0.13, thick + 3), layers=3)


def _shafts(subject: Subject) -> Shown:
    """Return wires or shafts one behind the other; a thin wire is drawn thicker than it is."""
    (diameter, length), one = subject.size("diameter", "length"), Model()
    thick = max(diameter, length * 0.0088)
    one.rod("x", (0, length), thick, "silver")
    step = (thick * 2.5, thick * 2.8, 0)
    return one, FRONT, fanned([one] * int(subject.mm("pack_quantity")), step, layers=-1)
