"""The comparison page and its two buttons, which are plain forms."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.compare import session, table
from catalog.models import Product


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the comparison; products that are no longer public are removed."""
    pks = session.product_ids(request.session)
    found = table.read(pks)
    left = [card.pk for card in found.cards]
    if left != pks:
        session.save(request.session, left)
    return render(request, "compare/list.html", {"table": found, "most": session.MAX_PRODUCTS})


def _product(request: HttpRequest) -> Product:
    """Return the public product in the form, or the parent of a variant. Raises Http404."""
    text = request.POST.get("product", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404("There is no such product.")
    found = Product.objects.public().select_related("parent").filter(pk=int(text)).first()
    if found is None or (found.parent and not found.parent.is_public):
        raise Http404("There is no such product.")
    return found.parent or found


def _back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    # redirect() would take a URL without a slash for a view name
    return redirect(wanted if safe and wanted.startswith("/") else reverse("compare:list"))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add a product to the comparison and return to the page with the button."""
    product = _product(request)
    if session.add(request.session, product.pk):
        message = _("%(product)s added to your comparison.")
        messages.success(request, message % {"product": product.title})
    else:
        message = ngettext(
            "You can compare %(max)s product. Remove it to add %(product)s.",
            "You can compare up to %(max)s products. Remove one to add %(product)s.",
            session.MAX_PRODUCTS,
        )
        values = {"max": session.MAX_PRODUCTS, "product": product.title}
        messages.warning(request, message % values)
    return _back(request)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remove a product from the comparison."""
    text = request.POST.get("product", "")
    if text.isascii() and text.isdigit() and len(text) < 10:
        session.remove(request.session, int(text))
    return _back(request)
