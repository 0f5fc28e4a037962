"""The cart page and its actions. Each works without JavaScript."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Product
from checkout.basket import services, vouchers
from checkout.basket.models import Line
from checkout.basket.services import CartError
from checkout.pages.basket_middleware import (
    open_basket,
    priced_basket,
    remember_saved_basket,
    saved_basket,
)
from checkout.pages.cart.cart_lines import cart_rows
from checkout.pages.cart.compatibility_warnings import compatibility_warnings
from checkout.pages.cart.forms import DestinationForm, QuantityField
from checkout.pages.checkout.answers import store_answers
from checkout.pages.checkout.forms import HOME_COUNTRY
from checkout.pages.destination import chosen_destination, place_name, shipping_countries
from checkout.pages.last_order import unpaid_order
from checkout.placement.promises import Promises, promises_of
from checkout.shipping.destination import Destination
from checkout.shipping.engine import answer, items_from
from microflight.core.limits import client_network, within_limit
from microflight.core.local_urls import is_local
from microflight.core.page_cache import process_cached
from policies.opening import calendars

_REMOVED = "removed_items"  # session key: product ID, quantity and title, for Undo
_NOT_SHOPPING = ("/account/", "/admin/", "/cart/", "/checkout/", "/orders/")


def _render_cart(request: Any, status: int = 200, **extra: Any) -> HttpResponse:
    """Render the cart; `extra` holds the quantities as typed and their errors."""
    basket, saved = priced_basket(request), saved_basket(request)
    is_shipped = not basket.is_empty and basket.is_shipping_required()
    estimate = _shipping_estimate(request, basket) if is_shipped else {}
    promises = _promises(request, basket, estimate.get("cheapest"))
    rows = cart_rows(basket, extra.pop("errors", None), extra.pop("typed", None), promises)
    context = {
        "basket": basket,
        "rows": rows,
        "saved_rows": cart_rows(saved) if saved.pk else [],
        "removed": request.session.pop(_REMOVED, []),
        "is_shipped": is_shipped,
        "shopping_url": _shopping_url(request),
        "blocked": any(row.error for row in rows),
        "unpaid_order": None if rows else unpaid_order(request),
        "promises": promises,
        "warnings": compatibility_warnings(basket.all_lines()),
        **estimate,
        **extra,
    }
    return render(request, "basket/cart.html", context, status=status)


def _promises(request: HttpRequest, basket: Any, method: Any) -> Promises:
    """Return when each line ships and arrives, with the cheapest shipping method."""
    schedule = process_cached(request, "opening", calendars.load)
    return promises_of(basket.all_lines(), method, schedule)


def _shipping_estimate(request: Any, basket: Any) -> dict[str, Any]:
    """Return the cheapest shipping method to the visitor's country, and the field to change it."""
    countries = shipping_countries(request)
    chosen = chosen_destination(request) or Destination(HOME_COUNTRY)
    items, today = items_from(basket.all_lines()), timezone.localdate()
    found = answer(items, chosen.normalized, today, subtotal=basket.total_excl_tax)
    return {
        "destination": DestinationForm(countries=countries, to=chosen),
        "country": place_name(request, chosen),
        "cheapest": min(found.services, key=lambda method: method.charge, default=None),
        "answer": found,
    }


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    return _render_cart(request)


def _shopping_url(request: HttpRequest) -> str:
    """Return the page to continue shopping on: where the visitor came to the cart from."""
    url = request.POST.get("from") or request.GET.get("from") or ""
    if not url:
        before = urlsplit(request.headers.get("Referer", ""))
        if before.netloc == request.get_host():
            url = f"{before.path}?{before.query}" if before.query else before.path
    is_shop = is_local(request, url) and not url.startswith(_NOT_SHOPPING)
    return url if is_shop else reverse("catalogue:index")


