"""The bare view that search is compared with: LIKE over the product's texts, a count, 24 products.

It has the same three filters as the measured search, but neither facet counts, relevance, typos
nor units.
"""

from functools import reduce
from operator import and_, or_
from pathlib import Path

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine

from catalog.models import Product

_TEMPLATE = Engine().from_string(
    (Path(__file__).parent / "bare_django" / "listing.html").read_text(encoding="utf-8")
)
_FIELDS = (
    "title", "upc", "description", "attribute_values__value_text",
    "attribute_values__value_option__option",
)  # fmt: skip


def search(request: HttpRequest) -> HttpResponse:
    """Show the products that contain each word somewhere, in stock and of a price and weight."""
    words = request.GET["q"].split()
    like = [reduce(or_, (Q(**{f"{name}__icontains": word}) for name in _FIELDS)) for word in words]
    price = Q(stockrecords__price__range=(request.GET["price.from"], request.GET["price.to"]))
    in_stock = Q(stockrecords__num_in_stock__gt=0)
    found = Product.objects.browsable().filter(reduce(and_, [*like, price, in_stock]))
    found = found.filter(weight_g__lte=request.GET["a.weight.to"]).distinct().order_by("title")
    page = Paginator(found.prefetch_related("images", "stockrecords"), 24).page(1)
    products = [
        {
            "title": product.title,
            "url": product.get_absolute_url(),
            "picture": next((image.original.url for image in product.images.all()), ""),
            "price": product.stockrecords.all()[0].price,
            "weight": product.weight_g,
            "stock": f"{page.paginator.count} products",
        }
        for product in page
    ]
    context = {"products": products, "title": request.GET["q"]}
    return HttpResponse(_TEMPLATE.render(Context(context)))
