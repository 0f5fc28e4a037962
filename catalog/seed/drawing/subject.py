"""What is drawn: a product's attributes and those of its variants."""

from dataclasses import dataclass, field

from catalog.seed.drawing.geometry import P3, Camera
from catalog.seed.drawing.model import Model


@dataclass(frozen=True)
class Subject:
    """What a drawing needs to know about a product."""

    sku: str
    product_class: str
    weight_g: float
    figures: dict[str, str]  # attribute code to its text
    art: dict[str, str] = field(default_factory=dict)  # hints of the seed's `art` column
    variants: tuple["Subject", ...] = ()

    def mm(self, name: str, default: float = 0.0) -> float:
        """Return an attribute as a number; a parent without it uses its first variant's."""
        text = self.figures.get(name)
        if text is None and self.variants:
            text = self.variants[0].figures.get(name)
        return float(text) if text else default

    def word(self, name: str, default: str = "") -> str:
        """Return a hint or an attribute as text."""
        if name in self.art:
            return self.art[name]
        if name in self.figures:
            return self.figures[name]
        return self.variants[0].word(name, default) if self.variants else default


@dataclass(frozen=True)
class Dimension:
    """A length that one view shows, on one side of the drawing.

    `side` is "top", "bottom", "left" or "right"; `row` moves a second line further out.
    """

    a: P3
    b: P3
    text: str
    side: str = "top"
    row: int = 0


@dataclass(frozen=True)
class Flat:
    """A view with dimension lines: `PLAN`, `SIDE` or `FRONT`."""

    name: str
    camera: Camera
    dimensions: tuple[Dimension, ...]
    model: Model | None = None  # if it differs from the product's own


@dataclass(frozen=True)
class Drawing:
    """What the standard images of a product are drawn from."""

    model: Model
    flats: tuple[Flat, ...] = ()
    iso: Camera = Camera(32, 30)
    coin: bool = True  # small enough to compare with a coin
    coin_camera: Camera = Camera(0, 90)
    floor_gap: float = 0.0  # millimetres that it flies above its shadow
    key_figure: str = ""  # next to the weight on the first image
    iso_scale: float | None = None  # pixels a millimetre at most, where sizes should compare
    space_model: Model | None = None  # if the first image shows another arrangement
