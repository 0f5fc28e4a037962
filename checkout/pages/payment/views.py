"""Payment: the Pay button, the return from the bank, retrying and changing an order."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.agreements.services import CHANGED
from accounts.newsletter.subscribers import opt_in
from checkout.basket.models import Basket
from checkout.order import errors
from checkout.order.links import order_by_link, status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary
from checkout.order.states import OrderState
from checkout.pages.basket_middleware import basket_id_in, open_basket
from checkout.pages.checkout.answers import current_answers, delete_answers, store_answers
from checkout.pages.checkout.forms import (
    DETAILS,
    AcceptanceForm,
    BillingForm,
    CheckoutPage,
    billing_details,
    order_answers,
)
from checkout.pages.last_order import last_order, store_last_order
from checkout.payment.card_field import card_field
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.stripe_gateway import GatewayError, NotSent, take_slot
from checkout.payment.stripe_objects import is_confirmation_token
from checkout.placement.quote_changes import changes_since
from checkout.placement.services import (
    OrderDetails,
    accept_policies,
    has_accepted_policies,
    place_order,
)
from checkout.settlement.services import (
    PAYMENT_BUSY,
    TRY_AGAIN,
    Outcome,
    abandon,
    pay,
    payment_result,
    settle,
    unseen_result,
)
from checkout.settlement.settle import UNPAID
from microflight.core.limits import client_ip, client_network, within_limit
from microflight.core.security_headers import allow_stripe

OUTDATED = gettext_lazy("This page is out of date: your cart has changed. Nothing was charged.")
TOO_MANY_ATTEMPTS = gettext_lazy("Too many attempts. Please wait ten minutes, or order by phone.")
#: Errors that the shopper corrects in the cart.
TO_CART = (
    errors.EmptyCart,
    errors.OfferUsedUp,
    errors.OnBackorder,
    errors.OutOfStock,
    errors.TooManyItems,
)
THANKS = gettext_lazy("Thank you. Your order is confirmed. We’ve sent you an email.")
NOT_PAID = gettext_lazy("This order is not paid yet. Nothing was charged.")


@never_cache
@require_POST
@sensitive_post_parameters()
def pay_cart(request: HttpRequest) -> HttpResponse:
    """Place the order and charge the card; the JSON response tells pay.js what happens next.

    A second click, even after the back button, finds the order that the first one placed.
    """
    basket = _basket_of_page(request)
    if basket is None:
        return _back_to_cart(request, str(OUTDATED))
    if basket.status != Basket.OPEN:
        order = Order.objects.live().filter(basket=basket).first()
        return _charge(request, order) if order else _back_to_cart(request, str(OUTDATED))
    if not within_limit("pay", who=f"cart:{basket.pk}", most=30, seconds=600):
        return _outcome("invalid", 429, message=TOO_MANY_ATTEMPTS)
    return _place(request, basket)


def _basket_of_page(request: Any) -> Basket | None:
    """Return the cart that the page was rendered for, if it is this visitor's."""
    pk = basket_id_in(request.POST.get("cart", ""))
    if pk is None:
        return None
    mine = open_basket(request)
    if mine.pk == pk:
        return mine
    owner = request.user.pk if request.user.is_authenticated else None
    ordered = Basket.objects.exclude(status=Basket.OPEN).filter(pk=pk).first()
    return ordered if ordered is not None and ordered.owner_id in (None, owner) else None


def _place(request: Any, basket: Basket) -> HttpResponse:
    page = _posted_page(request, basket)
    if not page.is_valid():
        current = _acceptance(request) if page.acceptance.changed else {}
        return _outcome("invalid", 422, errors=page.errors, **current)
    if "check" in request.POST:
        return _outcome("fine")
    try:
        take_slot()
        order = place_order(
            basket=basket,
            details=_details(page),
            fingerprint=request.POST.get("fingerprint", ""),
            user=request.user,
            ip=client_ip(request),
            unpaid_carts=request.unpaid_carts,
            has_card=is_confirmation_token(request.POST.get("confirmation_token", "")),
        )
    except NotSent:
        return _outcome("invalid", 503, message=PAYMENT_BUSY)
    except errors.CartChanged as change:
        return _changed(request, page, change)
    except TO_CART as error:
        return _back_to_cart(request, str(error))
    except errors.PolicyNotAccepted:  # they changed since the form above was checked
        return _outcome("invalid", 422, errors={"agreed": [CHANGED]}, **_acceptance(request))
    except errors.CheckoutError as error:
        return _rejected(error)
    _sign_up_for_newsletter(request, page)
    return _charge(request, order)