def to_cart(request: HttpRequest, anchor: str = "") -> HttpResponse:
    """Redirect to the cart, which still knows the page to continue shopping on, and where."""
    url = request.POST.get("from") or request.POST.get("next") or ""
    query = f"?{urlencode({'from': url + anchor})}" if is_local(request, url) else ""
    return redirect(f"{reverse('basket:summary')}{query}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def destination(request: HttpRequest) -> HttpResponse:
    """Choose where cart and product pages calculate shipping to; checkout then suggests it."""
    chosen = chosen_destination(request) or Destination(HOME_COUNTRY)
    data = request.POST if request.method == "POST" else None
    countries = shipping_countries(request)
    any_country = data is None or "next" in data  # the page, not the cart
    form = DestinationForm(data, countries=countries, to=chosen, any_country=any_country)
    back = request.POST.get("next", "")
    if data is None:
        back = request.GET.get("next") or _shopping_url(request)
    if form.is_valid():
        store_answers(request, form.cleaned_data)
        return redirect(back) if is_local(request, back) else to_cart(request)
    if not any_country:  # from the cart: what was typed comes back on the page
        form = DestinationForm(data, countries=countries, to=chosen, any_country=True)
    context = {"form": form, "next": back if is_local(request, back) else ""}
    context["from"] = request.POST.get("from", "")
    return render(request, "basket/destination.html", context, status=422 if data else 200)


def _with_choice(request: HttpRequest, anchor: str) -> str:
    """Return the page with the form, with the variant and quantity as chosen, or the cart."""
    url = request.POST.get("next", "") + anchor
    if not is_local(request, url):
        return reverse("basket:summary")
    choice = {name: request.POST.get(name, "") for name in ("variant", "quantity")}
    query = urlencode({name: value for name, value in choice.items() if value})
    return f"{url}?{query}" if query and not set("?#") & set(url) else url


def confirm_add(request: HttpRequest, product: Product, action: str) -> HttpResponse:
    """Show a form that posts to this URL, to a visitor whose list page had no CSRF token."""
    context = {"product": product, "action": action}
    return render(request, "basket/confirm_add.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a product or its selected variant, or go back to its page with the reason why not.

    `card` in the form: its button is on a card of the list `next`, to which the shopper goes back.
    """
    if request.method != "POST":
        product = get_object_or_404(Product.objects.public(), pk=pk)
        return confirm_add(request, product, _("Add to cart"))
    anchor = f"#product-{pk}" if "card" in request.POST else ""
    variant = request.POST.get("variant", "")
    is_id = variant.isascii() and variant.isdigit() and len(variant) < 10
    try:
        quantity = QuantityField(minimum=1).clean(request.POST.get("quantity", "1"))
        line = services.add_product(
            basket=open_basket(request),
            product_id=int(variant) if is_id else pk,
            quantity=quantity,
            user=request.user,
        )
    except Product.DoesNotExist:
        raise Http404 from None
    except (CartError, ValidationError) as error:
        text = str(error)
        if isinstance(error, ValidationError):
            text = _("Quantity: %(error)s") % {"error": error.messages[0]}
        messages.error(request, text)
        return redirect(_with_choice(request, anchor))
    added = _("Added to your cart: %(quantity)d × %(product)s.")
    messages.success(request, added % {"quantity": quantity, "product": line.product.get_title()})
    return to_cart(request, anchor)


@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Change quantities. Those that cannot be changed get an error at their field."""
    typed = {
        int(name.removeprefix("quantity-")): str(value)
        for name, value in request.POST.items()
        if re.fullmatch(r"quantity-[0-9]{1,18}", name)
    }
    quantities, errors = {}, {}
    for pk, text in typed.items():
        try:
            quantities[pk] = QuantityField(minimum=0).clean(text)
        except ValidationError as error:
            errors[pk] = error.messages[0]
    changes = _change_quantities(request, quantities)
    if changes and (errors := errors | changes.errors):
        invalid = {pk: text for pk, text in typed.items() if pk in errors}
        return _render_cart(request, status=422, errors=errors, typed=invalid)
    return to_cart(request)


def _change_quantities(
    request: HttpRequest, quantities: dict[int, int]
) -> services.QuantityChanges | None:
    """Change quantities, and remember the removed items for Undo; None with a message if failed."""
    try:
        changes = services.change_quantities(
            basket=open_basket(request), quantities=quantities, user=request.user
        )
    except CartError as error:
        messages.error(request, str(error))
        return None
    if changes.removed:
        request.session[_REMOVED] = [
            [line.product_id, line.quantity, line.product.get_title()] for line in changes.removed
        ]
    return changes


def _change_line(
    request: HttpRequest, action: Callable[..., str | None], success: str, **arguments: Any
) -> HttpResponse:
    """Run an action on a line, then go back to the cart with a message."""
    try:
        title = action(user=request.user, **arguments)
    except CartError as error:
        messages.error(request, str(error))
    else:
        if title is None:
            messages.info(request, _("This item is no longer in your cart."))
        else:
            messages.success(request, success % {"product": title})
    return to_cart(request)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a line from the cart."""
    changes = _change_quantities(request, {pk: 0})
    if changes and not changes.removed:
        messages.info(request, _("This item is no longer in your cart."))
    return to_cart(request)


@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a line from the cart to the saved items."""
    moved = _("Saved for later: %(product)s.")
    source, target = open_basket(request), saved_basket(request)
    response = _change_line(
        request, services.move_line, moved, line_id=pk, source=source, target=target
    )
    if target.pk:
        remember_saved_basket(request, target)
    return response


@require_POST
def split(request: HttpRequest) -> HttpResponse:
    """Save the lines that ship late for another order, so that the rest can be ordered alone."""
    source, target = open_basket(request), saved_basket(request)
    promises = _promises(request, source, None)
    lines = zip(source.all_lines(), promises.lines, strict=True)
    late = [line.pk for line, promise in lines if promise.is_late]
    if promises.is_mixed:
        titles = services.move_lines(line_ids=late, source=source, target=target, user=request.user)
        remember_saved_basket(request, target)
        moved = _("Saved for a separate order: %(products)s.")
        messages.success(request, moved % {"products": ", ".join(titles)})
    else:
        messages.info(request, _("All items in your cart ship together."))
    return to_cart(request)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a saved line back to the cart."""
    moved = _("Moved to your cart: %(product)s.")
    source, target = saved_basket(request), open_basket(request)
    return _change_line(
        request, services.move_line, moved, line_id=pk, source=source, target=target
    )


@require_POST
def remove_saved(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a line from the saved items."""
    saved = saved_basket(request)
    lines = Line.objects.filter(basket=saved.pk, pk=pk).select_related("product__parent")
    for line in lines:
        line.delete()
        text = _("Removed from saved items: %(product)s.")
        messages.success(request, text % {"product": line.product.get_title()})
    return to_cart(request)


@require_POST
def voucher_add(request: HttpRequest) -> HttpResponse:
    """Apply a discount code to the cart, or show the error at its field."""
    code = request.POST.get("code", "")
    basket = open_basket(request)
    try:
        if not within_limit("voucher", who=client_network(request), most=60, seconds=600):
            raise CartError(_("Too many attempts. Please wait ten minutes."))
        voucher = vouchers.add_voucher(basket=basket, code=code, user=request.user)
    except CartError as error:
        if basket.is_empty:  # the page has no discount code field
            messages.error(request, str(error))
            return to_cart(request)
        return _render_cart(request, status=422, voucher_error=str(error), voucher_code=code)
    messages.success(request, _("Discount code %(code)s applied") % {"code": voucher.code})
    if basket.replaced:
        text = _("No longer applied: %(offers)s.")
        messages.info(request, text % {"offers": ", ".join(basket.replaced)})
    return to_cart(request)


@require_POST
def voucher_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a discount code from the cart."""
    basket = open_basket(request)
    voucher = vouchers.remove_voucher(basket=basket, voucher_id=pk, user=request.user)
    if voucher is not None:
        messages.success(request, _("Discount code %(code)s removed") % {"code": voucher.code})
    return to_cart(request)
