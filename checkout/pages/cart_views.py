"""The cart page and its buttons. Each works as a plain form."""

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Product
from checkout.basket import services, vouchers
from checkout.basket.saved import remember_saved, saved_basket
from checkout.basket.services import CartError
from checkout.pages import cart_page
from checkout.pages.cart_forms import AddForm, QuantityField
from checkout.pages.cart_middleware import plain_basket
from checkout.pages.session import waiting_order
from microflight.core.limits import client_ip, within_limit


def _page(request: Any, status: int = 200, **extra: Any) -> HttpResponse:
    """Show the cart; `extra` holds what was typed and what was wrong with it."""
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
        "cheapest": cart_page.cheapest_delivery(basket) if rows else None,
        "blocked": any(row.error for row in rows),
        "waiting": None if rows else waiting_order(request),
        **extra,
    }
    return render(request, "basket/summary.html", context, status=status)


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """Show what is in the cart and what it comes to."""
    return _page(request)


def _next(request: HttpRequest) -> str:
    """Return where the form wants to go back to, if that is on this site; else the cart."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    if safe and wanted.startswith("/"):  # redirect() takes another text for a view's name
        return wanted
    return reverse("basket:summary")


def _version(request: HttpRequest, pk: int) -> int:
    """Return which version of a product the form's list of versions names; else the product."""
    text = request.POST.get("variant", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else pk


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a product into the cart, then show the cart, or go back with the reason why not."""
    try:
        record = services.sold_as(_version(request, pk))
        form = AddForm({"quantity": request.POST.get("quantity", "1")})
        if not form.is_valid():
            raise CartError(f"Quantity: {form.errors['quantity'][0]}")
        quantity = form.cleaned_data["quantity"]
        services.add_product(
            basket=plain_basket(request), record=record, quantity=quantity, user=request.user
        )
    except Product.DoesNotExist:
        raise Http404 from None
    except CartError as problem:
        messages.error(request, str(problem))
        return redirect(_next(request))
    messages.success(request, f"{quantity} × {record.product.get_title()} is in your cart.")
    return redirect("basket:summary")


def _typed(request: HttpRequest) -> dict[int, str]:
    """Return the quantities as typed, by the id of the line that their field is named after."""
    return {
        int(name.removeprefix("quantity-")): str(value)
        for name, value in request.POST.items()
        if re.fullmatch(r"quantity-[0-9]{1,18}", name)
    }


@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Change quantities. What cannot be done is said beside its field; the rest is done."""
    typed, wanted, errors = _typed(request), {}, {}
    for pk, text in typed.items():
        try:
            wanted[pk] = QuantityField(least=0).clean(text)
        except ValidationError as problem:
            errors[pk] = problem.messages[0]
    basket = plain_basket(request)
    try:
        errors |= services.change_quantities(basket=basket, wanted=wanted, user=request.user)
    except CartError as problem:
        messages.error(request, str(problem))
        return redirect("basket:summary")
    if errors:
        wrong = {pk: text for pk, text in typed.items() if pk in errors}
        return _page(request, status=422, errors=errors, typed=wrong)
    return redirect("basket:summary")


def _done(request: HttpRequest, action: Any, sentence: str, **arguments: Any) -> HttpResponse:
    """Run one change of a line and go back to the cart, saying what happened."""
    try:
        title = action(user=request.user, **arguments)
    except CartError as problem:
        messages.error(request, str(problem))
    else:
        if title is None:
            messages.info(request, "That line is no longer in your cart.")
        else:
            messages.success(request, sentence.format(title))
    return redirect("basket:summary")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out of the cart."""
    basket = plain_basket(request)
    return _done(request, services.remove_line, "Removed: {}.", basket=basket, line_id=pk)


@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a line from the cart to what is kept for later."""
    saved = saved_basket(request)
    source = plain_basket(request)
    answer = _done(
        request, services.move_line, "Kept for later: {}.", line_id=pk, source=source, target=saved
    )
    if saved.pk:
        remember_saved(request, saved)
    return answer


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a kept line back into the cart."""
    source, target = saved_basket(request), plain_basket(request)
    return _done(
        request, services.move_line, "Back in your cart: {}.",
        line_id=pk, source=source, target=target,
    )  # fmt: skip


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out of what is kept for later."""
    saved = saved_basket(request)
    if saved.pk:
        saved.lines.filter(pk=pk).delete()
    return redirect("basket:summary")


@require_POST
def voucher_add(request: HttpRequest) -> HttpResponse:
    """Put a voucher on the cart; a code that gives nothing is answered beside its field."""
    code = request.POST.get("code", "")
    basket = plain_basket(request)
    try:
        if not within_limit("voucher", who=client_ip(request), most=60, seconds=600):
            raise CartError("Too many tries for now. Please wait ten minutes.")
        voucher = vouchers.add_voucher(basket=basket, code=code, user=request.user)
    except CartError as problem:
        if basket.is_empty:  # there is no field to say it at
            messages.error(request, str(problem))
            return redirect("basket:summary")
        return _page(request, status=422, voucher_error=str(problem), voucher_code=code)
    messages.success(request, f"{voucher.code} is on your cart.")
    return redirect("basket:summary")


@require_POST
def voucher_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a voucher off the cart."""
    voucher = vouchers.remove_voucher(
        basket=plain_basket(request), voucher_id=pk, user=request.user
    )
    if voucher is not None:
        messages.success(request, f"{voucher.code} is off your cart.")
    return redirect("basket:summary")
