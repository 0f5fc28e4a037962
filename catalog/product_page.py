"""The data of a product page, read with a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog import queries, tree
from catalog.availability import Availability, of_variants, sold_out
from catalog.cards import (
    Card,
    Offer,
    Picture,
    cards_of,
    images_of,
    offer_of,
    picture_of,
    product_url,
)
from catalog.models import Battery
from catalog.queries import Described, Stocked
from catalog.specifications import Specification, specifications_of
from microflight.core.money import format_money
from microflight.core.units import format_number, split_weight

RELATED = 4

BATTERY_NOTES = {
    Battery.NONE: _("No battery. Shipping restrictions for batteries don’t apply."),
    Battery.IN_EQUIPMENT: _(
        "A lithium battery is built in. It ships as a battery in equipment, "
        "which most air mail services accept."
    ),
    Battery.WITH_EQUIPMENT: _(
        "Lithium batteries are packed with this product. They ship as batteries packed with "
        "equipment, and the package is marked accordingly."
    ),
    Battery.LOOSE: _(
        "This is a loose lithium battery. Some countries and air mail services don’t accept these; "
        "the cart shows the shipping methods available for your address."
    ),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One option that can be bought."""

    pk: int
    label: str
    sku: str
    weight: str
    weight_unit: str
    price: str
    stock: Availability
    specifications: tuple[Specification, ...]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """What the template shows. Equal values give the same page, see `fragment_cache`."""

    product: Described
    url: str
    trail: tuple[tuple[str, str], ...]  # name and URL of categories, top level first
    sku: str
    weight: str
    weight_unit: str
    weight_varies: bool
    price: str
    price_varies: bool
    stock: Availability
    pictures: tuple[Picture, ...]
    specifications: tuple[Specification, ...]
    variants: tuple[Variant, ...]
    related: tuple[Card, ...]
    offers: tuple[Offer, ...]

    @property
    def crumbs(self) -> tuple[tuple[str, str], ...]:
        """Return the breadcrumbs of this page."""
        return (*self.trail, (self.product.title, ""))

    @property
    def sold_out(self) -> tuple[tuple[int, str], ...]:
        """Return ID and label of the product, or of its variants, that are sold out."""
        if self.variants:
            return tuple((one.pk, one.label) for one in self.variants if not one.stock.can_buy)
        return () if self.stock.can_buy else ((self.product.pk, self.product.title),)

    @property
    def summary(self) -> str:
        """Return the meta description."""
        text = " ".join(strip_tags(self.product.description).split())
        return self.product.meta_description or text[:160]

    @property
    def battery(self) -> str:
        """Return type, cells and energy, which carriers ask for; empty without a battery."""
        product = self.product
        if product.battery == Battery.NONE:
            return ""
        parts = [Battery(product.battery).label.capitalize()]
        if cells := product.battery_cells:
            text = ngettext("%(n)s lithium polymer cell", "%(n)s lithium polymer cells", cells)
            parts.append(text % {"n": cells})
        if product.battery_wh is not None:
            parts.append(f"{format_number(product.battery_wh)} Wh")
        return ", ".join(parts)

    @property
    def battery_note(self) -> str:
        """Return what the battery means for shipping."""
        return str(BATTERY_NOTES[Battery(self.product.battery)])


def read(
    family: Sequence[Described], stocked: Sequence[Stocked], categories: tree.Tree
) -> ProductPage:
    """Return the page of the first of `family`; the others are its variants. Four queries."""
    product, *children = family
    related = queries.related(product.pk, RELATED)
    pks = [one.pk for one in family]
    images = images_of([*pks, *(one.product.pk for one in related)])
    specifications = specifications_of(pks)
    own = [offer_of(one) for one in stocked]
    prices = sorted({offer.price for offer in own if offer.price is not None})
    number, unit = split_weight(product.weight_g)
    return ProductPage(
        product=product,
        url=product_url(product.slug, product.pk),
        trail=_trail(product, categories),
        sku=next((o.sku for o in own if o.product == product.pk), product.upc or ""),
        weight=number,
        weight_unit=unit,
        weight_varies=len({child.weight_g for child in children}) > 1,
        price=format_money(prices[0]) if prices else "",
        price_varies=len(prices) > 1,
        stock=of_variants([offer.stock for offer in own]),
        pictures=tuple(picture_of(*image, product.title) for pk in pks for image in images[pk]),
        specifications=tuple(specifications[product.pk]),
        variants=tuple(_variant(one, product, own, specifications[one.pk]) for one in children),
        related=cards_of(related, images),
        offers=tuple(own),
    )


def _trail(product: Described, categories: tree.Tree) -> tuple[tuple[str, str], ...]:
    """Return the path to the deepest public category of the product."""
    nodes = [categories.by_pk[pk] for pk in queries.places(product.pk) if pk in categories.by_pk]
    nodes.sort(key=lambda node: node.path)
    deepest = max((node.trail for node in nodes), key=len, default=[])
    return tuple((node.name, node.url) for node in deepest)


def _variant(
    child: Described,
    parent: Described,
    offers: list[Offer],
    specifications: list[Specification],
) -> Variant:
    offer = next((o for o in offers if o.product == child.pk), None)
    title = child.title or parent.title
    label = title.removeprefix(parent.title).strip(" ,:-") or title
    number, unit = split_weight(child.weight_g or parent.weight_g or Decimal(0))
    return Variant(
        pk=child.pk,
        label=label[0].upper() + label[1:],
        sku=offer.sku if offer else child.upc or "",
        weight=number,
        weight_unit=unit,
        price=format_money(offer.price) if offer and offer.price is not None else "",
        stock=offer.stock if offer else sold_out(),
        specifications=tuple(specifications),
    )
