"""The Pay button, the thank-you page, retrying and changing an order."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.order.links import status_token
from checkout.order.models import Order
from microflight.core.limits import client_ip
from policies.models import Acceptance, Policy
from policies.workflow import adopt
from tests.catalog import stock
from tests.checkout.conftest import transactions
from tests.checkout.factories import make_offer, make_product
from tests.checkout.shopper import PAY, add_to_cart, checkout_form, hidden, press_pay, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def buyer(client, stripe_double):
    """A guest with one aircraft of 49.00 CAD in the cart."""
    add_to_cart(client, make_product(price="49.00"))
    return client


@pytest.mark.promise("guest-orders", "acceptance-kept")
def test_guest_pays_and_sees_the_thank_you_page(buyer, stripe_double):
    answer = press_pay(buyer, checkout_form(buyer), stripe_double)

    assert answer.json() == {"outcome": "placed", "redirect": "/checkout/thank-you/"}
    order = Order.objects.get()
    assert (order.status, order.guest_email, order.user) == ("placed", "dana@example.com", None)
    assert transactions(order) == [("authorize", 6716)]
    assert order.shipping_address.notes == "Ring twice"
    assert order.shipping_address.phone_number.as_e164 == "+13069551836"
    [accepted] = Acceptance.objects.all()
    assert accepted.label == "I have read and accept Payment (version 1)."
    page = text(buyer.get("/checkout/thank-you/"))
    assert f"Order {order.number} is confirmed." in page
    assert "dana@example.com" in page
    assert reverse("orders:status", args=[order.number, status_token(order)]) in page
    assert "Your cart is empty" in text(buyer.get("/cart/"))


def test_second_press_finds_the_first_order(buyer, stripe_double):
    form = checkout_form(buyer)
    press_pay(buyer, form, stripe_double)
    again = press_pay(buyer, form, stripe_double)
    assert again.json()["outcome"] == "placed"
    assert Order.objects.count() == 1
    assert transactions(Order.objects.get()) == [("authorize", 6716)]


def test_back_button_after_payment_opens_the_order(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    order = Order.objects.get()
    response = buyer.get("/checkout/")
    assert response.url == reverse("orders:status", args=[order.number, status_token(order)])
    assert "no-store" in response["Cache-Control"]


def test_new_cart_after_an_order_can_be_ordered(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    add_to_cart(buyer, make_product("Second", price="10.00"))
    assert buyer.get("/checkout/").status_code == 200
    press_pay(buyer, checkout_form(buyer), stripe_double)
    assert Order.objects.filter(status="placed").count() == 2


@pytest.mark.promise("refused-costs-nothing")
def test_second_card_pays_the_same_order(buyer, stripe_double):
    declined = press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined")
    order = Order.objects.get()
    assert declined.status_code == 402
    assert declined.json()["outcome"] == "declined"
    assert "declined" in declined.json()["message"]
    retry = declined.json()["retry"]
    assert buyer.get("/checkout/").url == retry
    page = text(buyer.get(retry))
    assert f"Pay for order {order.number}" in page
    assert 'data-cents="6716"' in page
    assert press_pay(buyer, {}, stripe_double, path=retry).json()["outcome"] == "placed"
    assert Order.objects.get().status == "placed"
    assert buyer.get(retry).url == reverse("orders:status", args=retry.split("/")[3:5])


def test_cart_cookie_finds_the_pending_order_without_a_session(buyer, stripe_double):
    retry = press_pay(
        buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined"
    ).json()["retry"]
    buyer.cookies.pop("sessionid")
    assert "You have an unpaid order" in text(buyer.get("/cart/"))
    assert buyer.get("/checkout/").url == retry
    stranger = Client()
    stranger.cookies["basket"] = buyer.cookies["basket"].value[:-1] + "x"
    assert stranger.get("/checkout/").url == "/cart/"


def test_changing_the_order_restores_the_cart(buyer, stripe_double):
    retry = press_pay(
        buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined"
    ).json()["retry"]
    assert StockRecord.objects.get().num_allocated == 1
    assert "You have an unpaid order" in text(buyer.get("/cart/"))
    response = buyer.post(retry.replace("/retry/", "/change/"))
    assert response.url == "/cart/"
    assert "Carbon Butterfly" in text(buyer.get("/cart/"))
    assert StockRecord.objects.get().num_allocated == 0
    assert Order.objects.get().status == "cancelled"
    assert press_pay(buyer, checkout_form(buyer), stripe_double).json()["outcome"] == "placed"
    assert Order.objects.filter(status="placed").count() == 1


def test_changing_the_order_restores_the_answers_for_its_shopper_only(buyer, stripe_double):
    form = checkout_form(buyer)
    retry = press_pay(buyer, form, stripe_double, "pm_card_visa_chargeDeclined").json()["retry"]
    change = retry.replace("/retry/", "/change/")
    stranger = Client()
    stranger.post(change)
    add_to_cart(stranger, make_product("Other", price="10.00"))
    assert "dana@example.com" not in text(stranger.get("/checkout/"))
    buyer.post(change)
    page = text(buyer.get("/checkout/"))
    for name in ("email", "first_name", "line1", "city", "province", "note"):
        assert form[name] in page, name
    assert "S7K 1A1" in page


def test_bank_confirmation_places_the_order(buyer, stripe_double):
    answer = press_pay(
        buyer, checkout_form(buyer), stripe_double, "pm_card_threeDSecure2Required"
    ).json()
    assert answer["outcome"] == "action"
    assert "_secret_" in answer["client_secret"]
    [intent] = stripe_double.intents()
    waiting = buyer.get("/checkout/thank-you/")
    assert waiting.url == answer["retry"]
    stripe_double.authenticate(intent["id"])
    assert "is confirmed" in text(buyer.get(f"/checkout/thank-you/?payment_intent={intent['id']}"))


def test_return_url_shows_nothing_to_another_visitor(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double)
    [intent] = stripe_double.intents()
    stranger = Client()
    response = stranger.get(f"/checkout/thank-you/?payment_intent={intent['id']}")
    assert response.url == "/orders/"
    assert stranger.get("/checkout/thank-you/?payment_intent=%00'--").url == "/orders/"


@pytest.mark.promise("nothing-unseen")
def test_changed_price_is_shown_before_ordering(buyer, stripe_double):
    form = checkout_form(buyer)
    StockRecord.objects.update(price="59.00")
    answer = press_pay(buyer, form, stripe_double)
    assert answer.status_code == 409
    body = answer.json()
    assert body["outcome"] == "changed"
    assert "Carbon Butterfly now costs $59.00 each (was $49.00)." in body["changes"]
    assert "The total is now $78.26 (was $67.16)." in body["changes"]
    assert not Order.objects.exists()
    agreed = form | {"fingerprint": hidden(body["html"], "fingerprint")}
    assert press_pay(buyer, agreed, stripe_double).json()["outcome"] == "placed"
    assert transactions(Order.objects.get()) == [("authorize", 7826)]


def test_ended_offer_is_named(buyer, stripe_double):
    offer = make_offer("Spring week")
    form = checkout_form(buyer)
    offer.suspend()
    changes = press_pay(buyer, form, stripe_double).json()["changes"]
    assert "“Spring week” no longer applies." in changes


@pytest.mark.parametrize("forged", ["", "0" * 64, "x" * 9000])
def test_forged_fingerprint_orders_nothing(buyer, stripe_double, forged):
    answer = press_pay(
        buyer, checkout_form(buyer) | {"fingerprint": forged, "quote": forged}, stripe_double
    )
    assert answer.json()["outcome"] == "changed"
    assert not Order.objects.exists()
    assert not stripe_double.intents()


def test_price_sent_by_the_browser_is_ignored(buyer, stripe_double):
    form = checkout_form(buyer) | {"total": "0.01", "price": "0.01", "amount": "1", "unit": "0"}
    press_pay(buyer, form, stripe_double)
    assert transactions(Order.objects.get()) == [("authorize", 6716)]


@pytest.mark.promise("agreed-version")
def test_order_requires_policy_acceptance(buyer, stripe_double):
    form = checkout_form(buyer)
    del form["agreed"]
    answer = press_pay(buyer, form, stripe_double)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"agreed": ["Check the box to accept our policies."]}
    assert not Order.objects.exists()


@pytest.mark.promise("agreed-version")
def test_changed_policy_must_be_accepted_again(buyer, stripe_double):
    form = checkout_form(buyer)
    adopt(Policy.objects.get(), "New.")
    answer = press_pay(buyer, form, stripe_double)
    assert answer.json()["errors"]["agreed"] == [
        "Our policies have just changed. Please read and accept them again."
    ]
    assert "(version 2)<" in answer.json()["acceptance"]
    assert not Order.objects.exists()
    assert not stripe_double.intents()
    again = form | {"policies": hidden(answer.json()["acceptance"], "policies")}
    assert press_pay(buyer, again, stripe_double).json()["outcome"] == "placed"
    made = Acceptance.objects.get()
    assert (made.version.number, made.context) == (2, "checkout")
    assert (made.subject, made.network) == (f"order:{Order.objects.get().number}", "127.0.0.0/24")


def test_errors_are_returned_by_field(buyer, stripe_double):
    form = checkout_form(buyer) | {"email": "dana", "postcode": "M5V 1A1"}
    errors = press_pay(buyer, form, stripe_double).json()["errors"]
    assert list(errors) == ["email", "postcode"]
    assert errors["postcode"] == ["M5V 1A1 is not in Saskatchewan."]


def test_check_orders_nothing(buyer, stripe_double):
    assert buyer.post(PAY, checkout_form(buyer) | {"check": "1"}).json() == {"outcome": "fine"}
    assert not Order.objects.exists()


def test_sold_out_item_is_reported_on_the_cart(buyer, stripe_double):
    form = checkout_form(buyer)
    stock.put(0)
    answer = press_pay(buyer, form, stripe_double)
    assert answer.json()["outcome"] == "stopped"
    assert answer.json()["redirect"] == "/cart/"
    assert "Nothing was charged." in text(buyer.get("/cart/"))
    assert not stripe_double.intents()


@pytest.mark.parametrize("cart", ["", "1", "1:forged", "x" * 5000])
def test_forged_cart_orders_nothing(buyer, stripe_double, cart):
    answer = press_pay(buyer, checkout_form(buyer) | {"cart": cart}, stripe_double)
    assert answer.json()["outcome"] == "stopped"
    assert not Order.objects.exists()


def test_cart_of_another_account_cannot_be_ordered(buyer, alice, bob, stripe_double):
    hers = Client()
    hers.force_login(alice)
    add_to_cart(hers, make_product("Hers"))
    form = checkout_form(hers)
    thief = Client()
    thief.force_login(bob)
    assert press_pay(thief, form, stripe_double).json()["outcome"] == "stopped"
    press_pay(hers, form, stripe_double)
    assert press_pay(thief, form, stripe_double).json()["outcome"] == "stopped"
    assert Order.objects.get().user == alice


def test_order_of_an_account_belongs_to_it(client, alice, stripe_double):
    client.force_login(alice)
    add_to_cart(client, make_product())
    press_pay(client, checkout_form(client), stripe_double)
    order = Order.objects.get()
    assert (order.user, order.basket.owner, order.status) == (alice, alice, "placed")


def test_expired_form_orders_nothing(stripe_double):
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(PAY, {}).status_code == 403
    assert not Order.objects.exists()


def test_unanswered_payment_keeps_the_order(buyer, stripe_double):
    form = checkout_form(buyer)
    stripe_double.fault(r"POST .*/confirm$", times=3, status=500)
    answer = press_pay(buyer, form, stripe_double).json()
    assert answer["outcome"] in {"unknown", "declined"}
    assert "nothing was charged" in answer["message"].lower() or "is saved" in answer["message"]
    assert Order.objects.get().status == "pending"


def test_card_testing_is_limited(buyer, stripe_double):
    for _ in range(30):
        buyer.post(PAY, form_of_nothing(buyer))
    answer = buyer.post(PAY, form_of_nothing(buyer))
    assert answer.status_code == 429
    assert "ten minutes" in answer.json()["message"]


def test_new_carts_do_not_reset_the_limit(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined")
    cache.set("limit:pay-from:127.0.0.1", 99)
    buyer = Client()
    add_to_cart(buyer, make_product("Another"))
    assert press_pay(buyer, checkout_form(buyer), stripe_double).json()["outcome"] == "placed"
    buyer = Client()
    add_to_cart(buyer, make_product("A third"))
    assert press_pay(buyer, checkout_form(buyer), stripe_double).status_code == 429
    assert [charge["paid"] for charge in stripe_double.charges()].count(True) == 1


def test_return_while_stripe_is_down_claims_nothing(buyer, stripe_double):
    press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_authenticationRequired")
    intent = stripe_double.intents()[0]["id"]
    stripe_double.authenticate(intent)
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=6)
    page = text(buyer.get("/checkout/thank-you/", follow=True))
    assert "we do not know yet whether it went through" in page
    assert "Nothing was charged" not in page
    page = text(Client().get(f"/checkout/thank-you/?payment_intent={intent}", follow=True))
    assert "Your order is confirmed" not in page
    page = text(Client().get(f"/checkout/thank-you/?payment_intent={intent}", follow=True))
    assert "Thank you." in page
    assert Order.objects.get().status == "placed"


@pytest.mark.parametrize("garbage", ["", "x\r\nStripe-Account: y", "ключ", "a" * 400, "\0"])
def test_garbage_token_charges_nothing(buyer, stripe_double, garbage):
    answer = buyer.post(PAY, checkout_form(buyer) | {"confirmation_token": garbage})
    assert (answer.status_code, answer.json()["outcome"]) == (422, "invalid")
    assert not Order.objects.exists()


def form_of_nothing(client):
    from checkout.pages.basket_middleware import cookie_value

    return {"cart": cookie_value(Basket.objects.get().pk)}


@pytest.mark.parametrize("path", ["retry", "change"])
def test_order_of_another_customer_returns_404(buyer, stripe_double, path):
    press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined")
    order = Order.objects.get()
    for number, mark in (
        (order.number, "x"),
        (order.number, "é" * 40),
        ("999", status_token(order)),
    ):
        assert Client().post(f"/checkout/{path}/{number}/{mark}/").status_code == 404
    assert Order.objects.get().status == "pending"


def test_pending_order_takes_a_limited_number_of_cards(buyer, stripe_double):
    declined = "pm_card_visa_chargeDeclined"
    retry = press_pay(buyer, checkout_form(buyer), stripe_double, declined).json()["retry"]
    for _ in range(19):
        assert buyer.post(retry, {"confirmation_token": ""}).status_code == 402
    assert buyer.post(retry, {"confirmation_token": ""}).status_code == 429
    assert Order.objects.get().status == "pending"


def test_visitors_behind_our_proxy_have_their_own_limits(rf, settings):
    forwarded = {"HTTP_X_FORWARDED_FOR": "1.2.3.4, 198.51.100.7", "REMOTE_ADDR": "127.0.0.1"}
    assert client_ip(rf.get("/", **forwarded)) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client_ip(rf.get("/", **forwarded)) == "198.51.100.7"
