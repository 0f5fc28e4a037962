"""Pressing "pay", coming back from the bank, trying another card, giving up."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.agreements.forms import CHANGED
from accounts.newsletter.subscribers import opt_in
from checkout.basket.models import Basket
from checkout.order.errors import (
    CartChanged,
    CheckoutError,
    EarlyChargeNotAgreed,
    EmptyCart,
    NoDelivery,
    OfferUsedUp,
    OnBackorder,
    OutOfStock,
    PolicyNotAccepted,
)
from checkout.order.links import is_status_token, status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary
from checkout.order.states import OrderState
from checkout.pages import session
from checkout.pages.cart_middleware import basket_id_in, plain_basket
from checkout.pages.checkout_page import Page, order_answers, payer_of
from checkout.pages.forms import AgreementForm, BillingForm
from checkout.payment.card_field import card_field
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.stripe_gateway import GatewayError
from checkout.placement.changes import what_changed
from checkout.placement.place import OrderDetails, place_order
from checkout.settlement.services import (
    STILL_YOURS,
    Outcome,
    abandon,
    pay,
    settle,
    standing,
    unseen,
)
from checkout.settlement.settle import UNPAID
from microflight.core.limits import client_ip, within_limit
from microflight.core.security_headers import allow_stripe

GONE = "This page is out of date: your cart has changed. Nothing was charged."
TOO_OFTEN = "Too many tries for now. Please wait ten minutes, or order by telephone."
THANKS = "Thank you. The bill is on its way to you by e-mail."
NOT_PAID = "This order is not paid yet. Nothing was charged."
#: Where the page shows what stops an order.
_FIELDS: dict[type[CheckoutError], str] = {
    NoDelivery: "service",
    EarlyChargeNotAgreed: "early_charge",
}


@never_cache
@require_POST
@sensitive_post_parameters()
def pay_cart(request: HttpRequest) -> HttpResponse:
    """Place the order and charge the card; the answer tells the page what happens next.

    A second press, also from a page that the back button brought, meets the order that the
    first one placed.
    """
    basket = _cart_of_this_page(request)
    if basket is None:
        return _stopped(request, GONE)
    if basket.status != Basket.OPEN:
        order = Order.objects.live().filter(basket=basket).first()
        return _charge(request, order) if order else _stopped(request, GONE)
    if not within_limit("pay", who=f"cart:{basket.pk}", most=30, seconds=600):
        return _answer("invalid", 429, message=TOO_OFTEN)
    return _place(request, basket)


def _cart_of_this_page(request: Any) -> Basket | None:
    """Return the cart that the page was made for, if it is this visitor's: open, or ordered."""
    pk = basket_id_in(request.POST.get("cart", ""))
    if pk is None:
        return None
    mine = plain_basket(request)
    if mine.pk == pk:
        return mine
    owner = request.user.pk if request.user.is_authenticated else None
    ordered = Basket.objects.exclude(status=Basket.OPEN).filter(pk=pk).first()
    return ordered if ordered is not None and ordered.owner_id in (None, owner) else None


def _place(request: Any, basket: Basket) -> HttpResponse:
    page = Page(basket, session.answers(request), None, bound=_shown_parts(request))
    if not page.is_valid():
        anew = _agreement(request) if page.agreement.changed else {}
        return _answer("invalid", 422, errors=page.errors, **anew)
    if "check" in request.POST:
        return _answer("fine")
    try:
        order = place_order(
            basket=basket,
            details=_details(page),
            fingerprint=request.POST.get("fingerprint", ""),
            user=request.user,
            ip=client_ip(request),
        )
    except CartChanged as change:
        return _changed(request, page, change)
    except (NoDelivery, EarlyChargeNotAgreed) as problem:
        return _answer("invalid", 422, errors={_FIELDS[type(problem)]: [str(problem)]})
    except (OutOfStock, OnBackorder, OfferUsedUp, EmptyCart) as problem:
        return _stopped(request, str(problem))
    except PolicyNotAccepted:  # they changed since the form above was checked
        return _answer("invalid", 422, errors={"agreed": [CHANGED]}, **_agreement(request))
    except CheckoutError as problem:
        return _answer("invalid", 422, message=str(problem))
    _sign_up_for_newsletter(request, page)
    return _charge(request, order)


