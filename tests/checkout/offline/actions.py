"""Staff act on an order in the admin."""

from typing import Any

from django.test import Client

from checkout.order.models import Order
from tests.checkout.shopper import hidden, text

CUSTOMER = {
    "channel": "phone",
    "email": "dana@example.com",
    "first_name": "Dana",
    "last_name": "Reyes",
    "line1": "12 Elm Street",
    "city": "Saskatoon",
    "province": "Saskatchewan",
    "postcode": "s7k1a1",
    "country": "CA",
    "phone": "306 955 1836",
}


def act(staff: Client, order: Order, name: str, **data: Any) -> str:
    """Submit the form of an action, and return the page that follows."""
    url = f"/admin/order/order/{order.pk}/{name}/do/"
    shown = text(staff.get(url))
    more = {"seen": hidden(shown, "seen")} if 'name="seen"' in shown else {}
    response = staff.post(url, {"once": hidden(shown, "once"), **more, **data}, follow=True)
    order.refresh_from_db()
    return text(response)
