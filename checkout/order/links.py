"""Signed links that open an order page without an account."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from checkout.order.models import Order

_SALT = "order-status"


def status_token(order: Order) -> str:
    """Return the signature that opens the order page; it does not expire."""
    return signing.Signer(salt=_SALT).signature(order.number)


def is_status_token(number: str, token: str) -> bool:
    """Tell whether `token` opens the order with this number."""
    try:
        signing.Signer(salt=_SALT).unsign(f"{number}:{token}")
    except signing.BadSignature:
        return False
    return True


def status_url(order: Order) -> str:
    """Return the absolute URL of the order page, for emails."""
    path = reverse("orders:status", args=[order.number, status_token(order)])
    return settings.SITE_URL + path