def _shown_parts(request: HttpRequest) -> frozenset[str]:
    """Return the parts that the page had: not each has the box for being charged at once."""
    shown = {"contact", "delivery", "agreement"}
    if "early_charge_shown" in request.POST:
        shown.add("early_charge")
    return frozenset(shown)


def _sign_up_for_newsletter(request: Any, page: Page) -> None:
    """Sign the shopper up if they ticked the newsletter checkbox."""
    if page.newsletter.ticked:
        user = request.user if request.user.is_authenticated else None
        email = page.contact.cleaned_data["email"]
        opt_in.at_checkout(email, user=user, offer=page.agreement.offer, ip=client_ip(request))


def _agreement(request: HttpRequest) -> dict[str, str]:
    """Show the texts that are in force now, with an empty box."""
    context = {"agreement": AgreementForm()}
    return {"agreement": render_to_string("checkout/_agreement.html", context, request)}


def _details(page: Page) -> OrderDetails:
    contact, delivery = page.contact.cleaned_data, page.delivery.cleaned_data
    plain = ("email", "first_name", "last_name", "line1", "line2", "city", "province", "postcode")
    return OrderDetails(
        **{name: contact[name] for name in plain},
        country=contact["country"].pk,
        phone=contact["phone"],
        service_code=delivery["service"],
        note=delivery["note"],
        accepted=page.agreement.accepted,
        early_charge=bool(page.answers.get("early_charge")),
    )


def _answer(outcome: str, status: int = 200, **facts: Any) -> JsonResponse:
    return JsonResponse({"outcome": outcome, **facts}, status=status)


def _stopped(request: HttpRequest, sentence: str) -> HttpResponse:
    """Send the shopper to the cart, which says what is wrong with it."""
    messages.error(request, sentence)
    return _answer("stopped", 409, message=sentence, redirect=reverse("basket:summary"))


def _changed(request: HttpRequest, page: Page, change: CartChanged) -> HttpResponse:
    """Show the new figures and what is different; nothing happens until "pay" is pressed anew."""
    anew = Page(page.basket, page.answers, change.quote)
    html = render_to_string("checkout/_quote.html", anew.context(), request)
    differences = what_changed(request.POST.get("seen", ""), change.quote)
    return _answer("changed", 409, message=str(change), changes=differences, html=html)


def _charge(request: HttpRequest, order: Order) -> HttpResponse:
    """Charge the card of this press for an order that waits; tell the page what became of it."""
    session.finish(request, order.number)
    retry = reverse("checkout:retry", args=[order.number, status_token(order)])
    thanks = reverse("checkout:thank-you")
    if order.status not in UNPAID:
        return _answer("placed", redirect=thanks)
    if not _may_try_a_card(request, order):
        return _answer("invalid", 429, message=TOO_OFTEN)
    result = pay(order=order, confirmation_token=request.POST.get("confirmation_token", ""))
    if result.outcome is Outcome.PLACED:
        return _answer("placed", redirect=thanks)
    if result.outcome is Outcome.ACTION:
        return _answer("action", client_secret=result.client_secret, redirect=thanks, retry=retry)
    outcome = "declined" if result.outcome is Outcome.DECLINED else "unknown"
    return _answer(outcome, 402, message=result.message, retry=retry)


def _may_try_a_card(request: HttpRequest, order: Order) -> bool:
    """Slow down whoever tries stolen cards: on one order, or on many from one address."""
    return within_limit("pay", who=f"order:{order.number}", most=20, seconds=600) and within_limit(
        "pay-from", who=client_ip(request), most=100, seconds=600
    )


