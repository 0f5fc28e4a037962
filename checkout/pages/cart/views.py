"""The cart page and its actions. Each works without JavaScript."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.images import fallback_url
from catalog.models import Product, ProductImage
from checkout.basket import services, vouchers
from checkout.basket.models import Basket, Line
from checkout.basket.services import CartError
from checkout.pages.basket_middleware import (
    open_basket,
    priced_basket,
    remember_saved_basket,
    saved_basket,
)
from checkout.pages.last_order import unpaid_order
from checkout.shipping.services import available_methods, pack
from microflight.core.limits import client_ip, within_limit


class QuantityField(forms.IntegerField):
    """A quantity between `minimum` and the most that a cart holds."""

    def __init__(self, minimum: int) -> None:
        whole_number = _("Enter a whole number, such as 1.")
        super().__init__(
            min_value=minimum,
            max_value=services.MAX_ITEMS,
            error_messages={
                "required": whole_number,
                "invalid": whole_number,
                "min_value": whole_number if minimum else _("Enter 0 or more."),
                "max_value": services.TOO_MANY_ITEMS,
            },
        )


@dataclass(frozen=True, slots=True)
class CartRow:
    """A cart line with its image, its error and the quantity as typed."""

    line: Line
    image: ProductImage | None
    error: str
    typed: str

    @property
    def title(self) -> str:
        """Return the product's title; for a variant, its parent's."""
        product = self.line.product
        return str(product.parent.title if product.parent else product.title)

    @property
    def variant(self) -> str:
        """Return the part of a variant's title that its parent's lacks, such as `in blue`."""
        product = self.line.product
        return product.title.removeprefix(self.title).strip(" ,:") if product.parent_id else ""

    @property
    def field(self) -> str:
        """Return the name of the quantity field."""
        return f"quantity-{self.line.pk}"

    @property
    def error_id(self) -> str:
        """Return the HTML id of the error, or an empty string."""
        return f"error-{self.line.pk}" if self.error else ""

    @property
    def src(self) -> str:
        """Return the URL of the image in a small size."""
        return fallback_url(self.image, 320) if self.image else ""

    @property
    def old_price(self) -> Decimal | None:
        """Return the unit price when the line was added (CAD), or None if it is unchanged."""
        old = self.line.price_excl_tax
        return old if old != self.line.unit_price_excl_tax else None


def _rows(
    basket: Basket, errors: dict[int, str] | None = None, typed: dict[int, str] | None = None
) -> list[CartRow]:
    """Return the lines with images, and the reason if a line cannot be ordered."""
    lines = list(basket.all_lines())
    images = _first_images(lines)
    errors, typed = errors or {}, typed or {}
    return [
        CartRow(
            line,
            images.get(line.product_id) or images.get(line.product.parent_id),
            errors.get(line.pk) or line.stock_error,
            typed.get(line.pk, str(line.quantity)),
        )
        for line in lines
    ]


def _first_images(lines: list[Any]) -> dict[int, ProductImage]:
    """Return the first image of each product and parent, in one query."""
    ids = {line.product_id for line in lines} | {line.product.parent_id for line in lines}
    images: dict[int, ProductImage] = {}
    for image in ProductImage.objects.filter(product_id__in=ids - {None}):
        images.setdefault(image.product_id, image)
    return images


def _render_cart(request: Any, status: int = 200, **extra: Any) -> HttpResponse:
    """Render the cart; `extra` holds the quantities as typed and their errors."""
    basket, saved = priced_basket(request), saved_basket(request)
    rows = _rows(basket, extra.pop("errors", None), extra.pop("typed", None))
    methods = available_methods(pack(basket.all_lines()), country="CA") if rows else []
    context = {
        "basket": basket,
        "rows": rows,
        "saved_rows": _rows(saved) if saved.pk else [],
        "cheapest": min(methods, key=lambda method: method.charge, default=None),
        "blocked": any(row.error for row in rows),
        "unpaid_order": None if rows else unpaid_order(request),
        **extra,
    }
    return render(request, "basket/cart.html", context, status=status)


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """Show the cart."""
    return _render_cart(request)


def _next_url(request: HttpRequest) -> str:
    """Return the form's `next` URL if it is on this site, else the cart."""
    url = request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())
    if is_safe and url.startswith("/"):  # redirect() reads anything else as a view name
        return url
    return reverse("basket:summary")


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a product or its selected variant, or go back to its page with the reason why not."""
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
        return redirect(_next_url(request))
    added = _("Added to your cart: %(quantity)d × %(product)s.")
    messages.success(request, added % {"quantity": quantity, "product": line.product.get_title()})
    return redirect("basket:summary")


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
    basket = open_basket(request)
    try:
        errors |= services.change_quantities(
            basket=basket, quantities=quantities, user=request.user
        )
    except CartError as error:
        messages.error(request, str(error))
        return redirect("basket:summary")
    if errors:
        invalid = {pk: text for pk, text in typed.items() if pk in errors}
        return _render_cart(request, status=422, errors=errors, typed=invalid)
    return redirect("basket:summary")


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
    return redirect("basket:summary")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a line from the cart."""
    removed = _("Removed from your cart: %(product)s.")
    basket = open_basket(request)
    return _change_line(request, services.remove_line, removed, basket=basket, line_id=pk)


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
    if saved.pk:
        saved.lines.filter(pk=pk).delete()
    return redirect("basket:summary")


@require_POST
def voucher_add(request: HttpRequest) -> HttpResponse:
    """Apply a discount code to the cart, or show the error at its field."""
    code = request.POST.get("code", "")
    basket = open_basket(request)
    try:
        if not within_limit("voucher", who=client_ip(request), most=60, seconds=600):
            raise CartError(_("Too many attempts. Please wait ten minutes."))
        voucher = vouchers.add_voucher(basket=basket, code=code, user=request.user)
    except CartError as error:
        if basket.is_empty:  # the page has no discount code field
            messages.error(request, str(error))
            return redirect("basket:summary")
        return _render_cart(request, status=422, voucher_error=str(error), voucher_code=code)
    messages.success(request, _("Discount code %(code)s applied") % {"code": voucher.code})
    return redirect("basket:summary")


@require_POST
def voucher_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a discount code from the cart."""
    basket = open_basket(request)
    voucher = vouchers.remove_voucher(basket=basket, voucher_id=pk, user=request.user)
    if voucher is not None:
        messages.success(request, _("Discount code %(code)s removed") % {"code": voucher.code})
    return redirect("basket:summary")
