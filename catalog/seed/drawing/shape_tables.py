"""Tables of shapes in `data/shapes`: what a product of fixed proportions is drawn from.

Each entry is a call of a method of `Model`, once or, with `copies`, at several places.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from math import cos, pi, sin
from typing import Any

from catalog.seed.drawing.geometry import ORIGIN, P2, P3
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR
from catalog.seed.tables import DATA


def load_model(product_class: str, name: str, wash: str = "film") -> Model:
    """Return a model from a table; `wash` is what the table calls "*"."""
    model = Model()
    for entry in _tables(product_class)[name]:
        model.merge(_shape(entry, wash))
    return model


@cache
def _tables(product_class: str) -> dict[str, Any]:
    return tomllib.loads((DATA / "shapes" / f"{product_class}.toml").read_text())


def outline(group: str, name: str) -> list[tuple[float, ...]]:
    """Return an outline from `outlines.toml`."""
    return [tuple(place) for place in _tables("outlines")[group][name]]


def _shape(entry: dict[str, Any], wash: str) -> Model:
    arguments: dict[str, Any] = {
        key: wash if value == "*" else value for key, value in entry.items()
    }
    add = SHAPES[arguments.pop("shape")]
    copies: list[tuple[int, P3]] = arguments.pop("copies", [])
    is_mirrored = arguments.pop("mirror", False)
    one, several = Model(), Model()
    add(one, **arguments)
    if is_mirrored:
        one.merge(one.mapped(lambda p: (p[0], -p[1], p[2]), mirror=True))
    for place in _places(copies):
        several.merge(one, place)
    return several


def _places(copies: list[tuple[int, P3]]) -> list[P3]:
    """Return the places of a row or, with two steps, of a grid."""
    places = [ORIGIN]
    for count, (x, y, z) in copies:
        places = [(p[0] + i * x, p[1] + i * y, p[2] + i * z) for i in range(count) for p in places]
    return places


def _add_label(model: Model, radius: float, span: P2, wash: str, layer: int) -> None:
    """Add a label around the front of a bottle, with two lines of print and a drop."""
    low, high = span
    angles = [pi * (1.12 + 0.76 * i / 20) for i in range(21)]
    edge = [(radius * cos(a), radius * sin(a)) for a in angles]
    band = [(x, y, low) for x, y in edge] + [(x, y, high) for x, y in edge[::-1]]
    model.face(band, wash, layer=layer)
    for share, end in ((0.72, 16), (0.6, 13)):
        z = low + (high - low) * share
        model.wire([(x * 1.001, y * 1.001, z) for x, y in edge[4:end]], HAIR, layer=layer + 1)
    x, y, z = *edge[10], low + (high - low) * 0.3
    outline = ((0, 2), (1, 0.3), (0.7, -0.7), (0, -1), (-0.7, -0.7), (-1, 0.3))
    drop = [(x + u * radius * 0.2, y - 0.05, z + v * radius * 0.25) for u, v in outline]
    model.face(drop, "paper", layer=layer + 1)


SHAPES: dict[str, Callable[..., None]] = {
    "box": Model.box, "prism": Model.prism, "turned": Model.turned, "rod": Model.rod,
    "face": Model.face, "disc": Model.disc, "blades": Model.blades, "wire": Model.wire,
    "cord": Model.cord, "loop": Model.loop, "text": Model.text, "label": _add_label,
}  # fmt: skip
