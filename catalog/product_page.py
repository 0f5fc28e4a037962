"""The data of a product page: the read model, and live price and stock."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog import tree
from catalog.cards import Card, LiveProduct, Offer, live_products, make_card
from catalog.images import Picture
from catalog.models import Battery
from catalog.partner.availability import Availability
from catalog.read_model import CardData, Details, ItemData, Specification, details_of
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


@dataclass(frozen=True)
class ProductPage:
    """What the template shows. Equal values give the same page, see `fragment_cache`."""

    product: CardData
    details: Details
    trail: tuple[tuple[str, str], ...]  # name and URL of categories, top level first
    offers: tuple[Offer, ...]
    related: tuple[Card, ...]

    @cached_property
    def card(self) -> Card:
        """Return the card of the product: its lowest price and best availability."""
        return make_card(LiveProduct(self.product, list(self.offers)))

    @property
    def crumbs(self) -> tuple[tuple[str, str], ...]:
        """Return the breadcrumbs of this page."""
        return (*self.trail, (self.product.title, ""))

    @property
    def sku(self) -> str:
        """Return the SKU; empty for a product with variants that has none of its own."""
        own = (one.sku for one in self.offers if one.product == self.product.pk and one.sku)
        return next(own, self.details.item.upc)

    @cached_property
    def _public_variants(self) -> list[tuple[ItemData, Offer]]:
        offers = {offer.product: offer for offer in reversed(self.offers)}
        return [(one, offers[one.pk]) for one in self.details.variants if one.pk in offers]

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Return the public variants."""
        return tuple(_variant(item, offer, self) for item, offer in self._public_variants)

    @property
    def weight_varies(self) -> bool:
        """Tell whether the variants' weights differ."""
        return len({item.weight_g for item, _offer in self._public_variants}) > 1

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures of the product, then those of its variants."""
        items = (self.details.item, *(item for item, _offer in self._public_variants))
        return tuple(picture for item in items for picture in item.pictures)

    @property
    def sold_out(self) -> tuple[tuple[int, str], ...]:
        """Return ID and label of the product, or of its variants, that are sold out."""
        if self.variants:
            return tuple((one.pk, one.label) for one in self.variants if not one.stock.can_buy)
        return () if self.card.stock.can_buy else ((self.product.pk, self.product.title),)

    @property
    def summary(self) -> str:
        """Return the meta description."""
        text = " ".join(strip_tags(self.details.description).split())
        return self.details.meta_description or text[:160]

    @property
    def battery(self) -> str:
        """Return type, cells and energy, which carriers ask for; empty without a battery."""
        details = self.details
        if details.battery == Battery.NONE:
            return ""
        parts = [Battery(details.battery).label.capitalize()]
        if cells := details.battery_cells:
            text = ngettext("%(n)s lithium polymer cell", "%(n)s lithium polymer cells", cells)
            parts.append(text % {"n": cells})
        if details.battery_wh is not None:
            parts.append(f"{format_number(details.battery_wh)} Wh")
        return ", ".join(parts)

    @property
    def battery_note(self) -> str:
        """Return what the battery means for shipping."""
        return str(BATTERY_NOTES[Battery(self.details.battery)])


def read(pk: int, details: str, categories: tree.Tree) -> ProductPage | None:
    """Return the page of a product from its stored details, None if not public. One query."""
    found = details_of(pk, details)
    live = live_products([pk, *found.related])
    if pk not in live:
        return None
    related = [live[one] for one in found.related if one in live]
    return ProductPage(
        product=live[pk].data,
        details=found,
        trail=_trail(found, categories),
        offers=tuple(live[pk].offers),
        related=tuple(make_card(one) for one in related[:RELATED]),
    )


def _trail(details: Details, categories: tree.Tree) -> tuple[tuple[str, str], ...]:
    """Return the path to the deepest public category of the product."""
    nodes = [categories.by_pk[pk] for pk in details.categories if pk in categories.by_pk]
    nodes.sort(key=lambda node: node.path)
    deepest = max((node.trail for node in nodes), key=len, default=[])
    return tuple((node.name, node.url) for node in deepest)


def _variant(item: ItemData, offer: Offer, page: ProductPage) -> Variant:
    title = page.product.title
    label = item.title.removeprefix(title).strip(" ,:-") or item.title
    number, unit = split_weight(item.weight_g or page.details.item.weight_g)
    return Variant(
        pk=item.pk,
        label=label[0].upper() + label[1:],
        sku=offer.sku or item.upc,
        weight=number,
        weight_unit=unit,
        price=format_money(offer.price) if offer.price is not None else "",
        stock=offer.stock,
        specifications=item.specifications,
    )
