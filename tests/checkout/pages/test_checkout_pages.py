"""The checkout pages: fields, errors, totals and saved answers."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from oscar.apps.address.models import UserAddress

from checkout.basket.models import Basket, Line
from policies.models import PolicyVersion
from tests.catalog import stock
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, add_to_cart, hidden, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def buyer(client):
    """A guest with one aircraft of 49.00 CAD in the cart."""
    add_to_cart(client, make_product(price="49.00"))
    return client


def test_page_has_all_fields_and_an_estimated_total(buyer):
    page = text(buyer.get("/checkout/"))
    for token in ("email", "shipping given-name", "shipping family-name", "shipping address-line1",
                  "shipping address-line2", "shipping address-level2", "shipping address-level1",
                  "shipping postal-code", "shipping country", "shipping tel"):  # fmt: skip
        assert f'autocomplete="{token}"' in page
    assert "Estimated total" in page
    assert "Enter your province" in page
    assert 'name="agreed" required' in page
    assert "checked" not in re.search(r'<input[^>]*name="agreed"[^>]*>', page)[0]
    sentence = re.sub(r"<[^>]+>", "", re.search(r"I have read and accept.*?</label>", page)[0])
    assert sentence == "I have read and accept Payment (version 1). Links open in a new tab."
    version = PolicyVersion.objects.get()
    assert f'<a href="{version.get_absolute_url()}" target="_blank">Payment (version 1)' in page
    assert "The card field needs JavaScript" in page
    assert "+1 306 955 1836" in page


@pytest.mark.promise("own-origin")
def test_only_checkout_may_load_stripe_js(buyer, settings):
    response = buyer.get("/checkout/")
    origin = re.match(r"https?://[^/]+", settings.STRIPE_JS_URL)[0]
    assert f"script-src 'self' {origin}" in response["Content-Security-Policy"]
    assert settings.STRIPE_JS_URL in text(response)
    # Stripe loads it in its own frame, under its own policy
    assert "hcaptcha" not in response["Content-Security-Policy"]
    cart = buyer.get("/cart/")
    assert origin not in cart["Content-Security-Policy"]
    assert settings.STRIPE_JS_URL not in text(cart)


def test_page_without_javascript_opens_the_payment_page(buyer):
    response = buyer.post("/checkout/", ANSWERS)
    assert (response.status_code, response.url) == (302, "/checkout/payment/")
    page = text(buyer.get("/checkout/payment/"))
    assert "Estimated total" not in page
    assert "GST 5" in page
    assert "PST 6" in page
    assert "Dana Reyes" in page
    assert "The card field needs JavaScript" in page


def test_old_delivery_url_redirects_to_shipping(client):
    response = client.get("/checkout/delivery/")
    assert (response.status_code, response.url) == (301, "/checkout/shipping/")


@pytest.mark.promise("works-without-script")
def test_steps_work_one_page_at_a_time(buyer):
    assert buyer.get("/checkout/shipping/").url == "/checkout/contact/"
    assert buyer.get("/checkout/payment/").url == "/checkout/contact/"
    assert buyer.get("/checkout/contact/").status_code == 200
    assert buyer.post("/checkout/contact/", ANSWERS).url == "/checkout/shipping/"
    assert "ca-parcel" in text(buyer.get("/checkout/shipping/"))
    assert buyer.get("/checkout/payment/").url == "/checkout/shipping/"
    service = {"shipping_method": "ca-parcel", "note": ""}
    assert buyer.post("/checkout/shipping/", service).url == "/checkout/payment/"
    assert buyer.get("/checkout/payment/").status_code == 200
    assert 'value="dana@example.com"' in text(buyer.get("/checkout/contact/"))


WRONG = [
    ("email", "dana", "valid email"),
    ("email", "", "Enter your email address."),
    ("first_name", "", "Enter your first name."),
    ("line1", "", "Enter the street address or PO box."),
    ("city", "x" * 81, "at most 80 characters"),
    ("province", "Texas", "Enter a Canadian province or territory"),
    ("postcode", "12345", "Enter a Canadian postal code, such as S7H 0S3."),
    ("postcode", "M5V 1A1", "M5V 1A1 is not in Saskatchewan."),
    ("phone", "12", "Enter a phone number"),
    ("country", "XX", "Select a valid choice"),
    ("shipping_method", "rocket", "Choose a shipping method that is available for your address."),
]


@pytest.mark.promise("errors-in-words")
@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_error_is_shown_at_its_field_and_in_the_summary(buyer, name, value, sentence):
    response = buyer.post("/checkout/", ANSWERS | {name: value})
    page = text(response)
    assert response.status_code == 422
    assert "Fix the highlighted items to continue" in page
    shown = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)  # the billing address
    assert shown.count(sentence) == 2
    assert f'id="id_{name}_error"' in page
    if name != "shipping_method":
        control = re.search(rf'<(input|select)[^>]*name="{name}"[^>]*>', page)[0]
        assert 'aria-invalid="true"' in control
        assert f"id_{name}_error" in control
        assert "autofocus" in control


def test_us_address_requires_state_and_zip_code(buyer):
    american = ANSWERS | {"country": "US", "province": "WA", "postcode": "98101", "phone": ""}
    services = text(buyer.post("/checkout/quote/", american))
    american["shipping_method"] = re.search(
        r'name="shipping_method"[^>]*value="([^"]+)"', services
    )[1]
    assert buyer.post("/checkout/", american).status_code == 302
    assert "None outside Canada" in text(buyer.get("/checkout/payment/"))
    wrong = buyer.post("/checkout/", american | {"postcode": "10001"})
    assert "10001 is not in Washington." in text(wrong)


@pytest.mark.promise("delivery-shown")
def test_quote_is_updated_while_the_address_is_typed(buyer):
    answers = {"country": "CA", "province": "ON", "postcode": "M5V 1A1"}
    piece = text(buyer.post("/checkout/quote/", answers))
    assert "HST 13" in piece
    assert "<html" not in piece
    assert 'value="ca-parcel"' in piece
    assert 'data-complete="yes"' in piece


ASKS_FOR_ADDRESS = "Enter your country and postal code to see shipping methods."


@pytest.mark.parametrize(
    ("answers", "offered"),
    [
        ({}, False),
        ({"country": "CA", "province": "ON"}, False),
        ({"country": "CA", "province": "ON", "postcode": "S7K 1A1"}, False),
        ({"country": "US", "province": "WA", "postcode": ""}, False),
        ({"country": "CA", "postcode": "S7K 1A1"}, True),
        ({"country": "US", "province": "WA", "postcode": "98101"}, True),
        ({"country": "DE"}, True),
    ],
)
def test_shipping_methods_are_offered_once_there_is_a_destination(buyer, answers, offered):
    piece = text(buyer.post("/checkout/quote/", answers))
    assert ('name="shipping_method"' in piece) == offered
    assert (ASKS_FOR_ADDRESS in piece) == (not offered)
    assert ("Enter your address" in piece) == (not offered)


def test_first_page_without_javascript_continues_to_the_shipping_methods(buyer):
    page = text(buyer.get("/checkout/"))
    assert ASKS_FOR_ADDRESS in page
    contact = {name: value for name, value in ANSWERS.items() if name != "shipping_method"}
    assert buyer.post("/checkout/", contact).url == "/checkout/shipping/"
    page = text(buyer.get("/checkout/shipping/"))
    assert 'value="ca-parcel"' in page
    assert "Ring twice</textarea>" in page


def test_edit_cart_keeps_what_was_typed(buyer):
    typed = ANSWERS | {"city": "", "postcode": "not yet", "leave": "cart"}
    assert buyer.post("/checkout/leave/", typed).url == "/cart/"
    page = text(buyer.get("/checkout/"))
    for shown in ("dana@example.com", "12 Elm Street", "Saskatchewan", "not yet", "306 955 1836"):
        assert f'value="{shown}"' in page
    assert "Ring twice</textarea>" in page


def test_leaving_for_login_returns_to_checkout(buyer):
    assert 'value="login" formaction="/checkout/leave/"' in text(buyer.get("/checkout/"))
    response = buyer.post("/checkout/leave/", ANSWERS | {"leave": "login"})
    assert response.url == f"{reverse('account_login')}?next=%2Fcheckout%2F"
    assert 'value="12 Elm Street"' in text(buyer.get("/checkout/"))


def test_saved_address_replaces_the_typed_one_and_keeps_the_note(client, alice):
    client.force_login(alice)
    add_to_cart(client, make_product())
    address = UserAddress.objects.create(
        user=alice, first_name="Alice", last_name="Moss", country_id="CA", line1="2 Second Avenue",
        line4="Toronto", state="ON", postcode="M5V 1A1",
    )  # fmt: skip
    response = client.post("/checkout/leave/", ANSWERS | {"leave": str(address.pk)})
    assert response.url == f"/checkout/?address={address.pk}"
    page = text(client.get(response.url))
    assert 'value="2 Second Avenue"' in page
    assert "12 Elm Street" not in page
    assert "Ring twice</textarea>" in page


@pytest.mark.parametrize("to", ["", "https://evil.example/", "//evil.example", "\x00", "²"])
def test_leaving_for_anywhere_else_goes_to_the_cart(buyer, to):
    assert buyer.post("/checkout/leave/", {"leave": to}).url == "/cart/"


@pytest.mark.parametrize("path", ["/checkout/", "/checkout/contact/"])
def test_checkout_pages_have_no_menu_search_or_newsletter(buyer, path):
    page = text(buyer.get(path))
    assert 'role="search"' not in page
    assert "category-bar" not in page
    assert 'name="topics"' not in page
    assert "site-tools" not in page


GARBAGE = [
    {"country": "\x00", "province": "\x00"},
    {"country": "é" * 500, "province": "<script>", "shipping_method": "x" * 999},
    {"country": ["CA", "US"], "shipping_method": ["a", "b"]},
]


@pytest.mark.parametrize("answers", GARBAGE)
def test_garbage_answers_never_crash_the_quote(buyer, answers):
    assert buyer.post("/checkout/quote/", answers).status_code == 200
    assert buyer.post("/checkout/", answers).status_code == 422
    assert buyer.get("/checkout/?address=%00&x=1").status_code == 200


def test_empty_cart_cannot_be_checked_out(client):
    for path in ("/checkout/", "/checkout/contact/"):
        assert client.get(path).url == "/cart/"
    assert client.post("/checkout/quote/", {}).status_code == 409


def test_unavailable_item_redirects_to_the_cart(buyer):
    stock.put(0)
    assert buyer.get("/checkout/").url == "/cart/"
    assert "Sold out." in text(buyer.get("/cart/"))


def test_account_address_is_filled_in_and_can_be_changed(client, alice):
    client.force_login(alice)
    add_to_cart(client, make_product())
    shared = {"user": alice, "first_name": "Alice", "last_name": "Moss", "country_id": "CA"}
    UserAddress.objects.create(
        **shared, line1="1 First Avenue", line4="Regina", state="SK", postcode="S4P 1A1",
        is_default_for_shipping=True,
    )  # fmt: skip
    other = UserAddress.objects.create(
        **shared, line1="2 Second Avenue", line4="Toronto", state="ON", postcode="M5V 1A1"
    )
    page = text(client.get("/checkout/"))
    assert 'value="1 First Avenue"' in page
    assert 'value="alice@example.com"' in page
    assert "PST 6" in page
    page = text(client.get(f"/checkout/?address={other.pk}"))
    assert 'value="2 Second Avenue"' in page
    assert "HST 13" in page


def test_address_of_another_account_is_not_shown(client, alice, bob):
    theirs = UserAddress.objects.create(
        user=bob, line1="9 Secret Street", line4="Regina", state="SK", postcode="S4P 1A1",
        country_id="CA",
    )  # fmt: skip
    client.force_login(alice)
    add_to_cart(client, make_product())
    assert "9 Secret Street" not in text(client.get(f"/checkout/?address={theirs.pk}"))


def test_totals_of_cart_and_checkout_are_equal(buyer):
    assert Basket.objects.get().total == Decimal("49.00")
    assert ">$49.00<" in text(buyer.get("/checkout/"))
    assert Line.objects.get().quantity == 1


def test_cart_shows_the_lowest_shipping_rate_to_the_chosen_country(buyer):
    page = text(buyer.get("/cart/"))
    assert "Shipping to Canada from $4.80, 4–9 business days." in page
    # Lettermail up to 200 g: 3.6 g in the bubble mailer of 15 g
    assert "181\N{NO-BREAK SPACE}g left at this price." in page
    assert '<option value="CA" selected>Canada</option>' in page

    response = buyer.post("/cart/destination/", {"country": "DE", "from": "/catalogue/x_1/"})

    assert response.url == "/cart/?from=%2Fcatalogue%2Fx_1%2F"
    page = text(buyer.get("/cart/"))
    assert "Shipping to Germany from $" in page  # Mutation: rates for CA whatever was chosen
    assert "Shipping to Canada" not in page
    assert '<option value="DE" selected>Germany</option>' in text(buyer.get("/checkout/"))


@pytest.mark.parametrize("country", ["", "XX", "de", "DEU", "\x00"])
def test_unknown_destination_is_rejected_and_nothing_changes(buyer, country):
    response = buyer.post("/cart/destination/", {"country": country})

    assert response.status_code == 422
    assert "Choose a country" in text(response)
    assert "Shipping to Canada from $4.80" in text(buyer.get("/cart/"))


def test_answers_are_not_shown_to_another_visitor(buyer):
    buyer.post("/checkout/contact/", ANSWERS)
    other = Client()
    add_to_cart(other, make_product())
    assert "dana@example.com" not in text(other.get("/checkout/contact/"))


def test_us_territory_has_the_rates_of_the_us(buyer):
    typed = ANSWERS | {"postcode": "00901"}
    quotes = [
        text(buyer.post("/checkout/quote/", typed | {"country": country, "province": province}))
        for country, province in [("US", "Puerto Rico"), ("PR", ""), ("PR", "P.R."), ("US", "pr")]
    ]
    assert "us-parcel" in quotes[0]
    assert "world-parcel" not in quotes[0]
    assert len({hidden(quote, "fingerprint") for quote in quotes}) == 1


def test_strange_postcode_is_confirmed_without_javascript(buyer):
    abroad = ANSWERS | {"country": "FR", "province": "", "postcode": "abc", "phone": ""}
    abroad["shipping_method"] = "world-parcel"
    response = buyer.post("/checkout/", abroad)
    assert response.status_code == 422
    assert "Postal codes in this country look like 33380." in text(response)
    confirmed = hidden(text(response), "postcode_as_typed")
    assert confirmed == "FR ABC"
    assert buyer.post("/checkout/", abroad | {"postcode_as_typed": confirmed}).status_code == 302
    assert buyer.get("/checkout/payment/").status_code == 200  # it is remembered
