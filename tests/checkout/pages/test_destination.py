"""The destination that shipping is calculated for, before checkout."""

import pytest
from django.test import Client

from tests.checkout.factories import make_product
from tests.checkout.shopper import add_to_cart, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]
URL = "/cart/destination/"


@pytest.fixture
def buyer() -> Client:
    client = Client()
    add_to_cart(client, make_product(price="49.00"))
    return client


def stored(client: Client) -> tuple[str, str, str]:
    answers = client.session.get("checkout", {})
    return tuple(answers.get(name, "") for name in ("country", "province", "postcode"))


def test_province_and_postal_code_are_remembered_for_checkout(buyer: Client):
    buyer.post(URL, {"country": "CA", "province": "SK", "postcode": "s7h0s3"})

    assert stored(buyer) == ("CA", "SK", "S7H 0S3")
    assert 'value="S7H 0S3"' in text(buyer.get("/checkout/"))


def test_page_asks_for_country_and_state_at_once(buyer: Client):
    buyer.post(URL, {"country": "CA", "province": "SK", "postcode": "S7H 0S3"})
    assert '<optgroup label="United States">' in text(buyer.get(URL))

    to_us = {"country": "US", "province": "NY", "postcode": "10001", "next": "/catalogue/"}
    buyer.post(URL, to_us)

    assert stored(buyer) == ("US", "NY", "10001")
    assert "Shipping to New York, United States" in text(buyer.get("/cart/"))


def test_values_left_over_from_the_earlier_country_are_cleared(buyer: Client):
    old = {"province": "SK", "postcode": "S7H 0S3"}
    buyer.post(URL, {"country": "CA", **old})
    buyer.post(URL, {"country": "US", **old, "next": "/catalogue/"})

    assert stored(buyer) == ("US", "", "")


def test_another_country_clears_province_and_postal_code(buyer: Client):
    buyer.post(URL, {"country": "CA", "province": "SK", "postcode": "S7H 0S3"})
    buyer.post(URL, {"country": "NO", "province": "SK", "postcode": "S7H 0S3"})

    assert stored(buyer) == ("NO", "", "")
    page = text(buyer.get("/cart/"))
    assert 'name="country"' in page
    assert 'name="province"' not in page


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"country": "CA", "province": "ON", "postcode": "S7H 0S3"}, "Saskatchewan"),
        ({"country": "CA", "postcode": "12345"}, "postal code"),
        ({"country": "CA", "province": "XX"}, "XX"),
        ({"country": "CA", "province": "NY"}, "Choose a province or state of this country."),
        ({"country": "US", "province": "NY", "postcode": "S7H 0S3"}, "ZIP code"),
        ({"country": "XX"}, "Choose a country from the list."),
        ({}, "Choose a country from the list."),
    ],
)
def test_invalid_destination_is_shown_with_its_reason_and_not_stored(
    buyer: Client, answers: dict[str, str], message: str
):
    response = buyer.post(URL, {**answers, "next": "/catalogue/"})

    assert response.status_code == 422
    assert message in text(response)
    assert stored(buyer) == ("", "", "")


def test_what_was_typed_in_the_cart_comes_back_with_its_error(buyer: Client):
    answers = {"country": "CA", "province": "SK", "postcode": "S7H OS3", "from": "/catalogue/"}
    response = buyer.post(URL, answers)
    page = text(response)
    assert response.status_code == 422
    assert "Enter a Canadian postal code, such as S7H 0S3." in page
    assert 'value="S7H OS3"' in page
    assert '<input type="hidden" name="from" value="/catalogue/">' in page
    assert stored(buyer) == ("", "", "")


def test_postal_code_typed_for_the_new_country_is_kept(buyer: Client):
    buyer.post(URL, {"country": "CA", "province": "SK", "postcode": "S7H 0S3"})
    buyer.post(URL, {"country": "US", "province": "SK", "postcode": "98101"})
    assert stored(buyer) == ("US", "", "98101")
    buyer.post(URL, {"country": "CA", "province": "", "postcode": "98101"})
    assert stored(buyer) == ("CA", "", "")


def test_destination_page_returns_to_the_page_before(buyer: Client):
    page = text(buyer.get(URL, {"next": "/catalogue/"}))
    assert '<input type="hidden" name="next" value="/catalogue/">' in page

    assert buyer.post(URL, {"country": "CA", "next": "/catalogue/"}).url == "/catalogue/"


def test_destination_page_returns_to_the_product_that_linked_to_it(buyer: Client):
    referer = "http://testserver/catalogue/rod_1/"
    page = text(buyer.get(URL, headers={"referer": referer}))
    assert 'name="next" value="/catalogue/rod_1/"' in page


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example/", "evil"])
def test_destination_page_never_redirects_to_another_site(buyer: Client, elsewhere: str):
    assert 'name="next" value=""' in text(buyer.get(URL, {"next": elsewhere}))
    assert buyer.post(URL, {"country": "CA", "next": elsewhere}).url == "/cart/"
