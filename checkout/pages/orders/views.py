"""The order page, opened by its secret link, and the page that emails the link again."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.email_addresses import hash_email
from accounts.mail import outbox
from checkout.documents.printing import links_to_documents
from checkout.order import emails
from checkout.order.links import order_by_link, status_token
from checkout.order.models import Order
from checkout.order.order_summary import order_summary, shipments_of
from checkout.order.states import OrderState
from checkout.pages.orders.forms import FindForm
from checkout.payment.models import PaymentAttempt
from checkout.returns.timeline import returns_context
from checkout.withdrawal.period import withdrawal_options
from microflight.core.limits import client_network, within_limit
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
MAX_LINKS = 10  # emails about one order in a day
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
        "documents": links_to_documents(order),
        "state_look": CHIPS.get(order.status, "good"),
        **returns_context(order),
        "withdrawal": withdrawal_options(order),
        "withdrawals": order.withdrawals.order_by("pk").prefetch_related("lines__line"),
    }


@never_cache
@require_safe
def status(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Show one order to anyone with the link from its emails."""
    orders = Order.objects.select_related("shipping_address__country", "billing_address__country")
    order = order_by_link(orders, number, token)
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
        if not within_limit("find-order", who=client_network(request), most=10, seconds=3600):
            form.add_error(None, TOO_OFTEN)
            return render(request, "orders/find.html", {"form": form}, status=429)
        send_link(form.cleaned_data["number"], form.cleaned_data["email"])
        messages.info(request, SENT)
        return redirect("orders:find")
    code = 422 if form.is_bound else 200
    return render(request, "orders/find.html", {"form": form}, status=code)


def pair(number: str, email: str) -> str:
    """Return a key for limits: strangers who know a number alone cannot use up its owner's."""
    return f"{number}:{hash_email(email)[:32]}"


def send_link(number: str, email: str) -> None:
    """Queue the email. Without such an order the same work is undone: it takes as long.

    Beyond the limit nothing is sent: strangers must not flood a customer with emails.
    """
    orders = Order.objects.exclude(status=OrderState.DRAFT)
    order = orders.filter(number=number, guest_email__iexact=email).first()
    allowed = within_limit("order-link", who=pair(number, email), most=MAX_LINKS, seconds=86_400)
    with transaction.atomic():
        emails.order_link(order or Order(number=number, guest_email=email))
        if order is None or not allowed:
            transaction.set_rollback(True)
    if order is None or not allowed:
        outbox.queue(0, "order-link")  # no such row
