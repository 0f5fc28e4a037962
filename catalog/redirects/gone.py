"""The page of a withdrawn product: what it was, and where to look instead."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from catalog import listing, listing_index, tree
from catalog.list_query import ListQuery
from catalog.models import Product

_SHOWN = 4  # products of the same category


def gone_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a URL that has no replacement (410)."""
    context = _similar(request, _withdrawn(request.path))
    response = render(request, "catalog/gone.html", context, status=410)
    response["X-Robots-Tag"] = "noindex"
    return response


def _withdrawn(path: str) -> Product | None:
    """Return the product at a URL if it still exists."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    if found.view_name != "catalogue:detail":
        return None
    return Product.objects.filter(pk=found.kwargs["pk"], parent=None).first()


def _similar(request: HttpRequest, product: Product | None) -> dict[str, Any]:
    """Return the title of the product, its category, and products of that category."""
    if product is None:
        return {}
    by_pk = tree.of(request).by_pk
    nodes = [by_pk[one.pk] for one in product.categories.all() if one.pk in by_pk]
    node = max(nodes, key=lambda each: len(each.trail), default=None)
    if node is None:
        return {"title": product.title}
    source, wanted = listing.Source(listing.of_categories([node.pk])), ListQuery(in_stock=True)
    cards = listing.read(listing_index.current(), source, wanted).cards[:_SHOWN]
    return {"title": product.title, "category": node, "cards": cards}
