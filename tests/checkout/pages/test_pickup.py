"""Pickup at the shop: no address, no carrier, and the taxes of Saskatchewan."""

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from checkout.documents import slips
from checkout.fulfilment.shipments import create_shipment
from checkout.order.links import status_url
from checkout.order.models import Order
from checkout.placement.quote import make_quote
from checkout.shipping.models import ShippingMethod
from checkout.shipping.services import pickup_method
from microflight.core.pdf_document import Paper, render
from tests.checkout.factories import make_product
from tests.checkout.shopper import add_to_cart, hidden, press_pay, text
from tests.pdf_files import text_of_pdf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]
PICKUP = {
    "email": "dana@example.com", "first_name": "Dana", "last_name": "Reyes", "country": "DE",
    "province": "", "shipping_method": "pickup", "pickup": "1",
}  # fmt: skip


@pytest.fixture
def buyer(client: Client) -> Client:
    """A visitor with a Carbon Butterfly for 49.00 in the cart."""
    add_to_cart(client, make_product())
    return client


def form_for_pickup(client: Client) -> dict[str, str]:
    """Choose pickup, and fill in the page that follows."""
    assert client.post("/checkout/leave/", {"leave": "pickup"}).url == "/checkout/"
    page = text(client.get("/checkout/"))
    quote = text(client.post("/checkout/quote/", PICKUP))
    return PICKUP | {
        "cart": hidden(page, "cart"), "policies": hidden(page, "policies"),
        "fingerprint": hidden(quote, "fingerprint"), "quote": hidden(quote, "quote"),
        "agreed": "on",
    }  # fmt: skip


# --- Quote ---------------------------------------------------------------------------------------


# Mutation: without `pickup`, taxes of the destination: none in Germany, 13% in Ontario.
@pytest.mark.promise("pickup")
@pytest.mark.parametrize("place", [("DE", ""), ("CA", "ON"), ("CA", "SK"), ("CA", "")])
def test_pickup_is_free_and_taxed_in_saskatchewan(
    place: tuple[str, str], product: Any, cart: Any
) -> None:
    country, province = place
    quote = make_quote(cart(product()), country=country, province=province, shipping_code="pickup")
    assert (quote.complete, quote.shipping.amount) == (True, 0)
    assert {tax.name: tax.amount for tax in quote.taxes} == {
        "GST": Decimal("2.50"), "PST": Decimal("3.00"),
    }  # fmt: skip
    assert quote.total == Decimal("55.45")


def test_pickup_is_never_chosen_by_itself(product: Any, cart: Any) -> None:
    basket = cart(product())
    quote = make_quote(
        basket, country="CA", province="SK", shipping_code=None, default_to_first=True
    )
    assert "pickup" not in {each.code for each in quote.shipping.methods}
    assert quote.shipping.code != "pickup"


def test_inactive_pickup_is_not_available(product: Any, cart: Any) -> None:
    ShippingMethod.objects.filter(code="pickup").update(active=False)
    assert pickup_method() is None
    quote = make_quote(cart(product()), country="CA", province="SK", shipping_code="pickup")
    assert not quote.complete


# --- Checkout ------------------------------------------------------------------------------------


def test_page_for_pickup_asks_for_no_address(buyer: Client) -> None:
    page = text(buyer.get("/checkout/"))
    assert "Pickup in Saskatoon" in page
    assert 'name="line1"' in page
    form_for_pickup(buyer)
    page = text(buyer.get("/checkout/"))
    assert 'name="line1"' not in page
    assert 'name="pickup" value="1"' in page
    assert "Pick your order up at Plantraco Ltd., 1101 8th Street East, Saskatoon" in page
    assert "PST 6%" in page
    assert "charged when your order is ready for pickup" in page
    assert "customs may charge" not in page
    buyer.post("/checkout/leave/", {"leave": "ship"})
    assert 'name="line1"' in text(buyer.get("/checkout/"))


