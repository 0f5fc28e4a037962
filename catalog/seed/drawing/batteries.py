"""LiPo cells, chargers, plugs."""

from catalog.seed.drawing.geometry import FRONT, P3, PLAN, Camera, circle
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR, INK, SKY, figure
from catalog.seed.drawing.standard_images import lineup
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject


def cell(subject: Subject) -> Drawing:
    length, width, thick = (subject.mm(f"{side}_mm") for side in ("length", "width", "thickness"))
    double = subject.mm("voltage_v") > 4
    plug = subject.word("connector")
    model = cell_model(length, width, thick, plug, double)
    bare = cell_model(length, width, thick, "", double)
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((0, 0, 0), (0, width, 0), figure(width), "left"),
    ), bare)  # fmt: skip
    edge = Flat("SIDE VIEW", FRONT, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((0, 0, 0), (0, 0, thick), figure(thick), "left"),
    ), bare)  # fmt: skip
    family = [
        cell_model(length, width, thick, v.word("connector"), double) for v in subject.variants
    ]
    space = _fanned(family, width) if family else model
    volts = figure(subject.mm("voltage_v"))
    key = f"{figure(subject.mm('capacity_mah'))} mAh  {volts} V"
    return Drawing(
        model, (plan, edge), iso=Camera(24, 40), key_figure=key, space_model=space, iso_scale=11
    )


def _fanned(models: list[Model], width: float) -> Model:
    """The same cell with each of its plugs, one behind the other."""
    together = Model()
    for i, model in enumerate(models):
        together.merge(model, (0, (len(models) - 1 - i) * width * 1.5, 0), layer=i * 10)
    return together


def cell_model(length: float, width: float, thick: float, plug: str, double: bool = False) -> Model:
    """A pouch lying flat, its seam and leads at the right-hand end."""
    model = Model()
    deep = thick / 2 if double else thick
    for i in range(2 if double else 1):
        _pouch(model, length, width, deep, i * deep, i * 2)
    if plug:
        _leads(model, length, width, deep, plug)
    return model


def _pouch(model: Model, length: float, width: float, thick: float, low: float, layer: int) -> None:
    """One cell in its foil: the welded seam, the rounded body, a printed band."""
    seam = length * 0.1
    r = min(thick * 0.32, 1.4)
    high = low + thick
    model.box(
        (length - seam, width * 0.04, low + thick * 0.42),
        (length, width * 0.96, low + thick * 0.52), "grey", layer=layer,
    )  # fmt: skip
    profile = [
        (r, low), (width - r, low), (width, low + r), (width, high - r),
        (width - r, high), (r, high), (0, high - r), (0, low + r),
    ]  # fmt: skip
    model.prism(profile, "x", 0, length - seam, "silver", side_pen=0.9, layer=layer)
    _band(model, length, width, high + 0.02, layer + 1)


def _band(model: Model, length: float, width: float, top: float, layer: int) -> None:
    """The printed band on a cell, with three lines of print."""
    corners = ((0.18, 0.16), (0.6, 0.16), (0.6, 0.84), (0.18, 0.84))
    band = [(length * x, width * y, top) for x, y in corners]
    model.face(band, "film", pen=HAIR, layer=layer)
    for i in range(3):
        y, end = width * (0.34 + 0.16 * i), length * (0.5 - 0.07 * (2 - i))
        model.wire([(length * 0.24, y, top + 0.01), (end, y, top + 0.01)], HAIR, layer=layer)


def _leads(model: Model, length: float, width: float, thick: float, plug: str) -> None:
    z = thick * 0.47
    reach = length * 0.55
    for sign, colour in ((1, SKY), (-1, INK)):
        y0 = width * (0.5 + sign * 0.22)
        y1 = width * 0.5 + sign * (0.9 if plug != "Bare leads" else width * 0.16)
        points: list[P3] = []
        for t in range(13):
            s = t / 12
            ease = s * s * (3 - 2 * s)
            points.append((length + reach * s, y0 + (y1 - y0) * ease, z))
        model.wire(points, 4.4, colour=colour, layer=3)
        if plug == "Bare leads":
            end = points[-1]
            model.wire([end, (end[0] + 2.2, end[1], z)], 2.2, layer=4)
    x, y = length + reach, width * 0.5
    if plug == "Magnetic":
        model.box((x, y - 2.5, z - 1.3), (x + 3, y + 2.5, z + 1.3), "dark", layer=4)
        for sign in (1, -1):
            model.rod("x", x + 3, x + 3.8, 1.7, "silver", at=(0, y + sign * 1.2, z), layer=5)
    elif plug.endswith("plug"):
        model.box((x, y - 2.1, z - 1.4), (x + 4.4, y + 2.1, z + 1.4), "paper", layer=4)
        for sign in (1, -1):
            slot = [
                (x + 1 + u, y + sign * 0.9 + v, z + 1.41)
                for u, v in ((0, -0.4), (2, -0.4), (2, 0.4), (0, 0.4))
            ]
            model.face(slot, "dark", pen=HAIR, layer=5)