def _posted_page(request: Any, basket: Basket) -> CheckoutPage:
    """Return the page as posted. It says whether anything is shipped, which saves a query:
    place_order rejects what needs shipping and has no method."""
    forms, is_shipped = {"contact", "shipping", "acceptance"}, "nothing_shipped" not in request.POST
    if "early_charge_shown" in request.POST:  # not every page has it
        forms.add("early_charge")
    bound = frozenset(forms)
    return CheckoutPage(basket, current_answers(request), None, bound=bound, is_shipped=is_shipped)


def _rejected(error: errors.CheckoutError) -> HttpResponse:
    if error.field:
        return _outcome("invalid", 422, errors={error.field: [str(error)]})
    status = 429 if isinstance(error, errors.TooManyUnpaidOrders) else 422
    return _outcome("invalid", status, message=str(error))


def _sign_up_for_newsletter(request: Any, page: CheckoutPage) -> None:
    """Sign the shopper up if they ticked the newsletter checkbox."""
    if page.newsletter.is_checked:
        user = request.user if request.user.is_authenticated else None
        email = page.contact.cleaned_data["email"]
        opt_in.at_checkout(
            email, user=user, policies=page.acceptance.required_policies, ip=client_ip(request)
        )


def _acceptance(request: HttpRequest) -> dict[str, str]:
    """Render the policies in force, with an unticked checkbox."""
    context = {"acceptance": AcceptanceForm()}
    return {"acceptance": render_to_string("checkout/_acceptance.html", context, request)}


def _details(page: CheckoutPage) -> OrderDetails:
    contact, shipping = page.contact.cleaned_data, page.shipping.cleaned_data
    return OrderDetails(
        **{name: contact[name] for name in DETAILS if name in contact},
        country=contact["country"].pk,
        shipping_code=page.shipping_code,
        note=shipping.get("note", ""),
        accepted=page.acceptance.accepted,
        early_charge=bool(page.answers.get("early_charge")),
    )


def _outcome(outcome: str, status: int = 200, **data: Any) -> JsonResponse:
    return JsonResponse({"outcome": outcome, **data}, status=status)


def _back_to_cart(request: HttpRequest, message: str) -> HttpResponse:
    """Send the shopper to the cart with an error message."""
    messages.error(request, message)
    return _outcome("stopped", 409, message=message, redirect=reverse("basket:summary"))


def _changed(request: HttpRequest, page: CheckoutPage, change: errors.CartChanged) -> HttpResponse:
    """Show the new quote and what changed; the shopper has to press Pay again."""
    updated = CheckoutPage(page.basket, page.answers, change.quote)
    html = render_to_string("checkout/_quote.html", updated.context(), request)
    changes = changes_since(request.POST.get("quote", ""), change.quote)
    return _outcome("changed", 409, message=str(change), changes=changes, html=html)


def _charge(request: HttpRequest, order: Order) -> HttpResponse:
    """Charge the card for a pending order, and return the outcome for pay.js."""
    delete_answers(request)
    store_last_order(request, order)
    retry = reverse("checkout:retry", args=[order.number, status_token(order)])
    thanks = reverse("checkout:thank-you")
    if order.status not in UNPAID:
        return _outcome("placed", redirect=thanks)
    if not _may_try_card(request, order):
        return _outcome("invalid", 429, message=TOO_MANY_ATTEMPTS)
    result = pay(order=order, confirmation_token=request.POST.get("confirmation_token", ""))
    if result.outcome is Outcome.PLACED:
        return _outcome("placed", redirect=thanks)
    if result.outcome is Outcome.ACTION:
        return _outcome("action", client_secret=result.client_secret, redirect=thanks, retry=retry)
    outcome = "declined" if result.outcome is Outcome.DECLINED else "unknown"
    return _outcome(outcome, 402, message=result.message, retry=retry)


