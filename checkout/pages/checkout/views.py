"""The checkout: all steps on one page, or one page per step without JavaScript."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.basket.services import MAX_ITEMS, TOO_MANY_ITEMS
from checkout.order.links import status_token
from checkout.order.states import OrderState
from checkout.pages.basket_middleware import priced_basket
from checkout.pages.checkout.answers import current_answers, picks_up, store_answers, stored_answers
from checkout.pages.checkout.forms import (
    CONTACT,
    SHIPPING,
    CheckoutPage,
    ContactForm,
    billing_details,
    quote_for,
    stored_page,
)
from checkout.pages.last_order import last_order
from checkout.payment.card_field import card_field
from checkout.shipping.services import pickup_method


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
    offered = "shipping_method" in request.POST  # not before there is an address
    bound = frozenset({"contact", "shipping"} if offered else {"contact"})
    page = CheckoutPage(basket, request.POST, quote_for(basket, request.POST), bound=bound)
    if not page.is_valid():
        return page.render(request, "index", status=422)
    _store(request, CONTACT + SHIPPING)
    return redirect("checkout:payment" if offered else "checkout:shipping")


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Keep what was typed, then go to the cart, to the login page, to a saved address, or
    to the form for pickup or shipping."""
    _store(request, tuple(name for name in CONTACT + SHIPPING if name in request.POST))
    to, here = request.POST.get("leave", ""), reverse("checkout:index")
    if to in ("pickup", "ship"):
        _store_pickup(request, wanted=to == "pickup")
        return redirect(here)
    if to == "login":
        return redirect(f"{reverse('account_login')}?{urlencode({'next': here})}")
    if to.isascii() and to.isdecimal():
        return redirect(f"{here}?{urlencode({'address': to})}")
    return redirect("basket:summary")


def _store_pickup(request: HttpRequest, *, wanted: bool) -> None:
    """Store that the shopper picks the order up, or that it is shipped after all."""
    method = pickup_method() if wanted else None
    pickup, code = ("1", method.code) if method else ("", "")
    store_answers(request, {"pickup": pickup, "shipping_method": code})


def _cannot_order(request: Any, basket: Any) -> HttpResponse | None:
    """Return a redirect if the cart cannot be ordered, else None."""
    if basket.is_empty:
        return _redirect_to_last_order(request)
    if basket.num_items > MAX_ITEMS:
        messages.warning(request, str(TOO_MANY_ITEMS))
        return redirect("basket:summary")
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
    """Show the second step: shipping method. It needs an address, and something to ship."""
    answers = stored_answers(request)
    is_shipped = priced_basket(request).is_shipping_required() and not picks_up(answers)
    if not ContactForm(answers, is_shipped=is_shipped).is_valid():
        return redirect("checkout:contact")
    if not is_shipped:
        return redirect("checkout:payment")
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
    basket = priced_basket(request)
    is_shipped = basket.is_shipping_required() and not picks_up(answers)
    form = ContactForm(answers, is_shipped=is_shipped)
    if not form.is_valid():
        return redirect("checkout:contact")
    if response := _cannot_order(request, basket):
        return response
    page = stored_page(request, basket)
    chosen = page.quote.shipping.code if page.quote else None
    if is_shipped and (chosen is None or answers.get("shipping_method") != chosen):
        return redirect("checkout:shipping")
    contact = form.cleaned_data | {"country": form.cleaned_data["country"].pk}
    return page.render(request, "payment", **card_field(billing_details(contact)))