@never_cache
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """Where a shopper, or a bank that sends one back, arrives after paying.

    Asks Stripe how the payment stands, so it does not depend on the webhook's speed.
    """
    order = session.last_order(request)
    attempt = _attempt_of(request, order)
    if attempt is None:
        messages.info(request, "Look your order up by its number and your e-mail address.")
        return redirect("orders:find")
    try:
        settled = settle(attempt.pk)
        waits = standing(settled, said=_not_paid(attempt)).message
    except GatewayError:
        settled, waits = attempt.order, unseen(attempt).message
    if order is None:  # another browser than the one that paid: it is shown nothing
        messages.info(request, waits if settled.status in UNPAID else THANKS)
        return redirect("orders:find")
    if settled.status == OrderState.PENDING:
        messages.warning(request, waits)
        return redirect("checkout:retry", order.number, status_token(order))
    if settled.status in (OrderState.CANCELLED, OrderState.EXPIRED):
        return redirect("orders:status", order.number, status_token(order))
    context = {**order_summary(settled), "token": status_token(settled)}
    return render(request, "checkout/thank_you.html", context)


def _not_paid(attempt: PaymentAttempt) -> str:
    """Say that nothing was charged, and what the bank said, as it was just written down."""
    attempt.refresh_from_db(fields=["last_error"])
    return f"{attempt.last_error} {STILL_YOURS}" if attempt.last_error else NOT_PAID


def _attempt_of(request: HttpRequest, order: Order | None) -> PaymentAttempt | None:
    attempts = PaymentAttempt.objects.select_related("order")
    if order is not None:
        return attempts.filter(order=order).first()
    intent = request.GET.get("payment_intent", "")
    return attempts.filter(intent_id=intent).first() if intent.isidentifier() else None


def _order_by_link(number: str, token: str) -> Order:
    if not is_status_token(number, token):
        raise Http404
    return get_object_or_404(Order.objects.select_related("basket"), number=number)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def retry(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Pay an order that waits for it, with another card or at another time."""
    order = _order_by_link(number, token)
    if request.method == "POST":
        return _charge(request, order)
    attempt = PaymentAttempt.objects.filter(order=order).first()
    at_bank = attempt is not None and attempt.state == AttemptState.PROCESSING
    if order.status != OrderState.PENDING or at_bank:
        return redirect("orders:status", number, token)
    context = _retry_context(order, token, attempt)
    return allow_stripe(render(request, "checkout/retry.html", context))


def _retry_context(order: Order, token: str, attempt: PaymentAttempt | None) -> dict[str, Any]:
    return {
        **order_summary(order),
        "token": token,
        "attempt": attempt,
        "cents": attempt.amount_cents if attempt else 0,
        "billing": BillingForm(),
        **card_field(payer_of(order_answers(order))),
    }


@never_cache
@require_POST
def change_order(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Give a waiting order up, so that its cart is open again and can be changed."""
    order = _order_by_link(number, token)
    is_mine = session.last_order(request) == order  # not who was only sent the link
    try:
        order = abandon(order=order)
    except GatewayError:
        messages.error(request, "The payment service does not answer. Please try again.")
        return redirect("checkout:retry", number, token)
    if order.status == OrderState.PENDING:
        messages.warning(request, standing(order).message)
    elif order.status in (OrderState.CANCELLED, OrderState.EXPIRED) and not _was_charged(order):
        if is_mine:
            session.reopen(request, order_answers(order))
        messages.success(request, "The order is given up, nothing was charged. Here is your cart.")
        return redirect("basket:summary")
    return redirect("orders:status", number, token)


def _was_charged(order: Order) -> bool:
    """Tell whether money was taken for an order, even if it went back."""
    return PaymentAttempt.objects.filter(order=order, captured_cents__gt=0).exists()
