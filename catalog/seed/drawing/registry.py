"""The drawing function of each product class."""

from collections.abc import Callable

from catalog.seed.drawing.actuators import actuator, servo
from catalog.seed.drawing.aircraft import airplane
from catalog.seed.drawing.batteries import cell, charger
from catalog.seed.drawing.electronics import receiver, transmitter
from catalog.seed.drawing.fixed_shapes import accessory, glue, tool, toy
from catalog.seed.drawing.materials import magnet, rod, tape
from catalog.seed.drawing.motors import gearbox, motor
from catalog.seed.drawing.propellers import propeller
from catalog.seed.drawing.small_parts import part
from catalog.seed.drawing.standard_images import SvgImage, standard_images
from catalog.seed.drawing.starter_sets import starter_set
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Drawing

FUNCTIONS: tuple[Callable[[Subject], Drawing], ...] = (
    accessory, actuator, airplane, cell, charger, gearbox, glue, magnet, motor, part, propeller,
    receiver, rod, servo, starter_set, tape, tool, toy, transmitter,
)  # fmt: skip
MOST = 4  # images of a product
BY_CLASS = {function.__name__: function for function in FUNCTIONS}


def images_of(subject: Subject) -> list[SvgImage]:
    """Return one to four images of a product, the one for cards first.

    The hint `images` is the most; a variant without it has no images of its own.
    """
    images = standard_images(subject, BY_CLASS[subject.product_class](subject))
    return images[: int(subject.art.get("images", MOST))]