def charger(subject: Subject) -> Drawing:
    length, width, height = (subject.mm(f"{side}_mm") for side in ("length", "width", "height"))
    if subject.sku.endswith("PLUG"):
        return _plugs()
    if subject.sku.endswith("LEADS"):
        return _adapters(length)
    model = charger_model(subject, length, width, height)
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((0, 0, 0), (0, width, 0), figure(width), "left"),
    ))  # fmt: skip
    edge = Flat("SIDE VIEW", FRONT, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((0, 0, 0), (0, 0, height), figure(height), "left"),
    ))  # fmt: skip
    current = subject.figures.get("charge_ma")
    return Drawing(
        model, (plan, edge), iso=Camera(26, 36), key_figure=f"{current} mA" if current else "",
    )  # fmt: skip


def charger_model(subject: Subject, length: float, width: float, height: float) -> Model:
    """A box with its outputs at the right-hand end; the solar one is a panel."""
    if subject.sku.endswith("SOLAR"):
        return _solar_panel(length, width, height)
    model = Model()
    model.box((0, 0, 0), (length, width, height), "paper")
    _outputs(model, length, width, height, int(subject.mm("outputs", 1)))
    if subject.sku.endswith(("USB1", "USB4")):
        low, high = (-12, width / 2 - 6, height * 0.25), (0, width / 2 + 6, height * 0.25 + 4.5)
        model.box(low, high, "metal", layer=-1)
    if subject.sku.endswith("FIELD"):
        for y in (width * 0.3, width * 0.7):  # the dry cells that it charges from
            model.rod("x", length * 0.08, length * 0.8, 13, "silver", at=(0, y, height), layer=2)
            model.rod("x", length * 0.8, length * 0.83, 5, "gold", at=(0, y, height), layer=3)
    else:
        _label(model, length, width, height)
    return model


def _solar_panel(length: float, width: float, height: float) -> Model:
    model = Model()
    model.box((0, 0, 0), (length, width, height * 0.5), "dark")
    for i in range(6):
        for j in range(2):
            x, y = length * (0.04 + 0.155 * i), width * (0.07 + 0.45 * j)
            high = (x + length * 0.145, y + width * 0.41, height)
            model.box((x, y, height * 0.5), high, "blue", pen=HAIR, layer=1)
    return model


def _outputs(model: Model, length: float, width: float, height: float, number: int) -> None:
    """Sockets at the end, a lamp beside each."""
    for i in range(number):
        y = width * (i + 1) / (number + 1)
        model.box(
            (length, y - 2.6, height * 0.3), (length + 4, y + 2.6, height * 0.78), "dark", layer=1
        )
        dot = circle(min(width * 0.05, 1.4), 20)
        lamp = [(length * 0.86 + u, y + v, height + 0.01) for u, v in dot]
        model.face(lamp, "green", pen=HAIR, layer=1)


def _label(model: Model, length: float, width: float, height: float) -> None:
    """A label on the lid, with three lines of print."""
    corners = ((0.14, 0.25), (0.62, 0.25), (0.62, 0.75), (0.14, 0.75))
    label = [(length * u, width * v, height + 0.02) for u, v in corners]
    model.face(label, "film", layer=1)
    for i in range(3):
        y, end = width * (0.38 + 0.12 * i), length * (0.36 + 0.08 * i)
        model.wire([(length * 0.2, y, height + 0.03), (end, y, height + 0.03)], HAIR, layer=2)


def _plugs() -> Drawing:
    model = lineup([_plug_pair() for _ in range(3)], 7)
    one = _plug_pair()
    flat = Flat("PLAN VIEW", PLAN, (
        Dimension((0, 0, 0), (6, 0, 0), "6", "bottom"),
        Dimension((0, 0, 0), (0, 5, 0), "5", "left"),
    ), one)  # fmt: skip
    return Drawing(model, (flat,), iso=Camera(26, 34), key_figure="3 PAIRS")


def _plug_pair() -> Model:
    model = Model()
    for x in (0.0, 9.0):
        model.box((x, 0, 0), (x + 6, 5, 2.6), "dark" if x else "paper")
        end = x if x else x + 6
        for y in (1.3, 3.7):
            out = -0.7 if x else 0.7
            model.rod(
                "x",
                min(end, end + out),
                max(end, end + out),
                1.8,
                "silver",
                at=(0, y, 1.3),
                layer=1,
            )
    return model


def _adapters(length: float) -> Drawing:
    models = []
    for i in range(4):
        model = Model()
        model.box((0, 0, 0), (6, 5, 3), ("paper", "dark", "film", "grey")[i])
        model.box((length - 6, 0.5, 0), (length, 4.5, 3), "paper")
        for sign, colour in ((1, SKY), (-1, INK)):
            points = [
                (
                    6 + (length - 12) * t / 12,
                    2.5 + sign * (0.8 + 1.2 * (t / 12) * (1 - t / 12) * 4),
                    1.5,
                )
                for t in range(13)
            ]
            model.wire(points, 4, colour=colour, layer=-1)
        models.append(model)
    together = Model()
    for i, model in enumerate(models):
        together.merge(model, (0, (3 - i) * 12, 0), layer=i * 10)
    flat = Flat(
        "PLAN VIEW",
        PLAN,
        (Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),),
        models[0],
    )
    return Drawing(together, (flat,), iso=Camera(22, 40), key_figure="4 LEADS")
