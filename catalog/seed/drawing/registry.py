"""Which drawing belongs to which product class."""

from collections.abc import Callable

from catalog.seed.drawing.aircraft import airplane
from catalog.seed.drawing.boards import receiver, transmitter
from catalog.seed.drawing.control import actuator, servo
from catalog.seed.drawing.energy import cell, charger
from catalog.seed.drawing.extras import accessory
from catalog.seed.drawing.materials import glue, magnet, rod, tape
from catalog.seed.drawing.parts import part
from catalog.seed.drawing.pictures import Picture, standard_pictures
from catalog.seed.drawing.power import gearbox, motor, propeller
from catalog.seed.drawing.sets import starter_set
from catalog.seed.drawing.subject import Drawing, Subject
from catalog.seed.drawing.toys import toy
from catalog.seed.drawing.workshop import tool

KINDS: dict[str, Callable[[Subject], Drawing]] = {
    "accessory": accessory,
    "actuator": actuator,
    "airplane": airplane,
    "cell": cell,
    "charger": charger,
    "gearbox": gearbox,
    "glue": glue,
    "magnet": magnet,
    "motor": motor,
    "part": part,
    "propeller": propeller,
    "receiver": receiver,
    "rod": rod,
    "servo": servo,
    "starter_set": starter_set,
    "tape": tape,
    "tool": tool,
    "toy": toy,
    "transmitter": transmitter,
}


def pictures_of(subject: Subject) -> list[Picture]:
    """One to four pictures of a product, the one for cards first."""
    return standard_pictures(subject, KINDS[subject.product_class](subject))
