"""The order form: asks for the address, then shows the form to print, also as PDF."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from checkout.offline.order_form_pdf import instructions, order_form_pdf
from checkout.offline.order_forms import create_order_form, order_form_by_link, qr_code
from checkout.order.order_summary import order_summary
from checkout.pages.basket_middleware import priced_basket
from checkout.pages.checkout.answers import current_answers, stored_answers
from checkout.pages.checkout.forms import (
    CHOOSE_METHOD,
    ContactForm,
    has_destination,
    quote_for,
)
from checkout.placement.drafts import offered_methods
from checkout.placement.services import OrderDetails
from microflight.core import pdf_document
from microflight.core.limits import client_network, within_limit
from microflight.core.typst_pdf import CannotPrint

TOO_MANY = gettext_lazy("Too many order forms. Please try again in an hour, or call us.")
_FIELDS = ("email", "first_name", "last_name", "line1", "line2", "city", "province", "postcode",
           "phone")  # fmt: skip


class OrderFormContact(ContactForm):
    """The address on the form; people who pay by mail may have no email address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, is_shipped=True, **kwargs)
        self.fields["email"].required = False
        self.fields["email"].help_text = _("For your order confirmation and tracking number only.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for address and shipping method, and create the form."""
    basket: Any = priced_basket(request)
    if basket.is_empty or any(line.stock_error for line in basket.all_lines()):
        messages.info(request, _("First add what you want to order to your cart."))
        return redirect("basket:summary")
    posted = request.method == "POST"
    answers = current_answers(request) if posted else stored_answers(request)
    contact = OrderFormContact(answers if posted else None, initial=answers)
    quote = quote_for(basket, answers)
    chosen = quote.shipping.code if quote.shipping.code == answers.get("shipping_method") else ""
    is_ready = bool(chosen) or not quote.shipping.required
    if posted and contact.is_valid() and is_ready:
        if not within_limit("order-form", who=client_network(request), most=10, seconds=3600):
            contact.add_error(None, str(TOO_MANY))
        else:
            return _created(request, basket, contact, chosen)
    context = {
        "contact": contact,
        "quote": quote,
        "shows_methods": has_destination(answers) and quote.shipping.required,
        "methods": offered_methods(quote),
    }
    if request.POST.get("create") and not is_ready:  # methods were shown
        context["method_error"] = CHOOSE_METHOD
    status = 422 if contact.errors or "method_error" in context else 200
    return render(request, "offline/new_order_form.html", context, status=status)


def _created(request: HttpRequest, basket: Any, contact: Any, shipping_code: str) -> HttpResponse:
    data = contact.cleaned_data
    details = OrderDetails(
        **{name: data[name] for name in _FIELDS},
        country=data["country"].pk,
        shipping_code=shipping_code,
    )
    user = request.user if request.user.is_authenticated else None
    form = create_order_form(basket=basket, details=details, user=user)
    return redirect("offline:order-form", form.number, form.link_secret)


@never_cache
@require_safe
def order_form(request: HttpRequest, number: str, secret: str) -> HttpResponse:
    order = order_form_by_link(number, secret)
    context = {
        **order_summary(order),
        "qr_code": mark_safe(qr_code(order)),  # noqa: S308 (our own SVG)
        "instructions": instructions(order),
        "secret": secret,
    }
    response = render(request, "offline/order_form.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_safe
def pdf(request: HttpRequest, number: str, secret: str) -> HttpResponse:
    """Return a form as PDF; `?paper=a4` or `us-letter`."""
    order = order_form_by_link(number, secret)
    country = str(order.shipping_address.country_id) if order.shipping_address else ""
    paper = pdf_document.paper_for(country, request.GET.get("paper", ""))
    try:
        content = order_form_pdf(order, paper)
    except CannotPrint as error:
        text = _("There is no PDF of this form: %(problem)s. Please print this page.")
        messages.error(request, text % {"problem": error})
        return redirect("offline:order-form", number, secret)
    response = pdf_document.response(content, f"order-form-{order.number}.pdf")
    response["X-Robots-Tag"] = "noindex"
    return response
