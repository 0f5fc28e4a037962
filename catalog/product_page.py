"""All that a product's page says, read in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import strip_tags

from catalog import rows, tree
from catalog.availability import SOLD_OUT, Availability, of_variants
from catalog.cards import (
    Card,
    Offer,
    Picture,
    address,
    cards_of,
    offer_of,
    picture_of,
    pictures_of,
)
from catalog.facts import Fact, facts_of
from catalog.models import Battery
from catalog.rows import Described, Stocked
from microflight.core.money import format_money
from microflight.core.units import format_number, split_weight

RELATED = 4

BATTERY_WORDS = {
    Battery.NONE: "No battery. The post’s rules for batteries do not apply.",
    Battery.IN_EQUIPMENT: (
        "A lithium battery is built in. It travels as a battery in equipment, "
        "which most air mail services accept."
    ),
    Battery.WITH_EQUIPMENT: (
        "Lithium batteries are packed with it. They travel as batteries with equipment, "
        "and the parcel is marked so."
    ),
    Battery.LOOSE: (
        "A loose lithium battery. Some countries and air mail services refuse these; "
        "the cart shows the services that take it to your address."
    ),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One version that can be bought."""

    pk: int
    label: str
    sku: str
    weight: str
    weight_unit: str
    price: str
    stock: Availability
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """What the template prints. Two of these that are equal give the same page."""

    product: Described
    url: str
    trail: tuple[tuple[str, str], ...]  # name and address of categories, the top one first
    sku: str
    weight: str
    weight_unit: str
    weight_varies: bool
    price: str
    price_varies: bool
    stock: Availability
    pictures: tuple[Picture, ...]
    facts: tuple[Fact, ...]
    variants: tuple[Variant, ...]
    related: tuple[Card, ...]
    offers: tuple[Offer, ...]

    @property
    def crumbs(self) -> tuple[tuple[str, str], ...]:
        """Return the way to this page, itself at the end."""
        return (*self.trail, (self.product.title, ""))

    @property
    def sold_out(self) -> tuple[tuple[int, str], ...]:
        """Return what cannot be bought now: number and label of the product or its versions."""
        if self.variants:
            return tuple((one.pk, one.label) for one in self.variants if not one.stock.can_buy)
        return () if self.stock.can_buy else ((self.product.pk, self.product.title),)

    @property
    def summary(self) -> str:
        """Return what search engines show below the title."""
        words = " ".join(strip_tags(self.product.description).split())
        return self.product.meta_description or words[:160]

    @property
    def battery(self) -> str:
        """Return cells and energy, what a carrier asks; empty without a battery."""
        return _battery(self.product)

    @property
    def battery_words(self) -> str:
        """Return what the battery means for the post."""
        return BATTERY_WORDS[Battery(self.product.battery)]


def read(
    family: Sequence[Described], stocked: Sequence[Stocked], categories: tree.Tree
) -> ProductPage:
    """Return the page of a product that is given before its variants: four statements."""
    product, *children = family
    related = rows.related(product.pk, RELATED)
    pks = [one.pk for one in family]
    images = pictures_of([*pks, *(one.product.pk for one in related)])
    facts = facts_of(pks)
    own = [offer_of(one) for one in stocked]
    own_images = [image for one in family for image in images.get(one.pk, [])]
    prices = sorted({offer.price for offer in own if offer.price is not None})
    number, unit = split_weight(product.weight_g)
    return ProductPage(
        product=product,
        url=address(product.slug, product.pk),
        trail=_trail(product, categories),
        sku=next((o.sku for o in own if o.product == product.pk), product.upc or ""),
        weight=number,
        weight_unit=unit,
        weight_varies=len({child.weight_g for child in children}) > 1,
        price=format_money(prices[0]) if prices else "",
        price_varies=len(prices) > 1,
        stock=of_variants([offer.stock for offer in own]),
        pictures=tuple(picture_of(*image, product.title) for image in own_images),
        facts=tuple(facts.get(product.pk, ())),
        variants=tuple(_variant(one, product, own, facts.get(one.pk, [])) for one in children),
        related=cards_of(related, images),
        offers=tuple(own),
    )


def _trail(product: Described, categories: tree.Tree) -> tuple[tuple[str, str], ...]:
    """The way down to the deepest category of the product that may be seen."""
    nodes = [categories.by_pk[pk] for pk in rows.places(product.pk) if pk in categories.by_pk]
    nodes.sort(key=lambda node: node.path)
    deepest = max((node.trail for node in nodes), key=len, default=[])
    return tuple((node.name, node.url) for node in deepest)


def _battery(product: Described) -> str:
    """Cells and energy: what a carrier asks."""
    if product.battery == Battery.NONE:
        return ""
    parts = [Battery(product.battery).label.capitalize()]
    if product.battery_cells:
        cells = "cell" if product.battery_cells == 1 else "cells"
        parts.append(f"{product.battery_cells} lithium polymer {cells}")
    if product.battery_wh is not None:
        parts.append(f"{format_number(product.battery_wh)} Wh")
    return ", ".join(parts)


def _variant(
    child: Described, parent: Described, offers: list[Offer], facts: list[Fact]
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
        stock=offer.stock if offer else SOLD_OUT,
        facts=tuple(facts),
    )
