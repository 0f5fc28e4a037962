"""What the double's Stripe.js rejects, as the real one does, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.payment_element import confirm_token, open_checkout, type_card
from tests.stripe_double.checkout_page import CheckoutPage
from tests.stripe_double.control import Double

CARD_FIELDS = ("Card number", "Expiration date", "Security code")


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with Double() as double:
        yield double


@pytest.fixture
def checkout(double: Double) -> Iterator[CheckoutPage]:
    double.reset()
    with CheckoutPage(double.url, double.js_url) as checkout:
        yield checkout


def thrown(page: Page, call: str) -> list[str]:
    """The name and the message of the error that a call on the page ends with; [] if with none."""
    script = f"""async () => {{
        try {{ await ({call}); return []; }} catch (error) {{ return [error.name, error.message]; }}
    }}"""
    return list(page.evaluate(script))


# Calls, each with a part of the message of the error that it ends with.
REJECTED = [
    ("stripe.elements({...OPTIONS, paymentMethodTypes: ['card']})", "paymentMethodTypes"),
    ("stripe.elements({...OPTIONS, payment_method_types: ['card']})", "payment_method_types"),
    ("stripe.elements()", "stripe.elements()"),
    ("stripe.elements({...OPTIONS, wallets: {}})", "wallets"),
    ("stripe.elements({...OPTIONS, mode: 'subscription'})", "mode"),
    ("stripe.elements({...OPTIONS, amount: '4200'})", "amount"),
    ("stripe.elements({...OPTIONS, amount: 0})", "amount"),
    ("stripe.elements({...OPTIONS, currency: 'CAD'})", "currency"),
    ("stripe.elements({...OPTIONS, captureMethod: 'later'})", "captureMethod"),
    ("stripe.elements({...OPTIONS, allowedPaymentMethodTypes: 'card'})", "string[]"),
    ("stripe.elements({...OPTIONS, allowedPaymentMethodTypes: ['ideal']})", "allow 'card'"),
    ("stripe.elements({...OPTIONS, locale: 'tlh'})", "locale"),
    ("stripe.elements({...OPTIONS, appearance: {theme: 'dark'}})", "appearance.theme"),
    ("stripe.elements({...OPTIONS, appearance: {variables: {colour: 'red'}}})", "colour"),
    ("stripe.elements(OPTIONS).create('payment', {wallets: 'never'})", "wallets"),
    ("stripe.elements(OPTIONS).create('payment', {wallets: {applePay: false}})", "applePay"),
    ("stripe.elements(OPTIONS).create('payment', {wallets: {paypal: 'never'}})", "paypal"),
    ("stripe.elements(OPTIONS).create('payment', {appearance: {}})", "appearance"),
    ("stripe.elements(OPTIONS).create('payment', {layout: {type: 'grid'}})", "layout"),
    ("stripe.elements(OPTIONS).create('payment', {fields: {billingDetails: {name: 'no'}}})",
     "billingDetails"),
    ("elements.update({paymentMethodTypes: ['card']})", "paymentMethodTypes"),
    ("elements.update({amount: 12.5})", "amount"),
    ("elements.update({clientSecret: 'pi_1_secret_1'})", "clientSecret"),
    ("card.update({wallets: {link: 'never'}})", "wallets"),
    ("elements.submit({})", "elements.submit()"),
    ("stripe.createConfirmationToken({elements})", "elements.submit()"),
    ("stripe.createConfirmationToken({params: {}})", "elements is required"),
    ("stripe.createConfirmationToken({elements, return_url: 'https://x'})", "return_url"),
    ("stripe.createConfirmationToken({elements, params: {receipt_email: 'a@b.ca'}})",
     "receipt_email"),
    ("stripe.handleNextAction('pi_1_secret_1')", "handleNextAction()"),
    ("stripe.handleNextAction({client_secret: 'pi_1_secret_1'})", "client_secret"),
    ("stripe.handleNextAction({clientSecret: 7})", "clientSecret"),
    ("stripe.retrievePaymentIntent('pi_1')", "client secret"),
    ("stripe.retrievePaymentIntent({clientSecret: 'pi_1_secret_1'})", "client secret"),
    ("Stripe('pk_test_double', {language: 'en'})", "language"),
]  # fmt: skip
# What the Payment Element must not ask for, and the part that the token then lacks.
NOT_ASKED = {
    "'never'": ("{}", "email"),
    "{name: 'never'}": ("{email: 'a@b.ca'}", "name"),
    "{phone: 'never'}": ("{name: 'Alice', phone: undefined}", "phone"),
    "{address: 'never'}": ("{address: {line1: '1 Main St', country: 'CA'}}", "address.city"),
    "{address: {postalCode: 'never'}}": ("{address: {country: 'CA'}}", "address.postal_code"),
}
ACCEPTED = [
    "stripe.elements({...OPTIONS, setup_future_usage: null, locale: 'en-CA', loader: 'never'})",
    "stripe.elements(OPTIONS).create('payment', {fields: {billingDetails: 'never'}})",
    "stripe.elements(OPTIONS).create('payment', {fields: {billingDetails: {address: 'auto'}}})",
    "stripe.elements(OPTIONS).create('payment', {layout: 'tabs', wallets: {link: 'auto'}})",
    "elements.update({amount: 5000, allowedPaymentMethodTypes: ['card', 'link']})",
    "card.update({readOnly: false})",
    "Stripe('pk_test_double', {locale: 'en'})",
]


def test_calls_that_stripe_js_does_not_accept_throw(page, checkout):
    open_checkout(page, checkout.url)
    found = {call: thrown(page, call) for call, _ in REJECTED}
    wrong = {
        call: found[call]
        for call, complaint in REJECTED
        if not found[call]
        or found[call][0] != "IntegrationError"
        or complaint not in found[call][1]
    }
    assert wrong == {}


def test_calls_that_stripe_js_accepts_do_not_throw(page, checkout):
    open_checkout(page, checkout.url)
    assert {call: thrown(page, call) for call in ACCEPTED} == {call: [] for call in ACCEPTED}


@pytest.mark.parametrize("asked", NOT_ASKED)
def test_token_needs_the_billing_details_that_the_element_never_asks_for(
    page, checkout, double, asked
):
    given, missing = NOT_ASKED[asked]
    card = open_checkout(page, checkout.url)
    page.evaluate(f"""() => {{
        elements.getElement("payment").destroy();
        const card = elements.create("payment", {{fields: {{billingDetails: {asked}}}}});
        card.mount("#card");
    }}""")
    type_card(page, card, "4242424242424242")
    details = f"params: {{payment_method_data: {{billing_details: {given}}}}}"
    call = f"elements.submit().then(() => stripe.createConfirmationToken({{elements, {details}}}))"
    name, message = thrown(page, call)
    assert name == "IntegrationError"
    assert f"did not pass params.payment_method_data.billing_details.{missing} when" in message
    assert double.requests("/v1/confirmation_tokens") == []


def test_null_is_a_billing_detail(page, checkout, double):
    card = open_checkout(page, checkout.url)
    page.evaluate("""() => {
        elements.getElement("payment").destroy();
        elements.create("payment", {fields: {billingDetails: "never"}}).mount("#card");
    }""")
    type_card(page, card, "4242424242424242")
    address = (
        "{city: null, country: 'CA', line1: null, line2: null, postal_code: null, state: null}"
    )
    details = f"{{name: 'Alice', email: null, phone: null, address: {address}}}"
    token = page.evaluate(f"""elements.submit().then(() => stripe.createConfirmationToken({{
        elements, params: {{payment_method_data: {{billing_details: {details}}}}}}}))""")
    assert "error" not in token
    (sent,) = double.requests("/v1/confirmation_tokens")
    assert sent["payment_method_data"]["billing_details"] == {
        "name": "Alice",
        "address": {"country": "CA"},
    }


def wallets_of(card: FrameLocator) -> list[str]:
    return card.locator("#methods label").all_inner_texts()


def test_wallets_appear_unless_each_is_never(page, checkout):
    card = open_checkout(page, checkout.url + "#wallets")  # link is never, the others unset
    assert wallets_of(card) == ["Card", "Apple Pay", "Google Pay"]
    page.goto("about:blank")
    card = open_checkout(page, checkout.url)
    assert wallets_of(card) == ["Card"]
    expect(card.locator("#methods")).to_be_hidden()


def test_wallet_opens_within_the_click_and_pays(page, checkout, double):
    card = open_checkout(page, checkout.url + "#wallets")
    card.get_by_label("Google Pay").check()
    for label in CARD_FIELDS:
        expect(card.get_by_label(label)).to_be_hidden()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_selector("body[data-submitted]")
    assert page.evaluate("submitted") == {"selectedPaymentMethod": "google_pay"}
    token = page.evaluate("stripe.createConfirmationToken({elements})")["confirmationToken"]
    assert confirm_token(double, token["id"]).status == "requires_capture"


def test_wallet_does_not_open_after_something_was_waited_for(page, checkout):
    card = open_checkout(page, checkout.url + "?wait=1#wallets")
    card.get_by_label("Apple Pay").check()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_selector("body[data-submitted]")
    assert "call elements.submit() first" in page.evaluate("submitted")["thrown"]
