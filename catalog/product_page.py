"""The data of a product page: the read model, and live price and stock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog import tree
from catalog.away.models import Handling
from catalog.away.rules import Rules
from catalog.cards import Card, LiveProduct, Offer, live_products, make_card
from catalog.compatibility.fits import Fits
from catalog.compatibility.fits import read as read_fits
from catalog.images import Picture
from catalog.kit_contents import KitContents
from catalog.models import Battery
from catalog.partner.availability import Availability
from catalog.partner.kit_stock import KitPart
from catalog.read_model import CardData, Details, ItemData, Specification, details_of
from catalog.variant_urls import is_named, variant_url
from microflight.core.html import html_to_text
from microflight.core.money import format_money
from microflight.core.units import format_number, split_weight

RELATED = 4

BATTERY_NOTES: dict[str, Any] = {
    "": _("Contact us before you order this from outside Canada: its battery isn’t described yet."),
    Battery.NONE: _("No battery. Shipping restrictions for batteries don’t apply."),
    Battery.IN_EQUIPMENT: _(
        "A lithium battery is built in. Canada Post carries these within Canada and to the United "
        "States only."
    ),
    Battery.WITH_EQUIPMENT: _(
        "Lithium batteries are packed with this product. Canada Post carries these within Canada "
        "and to the United States only."
    ),
    Battery.LOOSE: _(
        "This is a loose lithium battery. Canada Post carries these within Canada, and by surface "
        "to the United States; the cart shows the shipping methods available for your address."
    ),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One option that can be bought."""

    pk: int
    label: str
    url: str
    sku: str
    weight: str
    weight_unit: str
    price: str
    prior_price: str  # empty unless the price is shown as reduced
    stock: Availability
    specifications: tuple[Specification, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """Weight, price and SKU at the top of the page: of the selected variant, if there is one."""

    weight: str
    weight_unit: str
    weight_varies: bool
    price: str
    price_varies: bool
    prior_price: str
    sku: str


@dataclass(frozen=True)
class ProductPage:
    """What the template shows. Equal values give the same page, see `fragment_cache`."""

    product: CardData
    details: Details
    trail: tuple[tuple[str, str], ...]  # name and URL of categories, top level first
    offers: tuple[Offer, ...]
    related: tuple[Card, ...]
    fits: Fits = Fits()
    variant_id: int | None = None  # selected in the URL; perhaps not public
    quantity: str = "1"
    is_blocked: bool = False  # by a rule, while the shop is away
    has_external_offers: bool = False  # for any country
    parts: tuple[tuple[int, tuple[KitPart, ...]], ...] = ()  # of the kit, or of variants
    replacements: tuple[Card | None, tuple[Card, ...]] = (None, ())  # successor, spare parts

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

    @property
    def offered(self) -> list[tuple[ItemData, Offer]]:
        """Return what can be bought, with its offer: the public variants, or the product itself."""
        own = [one for one in self.offers if one.product == self.product.pk]
        return self._public_variants or [(self.details.item, offer) for offer in own[:1]]

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Return the public variants."""
        return tuple(_variant(item, offer, self) for item, offer in self._public_variants)

    @cached_property
    def selected(self) -> Variant | None:
        """Return the variant in the URL, or the only one; None where there is a choice to make."""
        if len(self.variants) == 1:
            return self.variants[0]
        return next((one for one in self.variants if one.pk == self.variant_id), None)

    @property
    def url(self) -> str:
        """Return the path of the page, with the selected variant."""
        return self.selected.url if self.selected else self.product.url

    @property
    def title(self) -> str:
        """Return the title of the product, with the label of the selected variant."""
        label = f", {self.selected.label}" if self.selected else ""
        return self.product.title + label

    @property
    def stock(self) -> Availability:
        """Return the availability of the selected variant, or the best of all."""
        return self.selected.stock if self.selected else self.card.stock

    @property
    def headline(self) -> Headline:
        """Return the figures at the top: the lowest of all variants until one is selected."""
        if one := self.selected:
            weight = (one.weight, one.weight_unit, False)
            return Headline(*weight, one.price, False, one.prior_price, one.sku)
        product, card = self.product, self.card
        weights: set[Decimal] = {item.weight_g for item, _offer in self._public_variants}
        figures = (product.weight, product.weight_unit, len(weights) > 1)
        return Headline(*figures, card.price, card.price_varies, card.prior_price, self.sku)

    @property
    def specifications(self) -> tuple[Specification, ...]:
        """Return the product's specifications; those of the selected variant replace its own."""
        own = {one.code: one for one in self.details.item.specifications}
        if self.selected:
            own |= {one.code: one for one in self.selected.specifications}
        return tuple(own.values())

    @property
    def main_picture(self) -> int:
        """Return the number of the large picture, from 1: the selected variant's, if it has one."""
        number = 1 + len(self.details.item.pictures)
        for item, _offer in self._public_variants:
            if self.selected and item.pk == self.selected.pk and item.pictures:
                return number
            number += len(item.pictures)
        return 1

    @property
    def picture(self) -> Picture | None:
        """Return the large picture, if there is any."""
        return self.pictures[self.main_picture - 1] if self.pictures else None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures of the product, then those of its variants."""
        items = (self.details.item, *(item for item, _offer in self._public_variants))
        return tuple(picture for item in items for picture in item.pictures)

    @property
    def sold_out(self) -> tuple[tuple[int, str], ...]:
        """Return ID and label of the product, or of its variants, that are sold out."""
        if self.details.discontinued:
            return ()
        if self.variants:
            return tuple((one.pk, one.label) for one in self.variants if not one.stock.can_buy)
        return () if self.card.stock.can_buy else ((self.product.pk, self.product.title),)

    @property
    def kit(self) -> KitContents | None:
        """Return the components of the kit, or of the selected variant; None if it is none."""
        shown = self.selected or self.card
        parts = dict(self.parts).get(shown.pk)
        price = next((one.price for one in self.offers if one.product == shown.pk), None)
        return KitContents(parts, price) if parts else None

    @property
    def discontinued_on(self) -> date | None:
        """Return since when it can no longer be ordered."""
        found = self.details.discontinued
        return date.fromisoformat(found[0]) if found else None

    @property
    def external_offers(self) -> str:
        """Return the name of the visitor fragment with links to other sellers: they come first if
        it cannot be ordered here."""
        first = self.is_blocked or not self.stock.can_buy
        return "external-offers-first" if first else "external-offers"

    @property
    def summary(self) -> str:
        """Return the meta description."""
        return self.details.meta_description or html_to_text(self.details.description)[:160]

    @property
    def battery(self) -> str:
        """Return type, cells and energy, which carriers ask for; empty without a battery."""
        details = self.details
        if details.battery in ("", Battery.NONE):
            return ""
        parts = [Battery(details.battery).label.capitalize()]
        count = details.battery_count or 1
        if cells := count * (details.battery_cells or 0):
            text = ngettext("%(n)s lithium polymer cell", "%(n)s lithium polymer cells", cells)
            parts.append(text % {"n": cells})
        if details.battery_wh is not None:
            energy = gettext("%(wh)s Wh") if count == 1 else gettext("%(wh)s Wh each")
            parts.append(energy % {"wh": format_number(details.battery_wh)})
        return ", ".join(parts)

    @property
    def has_built_in_battery(self) -> bool:
        """Return whether the batteries that fit are spares."""
        return self.details.battery == Battery.IN_EQUIPMENT

    @property
    def battery_note(self) -> str:
        """Return what the battery means for shipping."""
        return str(BATTERY_NOTES[self.details.battery])


def read(
    pk: int,
    details: str,
    categories: tree.Tree,
    variant: str = "",
    quantity: str = "1",
    away: Rules | None = None,
    has_external_offers: bool = False,
) -> ProductPage | None:
    """Return the page of a product from its details, None if not public. One query; two with ports.

    `variant`: the SKU or ID in the URL; `away`: the rules if the shop is away today.
    """
    found = details_of(pk, details)
    live = live_products([pk, *found.related, *_linked(found)])
    if pk not in live:
        return None
    variant_id = _selected(found, variant)
    return ProductPage(
        **_live_values(live[pk], found),
        details=found,
        trail=_trail(found, categories),
        related=_related(found, live),
        replacements=_replacements(found, live),
        fits=_fits(found, pk, variant_id, live),
        variant_id=variant_id,
        quantity=quantity,
        has_external_offers=has_external_offers,
        is_blocked=away is not None and _is_blocked(away, pk, variant_id, found, categories),
    )


def _related(details: Details, live: dict[int, LiveProduct]) -> tuple[Card, ...]:
    return _cards(details.related, live)[:RELATED]


def _linked(details: Details) -> list[int]:
    """Return the products of what fits, and those that replace a discontinued one."""
    _day, successor, parts = details.discontinued or ("", None, [])
    return [*(entry.page for entry in details.entries), *parts, *filter(None, [successor])]


def _replacements(
    details: Details, live: dict[int, LiveProduct]
) -> tuple[Card | None, tuple[Card, ...]]:
    _day, successor, parts = details.discontinued or ("", None, [])
    first = _cards([successor] if successor else [], live)
    return next(iter(first), None), _cards(parts, live)


def _cards(products: Iterable[int], live: dict[int, LiveProduct]) -> tuple[Card, ...]:
    return tuple(make_card(live[one]) for one in products if one in live)


def _selected(details: Details, text: str) -> int | None:
    """Return the ID of the variant that the text of a URL names."""
    return next((one.pk for one in details.variants if is_named(text, one.upc, one.pk)), None)


def of(live: LiveProduct, details: Details, categories: tree.Tree) -> ProductPage:
    """Return what the page says about the product itself, for feeds. No query."""
    trail, offers = _trail(details, categories), tuple(live.offers)
    return ProductPage(live.data, details, trail, offers, related=())


def _fits(details: Details, pk: int, variant: int | None, live: dict[int, LiveProduct]) -> Fits:
    """Return what fits the product, or the variant in the URL."""
    shown = {variant} if variant else {one.pk for one in details.variants} or {pk}
    ports = [port for port in details.ports if port.product_id in shown]
    entries = [entry for entry in details.entries if entry.item in (pk, *shown)]
    return read_fits(pk, ports, entries, live)


def _live_values(product: LiveProduct, details: Details) -> dict[str, Any]:
    """Return what the page shows of the product itself, and of its variants, as it is now."""
    items = (details.item, *details.variants)
    parts = ((one.pk, product.parts[one.pk]) for one in items if one.pk in product.parts)
    return {"product": product.data, "offers": tuple(product.offers), "parts": tuple(parts)}


def _is_blocked(
    rules: Rules, pk: int, variant: int | None, details: Details, categories: tree.Tree
) -> bool:
    """Return whether the rules block the product, or the variant in the URL."""
    nodes = [categories.by_pk[one] for one in details.categories if one in categories.by_pk]
    return rules.handling(variant or pk, pk, [node.path for node in nodes]) == Handling.BLOCK


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
        url=variant_url(page.details.slug, page.product.pk, item.upc, item.pk),
        sku=offer.sku or item.upc,
        weight=number,
        weight_unit=unit,
        price=format_money(offer.price) if offer.price is not None else "",
        prior_price=format_money(offer.prior_price) if offer.prior_price is not None else "",
        stock=offer.stock,
        specifications=item.specifications,
    )
