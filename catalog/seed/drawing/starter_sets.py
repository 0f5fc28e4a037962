"""Starter sets: an open box with its contents."""

from collections.abc import Callable

from catalog.seed.drawing.actuators import actuator_model
from catalog.seed.drawing.aircraft import airplane_model
from catalog.seed.drawing.batteries import cell_model
from catalog.seed.drawing.electronics import board_model, transmitter_model
from catalog.seed.drawing.geometry import PLAN, Camera
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.motors import can_motor, propeller_model
from catalog.seed.drawing.palette import HAIR, figure
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject

BOX = (400.0, 270.0, 30.0)  # millimetres


def starter_set(subject: Subject) -> Drawing:
    length, width, high = BOX
    contents = subject.word("contents").split(",")
    model = box_model(subject, contents)
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((length, 0, 0), (length, width, 0), figure(width), "right"),
    ))  # fmt: skip
    kit = Flat("CONTENTS", PLAN, (), _laid_out(subject, contents))
    span = subject.mm("wingspan_mm")
    key = f"{figure(span)} mm  " if span else ""
    return Drawing(
        model, (plan, kit), iso=Camera(24, 50), coin=False,
        key_figure=f"{key}{figure(subject.mm('channels'))} CH",
    )  # fmt: skip


def box_model(subject: Subject, contents: list[str]) -> Model:
    """A carton without its lid, seen from above, the things in their nests."""
    length, width, high = BOX
    model = Model()
    wall = 5.0
    model.face([(0, 0, 1), (length, 0, 1), (length, width, 1), (0, width, 1)], "foam")
    model.box((0, width - wall, 0), (length, width, high), "wood", layer=1)
    model.box((0, 0, 0), (wall, width, high), "wood", layer=1)
    model.box((length - wall, 0, 0), (length, width, high), "wood", layer=40)
    model.box((0, 0, 0), (length, wall, high), "wood", layer=41)
    places = NESTS[_nests_for(contents)]
    used: dict[str, int] = {}
    for name in contents:
        nth = used[name] = used.get(name, 0) + 1
        spots = places.get(name, ())
        if nth <= len(spots):
            x, y, size = spots[nth - 1]
            _nest(model, things(subject)[name](), x, y, size, 10 + nth)
    return model


def _nests_for(contents: list[str]) -> str:
    return ("parts", "plane", "class", "class")[contents.count("plane")]


# Position of each item: left, front, and the longest side that fits (mm).
Nest = tuple[float, float, float]
NESTS: dict[str, dict[str, tuple[Nest, ...]]] = {
    "plane": {
        "plane": ((18, 62, 205), (150, 105, 150), (60, 20, 120)),
        "transmitter": ((232, 122, 140), (250, 16, 110)),
        "cell": ((250, 70, 46), (310, 70, 46)),
        "charger": ((250, 22, 70),),
        "prop": ((335, 24, 48),),
        "wheels": ((335, 20, 46),),
        "glue": ((345, 14, 40),),
    },
    "class": {
        "plane": ((12, 142, 124), (12, 18, 124), (134, 80, 112)),
        "transmitter": ((258, 142, 124), (258, 14, 124)),
        "charger": ((160, 22, 70),),
    },
    "parts": {
        "transmitter": ((18, 100, 160),),
        "receiver": ((215, 195, 52),),
        "motor": ((300, 200, 62),),
        "actuator": ((230, 130, 40),),
        "rods": ((18, 22, 250),),
        "box": ((210, 20, 168),),
        "cell": ((300, 130, 52), (300, 100, 52)),
        "glue": ((330, 20, 60),),
    },
}


def _nest(model: Model, thing: Model, x: float, y: float, size: float, layer: int) -> None:
    """Put a thing into its place, scaled down where it is too long."""
    k = min(size / max(thing.size(0), thing.size(1)), 2.6)
    small = thing.scaled(k, k, k * 0.5)
    points = small.points()
    at = (
        x - min(p[0] for p in points),
        y - min(p[1] for p in points),
        3 - min(p[2] for p in points),
    )
    model.merge(small, at, layer=layer)


