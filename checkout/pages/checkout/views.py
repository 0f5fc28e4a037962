"""The checkout: all steps on one page, or one page per step without JavaScript."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.order.links import status_token
from checkout.order.states import OrderState
from checkout.pages.basket_middleware import priced_basket
from checkout.pages.checkout.forms import (
    CONTACT,
    SHIPPING,
    CheckoutPage,
    ContactForm,
    billing_details,
    current_answers,
    quote_for,
    store_answers,
    stored_answers,
    stored_page,
)
from checkout.pages.last_order import last_order
from checkout.payment.card_field import card_field


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show all steps on one page.

    The form is posted here only without JavaScript: the answers are stored, and payment follows
    on its own page.
    """
    basket = priced_basket(request)
    if response := _cannot_order(request, basket):
        return response
    if request.method != "POST":
        return stored_page(request, basket).render(request, "index")
    bound = frozenset({"contact", "shipping"})
    page = CheckoutPage(basket, request.POST, quote_for(basket, request.POST), bound=bound)
    if not page.is_valid():
        return page.render(request, "index", status=422)
    _store(request, CONTACT + SHIPPING)
    return redirect("checkout:payment")


def _cannot_order(request: Any, basket: Any) -> HttpResponse | None:
    """Return a redirect if the cart cannot be ordered, else None."""
    if basket.is_empty:
        return _redirect_to_last_order(request)
    if any(line.stock_error for line in basket.all_lines()):
        messages.warning(request, _("Fix the highlighted items to continue."))
        return redirect("basket:summary")
    return None


def _redirect_to_last_order(request: HttpRequest) -> HttpResponse:
    """Redirect from an empty cart to its order, e.g. after the back button."""
    order = last_order(request)
    if order is None or order.status in (OrderState.CANCELLED, OrderState.EXPIRED):
        messages.info(request, _("Your cart is empty."))
        return redirect("basket:summary")
    name = "checkout:retry" if order.status == OrderState.PENDING else "orders:status"
    return redirect(name, order.number, status_token(order))


def _store(request: HttpRequest, names: tuple[str, ...]) -> None:
    """Store this form's answers to some fields."""
    store_answers(request, {name: request.POST.get(name, "") for name in names})


@never_cache
@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Render the shipping methods and the order summary for an address being typed."""
    basket = priced_basket(request)
    if basket.is_empty:
        return HttpResponse(status=409)
    answers = current_answers(request)
    page = CheckoutPage(basket, answers, quote_for(basket, answers))
    return render(request, "checkout/_quote.html", page.context())


# --- One page per step, without JavaScript -------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Show the first step: contact and shipping address."""
    return _step(request, "contact", CONTACT, next_step="checkout:shipping")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shipping(request: HttpRequest) -> HttpResponse:
    """Show the second step: shipping method. It needs an address."""
    if not ContactForm(stored_answers(request)).is_valid():
        return redirect("checkout:contact")
    return _step(request, "shipping", SHIPPING, next_step="checkout:payment")


def _step(request: HttpRequest, name: str, fields: tuple[str, ...], next_step: str) -> HttpResponse:
    basket = priced_basket(request)
    if response := _cannot_order(request, basket):
        return response
    if request.method != "POST":
        return stored_page(request, basket).render(request, name)
    answers = current_answers(request)
    page = CheckoutPage(basket, answers, quote_for(basket, answers), bound=frozenset({name}))
    if not page.is_valid():
        return page.render(request, name, status=422)
    _store(request, fields)
    return redirect(next_step)


@never_cache
@require_safe
def payment(request: HttpRequest) -> HttpResponse:
    """Show the last step: order summary, policies and card."""
    answers = stored_answers(request)
    form = ContactForm(answers)
    if not form.is_valid():
        return redirect("checkout:contact")
    basket = priced_basket(request)
    if response := _cannot_order(request, basket):
        return response
    page = stored_page(request, basket)
    if page.quote is None or answers.get("shipping_method") != page.quote.shipping.code:
        return redirect("checkout:shipping")
    contact = form.cleaned_data | {"country": form.cleaned_data["country"].pk}
    return page.render(request, "payment", **card_field(billing_details(contact)))
