"""LiPo cells, chargers, plugs."""

from collections.abc import Sequence

from catalog.seed.drawing.geometry import ORIGIN, PLAN, Camera, corners
from catalog.seed.drawing.model import Model, fanned, lineup
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Drawing, measured

Size = Sequence[float]


def cell(subject: Subject) -> Drawing:
    """Return a cell with each of its plugs, one behind the other."""
    size, volts = subject.size("length", "width", "thickness"), subject.mm("voltage_v")
    cells = 2 if volts > 4 else 1
    plan = measured("PLAN VIEW", PLAN, cell_model(size, "", cells), tall="left")
    models = [cell_model(size, member.word("connector"), cells) for member in subject.family]
    space = fanned(models[::-1], (0, size[1] * 1.5, 0), layers=-10)
    key = f"{subject.text('capacity_mah')} mAh  {subject.text('voltage_v')} V"
    return Drawing(space, (plan,), Camera(24, 40), PLAN, key, limit=11)


def cell_model(size: Size, plug: str, cells: int = 1) -> Model:
    """Return pouches lying on each other, their seams and leads at the right-hand end."""
    length, width, thick = size
    model, thick = Model(), thick / cells
    for i in range(cells):
        _add_pouch(model, (length, width, thick), thick * i, layer=i * 2)
    if plug:
        _add_leads(model, (length, width, thick), plug)
    return model


def _add_pouch(model: Model, size: Size, low: float, layer: int) -> None:
    """Add one cell in its foil: the welded seam, the rounded body, a printed band."""
    length, width, thick = size
    seam, r, high = length * 0.1, min(thick * 0.32, 1.4), low + thick
    corner = (length - seam, width * 0.04, low + thick * 0.42)
    model.box(corner, (length, width * 0.96, low + thick * 0.52), "grey", layer=layer)
    profile = [
        (r, low), (width - r, low), (width, low + r), (width, high - r),
        (width - r, high), (r, high), (0, high - r), (0, low + r),
    ]  # fmt: skip
    model.prism("x", (0, length - seam), profile, "silver", side_pen=0.9, layer=layer)
    label = load_model("cell", "print").scaled(length * 0.42, width * 0.68)
    model.merge(label, (length * 0.18, width * 0.16, high), layer=layer + 1)


PLUGS = {"Magnetic": "magnetic", "Bare leads": "leads"}


def _add_leads(model: Model, size: Size, plug: str) -> None:
    length, width, z = size[0], size[1], size[2] * 0.47
    x, middle, half = length * 1.55, width / 2, 1.76 if plug == "Bare leads" else 0.9
    for sign, colour in ((1, "sky"), (-1, "ink")):
        start, end = middle + sign * width * 0.22, middle + sign * half
        places = ((length, start), (length * 1.15, start), (length * 1.4, end), (x, end))
        model.wire([(u, v, z) for u, v in places], 4.4, colour, curved=True, layer=3)
    model.merge(load_model("cell", PLUGS.get(plug, "plug")), (x, middle, z))


def charger(subject: Subject) -> Drawing:
    kind = subject.word("kind")
    body = corners(ORIGIN, subject.size("length", "width", "height"))
    if kind == "plugs":
        pair = load_model("charger", kind)
        plan = measured("PLAN VIEW", PLAN, pair, body=body, tall="left")
        return Drawing(lineup([pair] * 3, 7), (plan,), Camera(26, 34), key_figure="3 PAIRS")
    if kind == "leads":
        washes = ("grey", "film", "dark", "paper")
        models = [load_model("charger", kind, wash) for wash in washes]
        plan = measured("PLAN VIEW", PLAN, models[-1], tall="")
        space = fanned(models, (0, 12, 0), layers=-10)
        return Drawing(space, (plan,), Camera(22, 40), key_figure="4 LEADS")
    model = charger_model(subject)
    plan = measured("PLAN VIEW", PLAN, model, body=body, tall="left")
    current = subject.figures.get("charge_ma")
    key = f"{current} mA" if current else ""
    return Drawing(model, (plan,), Camera(26, 36), key_figure=key)


def charger_model(subject: Subject) -> Model:
    """Return a box with its outputs at the right-hand end; the solar one is a panel."""
    length, width, height = subject.size("length", "width", "height")
    kind, model = subject.word("kind"), Model()
    if kind == "solar":
        return load_model("charger", kind)
    model.box((0, 0, 0), (length, width, height))
    if kind == "usb":
        plug = height * 0.25
        model.box((-12, width / 2 - 6, plug), (0, width / 2 + 6, plug + 4.5), "metal", layer=-1)
    if kind == "dry_cells":
        for at in ((0, width * 0.3, height), (0, width * 0.7, height)):
            model.rod("x", (length * 0.08, length * 0.8), 13, "silver", at=at, layer=2)
            model.rod("x", (length * 0.8, length * 0.83), 5, "gold", at=at, layer=3)
    else:
        label = load_model("cell", "print").scaled(length * 0.48, width * 0.5)
        model.merge(label, (length * 0.14, width * 0.25, height), layer=1)
    outputs = int(subject.mm("outputs", 1))
    for y in (width * (i + 1) / (outputs + 1) for i in range(outputs)):
        low, high = (length, y - 2.6, height * 0.3), (length + 4, y + 2.6, height * 0.78)
        model.box(low, high, "dark", layer=1)
        lamp = min(width * 0.1, 2.8)
        model.disc("z", (length * 0.86, y, height + 0.01), lamp, "green")
    return model
