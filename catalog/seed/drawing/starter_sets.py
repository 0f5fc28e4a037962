"""Starter sets: an open box with its contents."""

from collections import Counter

from catalog.seed.drawing.actuators import actuator_model
from catalog.seed.drawing.aircraft import airplane_model
from catalog.seed.drawing.batteries import cell_model, charger_model
from catalog.seed.drawing.electronics import board_model, transmitter_model
from catalog.seed.drawing.geometry import PLAN, Camera
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.motors import can_motor
from catalog.seed.drawing.propellers import propeller_model
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject, subject_of
from catalog.seed.drawing.views import Drawing, View, measured
from catalog.seed.tables import read_table

LENGTH, WIDTH, HEIGHT = 400.0, 270.0, 30.0  # of the box in millimetres


def starter_set(subject: Subject) -> Drawing:
    """Return the box in perspective and from above, and its contents laid out."""
    contents = subject.word("contents").split(",")
    things = {name: _thing(name, subject) for name in contents}
    model = _box(contents, things)
    views = (
        measured("PLAN VIEW", PLAN, model),
        View("CONTENTS", PLAN, _laid_out([things[name] for name in contents])),
    )
    span = f"{subject.text('wingspan_mm')} mm  " if subject.mm("wingspan_mm") else ""
    key = f"{span}{subject.text('channels')} CH"
    return Drawing(model, views, Camera(24, 50), key_figure=key)


def _box(contents: list[str], things: dict[str, Model]) -> Model:
    """Return a carton without its lid, the things in their nests."""
    model, wall = Model(), 5.0
    model.face([(0, 0, 1), (LENGTH, 0, 1), (LENGTH, WIDTH, 1), (0, WIDTH, 1)], "foam")
    model.box((0, WIDTH - wall, 0), (LENGTH, WIDTH, HEIGHT), "wood", layer=1)
    model.box((0, 0, 0), (wall, WIDTH, HEIGHT), "wood", layer=1)
    model.box((LENGTH - wall, 0, 0), (LENGTH, WIDTH, HEIGHT), "wood", layer=40)
    model.box((0, 0, 0), (LENGTH, wall, HEIGHT), "wood", layer=41)
    planes, left = contents.count("plane"), Counter(contents)
    layout = ("parts", "plane")[planes] if planes < 2 else "class"
    for nest in read_table("nests"):
        if nest["layout"] == layout and left[nest["item"]]:
            left[nest["item"]] -= 1
            _add_to_nest(model, things[nest["item"]], nest, layer=10 + left[nest["item"]])
    return model


def _add_to_nest(model: Model, thing: Model, nest: dict[str, str], layer: int) -> None:
    """Add a thing, scaled down where it is too long and enlarged where it is small."""
    k = min(float(nest["longest_side"]) / max(thing.size(0), thing.size(1)), 2.6)
    scaled = thing.scaled(k, k, k * 0.5)
    left, near, low = (scaled.extent(axis)[0] for axis in range(3))
    model.merge(scaled, (float(nest["left"]) - left, float(nest["front"]) - near, 3 - low), layer)


def _thing(name: str, subject: Subject) -> Model:
    """Return what a word in the seed's `contents` hint stands for, lying flat."""
    match name:
        case "plane":
            return airplane_model(subject_of(subject.word("plane")))
        case "transmitter":
            return transmitter_model(subject_of("MF-TX-2400-4")).laid_down()
        case "cell":
            return cell_model((18, 11, 3), "Magnetic")
        case "charger":
            return charger_model(subject_of("MF-CH-USB1"))
        case "prop":
            return propeller_model(46, 2, "scimitar", 30).laid_down()
        case "glue":
            return load_model("glue", "bottle", "film").laid_down()
        case "receiver":
            return board_model(subject_of("MF-RX-4CH"), (14.5, 9.5, 1.8), leads=4)
        case "motor":
            return can_motor(6, 12, 0.8)
        case "actuator":
            return actuator_model(7, 4.6, "single")
        case "carton":
            model = load_model("starter_set", name)
            plane = airplane_model(subject_of("MF-AP-MAYFLY-KIT")).scaled(0.55, 0.42, 0.01)
            model.merge(plane, (84, 60, 12.2), layer=2)
            return model
        case _:
            return load_model("starter_set", name)


def _laid_out(things: list[Model]) -> Model:
    """Return what is in the box, in rows on the table."""
    model, x, y, row = Model(), 0.0, 0.0, 0.0
    table = 760 if things.count(things[0]) > 1 else 430  # millimetres across
    for thing in things:
        if x and x + thing.size(0) > table:
            x, y, row = 0.0, y - row - 26, 0.0
        model.merge(thing, (x - thing.extent(0)[0], y - thing.extent(1)[1], 0))
        x += thing.size(0) + 26
        row = max(row, thing.size(1))
    return model