def _may_try_card(request: HttpRequest, order: Order) -> bool:
    """Limit card testing: attempts per order, and per IP address."""
    return within_limit("pay", who=f"order:{order.number}", most=20, seconds=600) and within_limit(
        "pay-from", who=client_network(request), most=100, seconds=600
    )


@never_cache
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """Show the order after payment, or after the return from the bank.

    Retrieves the payment from Stripe, so that it does not have to wait for the webhook.
    """
    order = last_order(request)
    attempt = _attempt_of(request, order)
    if attempt is None:
        messages.info(request, _("Look up your order by its number and your email."))
        return redirect("orders:find")
    try:
        settled = settle(attempt.pk)
        waits = payment_result(settled, declined=_not_paid(attempt)).message
    except GatewayError:
        settled, waits = attempt.order, unseen_result(attempt).message
    if order is None:  # not the browser that paid: it may not see the order
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
    """Return the message for an unpaid order, with the bank's reason if there is one."""
    attempt.refresh_from_db(fields=["last_error"])
    return f"{attempt.last_error} {TRY_AGAIN}" if attempt.last_error else str(NOT_PAID)


def _attempt_of(request: HttpRequest, order: Order | None) -> PaymentAttempt | None:
    attempts = PaymentAttempt.objects.select_related("order")
    if order is not None:
        return attempts.filter(order=order).first()
    intent = request.GET.get("payment_intent", "")
    return attempts.filter(intent_id=intent).first() if intent.isidentifier() else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def retry(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Pay for a pending order, with another card or at another time."""
    order = order_by_link(Order.objects.select_related("basket"), number, token)
    if request.method == "POST":
        return _reject_without_policies(request, order) or _charge(request, order)
    attempt = PaymentAttempt.objects.filter(order=order).first()
    at_bank = attempt is not None and attempt.state == AttemptState.PROCESSING
    if order.status != OrderState.PENDING or at_bank:
        return redirect("orders:status", number, token)
    context = _retry_context(order, token, attempt)
    return allow_stripe(render(request, "checkout/retry.html", context))


def _reject_without_policies(request: HttpRequest, order: Order) -> HttpResponse | None:
    """Record that the customer of a quote accepts the policies, with the payment."""
    if not order.is_staff_order or has_accepted_policies(order):
        return None
    form = AcceptanceForm(request.POST)
    try:
        if form.is_valid():
            accept_policies(order=order, accepted=form.accepted, ip=client_ip(request))
            return None
        problems = {name: list(map(str, form.errors[name])) for name in form.errors}
    except errors.PolicyNotAccepted:  # they changed since the form above was checked
        problems = {"agreed": [str(CHANGED)]}
    return _outcome("invalid", 422, errors=problems, **_acceptance(request))


def _retry_context(order: Order, token: str, attempt: PaymentAttempt | None) -> dict[str, Any]:
    asks = order.is_staff_order and not has_accepted_policies(order)
    return {
        **order_summary(order),
        "token": token,
        "acceptance": AcceptanceForm() if asks else None,
        "attempt": attempt,
        "cents": attempt.amount_cents if attempt else 0,
        "billing": BillingForm(),
        "is_shipped": order.needs_shipping and not order.is_pickup,
        **card_field(billing_details(order_answers(order))),
    }


@never_cache
@require_POST
def change_order(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Cancel a pending order, so that its cart is open again and can be changed."""
    order = order_by_link(Order.objects.select_related("basket"), number, token)
    if order.is_staff_order:  # it has no cart of the customer's
        return redirect("orders:status", number, token)
    is_mine = last_order(request) == order  # not a visitor who only has the link
    try:
        order = abandon(order=order)
    except GatewayError:
        messages.error(request, _("The payment service is not responding. Please try again."))
        return redirect("checkout:retry", number, token)
    if order.status == OrderState.PENDING:
        messages.warning(request, payment_result(order).message)
    elif order.status in (OrderState.CANCELLED, OrderState.EXPIRED) and not _was_charged(order):
        if is_mine:
            store_answers(request, order_answers(order))
        messages.success(
            request, _("Order cancelled. Nothing was charged, and your cart is restored.")
        )
        return redirect("basket:summary")
    return redirect("orders:status", number, token)


def _was_charged(order: Order) -> bool:
    """Return whether a payment was captured for an order, even if it was refunded."""
    return PaymentAttempt.objects.filter(order=order, captured_cents__gt=0).exists()
