"""An order's page for whoever has its link, and how to get the link again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from checkout.order import emails
from checkout.order.carriers import tracking_url
from checkout.order.links import is_status_token, status_token
from checkout.order.models import Order
from checkout.order.order_summary import bill_of, parcels_of
from checkout.order.states import OrderState
from checkout.pages.order_forms import FindForm
from checkout.payment.models import PaymentAttempt
from checkout.returns.story import returns_of
from microflight.core.limits import client_ip, within_limit
from microflight.core.money import from_cents

SENT = (
    "If there is an order with this number and this address, its link is on its way to you by "
    "e-mail. If nothing comes, look into the spam folder or write to us."
)
LOOKS: dict[str, str] = {
    OrderState.PENDING: "wait",
    OrderState.EXPIRED: "bad",
    OrderState.CANCELLED: "bad",
}  # and everything else is good
TOO_OFTEN = "Too many tries for now. Please wait an hour, or call us."


def page_of(order: Order) -> dict[str, Any]:
    """Return what an order's page shows, by link or in an account."""
    parcels = parcels_of(order)
    for parcel in parcels:
        parcel["url"] = tracking_url(parcel["carrier"], parcel["number"])
    attempt = PaymentAttempt.objects.filter(order=order).first()
    return {
        **bill_of(order),
        "token": status_token(order),
        "parcels": parcels,
        "attempt": attempt,
        "charged": from_cents(attempt.captured_cents) if attempt else None,
        "refunded": from_cents(attempt.refunded_cents) if attempt else None,
        "state_look": LOOKS.get(order.status, "good"),
        **returns_of(order),
    }


@never_cache
@require_safe
def status(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Show one order to whoever holds the signed link from its mails."""
    if not is_status_token(number, token):
        raise Http404
    found = Order.objects.select_related("shipping_address__country")
    order = get_object_or_404(found, number=number)
    response = render(request, "orders/status.html", page_of(order))
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Mail the link of an order to the address it was placed with.

    The answer is the same whether or not there is such an order.
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
