"""The public lists of products: all products, a category, new arrivals, sale. The mechanism is in
`listing.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalog import banners, listing, listing_index, tree
from catalog.facets import branch
from catalog.images import Picture
from catalog.list_query import CSV, PARAMETERS, ListQuery
from catalog.listing_index import Index
from catalog.models import Product
from catalog.read_model import card_of
from microflight.core.fragment_cache import same_page
from microflight.core.page_cache import shared_page

NEW_DAYS = 90  # for which a product is a new arrival


@require_safe
@shared_page(*PARAMETERS)
def index(request: HttpRequest) -> HttpResponseBase:
    """Show all products."""
    crumbs = ((gettext("All products"), ""),)
    source = source_of(request, listing.all_products)
    return _list(request, source, "catalog/index.html", {"crumbs": crumbs})


@require_safe
@shared_page(*PARAMETERS)
def category(request: HttpRequest, category_slug: str, pk: str) -> HttpResponseBase:
    """Show a category with its subcategories and the products of all of them."""
    node = tree.of(request).by_pk.get(int(pk))
    if node is None:
        raise Http404("There is no such category.")
    if category_slug != node.full_slug:
        return redirect(node.url, permanent=True)
    below = list(node.branch())
    source = source_of(request, listing.of_categories(one.pk for one in below), below[1:])
    products = listing_index.current()
    context = {
        "category": node,
        "promotions": banners.on_category(request, node.path),
        "crumbs": tuple((one.name, one.url) for one in node.trail),
        "sub_categories": _sub_categories(products, node) if node.children else (),
    }
    return _list(request, source, "catalog/category.html", context, products)


@require_safe
@shared_page(*PARAMETERS)
def new_arrivals(request: HttpRequest) -> HttpResponseBase:
    """Show the products of the last 90 days, the newest first."""
    source = source_of(request, _new, sort="new")
    crumbs = ((gettext("New arrivals"), ""),)
    return _list(request, source, "catalog/new_arrivals.html", {"crumbs": crumbs})


def _new(index: Index) -> int:
    return index.created_since(timezone.now() - timedelta(days=NEW_DAYS))


@require_safe
@shared_page(*PARAMETERS)
def sale(request: HttpRequest) -> HttpResponseBase:
    """Show the products with a reduced price."""
    today = timezone.localdate()
    source = source_of(request, lambda products: products.on_sale(today))
    return _list(request, source, "catalog/sale.html", {"crumbs": ((gettext("Sale"), ""),)})


def source_of(
    request: HttpRequest, select: Any, nodes: Iterable[tree.Node] | None = None, sort: str = ""
) -> listing.Source:
    """Return the source of a list, whose facets have these categories, or all."""
    if nodes is None:
        nodes = [one for root in tree.of(request).roots for one in root.branch()]
    return listing.Source(select, tuple(nodes), partial(listing.destinations, request), sort)


def _list(
    request: HttpRequest,
    source: listing.Source,
    template: str,
    context: dict[str, Any],
    products: Index | None = None,
) -> HttpResponseBase:
    """Show a list, or its CSV file. Raises Http404 for a page past the end."""
    wanted, products = ListQuery.read(request.GET), products or listing_index.current()
    if wanted.view == CSV:
        return listing.csv_file(products, source, wanted)
    page = listing.read(products, source, wanted)
    return same_page(request, template, {**listing.context(request.path, wanted, page), **context})


@dataclass(frozen=True, slots=True)
class SubCategory:
    """A subcategory with the number of its products and the picture of the first one."""

    name: str
    url: str
    number: int
    picture: Picture | None


def _sub_categories(products: Index, node: tree.Node) -> tuple[SubCategory, ...]:
    """Return the subcategories of a category. One query."""
    inside = [
        (one, branch(products, [each.pk for each in one.branch()]) & products.sold)
        for one in node.children
    ]
    firsts = {one.pk: products.arranged(bits, "", 0, 1) for one, bits in inside}
    rows = Product.objects.filter(pk__in=[pk for pks in firsts.values() for pk in pks])
    cards = {pk: card_of(pk, card) for pk, card in rows.values_list("pk", "card")}
    pictures = {
        one: next((cards[pk].picture for pk in pks if pk in cards), None)
        for one, pks in firsts.items()
    }
    return tuple(
        SubCategory(one.name, one.url, bits.bit_count(), pictures[one.pk]) for one, bits in inside
    )
