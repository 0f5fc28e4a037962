"""What is drawn: products of the seed, with their attributes and variants."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.seed.drawing.palette import figure
from catalog.seed.tables import Row, product_rows


@dataclass(frozen=True)
class Subject:
    """What a drawing needs to know about a product."""

    sku: str
    product_class: str
    weight_g: float
    figures: dict[str, str]  # attribute code to its text
    art: dict[str, str]  # hints of the seed's `art` column
    variants: tuple["Subject", ...] = ()

    @property
    def family(self) -> tuple["Subject", ...]:
        """The variants, or the product itself if it has none."""
        return self.variants or (self,)

    def mm(self, name: str, default: float = 0.0) -> float:
        """Return an attribute as a number; a parent without it uses its first variant's."""
        text = self.figures.get(name)
        if text is None and self.variants:
            text = self.variants[0].figures.get(name)
        return float(text) if text else default

    def size(self, *names: str) -> tuple[float, ...]:
        """Return lengths such as `size("length", "width")`."""
        return tuple(self.mm(f"{name}_mm") for name in names)

    def text(self, name: str) -> str:
        """Return an attribute as it is written on a drawing."""
        return figure(self.mm(name))

    def word(self, name: str, default: str = "") -> str:
        """Return a hint or an attribute as text."""
        if name in self.art:
            return self.art[name]
        if name in self.figures:
            return self.figures[name]
        return self.variants[0].word(name, default) if self.variants else default

    def has(self, hint: str) -> bool:
        return self.art.get(hint) == "yes"


def subjects(only: set[str] | None = None) -> Iterator[Subject]:
    """Yield what is drawn: parents and standalone products, with their variants; after a parent
    those of its variants that have images of their own."""
    families: dict[str, list[Row]] = {}
    for row in product_rows():
        families.setdefault(row.parent, []).append(row)
    for row in families[""]:
        if only is None or row.sku in only:
            children = [_subject(child) for child in families.get(row.sku, ())]
            yield (parent := _subject(row, tuple(children)))
            yield from (_alone(child, parent) for child in children if "images" in child.art)


def subject_of(sku: str) -> Subject:
    return next(subjects({sku}))


def _alone(variant: Subject, parent: Subject) -> Subject:
    """Return a variant with what it inherits."""
    figures, art = parent.figures | variant.figures, parent.art | variant.art
    return Subject(variant.sku, variant.product_class, variant.weight_g, figures, art)


def _subject(row: Row, variants: tuple[Subject, ...] = ()) -> Subject:
    art = dict(hint.split("=", 1) for hint in row.common["art"].split())
    weight = float(row.common["weight_g"])
    return Subject(row.sku, row.product_class, weight, row.attributes, art, variants)
