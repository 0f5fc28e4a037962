"""The order page, opened by its signed link, and the page that emails the link again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from checkout.order import emails
from checkout.order.links import is_status_token, status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary, shipments_of
from checkout.order.states import OrderState
from checkout.pages.orders.forms import FindForm
from checkout.payment.models import PaymentAttempt
from checkout.returns.timeline import returns_context
from microflight.core.limits import client_ip, within_limit
from microflight.core.money import from_cents

SENT = _(
    "If an order with this number and email address exists, its link is on the way. "
    "Nothing in your inbox? Check your spam folder, or contact us."
)
CHIPS: dict[str, str] = {
    OrderState.PENDING: "wait",
    OrderState.EXPIRED: "bad",
    OrderState.CANCELLED: "bad",
}  # every other state: good
TOO_OFTEN = _("Too many attempts. Please try again in an hour, or call us.")


def order_context(order: Order) -> dict[str, Any]:
    """Return the context of the order page, for guests and accounts alike."""
    attempt = PaymentAttempt.objects.filter(order=order).first()
    return {
        **order_summary(order),
        "token": status_token(order),
        "shipments": shipments_of(order),
        "attempt": attempt,
        "charged": from_cents(attempt.captured_cents) if attempt else None,
        "refunded": from_cents(attempt.refunded_cents) if attempt else None,
        "state_look": CHIPS.get(order.status, "good"),
        **returns_context(order),
    }


@never_cache
@require_safe
def status(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Show one order to anyone with the signed link from its emails."""
    if not is_status_token(number, token):
        raise Http404
    orders = Order.objects.select_related("shipping_address__country")
    order = get_object_or_404(orders, number=number)
    response = render(request, "orders/status.html", order_context(order))
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Email the link of an order to the address it was placed with.

    The response is the same whether or not the order exists.
    """
    form = FindForm(request.POST or None)
    if form.is_valid():
        if not within_limit("find-order", who=client_ip(request), most=10, seconds=3600):
            form.add_error(None, TOO_OFTEN)
            return render(request, "orders/find.html", {"form": form}, status=429)
        _send_link(form.cleaned_data["number"], form.cleaned_data["email"])
        messages.info(request, SENT)
        return redirect("orders:find")
    code = 422 if form.is_bound else 200
    return render(request, "orders/find.html", {"form": form}, status=code)


def _send_link(number: str, email: str) -> None:
    order = Order.objects.filter(number=number, guest_email__iexact=email).first()
    if order is not None:
        emails.order_link(order)
