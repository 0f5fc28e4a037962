"""All that a product's page says, read in a fixed number of statements."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from catalog import tree
from catalog.availability import SOLD_OUT, Availability, of_variants
from catalog.cards import ROW, Card, Offer, Picture, make_card, offers_of, picture_of, pictures_of
from catalog.facts import Fact, facts_of
from catalog.models import Battery, Product
from catalog.words import cad, plain, weight_parts

RELATED = 4

BATTERY_WORDS = {
    Battery.NONE: "No battery. Nothing about it restricts the post.",
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
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """What the template prints."""

    product: Product
    trail: list[tree.Node]
    sku: str
    weight: str
    weight_unit: str
    weight_varies: bool
    price: str
    price_varies: bool
    stock: Availability
    pictures: list[Picture]
    facts: list[Fact]
    battery: str
    battery_words: str
    variants: list[Variant]
    related: list[Card]
    offers: list[Offer]


def read(product: Product, categories: tree.Tree) -> ProductPage:
    """Return the page of a public product that is not a variant: seven statements."""
    children = list(product.children.filter(is_public=True).order_by("pk"))
    related = _related_rows(product)
    pks = [product.pk, *(row[0] for row in related)]
    offers, images = offers_of(pks), pictures_of([*pks, *(child.pk for child in children)])
    facts = facts_of([product.pk, *(child.pk for child in children)])
    own = offers.get(product.pk, [])
    own_images = [one for p in (product, *children) for one in images.get(p.pk, [])]
    prices = sorted({offer.price for offer in own if offer.price is not None})
    number, unit = weight_parts(product.weight_g)
    return ProductPage(
        product=product,
        trail=_trail(product, categories),
        sku=next((o.sku for o in own if o.product == product.pk), product.upc or ""),
        weight=number,
        weight_unit=unit,
        weight_varies=len({child.weight_g for child in children}) > 1,
        price=cad(prices[0]) if prices else "",
        price_varies=len(prices) > 1,
        stock=of_variants([offer.stock for offer in own]),
        pictures=[picture_of(*image, product.title) for image in own_images],
        facts=facts.get(product.pk, []),
        battery=_battery(product),
        battery_words=BATTERY_WORDS[Battery(product.battery)],
        variants=[_variant(child, product, own, facts.get(child.pk, [])) for child in children],
        related=[make_card(row, offers.get(row[0], []), images.get(row[0], [])) for row in related],
        offers=own,
    )


def _related_rows(product: Product) -> list[Any]:
    """Products that staff put beside this one, the strongest first."""
    rows = Product.objects.browsable().filter(productrecommendation__primary=product)
    return list(rows.order_by("-productrecommendation__ranking", "pk").values_list(*ROW)[:RELATED])


def _trail(product: Product, categories: tree.Tree) -> list[tree.Node]:
    """The way down to the deepest category of the product that may be seen."""
    pks = product.categories.order_by("path").values_list("pk", flat=True)
    trails = [categories.by_pk[pk].trail for pk in pks if pk in categories.by_pk]
    return max(trails, key=len, default=[])


def _battery(product: Product) -> str:
    """Cells and energy: what a carrier asks."""
    if product.battery == Battery.NONE:
        return ""
    parts = [Battery(product.battery).label.capitalize()]
    if product.battery_cells:
        cells = "cell" if product.battery_cells == 1 else "cells"
        parts.append(f"{product.battery_cells} lithium polymer {cells}")
    if product.battery_wh is not None:
        parts.append(f"{plain(product.battery_wh)} Wh")
    return ", ".join(parts)


def _variant(child: Product, parent: Product, offers: list[Offer], facts: list[Fact]) -> Variant:
    offer = next((o for o in offers if o.product == child.pk), None)
    label = child.get_title().removeprefix(parent.title).strip(" ,:-") or child.get_title()
    number, unit = weight_parts(child.weight_g or parent.weight_g or Decimal(0))
    return Variant(
        pk=child.pk,
        label=label[0].upper() + label[1:],
        sku=offer.sku if offer else child.upc or "",
        weight=number,
        weight_unit=unit,
        price=cad(offer.price) if offer and offer.price is not None else "",
        stock=offer.stock if offer else SOLD_OUT,
        facts=facts,
    )


def visible(pk: int) -> Q:
    """The condition under which a page may be opened: public, and so is its parent."""
    return Q(pk=pk, is_public=True) & (Q(parent=None) | Q(parent__is_public=True))
