"""What campaigns may show of the catalogue: `::product SKU`."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.campaigns.blocks import (
    Block,
    BlockError,
    Links,
    Rendered,
    absolute,
    arguments,
    from_templates,
    register,
)
from catalog.cards import Card, cards_of
from catalog.models import Category, Product
from microflight.core import link_check

PRODUCT = '::product PLANE-12 "Back in stock"'


def _product(words: list[str], links: Links) -> Rendered:
    """Render a product by its SKU, with a note above it; a variant shows its product."""
    sku, note = arguments(words, 1, 2, PRODUCT)
    card = _card(sku)
    if card is None:
        raise BlockError(gettext("No public product has the SKU “%(sku)s”.") % {"sku": sku})
    context = {"card": card, "note": note, "url": links.token(card.url)}
    if card.picture is None:
        return from_templates("product", context)
    # many email programs show neither AVIF nor WebP
    shot = {**context, "src": absolute(card.picture.original)}
    return from_templates("product", shot, alts=(card.picture.alt,))


def _card(sku: str) -> Card | None:
    named = Q(upc__iexact=sku) | Q(stockrecords__partner_sku__iexact=sku)
    found = Product.objects.filter(named, is_public=True).values_list("pk", "parent_id").first()
    if found is None:
        return None
    return next(iter(cards_of([found[1] or found[0]])), None)


def _is_public_product(where: dict[str, Any]) -> bool:
    return Product.objects.filter(pk=int(where["pk"]), is_public=True).exists()


def _is_public_category(where: dict[str, Any]) -> bool:
    return Category.objects.filter(pk=int(where["pk"]), is_public=True).exists()


register(Block("product", PRODUCT, _("A product with its image, weight and price."), _product))
link_check.register("catalogue:detail", _is_public_product)
link_check.register("catalogue:category", _is_public_category)
