"""The views that show a product, and the dimensions in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.seed.drawing.geometry import P3, Camera
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import figure


@dataclass(frozen=True)
class Dimension:
    """A length that one view shows, on its "top", "bottom", "left" or "right"."""

    a: P3
    b: P3
    text: str
    side: str = "top"


@dataclass(frozen=True)
class View:
    """A view with dimension lines, such as "PLAN VIEW"."""

    name: str
    camera: Camera
    model: Model
    dimensions: Sequence[Dimension] = ()


@dataclass(frozen=True)
class Drawing:
    """What the images of a product are drawn from."""

    model: Model  # in perspective, and next to a coin
    views: Sequence[View] = ()
    camera: Camera = Camera(32, 30)
    coin: Camera | None = None  # the view that compares it with a coin
    key_figure: str = ""  # next to the weight on the first image
    floor_gap: float = 0.0  # millimetres that it flies above its shadow
    limit: float | None = None  # pixels per millimetre at most, where sizes should compare


def measured(
    name: str,
    camera: Camera,
    model: Model,
    *,
    body: Sequence[P3] = (),
    wide: str = "bottom",
    tall: str = "right",
    marks: tuple[str, str] = ("", ""),
    extra: Sequence[Dimension] = (),
) -> View:
    """Return a view with the width and height of `body` (by default the model) as dimensions.

    `wide` and `tall` name the sides of their lines, "" leaves one out; `marks` go before the text.
    """
    points = body or model.points()
    dimensions = [
        _extent(points, camera, axis, side, mark)
        for axis, (side, mark) in enumerate(zip((wide, tall), marks, strict=True))
        if side
    ]
    return View(name, camera, model, (*dimensions, *extra))


def _extent(points: Sequence[P3], camera: Camera, axis: int, side: str, mark: str) -> Dimension:
    """Measure points from left to right (axis 0) or from top to bottom (axis 1).

    Of several points at one end, take the one next to the dimension line.
    """
    outwards = -1 if side in ("top", "left") else 1
    flat = [(camera.project(point), point) for point in points]
    low, a = min(flat, key=lambda f: (round(f[0][axis], 6), -outwards * f[0][1 - axis]))
    high, b = max(flat, key=lambda f: (round(f[0][axis], 6), outwards * f[0][1 - axis]))
    length = high[axis] - low[axis]
    decimals = 2 if length < 1 else 1 if length < 30 else 0
    return Dimension(a, b, mark + figure(round(length, decimals)), side)
