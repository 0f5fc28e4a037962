"""Data minimization: what checkout asks, stores and passes on, as the privacy policy promises."""

import re
from datetime import timedelta
from http.cookies import Morsel

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from accounts.users.models import User
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order
from checkout.payment import policy_text
from policies import disclosures, seed, variables
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, add_to_cart, checkout_form, press_pay, text
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

#: Parameters without personal data.
TECHNICAL = {"allowed_payment_method_types", "capture_method", "confirmation_token", "currency"}


@pytest.fixture
def buyer(client: Client, stripe_double: Double) -> Client:
    """A guest with one aircraft in the cart."""
    add_to_cart(client, make_product(price="49.00"))
    return client


def _send(order: Order, by: User) -> None:
    pieces = {line.pk: line.quantity for line in order.lines.all()}
    create_shipment(
        order=order, quantities=pieces, carrier="Canada Post", tracking_number="RN1", by=by
    )


@pytest.mark.promise("minimal-data", "card-data")
def test_checkout_asks_for_address_and_acceptance_but_no_card(buyer: Client) -> None:
    buyer.post("/checkout/contact/", ANSWERS)  # shipping methods need an address
    page = text(buyer.get("/checkout/")).partition("data-checkout")[2].partition("</form>")[0]
    tags = re.findall(r"<(?:input|select|textarea)[^>]* name=\"[^\"]+\"[^>]*>", page)
    # the billing address is a separate form, which is not submitted
    ours_to_get = [tag for tag in tags if 'form="billing-address"' not in tag]
    fields = [re.search(r" name=\"([^\"]+)\"", tag)[1] for tag in ours_to_get]  # type: ignore[index]
    asked = {"email", "first_name", "last_name", "country", "line1", "line2", "city"}
    asked |= {"province", "postcode", "phone", "shipping_method", "note"}
    ours = {"csrfmiddlewaretoken", "cart", "policies", "fingerprint", "quote", "cents"}
    ours |= {"newsletter"}  # optional checkbox
    assert asked <= set(fields)
    assert {name for name in fields if not name.startswith("agreed")} - ours == asked
    # country and shipping method are selects; the phone number is optional
    assert buyer.post("/checkout/contact/", ANSWERS | {"phone": ""}).status_code == 302


@pytest.mark.promise("processors", "canadian-dollars", "no-sale")
def test_stripe_gets_only_what_radar_needs(buyer: Client, stripe_double: Double) -> None:
    press_pay(buyer, checkout_form(buyer), stripe_double)
    order = Order.objects.get()
    (intent,) = stripe_double.intents()
    assert intent["currency"] == "cad"
    assert intent["description"] == f"MicroFlight order {order.number}"
    assert set(intent["metadata"]) == {"order", "attempt", "site"}
    (made,) = stripe_double.requests("/v1/payment_intents")
    assert made["shipping"] == {
        "name": "Dana Reyes",
        "address": {
            "line1": "12 Elm Street", "city": "Saskatoon", "state": "SK",
            "postal_code": "S7K 1A1", "country": "CA",
        },
    }  # fmt: skip
    assert intent["receipt_email"] is None  # or Stripe would email the customer, too
    everything = repr(stripe_double.requests(".*"))
    for private in ("dana@example.com", "3069551836", "Ring twice"):
        assert private not in everything


@pytest.mark.promise("processors")
def test_privacy_policy_lists_what_stripe_gets(buyer: Client, stripe_double: Double) -> None:
    press_pay(buyer, checkout_form(buyer), stripe_double)
    calls = stripe_double.requests("/v1/payment_intents.*")
    assert len(calls) == 2  # one creates the intent, one confirms it
    names = {name for params in calls for name in params} - TECHNICAL
    assert names == policy_text.FROM_THE_SHOP.keys()
    said = policy_text.stripe_gets()
    assert [each for each in policy_text.FROM_THE_SHOP.values() if str(each) not in said] == []


@pytest.mark.promise("opt-in-mail", "service-mail")
def test_buyer_gets_only_order_emails(buyer: Client, stripe_double: Double, charlie: User) -> None:
    press_pay(buyer, checkout_form(buyer), stripe_double)
    _send(Order.objects.get(), charlie)
    mine = Message.objects.filter(recipient="dana@example.com").order_by("pk")
    assert [message.email_type for message in mine] == ["order-confirmed", "shipment-sent"]


@pytest.mark.promise("cookies")
def test_visit_sets_only_disclosed_cookies(
    buyer: Client, stripe_double: Double, alice: User
) -> None:
    found: dict[str, Morsel[str]] = dict(buyer.cookies)
    press_pay(buyer, checkout_form(buyer), stripe_double)
    buyer.get("/checkout/thank-you/")
    buyer.post("/compare/", {"product": make_product(price="1.00").pk})
    found |= buyer.cookies
    log_in = {"login": alice.email, "password": "pass-alice-3.6", "remember": "on"}
    buyer.post(reverse("account_login"), log_in)
    found |= buyer.cookies
    declared = {each.name: each.lifetime for each in disclosures.cookies()}
    assert set(found) == set(declared) - {"__stripe_mid", "__stripe_sid", "m"}
    for name, seconds in (("basket", 2_592_000), ("csrftoken", settings.CSRF_COOKIE_AGE)):
        assert int(found[name]["max-age"]) == seconds
        assert declared[name] == disclosures.format_duration(seconds)
    assert found["messages"]["max-age"] == ""


@pytest.mark.promise("guarded-cookies")
def test_session_cookie_is_http_only_and_same_site(client: Client, alice: User) -> None:
    log_in = {"login": alice.email, "password": "pass-alice-3.6"}
    client.post(reverse("account_login"), log_in)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.promise("other-ways")
def test_payment_page_names_alternatives_to_the_card_field(buyer: Client) -> None:
    page = text(buyer.get("/checkout/"))
    instead = page.partition("<noscript>\n  <div")[2].partition("</noscript>")[0]
    for way in ("tel:+13069551836", "9:00 to 17:00", "mailto:", "don’t email card numbers"):
        assert way in instead


@pytest.mark.promise("kept-for-you")
def test_unpaid_order_reserves_stock_as_long_as_the_policy_says(
    buyer: Client, stripe_double: Double
) -> None:
    press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined")
    order = Order.objects.get()
    assert order.status == "pending"
    assert order.lines.get().num_allocated == 1
    kept = order.attempts.get().expires_at - order.date_placed
    text = (seed.FOLDER / "payment.md").read_text(encoding="utf-8")
    shown = variables.fill(next(row for row in text.split("\n") if "kept-for-you" in row))
    assert f"reserved for you for {kept.total_seconds() / 60:.0f} minutes" in shown
    assert kept == timedelta(minutes=30)


@pytest.mark.promise("price-of-the-day")
def test_price_increase_after_the_order_is_not_charged(
    buyer: Client, stripe_double: Double, charlie: User
) -> None:
    press_pay(buyer, checkout_form(buyer), stripe_double)
    order = Order.objects.get()
    line = order.lines.get()
    assert line.stockrecord is not None
    line.stockrecord.price = 99
    line.stockrecord.save()
    _send(order, charlie)
    (intent,) = stripe_double.intents()
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 6716)