def things(subject: Subject) -> dict[str, Callable[[], Model]]:
    return {
        "plane": lambda: _plane(subject),
        "transmitter": _transmitter,
        "cell": lambda: cell_model(18, 11, 3, "Magnetic"),
        "charger": _charger,
        "prop": lambda: _flat(propeller_model(46, 2, "scimitar", 30)),
        "wheels": lambda: _discs(2),
        "glue": _bottle,
        "receiver": lambda: board_model(subject, 14.5, 9.5, 1.8, 4, 0, True),
        "motor": lambda: can_motor(6, 12, 0.8),
        "actuator": lambda: actuator_model(7, 4.6, True, False),
        "rods": _rods,
        "box": _kit_box,
    }


def _plane(subject: Subject) -> Model:
    shape = {
        "MF-SS-PRAIRIE": ("straight", "profile", "conventional"),
        "MF-SS-DRIFT": ("polyhedral", "stick", "v"),
    }
    wing, fuselage, tail = shape.get(subject.sku, ("ellipse", "stick", "conventional"))
    span = subject.mm("wingspan_mm", 206)
    art = {"wing": wing, "fuselage": fuselage, "tail": tail, "dihedral": "6",
           "biplane": "yes" if subject.sku.endswith("LACEWING") else "no"}  # fmt: skip
    area = span * span * 0.17 / 1e4 * (2 if subject.sku.endswith("LACEWING") else 1)
    figures = {"wingspan_mm": str(span), "length_mm": str(span * 0.85), "wing_area_dm2": str(area)}
    return airplane_model(Subject(subject.sku, "airplane", 0, figures, art))


def _transmitter() -> Model:
    """The transmitter on its back, face up."""
    plain = Subject("", "transmitter", 0, {})
    upright = transmitter_model(plain, 148, 112, 52)
    return _flat(upright)


def _flat(model: Model) -> Model:
    """Tilted over: what looked forwards (low y) looks up."""
    return model.turned_over()


def _charger() -> Model:
    model = Model()
    model.box((0, 0, 0), (38, 18, 9), "paper")
    model.box((-12, 3, 2), (0, 15, 6.5), "metal", layer=-1)
    model.box((38, 6, 3), (42, 12, 7), "dark", layer=1)
    model.face([(6, 5, 9.1), (24, 5, 9.1), (24, 13, 9.1), (6, 13, 9.1)], "film", pen=HAIR, layer=1)
    return model


def _discs(count: int) -> Model:
    model = Model()
    for i in range(count):
        model.rod("z", 0, 6, 18, "dark", at=(i * 22, 0, 0), layer=i)
        model.rod("z", 6, 6.5, 9, "paper", at=(i * 22, 0, 0), layer=i + 1)
    return model


def _bottle() -> Model:
    model = Model()
    model.turned([(0, 10), (1, 11), (42, 11), (48, 7), (50, 6)], "y", "paper", rings=(2, 3))
    model.turned([(50, 5.5), (56, 5)], "y", "dark", layer=1)
    model.turned([(56, 3), (72, 1)], "y", "film", layer=2)
    return model


def _rods() -> Model:
    model = Model()
    for i in range(7):
        model.rod("x", 0, 250 - i * 9, 2.4, "dark", at=(0, i * 6, 0), layer=-i)
    return model


def _kit_box() -> Model:
    """The kit's flat carton with the outline of the airplane on it."""
    model = Model()
    model.box((0, 0, 0), (168, 96, 12), "film")
    figures = {"wingspan_mm": "120", "length_mm": "78", "wing_area_dm2": "0.3"}
    art = {
        "wing": "ellipse",
        "fuselage": "stick",
        "tail": "conventional",
        "dihedral": "0",
        "kit": "yes",
    }
    plane = airplane_model(Subject("", "airplane", 0, figures, art)).scaled(1, 1, 0.01)
    model.merge(plane, (84, 60, 12.2), layer=2)
    return model


def _laid_out(subject: Subject, contents: list[str]) -> Model:
    """What is in the box, in rows on the table."""
    model, x, y, row = Model(), 0.0, 0.0, 0.0
    table = 760 if contents.count("plane") > 1 else 430  # millimetres across
    for name in contents:
        thing = things(subject)[name]()
        if x and x + thing.size(0) > table:
            x, y, row = 0.0, y - row - 26, 0.0
        points = thing.points()
        left, top = min(p[0] for p in points), max(p[1] for p in points)
        model.merge(thing, (x - left, y - top, 0))
        x += thing.size(0) + 26
        row = max(row, thing.size(1))
    return model
