"""Links that open an order page without an account: its number, and a random secret."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from checkout.order.models import Order
from checkout.order.states import OrderState


def status_token(order: Order) -> str:
    """Return the secret in the links of an order. It does not expire."""
    return order.link_secret


def order_by_link(orders: QuerySet[Order], number: str, token: str) -> Order:
    """Return the order of a link; raise Http404 unless both parts are right, and for drafts."""
    order = orders.filter(number=number).exclude(status=OrderState.DRAFT).first()
    if order is None or not constant_time_compare(order.link_secret, token):
        raise Http404
    return order


def with_secret_link(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Pass the order to a view; answer 404 unless the link's secret is right."""

    @wraps(view)
    def wrapped(request: HttpRequest, number: str, token: str, **rest: Any) -> HttpResponseBase:
        order = order_by_link(Order.objects.all(), number, token)
        response = view(request, order, token, **rest)
        response["X-Robots-Tag"] = "noindex"
        return response

    return never_cache(wrapped)


def status_url(order: Order) -> str:
    """Return the absolute URL of the order page, for emails."""
    path = reverse("orders:status", args=[order.number, status_token(order)])
    return settings.SITE_URL + path
