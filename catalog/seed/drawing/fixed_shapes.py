"""Products that keep their proportions: tables of shapes, scaled to the sizes of the product."""

from catalog.seed.drawing.aircraft import airplane_model
from catalog.seed.drawing.geometry import FRONT, PLAN, Camera
from catalog.seed.drawing.model import fanned, lineup
from catalog.seed.drawing.palette import figure
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject, subject_of
from catalog.seed.drawing.views import Drawing, measured

TINTS = {"Red": "red", "Blue": "blue", "Silver": "silver", "Orange": "orange", "Clear": "clear"}
FLYING = {"blimp": 0.1, "helicopter": 0.12, "ornithopter": 0.4}  # heights in shares of the length


def toy(subject: Subject) -> Drawing:
    """Return a vehicle stretched to its length, width and height; cars in all their colours."""
    kind, sizes = subject.word("kind"), subject.size("length", "width", "height")
    models = []
    for member in subject.family:
        model = load_model("toy", kind, TINTS.get(member.word("colour"), "film"))
        models.append(model.scaled(*(mm / model.size(i) for i, mm in enumerate(sizes))))
    side = measured("SIDE VIEW", FRONT, models[0])
    is_large = sizes[0] > 400  # too large to compare with a coin
    views = [side, measured("PLAN VIEW", PLAN, models[0])] if is_large else [side]
    shown = models if kind == "car" else models[:1]
    return Drawing(
        fanned(shown, (sizes[0] * 1.12, -sizes[1] * 0.9, 0)), views, Camera(28, 26),
        None if is_large else FRONT,
        f"{figure(sizes[0])} mm", floor_gap=FLYING.get(kind, 0) * sizes[0],
    )  # fmt: skip


def tool(subject: Subject) -> Drawing:
    model = load_model("tool", subject.word("kind"))
    model = model.scaled(x=subject.mm("length_mm") / model.size(0))
    plan = measured("PLAN VIEW", PLAN, model, tall="left")
    return Drawing(model, (plan,), Camera(32, 36), key_figure=f"{subject.text('length_mm')} mm")


UPRIGHT = {"stand", "pylon", "hoop", "wind"}


def accessory(subject: Subject) -> Drawing:
    kind = subject.word("kind")
    model = load_model("accessory", kind)
    if kind == "roll":  # one for each colour
        rolls = [load_model("accessory", kind, TINTS[v.word("colour")]) for v in subject.variants]
        model = fanned(rolls, (0, -46, 0))
    if kind == "case":
        plane = airplane_model(subject_of("MF-AP-MIDGE")).scaled(z=0.3)
        for place in ((95, 150, 60), (220, 120, 60)):
            model.merge(plane, place, layer=4)
    camera, name = (FRONT, "FRONT VIEW") if kind in UPRIGHT else (PLAN, "PLAN VIEW")
    sides = sorted(subject.size("length", "width"), reverse=True)
    key = " × ".join(figure(side) for side in sides if side >= 1) + " mm"
    return Drawing(model, (measured(name, camera, model),), Camera(28, 30), key_figure=key)


LABELS = ((10, "film"), (100, "yellow"), (1000, "orange"), (1e9, "green"))  # by viscosity
VOLUMES = {"bottle": 20, "pump": 50, "can": 75, "syringe": 28}  # of the tables, in ml


def glue(subject: Subject) -> Drawing:
    """Return all sizes of a glue; the label's colour is its viscosity."""
    kind, volumes = subject.word("kind"), [member.mm("volume_ml") for member in subject.family]
    wash = next(wash for limit, wash in LABELS if subject.mm("viscosity_mpas") < limit)
    scales = [(volume / VOLUMES[kind]) ** (1 / 3) for volume in volumes]
    models = [load_model("glue", kind, wash).scaled(k, k, k) for k in scales]
    front = measured("FRONT VIEW", FRONT, models[-1])
    key = " / ".join(map(figure, volumes)) + " ml"
    return Drawing(lineup(models, 12), (front,), Camera(24, 16), key_figure=key)