@pytest.mark.promise("pickup")
def test_order_for_pickup_is_placed_and_handed_over(buyer: Client, stripe_double: Any) -> None:
    response = press_pay(buyer, form_for_pickup(buyer), stripe_double)
    assert response.json()["outcome"] == "placed"
    order = Order.objects.get()
    assert (order.status, order.shipping_method) == ("placed", "Pickup in Saskatoon")
    assert (order.shipping_address, order.billing_address.country_id) == (None, "DE")
    assert (order.is_pickup, order.shipping_incl_tax) == (True, 0)
    ShippingMethod.objects.filter(code=order.shipping_code).update(pickup=False)
    order = Order.objects.get()  # picked up, whatever the method is changed to
    assert order.is_pickup
    ShippingMethod.objects.filter(code=order.shipping_code).update(pickup=True)
    assert order.total_incl_tax == Decimal("54.39")  # 49.00, GST 2.45 and PST 2.94
    assert {(tax.component, tax.province) for tax in order.tax_lines.all()} == {
        ("GST", "SK"), ("PST", "SK"),
    }  # fmt: skip
    email = compose(Message.objects.get(email_type="order-confirmed")).text
    assert "We will email you when your order is ready for pickup." in email
    assert "SHIP TO" not in email
    page = text(buyer.get(status_url(order).removeprefix(settings.SITE_URL)))
    assert "Pick your order up at Plantraco Ltd., 1101 8th Street East, Saskatoon" in page
    assert "Your card is charged when your order is ready for pickup." in page
    assert "when it ships" not in page
    slip = text_of_pdf(render(slips.packing_slips([order]), Paper.A4))
    assert "Dana Reyes" in slip
    assert "Ship to" not in slip
    line = order.lines.get()
    create_shipment(order=order, quantities={line.pk: 1}, carrier="", tracking_number="", by=None)
    email = compose(Message.objects.get(email_type="shipment-sent"))
    assert email.subject == f"Order {order.number} is ready for pickup"
    assert "Pick it up at Plantraco Ltd., 1101 8th Street East, Saskatoon." in email.text
    assert "SHIP TO" not in email.text
    assert "<h2>Ship to</h2>" not in email.html
    order.refresh_from_db()
    assert (order.status, order.attempts.get().captured_cents) == ("shipped", 5439)


# Mutation: without the check of `line1`, the order was placed with an empty address.
def test_shipped_order_without_an_address_is_rejected(buyer: Client, stripe_double: Any) -> None:
    form = form_for_pickup(buyer)
    forged = PICKUP | {"country": "CA", "province": "SK", "shipping_method": "ca-parcel"}
    quote = text(buyer.post("/checkout/quote/", forged))
    form |= forged | {"fingerprint": hidden(quote, "fingerprint")}
    response = press_pay(buyer, form, stripe_double)
    assert response.status_code == 422
    assert not Order.objects.exists()


def test_staff_are_not_told_that_the_card_of_a_pickup_is_charged(
    buyer: Client, stripe_double: Any, settings: Any
) -> None:
    settings.STAFF_EMAILS = ["staff@example.com"]
    press_pay(buyer, form_for_pickup(buyer), stripe_double)
    email = compose(Message.objects.get(email_type="order-for-staff"))
    for body in (email.text, email.html):
        assert "The customer picks it up" in " ".join(body.split())
        assert "Nothing in it is shipped" not in body


def test_steps_without_javascript_lead_to_the_payment_page(buyer: Client) -> None:
    form_for_pickup(buyer)
    response = buyer.post("/checkout/contact/", PICKUP)
    assert response.url == "/checkout/shipping/"
    assert buyer.get("/checkout/shipping/").url == "/checkout/payment/"
    page = text(buyer.get("/checkout/payment/"))
    assert "Pickup in Saskatoon" in page
    response = buyer.post("/checkout/", PICKUP)
    assert response.url == "/checkout/payment/"


def test_pickup_survives_a_cart_without_it(buyer: Client) -> None:
    form_for_pickup(buyer)
    ShippingMethod.objects.filter(code="pickup").update(active=False)
    page = text(buyer.get("/checkout/"))
    assert "Ship to an address" in page
    assert buyer.post("/checkout/leave/", {"leave": "pickup"}).url == "/checkout/"
    assert 'name="line1"' in text(buyer.get("/checkout/"))
