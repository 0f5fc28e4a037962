"""The estimate of import charges, before payment and on the order."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.placement.services import place_order
from checkout.shipping.landed_cost import ImportCharge
from tests.checkout.conftest import quote_for
from tests.checkout.shopper import ANSWERS, add_to_cart, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

GERMANY = {"country": "DE", "province": "", "postcode": "28195", "city": "Bremen"}
SHOWN = "Import charges, paid to customs or the carrier and not included in the total: about"


@pytest.mark.promise("import-estimate")
def test_estimate_is_shown_before_payment_and_kept_on_the_order(
    client: Client, product: Any, cart: Any, details: Any
) -> None:
    plane = product()
    add_to_cart(client, plane)
    answers = ANSWERS | GERMANY | {"shipping_method": "world-packet"}
    page = text(client.post("/checkout/quote/", answers))
    shown = page[page.index(SHOWN) :].split(" CAD.")[0]
    assert "–" in shown  # from the lowest to the highest
    basket, there = cart(plane), replace(details, **GERMANY, shipping_code="world-packet")
    quote = quote_for(basket, there)
    made = place_order(basket=basket, details=there, fingerprint=quote.fingerprint)
    ImportCharge.objects.all().delete()
    Order.objects.update(status="placed")
    status = text(client.get(reverse("orders:status", args=[made.number, status_token(made)])))
    assert f"{shown} CAD." in status


@pytest.mark.promise("import-estimate")
def test_order_within_canada_has_no_estimate(client: Client, product: Any, accepted: Any) -> None:
    add_to_cart(client, product())
    assert SHOWN not in text(client.post("/checkout/quote/", ANSWERS))
