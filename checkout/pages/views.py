"""The checkout: one page of three parts, or the parts one at a time where JavaScript is off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.order.links import status_token
from checkout.order.states import OrderState
from checkout.pages import session
from checkout.pages.cart_middleware import priced_basket
from checkout.pages.checkout_page import Page, kept_page, payer_of, price
from checkout.pages.forms import ContactForm
from checkout.payment.card_field import card_field
from microflight.core.security_headers import allow_stripe

WITH_CARD_FIELD = ("index", "payment")  # templates


def _cannot_order(request: Any, basket: Any) -> HttpResponse | None:
    """Return where to send a shopper whose cart cannot be ordered, or None."""
    if basket.is_empty:
        return _after_the_last_order(request)
    if any(line.stock_error for line in basket.all_lines()):
        messages.warning(request, "Something in your cart cannot be had as it is: see below.")
        return redirect("basket:summary")
    return None


def _after_the_last_order(request: HttpRequest) -> HttpResponse:
    """Lead from an empty cart, e.g. by the back button after paying, to the order it became."""
    order = session.last_order(request)
    if order is None or order.status in (OrderState.CANCELLED, OrderState.EXPIRED):
        messages.info(request, "Put something into your cart first, then check out.")
        return redirect("basket:summary")
    where = "checkout:retry" if order.status == OrderState.PENDING else "orders:status"
    return redirect(where, order.number, status_token(order))


def _shown(
    request: HttpRequest, template: str, page: Page, status: int = 200, **more: Any
) -> HttpResponse:
    addresses = list(request.user.addresses.all()) if request.user.is_authenticated else []
    context = page.context(addresses=addresses, errors=page.errors, **more)
    response = render(request, f"checkout/{template}.html", context, status=status)
    return allow_stripe(response) if template in WITH_CARD_FIELD else response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """All three parts on one page. Its form comes here only without JavaScript: then what was
    typed is checked and kept, and payment is a page of its own."""
    basket = priced_basket(request)
    if refusal := _cannot_order(request, basket):
        return refusal
    if request.method != "POST":
        return _shown(request, "index", kept_page(request, basket))
    bound = frozenset({"contact", "delivery"})
    page = Page(basket, request.POST, price(basket, request.POST), bound=bound)
    if not page.is_valid():
        return _shown(request, "index", page, status=422)
    session.keep(request, session.CONTACT + session.DELIVERY)
    return redirect("checkout:payment")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """The first part by itself: who orders and where it goes."""
    return _one_part(request, "contact", session.CONTACT, "checkout:delivery")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delivery(request: HttpRequest) -> HttpResponse:
    """The second part by itself: how it is sent. Needs to know where to."""
    if _known_contact(request) is None:
        return redirect("checkout:contact")
    return _one_part(request, "delivery", session.DELIVERY, "checkout:payment")


def _one_part(
    request: HttpRequest, name: str, names: tuple[str, ...], following: str
) -> HttpResponse:
    basket = priced_basket(request)
    if refusal := _cannot_order(request, basket):
        return refusal
    if request.method != "POST":
        return _shown(request, name, kept_page(request, basket))
    answers = session.answers(request)
    page = Page(basket, answers, price(basket, answers), bound=frozenset({name}))
    if not page.is_valid():
        return _shown(request, name, page, status=422)
    session.keep(request, names)
    return redirect(following)


def _known_contact(request: HttpRequest) -> ContactForm | None:
    """Return the contact and address kept so far, if they still pass their checks."""
    form = ContactForm(session.kept(request))
    return form if form.is_valid() else None


@never_cache
@require_safe
def payment(request: HttpRequest) -> HttpResponse:
    """The last part by itself: what it comes to, the agreement, the card."""
    known = _known_contact(request)
    if known is None:
        return redirect("checkout:contact")
    basket = priced_basket(request)
    if refusal := _cannot_order(request, basket):
        return refusal
    page = kept_page(request, basket)
    if (
        page.quote is None
        or session.kept(request).get("service") != page.quote.delivery.service_code
    ):
        return redirect("checkout:delivery")
    payer = payer_of(known.cleaned_data | {"country": known.cleaned_data["country"].pk})
    return _shown(request, "payment", page, **card_field(payer))


@never_cache
@require_POST
def quote(request: HttpRequest) -> HttpResponse:
    """Ways of delivery and sums for an address being typed, as a piece of the page."""
    basket = priced_basket(request)
    if basket.is_empty:
        return HttpResponse(status=409)
    answers = session.answers(request)
    page = Page(basket, answers, price(basket, answers))
    return render(request, "checkout/_quote.html", page.context())
