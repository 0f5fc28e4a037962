"""The public pages of the catalogue: home, all products, category, product; renditions."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog import banners, category_tiles, product_page, renditions, tree
from catalog.away import rules as away_rules
from catalog.cards import cards_of
from catalog.descriptions import description_html
from catalog.external_offers.models import ExternalOffer
from catalog.home_blocks import shown as home_blocks
from catalog.manuals.models import Manual
from catalog.models import Product
from catalog.read_model import product_url
from catalog.variant_urls import PARAMETER, variant_url
from microflight.core.fragment_cache import same_page
from microflight.core.html import html_to_text
from microflight.core.page_cache import process_cached, shared_page
from policies.opening import calendars

FEATURED = 8  # product cards on the home page
_FIRST = (
    Product.objects.browsable()
    .order_by("-priority", "-date_created", "pk")
    .values("pk", "product_class__slug", "description")
)
_OFFERS = ExternalOffer.objects.shown().filter(product=OuterRef("pk"))
_PRODUCTS = Product.objects.public().values(
    "pk",
    "upc",
    "slug",
    "details",
    "parent_id",
    "product_class_id",
    has_external_offers=Exists(_OFFERS),
)


@require_safe
@shared_page()
def home(request: HttpRequest) -> HttpResponse:
    """Show one airplane, the categories and products that are in stock."""
    rows = list(_FIRST[: 3 * FEATURED])
    firsts = category_tiles.first_products(request)
    found = {card.pk: card for card in cards_of({*firsts.values(), *(row["pk"] for row in rows)})}
    cards = [found[row["pk"]] for row in rows if row["pk"] in found]
    in_stock = tuple(card for card in cards if card.stock.status in ("in", "few"))
    categories = category_tiles.tiles(request, found)
    context: dict[str, Any] = {"featured": in_stock[:FEATURED], "categories": categories}
    context["blocks"] = home_blocks.shown(request)
    if cards and rows[0]["product_class__slug"] == "airplane":
        text = html_to_text(description_html(rows[0]["description"]).partition("</p>")[0])
        others = tuple(card for card in in_stock if card is not cards[0])
        context |= {"hero": cards[0], "hero_text": text, "featured": others[:FEATURED]}
    return same_page(request, "catalog/home.html", context)


@require_safe
@shared_page("variant", "quantity")
def product(request: HttpRequest, product_slug: str, pk: str) -> HttpResponse:
    """Show a product with the variant and quantity of the query string selected.

    The URL of a variant redirects to its product.
    """
    row = next(iter(_PRODUCTS.filter(pk=pk)), None)
    if row is None:
        raise Http404("There is no such product.")
    if row["parent_id"]:
        parent = get_object_or_404(Product.objects.public(), pk=row["parent_id"])
        return redirect(variant_url(parent.slug, parent.pk, row["upc"] or "", row["pk"]))
    if product_slug != row["slug"]:
        return redirect(product_url(row["slug"], row["pk"]), permanent=True)
    page = _product_page(request, row, request.GET)
    documents = process_cached(request, "manuals", Manual.objects.documents)
    context = {
        "page": page,
        "documents": documents.get(row["pk"], ()),
        "promotions": _promotions(request, row, page),
    }
    return same_page(request, "catalog/product.html", context)


def _product_page(
    request: HttpRequest, row: dict[str, Any], query: Mapping[str, Any]
) -> product_page.ProductPage:
    """Return a product's page. Raises Http404 if it was hidden a moment ago."""
    quantity = query.get("quantity", "")
    page = product_page.read(
        row["pk"],
        row["details"],
        tree.of(request),
        variant=query.get(PARAMETER, ""),
        quantity=quantity if re.fullmatch("[0-9]{1,4}", quantity) else "1",
        away=_away_rules(request),
        has_external_offers=row["has_external_offers"],
    )
    if page is None:
        raise Http404("There is no such product.")
    return page


def _promotions(
    request: HttpRequest, row: dict[str, Any], page: product_page.ProductPage
) -> tuple[str, ...]:
    """Return the texts of promotions on a product or its variants."""
    nodes = tree.of(request).by_pk
    paths = [nodes[pk].path for pk in page.details.categories if pk in nodes]
    products = [row["pk"], *(each.pk for each in page.details.variants)]
    return banners.on_product(request, products, row["product_class_id"], paths)


def _away_rules(request: HttpRequest) -> away_rules.Rules | None:
    """Return the rules for products if the shop is away today."""
    schedule = process_cached(request, "opening", calendars.load)
    if schedule.away_on(timezone.localdate()) is None:
        return None
    return process_cached(request, "away rules", away_rules.load)


@require_safe
@shared_page()
def image(request: HttpRequest, product_slug: str, pk: str, number: str) -> HttpResponse:
    """Show one image of a product at full size, with links to the others and to the product."""
    row = next(iter(_PRODUCTS.filter(pk=pk, slug=product_slug, parent_id=None)), None)
    if row is None:
        raise Http404("There is no such product.")
    page = _product_page(request, row, {})
    shown = int(number)
    if not 1 <= shown <= len(page.pictures):
        raise Http404("There is no such image.")
    context: dict[str, Any] = {"page": page, "number": shown, "picture": page.pictures[shown - 1]}
    return same_page(request, "catalog/image.html", context)


@require_safe
def rendition(request: HttpRequest, original: str, width: str, extension: str) -> HttpResponse:
    """Serve a product image in another size and format; 404 unless it is one that pages offer."""
    try:
        content = renditions.read(original, int(width), extension)
    except renditions.NoRendition as missing:
        raise Http404("There is no such image.") from missing
    response = HttpResponse(content, content_type=renditions.FORMATS[extension])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
