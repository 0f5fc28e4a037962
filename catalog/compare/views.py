"""The comparison and its two buttons. Both work as plain forms."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.compare import table
from catalog.compare.chosen import MOST, chosen, keep
from catalog.compare.chosen import add as add_to
from catalog.compare.chosen import remove as remove_from
from catalog.models import Product


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the chosen products side by side; those that are gone leave the list."""
    pks = chosen(request.session)
    found = table.read(pks)
    left = [card.pk for card in found.cards]
    if left != pks:
        keep(request.session, left)
    return render(request, "compare/list.html", {"table": found, "most": MOST})


def _product(request: HttpRequest) -> Product:
    """Return the public product that the form names, a variant's parent for a variant; or 404."""
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
    # redirect() takes a text without a slash for a view's name
    return redirect(wanted if safe and wanted.startswith("/") else reverse("compare:list"))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add a product to the comparison and go back to where the button was."""
    product = _product(request)
    if add_to(request.session, product.pk):
        messages.success(request, f"{product.title} is in your comparison.")
    else:
        messages.warning(
            request, f"You compare {MOST} products already. Remove one to add {product.title}."
        )
    return _back(request)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take a product out of the comparison."""
    text = request.POST.get("product", "")
    if text.isascii() and text.isdigit() and len(text) < 10:
        remove_from(request.session, int(text))
    return _back(request)
