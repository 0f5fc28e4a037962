"""What a shopper does in the browser: add to the cart, fill in the checkout, pay."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from tests.checkout.conftest import token
from tests.stripe_double.control import Double

CART = "/cart/"
PAY = "/checkout/pay/"

ANSWERS = {
    "email": "dana@example.com",
    "first_name": "Dana",
    "last_name": "Reyes",
    "country": "CA",
    "line1": "12 Elm Street",
    "line2": "",
    "city": "Saskatoon",
    "province": "Saskatchewan",
    "postcode": "s7k1a1",
    "phone": "306 955 1836",
    "shipping_method": "ca-parcel",
    "note": "Ring twice",
}


def text(response: HttpResponse) -> str:
    """Return the body of a response."""
    return response.content.decode()


def hidden(page: str, name: str) -> str:
    """Return the value of an input of a page."""
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1]


def add_to_cart(client: Client, product: Product, quantity: object = 1, **data: object) -> Any:
    """Press "Add to cart"."""
    url = reverse("basket:add", args=[product.pk])
    return client.post(url, {"quantity": quantity, **data})


def cart_text(client: Client) -> str:
    """Return the body of the cart page."""
    return text(client.get(CART))


def checkout_form(client: Client) -> dict[str, str]:
    """Fill in the checkout page; the quote is updated for the address, as in the browser."""
    page = text(client.get("/checkout/"))
    quote = text(client.post("/checkout/quote/", ANSWERS))
    return ANSWERS | {
        "cart": hidden(page, "cart"),
        "policies": hidden(page, "policies"),
        "fingerprint": hidden(quote, "fingerprint"),
        "quote": hidden(quote, "quote"),
        "agreed": "on",
    }


def press_pay(
    client: Client,
    form: dict[str, str],
    double: Double,
    card: str = "pm_card_visa",
    path: str = PAY,
) -> Any:
    """Press Pay with a card."""
    return client.post(path, form | {"confirmation_token": token(double, card)})
