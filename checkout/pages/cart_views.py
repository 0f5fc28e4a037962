"""The cart page and its actions. Each works without JavaScript."""

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Product
from checkout.basket import services, vouchers
from checkout.basket.saved import remember_saved, saved_basket
from checkout.basket.services import CartError
from checkout.pages import cart_page
from checkout.pages.cart_forms import AddForm, QuantityField
from checkout.pages.cart_middleware import plain_basket
from checkout.pages.session import unpaid_order
from microflight.core.limits import client_ip, within_limit


def _page(request: Any, status: int = 200, **extra: Any) -> HttpResponse:
    """Render the cart; `extra` holds the quantities as typed and their errors."""
    basket = plain_basket(request)
    services.keep_totals(basket, request.user)
    rows = cart_page.rows(basket, extra.pop("errors", None), extra.pop("typed", None))
    saved = saved_basket(request)
    context = {
        "basket": basket,
        "rows": rows,
        "saved_rows": cart_page.rows(saved) if saved.pk else [],
        "vouchers": basket.known_vouchers if rows else [],
        "idle_vouchers": vouchers.idle_vouchers(basket) if rows else [],
        "cheapest": cart_page.cheapest_shipping(basket) if rows else None,
        "blocked": any(row.error for row in rows),
        "unpaid_order": None if rows else unpaid_order(request),
        **extra,
    }
    return render(request, "basket/cart.html", context, status=status)


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """Show the cart."""
    return _page(request)


def _next(request: HttpRequest) -> str:
    """Return the form's `next` URL if it is on this site, else the cart."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    if safe and wanted.startswith("/"):  # redirect() reads anything else as a view name
        return wanted
    return reverse("basket:summary")


def _version(request: HttpRequest, pk: int) -> int:
    """Return the id of the selected variant, or of the product itself."""
    text = request.POST.get("variant", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else pk


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a product to the cart, or go back to its page with the reason why not."""
    try:
        record = services.sold_as(_version(request, pk))
        form = AddForm({"quantity": request.POST.get("quantity", "1")})
        if not form.is_valid():
            raise CartError(_("Quantity: %(error)s") % {"error": form.errors["quantity"][0]})
        quantity = form.cleaned_data["quantity"]
        services.add_product(
            basket=plain_basket(request), record=record, quantity=quantity, user=request.user
        )
    except Product.DoesNotExist:
        raise Http404 from None
    except CartError as problem:
        messages.error(request, str(problem))
        return redirect(_next(request))
    added = _("Added to your cart: %(quantity)d × %(product)s.")
    messages.success(request, added % {"quantity": quantity, "product": record.product.get_title()})
    return redirect("basket:summary")


def _typed(request: HttpRequest) -> dict[int, str]:
    """Return the quantities as typed, by line id."""
    return {
        int(name.removeprefix("quantity-")): str(value)
        for name, value in request.POST.items()
        if re.fullmatch(r"quantity-[0-9]{1,18}", name)
    }


@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Change quantities. Those that cannot be changed get an error at their field."""
    typed, wanted, errors = _typed(request), {}, {}
    for pk, text in typed.items():
        try:
            wanted[pk] = QuantityField(minimum=0).clean(text)
        except ValidationError as problem:
            errors[pk] = problem.messages[0]
    basket = plain_basket(request)
    try:
        errors |= services.change_quantities(basket=basket, wanted=wanted, user=request.user)
    except CartError as problem:
        messages.error(request, str(problem))
        return redirect("basket:summary")
    if errors:
        invalid = {pk: text for pk, text in typed.items() if pk in errors}
        return _page(request, status=422, errors=errors, typed=invalid)
    return redirect("basket:summary")


def _change_line(request: HttpRequest, action: Any, success: str, **arguments: Any) -> HttpResponse:
    """Run an action on a line, then go back to the cart with a message."""
    try:
        title = action(user=request.user, **arguments)
    except CartError as problem:
        messages.error(request, str(problem))
    else:
        if title is None:
            messages.info(request, _("This item is no longer in your cart."))
        else:
            messages.success(request, success % {"product": title})
    return redirect("basket:summary")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a line from the cart."""
    basket = plain_basket(request)
    removed = _("Removed from your cart: %(product)s.")
    return _change_line(request, services.remove_line, removed, basket=basket, line_id=pk)


@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a line from the cart to the saved items."""
    saved = saved_basket(request)
    source = plain_basket(request)
    success = _("Saved for later: %(product)s.")
    response = _change_line(
        request, services.move_line, success, line_id=pk, source=source, target=saved
    )
    if saved.pk:
        remember_saved(request, saved)
    return response


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a saved line back to the cart."""
    source, target = saved_basket(request), plain_basket(request)
    success = _("Moved to your cart: %(product)s.")
    return _change_line(
        request, services.move_line, success, line_id=pk, source=source, target=target
    )


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a line from the saved items."""
    saved = saved_basket(request)
    if saved.pk:
        saved.lines.filter(pk=pk).delete()
    return redirect("basket:summary")


@require_POST
def voucher_add(request: HttpRequest) -> HttpResponse:
    """Apply a discount code to the cart, or show the error at its field."""
    code = request.POST.get("code", "")
    basket = plain_basket(request)
    try:
        if not within_limit("voucher", who=client_ip(request), most=60, seconds=600):
            raise CartError(_("Too many attempts. Please wait ten minutes."))
        voucher = vouchers.add_voucher(basket=basket, code=code, user=request.user)
    except CartError as problem:
        if basket.is_empty:  # the page has no discount code field
            messages.error(request, str(problem))
            return redirect("basket:summary")
        return _page(request, status=422, voucher_error=str(problem), voucher_code=code)
    applied = _("Discount code %(code)s applied")
    messages.success(request, applied % {"code": voucher.code})
    return redirect("basket:summary")


@require_POST
def voucher_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a discount code from the cart."""
    voucher = vouchers.remove_voucher(
        basket=plain_basket(request), voucher_id=pk, user=request.user
    )
    if voucher is not None:
        removed = _("Discount code %(code)s removed")
        messages.success(request, removed % {"code": voucher.code})
    return redirect("basket:summary")
