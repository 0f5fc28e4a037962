"""The card field's settings, the headers of its pages, and wallets: off unless they are set."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from checkout.order.models import Order
from checkout.payment import card_field, policy_text
from tests.checkout.factories import make_product
from tests.checkout.shopper import ANSWERS, add_to_cart, checkout_form, press_pay, text
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

ROOT = Path(__file__).resolve().parents[2]
OFF = {"applePay": "never", "googlePay": "never", "link": "never"}
ON = {"applePay": "auto", "googlePay": "auto", "link": "auto"}
PLAIN_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(self)"


@pytest.fixture
def buyer(client: Client, stripe_double: Double) -> Client:
    """A guest with one aircraft in the cart."""
    add_to_cart(client, make_product(price="49.00"))
    return client


@pytest.fixture
def real_stripe(settings: Settings) -> None:
    """The addresses that a shop in production has."""
    settings.STRIPE_JS_URL = "https://js.stripe.com/endive/stripe.js"
    settings.STRIPE_API_BASE = "https://api.stripe.com"


def script_settings(page: str) -> Any:
    found = re.search(r'<script id="card-field" type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def csp_of(response: Any) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_page_gives_stripe_js_the_options_that_the_intent_has(
    buyer: Client, stripe_double: Double
) -> None:
    given = script_settings(text(buyer.get("/checkout/")))
    assert given["elements"] == {
        "mode": "payment",
        "currency": "cad",
        "captureMethod": "manual",
        "allowedPaymentMethodTypes": ["card"],
    }
    press_pay(buyer, checkout_form(buyer), stripe_double)
    (intent,) = stripe_double.intents()
    assert (intent["currency"], intent["capture_method"], intent["payment_method_types"]) == (
        "cad", "manual", ["card"],
    )  # fmt: skip


def test_every_message_that_the_script_shows_comes_from_the_page(buyer: Client) -> None:
    script = (ROOT / "static" / "js" / "pay.js").read_text(encoding="utf-8")
    messages = script_settings(text(buyer.get("/checkout/")))["messages"]
    # Mutation: without "offline" in MESSAGES, this named it.
    assert set(re.findall(r"\bmessages\.(\w+)", script)) == set(messages)
    assert all(messages.values())
    assert "The total is now %(total)s." in messages["totalChanged"]


def test_wallets_are_off_and_named_nowhere_by_default(buyer: Client, real_stripe: None) -> None:
    response = buyer.get("/checkout/")
    assert script_settings(text(response))["paymentElement"]["wallets"] == OFF
    assert csp_of(response) | {"default-src": "'none'"} == {
        "default-src": "'none'",
        "script-src": "'self' https://js.stripe.com https://*.js.stripe.com",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self' https://api.stripe.com",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "frame-src": ("https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"),
    }
    assert response["Permissions-Policy"] == PLAIN_PERMISSIONS
    assert '<p class="field-label" id="card-label">Card</p>' in text(response)
    everything = text(response) + policy_text.payment_methods() + str(policy_text.processors())
    assert not re.search(r"Apple Pay|Google Pay|\bLink\b|or wallet", everything)


def test_wallets_open_the_headers_of_pages_with_the_card_field(
    buyer: Client, real_stripe: None, settings: Settings
) -> None:
    settings.STRIPE_WALLETS = True
    response = buyer.get("/checkout/")
    assert script_settings(text(response))["paymentElement"]["wallets"] == ON
    assert '<p class="field-label" id="card-label">Card or wallet</p>' in text(response)
    policy = csp_of(response)
    assert policy["script-src"] == "'self' https://js.stripe.com https://*.js.stripe.com"
    assert policy["frame-src"] == (
        "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com "
        "https://link.com https://*.link.com"
    )
    assert policy["connect-src"] == (
        "'self' https://api.stripe.com https://link.com https://*.link.com"
    )
    assert policy["img-src"] == "'self' data: blob: https://link.com https://*.link.com"
    assert response["Permissions-Policy"] == (
        "camera=(), geolocation=(), microphone=(), "
        'payment=(self "https://js.stripe.com" "https://*.js.stripe.com")'
    )


@pytest.mark.parametrize("wallets", [False, True])
def test_pages_without_the_card_field_stay_closed_to_stripe(
    buyer: Client, real_stripe: None, settings: Settings, wallets: bool
) -> None:
    settings.STRIPE_WALLETS = wallets
    buyer.post("/checkout/contact/", ANSWERS)
    # Broken before: the pages of the first two steps were open to Stripe's script.
    for page in ("/", "/cart/", "/checkout/contact/", "/checkout/shipping/"):
        response = buyer.get(page)
        assert response.status_code == 200
        assert "stripe" not in response["Content-Security-Policy"]
        assert "link.com" not in response["Content-Security-Policy"]
        assert response["Permissions-Policy"] == PLAIN_PERMISSIONS


def test_page_of_an_unpaid_order_offers_wallets_too(
    buyer: Client, stripe_double: Double, settings: Settings
) -> None:
    settings.STRIPE_WALLETS = True
    settings.STRIPE_JS_URL = stripe_double.js_url
    answer = press_pay(buyer, checkout_form(buyer), stripe_double, "pm_card_visa_chargeDeclined")
    assert Order.objects.get().status == "pending"
    response = buyer.get(answer.json()["retry"])
    assert script_settings(text(response))["paymentElement"]["wallets"] == ON
    assert f'payment=(self "{stripe_double.url}")' in response["Permissions-Policy"]


def test_wallets_are_stated_in_the_policies_when_they_are_on(settings: Settings) -> None:
    settings.STRIPE_WALLETS = True
    assert policy_text.payment_methods().splitlines()[1] == (
        "- **Apple Pay, Google Pay or Link**, in the same field, where your device or browser "
        "offers them. The wallet passes your card to Stripe."
    )
    assert list(policy_text.processors()) == ["Stripe", "hCaptcha", "Apple, Google or Link"]


def test_script_settings_use_only_names_that_stripe_js_accepts() -> None:
    """The double checks the same table in a browser; this also runs without one."""
    table = json.loads((ROOT / "tests/stripe_double/static/options.json").read_text())
    given = card_field.settings_for_script()
    for call, options in (
        ("stripe.elements", given["elements"]),
        ("elements.create", given["paymentElement"]),
    ):
        accepted = {name.rstrip("?") for name in table["calls"][call]["options"]}
        assert set(options) - accepted == set()
