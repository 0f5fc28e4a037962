"""The comparison page, and the forms that change the comparison, which work without JavaScript."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.compare import selection, session, table
from catalog.models import Product

MAX_POSTED = 24  # products in one form: those of one page of a list


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the visitor's comparison, or the one of a shared URL, which changes nothing."""
    texts = request.GET.getlist(selection.SKU)
    if any(text.strip() for text in texts):
        return _shared(request, texts)
    pks = session.product_ids(request.session)
    compared = selection.add([], _in_order(pks))
    left = [product.pk for product in compared.compared]
    if left != pks:
        session.save(request.session, left)
    return _page(request, left, _left_out(compared))


def _shared(request: HttpRequest, texts: list[str]) -> HttpResponse:
    read = selection.read(texts)
    compared = selection.add([], _in_order(read.pks))
    notices = _left_out(compared)
    if read.unknown:
        notices.append(
            _("We have no product with this SKU: %(skus)s.") % {"skus": _list(read.unknown)}
        )
    if read.unread:
        text = ngettext(
            "%(n)s more SKU was not read.", "%(n)s more SKUs were not read.", read.unread
        )
        notices.append(text % {"n": read.unread})
    return _page(request, [product.pk for product in compared.compared], notices, is_shared=True)


def _page(
    request: HttpRequest, pks: list[int], notices: list[str], *, is_shared: bool = False
) -> HttpResponse:
    context = {"table": table.read(pks), "most": session.MAX_PRODUCTS, "notices": notices}
    return render(request, "compare/list.html", {**context, "is_shared": is_shared})


def _in_order(pks: list[int]) -> list[Product]:
    """Return the public products with these IDs. One query."""
    found = Product.objects.public().filter(parent=None).in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


def _left_out(addition: selection.Addition) -> list[str]:
    """Return for shoppers why some products are not compared."""
    found = []
    if addition.of_other_type:
        text = _("Not compared, because it is another type of product: %(products)s.")
        found.append(text % {"products": _titles(addition.of_other_type)})
    if addition.too_many:
        text = ngettext(
            "You can compare %(max)s product. Remove it to add %(products)s.",
            "You can compare up to %(max)s products. Remove one to add %(products)s.",
            session.MAX_PRODUCTS,
        )
        values = {"max": session.MAX_PRODUCTS, "products": _titles(addition.too_many)}
        found.append(text % values)
    return found


def _titles(products: Iterable[Product]) -> str:
    return _list([product.title for product in products])


def _list(texts: list[str]) -> str:
    return ", ".join(texts)


def _posted(request: HttpRequest) -> list[Product]:
    """Return the public products of the form, for a variant its product. Raises Http404."""
    texts = list(dict.fromkeys(request.POST.getlist("product")))[:MAX_POSTED]
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
        raise Http404("There is no such product.")
    pks = [int(text) for text in texts]
    rows = Product.objects.public().exclude(parent__is_public=False)
    found = rows.select_related("product_class", "parent__product_class").in_bulk(pks)
    if not pks or len(found) < len(pks):
        raise Http404("There is no such product.")
    return [found[pk].parent or found[pk] for pk in pks]


def _back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    # redirect() would take a URL without a slash for a view name
    return redirect(wanted if safe and wanted.startswith("/") else reverse("compare:list"))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add products to the comparison and return to the page with the button.

    Fields: `product`, an ID, may be repeated; with `replace`, they replace the comparison; `next`,
    the path to return to. Products of another type than those compared are added only after the
    visitor agrees to replace the comparison.
    """
    if not request.POST.getlist("product"):
        messages.warning(request, _("Select the products to compare."))
        return _back(request)
    products = _posted(request)
    current = [] if request.POST.get("replace") else session.product_ids(request.session)
    addition = selection.add(current, products)
    session.save(request.session, [product.pk for product in addition.compared])
    if current and addition.of_other_type:
        context = {"addition": addition, "next": request.POST.get("next", "")}
        return render(request, "compare/replace.html", context, status=409)
    if addition.added:
        message = _("%(products)s added to your comparison.")
        messages.success(request, message % {"products": _titles(addition.added)})
    for text in _left_out(addition):
        messages.warning(request, text)
    return _back(request)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remove a product from the comparison."""
    text = request.POST.get("product", "")
    if text.isascii() and text.isdigit() and len(text) < 10:
        session.remove(request.session, int(text))
    return _back(request)
