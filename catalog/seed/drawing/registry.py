"""The drawing function of each product class."""

from collections.abc import Callable

from catalog.seed.drawing.accessories import accessory
from catalog.seed.drawing.actuators import actuator, servo
from catalog.seed.drawing.aircraft import airplane
from catalog.seed.drawing.batteries import cell, charger
from catalog.seed.drawing.electronics import receiver, transmitter
from catalog.seed.drawing.materials import glue, magnet, rod, tape
from catalog.seed.drawing.motors import gearbox, motor, propeller
from catalog.seed.drawing.small_parts import part
from catalog.seed.drawing.standard_images import SvgImage, standard_images
from catalog.seed.drawing.starter_sets import starter_set
from catalog.seed.drawing.subject import Drawing, Subject
from catalog.seed.drawing.tools import tool
from catalog.seed.drawing.vehicles import toy

BY_CLASS: dict[str, Callable[[Subject], Drawing]] = {
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


def images_of(subject: Subject) -> list[SvgImage]:
    """Return one to four images of a product, the one for cards first."""
    return standard_images(subject, BY_CLASS[subject.product_class](subject))
