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
from checkout.pages import session
from checkout.pages.cart_middleware import priced_basket
from checkout.pages.checkout_page import Page, payer_of, price, stored_page
from checkout.pages.forms import ContactForm
from checkout.payment.card_field import card_field
from microflight.core.security_headers import allow_stripe

WITH_CARD_FIELD = ("index", "payment")  # templates


def _cannot_order(request: Any, basket: Any) -> HttpResponse | None:
    """Return a redirect if the cart cannot be ordered, else None."""
    if basket.is_empty:
        return _after_the_last_order(request)
    if any(line.stock_error for line in basket.all_lines()):
        messages.warning(request, _("Fix the highlighted items to continue."))
        return redirect("basket:summary")
    return None


def _after_the_last_order(request: HttpRequest) -> HttpResponse:
    """Redirect from an empty cart to its order, e.g. after the back button."""
    order = session.last_order(request)
    if order is None or order.status in (OrderState.CANCELLED, OrderState.EXPIRED):
        messages.info(request, _("Your cart is empty."))
        return redirect("basket:summary")
    where = "checkout:retry" if order.status == OrderState.PENDING else "orders:status"
    return redirect(where, order.number, status_token(order))


def _render(
    request: HttpRequest, template: str, page: Page, status: int = 200, **more: Any
) -> HttpResponse:
    addresses = list(request.user.addresses.all()) if request.user.is_authenticated else []
    context = page.context(addresses=addresses, errors=page.errors, **more)
    response = render(request, f"checkout/{template}.html", context, status=status)
    return allow_stripe(response) if template in WITH_CARD_FIELD else response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show all steps on one page.

    The form is posted here only without JavaScript: the answers are stored, and payment follows
    on its own page.
    """
    basket = priced_basket(request)
    if refusal := _cannot_order(request, basket):
        return refusal
    if request.method != "POST":
        return _render(request, "index", stored_page(request, basket))
    bound = frozenset({"contact", "shipping"})
    page = Page(basket, request.POST, price(basket, request.POST), bound=bound)
    if not page.is_valid():
        return _render(request, "index", page, status=422)
    session.keep(request, session.CONTACT + session.SHIPPING)
    return redirect("checkout:payment")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Show the first step: contact and shipping address."""
    return _one_step(request, "contact", session.CONTACT, "checkout:shipping")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shipping(request: HttpRequest) -> HttpResponse:
    """Show the second step: shipping method. It needs an address."""
    if _known_contact(request) is None:
        return redirect("checkout:contact")
    return _one_step(request, "shipping", session.SHIPPING, "checkout:payment")


def _one_step(
    request: HttpRequest, name: str, names: tuple[str, ...], following: str
) -> HttpResponse:
    basket = priced_basket(request)
    if refusal := _cannot_order(request, basket):
        return refusal
    if request.method != "POST":
        return _render(request, name, stored_page(request, basket))
    answers = session.answers(request)
    page = Page(basket, answers, price(basket, answers), bound=frozenset({name}))
    if not page.is_valid():
        return _render(request, name, page, status=422)
    session.keep(request, names)
    return redirect(following)


def _known_contact(request: HttpRequest) -> ContactForm | None:
    """Return the stored contact and address if they are still valid."""
    form = ContactForm(session.kept(request))
    return form if form.is_valid() else None


@never_cache
@require_safe
def payment(request: HttpRequest) -> HttpResponse:
    """Show the last step: order summary, policies and card."""
    known = _known_contact(request)
    if known is None:
        return redirect("checkout:contact")
    basket = priced_basket(request)
    if refusal := _cannot_order(request, basket):
        return refusal
    page = stored_page(request, basket)
    if (
        page.quote is None
        or session.kept(request).get("shipping_method") != page.quote.shipping.code
    ):
        return redirect("checkout:shipping")
    payer = payer_of(known.cleaned_data | {"country": known.cleaned_data["country"].pk})
    return _render(request, "payment", page, **card_field(payer))


@never_cache
@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Render the shipping methods and the order summary for an address being typed."""
    basket = priced_basket(request)
    if basket.is_empty:
        return HttpResponse(status=409)
    answers = session.answers(request)
    page = Page(basket, answers, price(basket, answers))
    return render(request, "checkout/_quote.html", page.context())
