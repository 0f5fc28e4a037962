"""The quick order page, and the form target that adds several products to the cart."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from catalog.models import Product
from checkout.basket import services
from checkout.basket.services import CartError
from checkout.pages.basket_middleware import open_basket
from checkout.pages.cart.views import to_cart
from checkout.pages.quick_order.forms import QuickOrderForm
from checkout.pages.quick_order.sku_lines import MAX_LINES, SkuLine, read_lines

_LEFT = "quick_order"  # session key: lines that could not be added


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show the form; POST shows what each line means, with price and stock, and adds nothing.

    Lines that could not be added a moment ago are in the form, with the reasons.
    """
    left = request.session.get(_LEFT, "") if request.method != "POST" else ""
    data = request.POST if request.method == "POST" else {"lines": left} if left else None
    return _page(request, QuickOrderForm(data))


def _page(request: HttpRequest, form: QuickOrderForm) -> HttpResponse:
    checked = _check(request, read_lines(form.cleaned_data["lines"])) if form.is_valid() else []
    total = sum(line.total for line in checked if line.total is not None and not line.error)
    context: dict[str, Any] = {"form": form, "checked": checked, "total": total}
    return render(request, "quick_order/index.html", context, status=422 if form.errors else 200)


def _check(request: HttpRequest, lines: list[SkuLine]) -> list[SkuLine]:
    """Return the lines with the errors that adding them to the cart would have."""
    errors = services.check_records(basket=open_basket(request), wanted=_wanted(lines))
    return _with_errors(lines, errors)


def _wanted(lines: list[SkuLine]) -> services.Wanted:
    return [(line.record, line.quantity) for line in lines if line.record and not line.error]


def _with_errors(lines: list[SkuLine], errors: list[str]) -> list[SkuLine]:
    """Return all lines; `errors` has one for each that `_wanted` returned."""
    remaining = iter(errors)
    return [line if line.error else replace(line, error=next(remaining)) for line in lines]


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add several products to the cart, then show the cart. Other pages may post here.

    Fields, each may be repeated:
    `lines`: one or more lines "SKU quantity"; the quantity is one if it is missing.
    `product`: the ID of a product without variants, or of a variant, of which one is added.
    `next` or `from`: the path that the cart's "Continue shopping" goes back to.

    Lines that cannot be added are not lost: the quick order page shows them with the reasons.
    """
    typed, chosen = request.POST.getlist("lines"), _chosen(request.POST.getlist("product"))
    form = QuickOrderForm({"lines": "\n".join([*typed, *(line.text for line in chosen)])})
    if not form.is_valid():
        return _page(request, form)
    checked = [*read_lines("\n".join(typed)), *chosen]
    try:
        errors = services.add_records(
            basket=open_basket(request), wanted=_wanted(checked), user=request.user
        )
    except CartError as error:
        messages.error(request, str(error))
        return _page(request, form)
    return _show_result(request, _with_errors(checked, errors))


def _chosen(products: list[str]) -> list[SkuLine]:
    """Return a line for one unit of each product by ID, in this order, named by SKU or title."""
    pks = [int(text) for text in products if text.isascii() and text.isdigit() and len(text) < 10]
    rows = Product.objects.public().in_bulk(pks[: MAX_LINES + 1])
    records = services.orderable_records(rows)
    error = gettext("This product cannot be ordered at the moment.")
    return [
        SkuLine(
            rows[pk].upc or rows[pk].get_title(),
            records.get(pk),
            quantity=1,
            error="" if pk in records else error,
        )
        for pk in pks
        if pk in rows
    ]


def _show_result(request: HttpRequest, lines: list[SkuLine]) -> HttpResponse:
    """Redirect to the cart, or to the lines that were not added."""
    left = [line.text for line in lines if line.error]
    if count := sum(line.quantity for line in lines if not line.error):
        added = ngettext("Added %(n)s item to your cart.", "Added %(n)s items to your cart.", count)
        messages.success(request, added % {"n": count})
    request.session.pop(_LEFT, None)
    if not left:
        return to_cart(request)
    request.session[_LEFT] = "\n".join(left)
    text = ngettext(
        "%(n)s line was not added. See below why.",
        "%(n)s lines were not added. See below why.",
        len(left),
    )
    messages.warning(request, text % {"n": len(left)})
    return redirect("quick-order:index")
