"""The public pages of the catalogue: front page, everything, category, product."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import strip_tags
from django.views.decorators.http import require_safe

from catalog import listing, product_page, structured, tree
from catalog.cards import ROW, cards
from catalog.models import Product, ProductCategory
from microflight.page_cache import shared_page

FEATURED = 8  # product cards on the front page
LIST_PARAMETERS = ("sort", "in_stock", "page")


@require_safe
@shared_page()
def home(request: HttpRequest) -> HttpResponse:
    """Show what the shop is about: one aeroplane, the categories, a few products."""
    first = Product.objects.browsable().order_by("-priority", "-date_created", "pk")
    rows = list(first.values_list(*ROW, "product_class__slug", "description")[: FEATURED + 1])
    shown = cards(row[:-2] for row in rows)
    context: dict[str, Any] = {"featured": shown[:FEATURED], "categories": tree.of(request).roots}
    if rows and rows[0][-2] == "airplane":
        words = strip_tags(rows[0][-1].partition("</p>")[0])
        context |= {"hero": shown[0], "hero_words": words, "featured": shown[1:]}
    return render(request, "catalog/home.html", context)


@require_safe
@shared_page(*LIST_PARAMETERS)
def index(request: HttpRequest) -> HttpResponse:
    """Show every product of the shop."""
    context = _list(request, Product.objects.browsable())
    context["crumbs"] = [("All products", "")]
    return render(request, "catalog/index.html", context)


@require_safe
@shared_page(*LIST_PARAMETERS)
def category(request: HttpRequest, category_slug: str, pk: str) -> HttpResponse:
    """Show a category with its sub-categories and the products of all of them."""
    node = tree.of(request).by_pk.get(int(pk))
    if node is None:
        raise Http404("There is no such category.")
    if category_slug != node.full_slug:
        return redirect(node.url, permanent=True)
    inside = ProductCategory.objects.filter(category_id__in=[one.pk for one in node.branch()])
    products = Product.objects.browsable().filter(pk__in=inside.values("product_id"))
    context = _list(request, products)
    context |= {"category": node, "crumbs": [(one.name, one.url) for one in node.trail]}
    context["counts"] = _counts(request, node) if node.children else ()
    return render(request, "catalog/category.html", context)


def _list(request: HttpRequest, products: QuerySet[Product]) -> dict[str, Any]:
    """Return what every list of products shows. A page past the end is not found."""
    wanted = listing.Wanted.read(request.GET)
    if wanted.in_stock:
        products = listing.only_in_stock(products)
    page = listing.read_page(listing.in_order(products, wanted.sort), wanted)
    if wanted.page > page.last:
        raise Http404("There is no such page.")
    return listing.context(request.path, wanted, page)


def _counts(request: HttpRequest, node: tree.Node) -> tuple[tuple[str, str, int], ...]:
    """Return name, address and number of products of each sub-category."""
    counts = tree.counts(request)
    return tuple(
        (child.name, child.url, sum(counts.get(one.pk, 0) for one in child.branch()))
        for child in node.children
    )


@require_safe
@shared_page()
def product(request: HttpRequest, product_slug: str, pk: str) -> HttpResponse:
    """Show a product; a variant's address leads to the page of its product."""
    found: Product = get_object_or_404(
        Product.objects.select_related("parent"), product_page.visible(int(pk))
    )
    shown = found.parent or found
    if shown is not found or product_slug != found.slug:
        return redirect(shown.get_absolute_url(), permanent=shown is found)
    page = product_page.read(found, tree.of(request))
    context = {
        "page": page,
        "product": found,
        "crumbs": [*((one.name, one.url) for one in page.trail), (found.title, "")],
        "summary": found.meta_description or " ".join(strip_tags(found.description).split())[:160],
        "structured": structured.product(page),
    }
    return render(request, "catalog/product.html", context)
