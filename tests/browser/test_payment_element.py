"""The doubled Payment Element in a real browser, on a page with the shop's own content policy."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe as stripe_python
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, FrameLocator, Page, expect

from tests.browser.payment_element import confirm_token, open_checkout, type_card
from tests.stripe_double.cards import CARDS
from tests.stripe_double.checkout_page import CheckoutPage
from tests.stripe_double.control import Double

BEHIND = {"stripe": "#fff", "night": "#10181d"}  # the shop's page under the transparent frame


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with Double() as double:
        yield double


@pytest.fixture
def checkout(double: Double) -> Iterator[CheckoutPage]:
    double.reset()
    with CheckoutPage(double.url, double.js_url) as checkout:
        yield checkout


@pytest.fixture
def card(page: Page, checkout: CheckoutPage) -> FrameLocator:
    """The card fields, ready to be typed into."""
    return open_checkout(page, checkout.url)


def confirm_with_new_token(page: Page, double: Double, **given: Any) -> Any:
    """What the shop's server does with the token of the page."""
    return confirm_token(double, page.evaluate("makeToken()")["confirmationToken"]["id"], **given)


def answer_bank(page: Page, intent: Any, button: str) -> Any:
    page.evaluate("secret => { window.answer = handle(secret); }", intent.client_secret)
    bank = page.frame_locator('iframe[title="Card authentication by your bank"]')
    expect(bank.get_by_text("CAD 42.00")).to_be_visible()
    bank.get_by_role("button", name=button).click()
    answer = page.evaluate("answer")
    expect(page.locator("dialog")).to_have_count(0)
    return answer


def breaches(frame: Frame) -> list[str]:
    """The rules of WCAG 2.2 AA that axe-core sees broken in a frame."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(frame, options=options).response["violations"]
    return [problem["id"] for problem in found]


@pytest.mark.promise("card-data")
def test_a_card_typed_by_keyboard_becomes_a_token_that_the_server_confirms(page, card, double):
    type_card(page, card, "4242424242424242")
    expect(card.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    expect(card.get_by_label("Expiration date")).to_have_value("12 / 39")
    intent = confirm_with_new_token(page, double)
    assert intent.status == "requires_capture"
    assert double.charges()[0]["billing_details"]["name"] == "Alice Able"
    assert page.evaluate("changes.at(-1).complete") is True


def test_an_authentication_that_is_accepted_ends_in_a_hold(page, card, double):
    type_card(page, card, "4000000000003220")
    intent = confirm_with_new_token(page, double)
    assert intent.status == "requires_action"
    answer = answer_bank(page, intent, "Complete authentication")
    assert answer["paymentIntent"]["status"] == "requires_capture"


def test_an_authentication_that_is_refused_is_an_error_for_the_page(page, card, double):
    type_card(page, card, "4000002500003155")
    answer = answer_bank(page, confirm_with_new_token(page, double), "Fail authentication")
    assert answer["error"]["code"] == "payment_intent_authentication_failure"
    assert double.charges() == []


def test_a_card_declined_after_the_authentication_says_so(page, card, double):
    type_card(page, card, "4000008260003178")
    answer = answer_bank(page, confirm_with_new_token(page, double), "Complete authentication")
    assert answer["error"]["decline_code"] == "insufficient_funds"
    assert answer["error"]["message"] == "Your card has insufficient funds."


def test_each_empty_field_says_beside_it_what_is_missing_and_the_first_has_the_focus(page, card):
    error = page.evaluate("makeToken()")["error"]
    assert (error["type"], error["code"]) == ("validation_error", "incomplete_number")
    number = card.get_by_label("Card number")
    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(card.locator("#number-error")).to_have_text("Your card number is incomplete.")
    expect(card.locator("#cvc-error")).to_have_text("Your card's security code is incomplete.")


@pytest.mark.parametrize(
    ("label", "typed", "message"),
    [
        ("Card number", "4242424242424241", "Your card number is invalid."),
        ("Expiration date", "1219", "Your card's expiration date is in the past."),
        ("Expiration date", "1339", "Your card's expiration date is incomplete."),
    ],
)
def test_a_field_that_was_typed_wrong_says_so_on_leaving(page, card, label, typed, message):
    card.get_by_label(label).focus()
    page.keyboard.type(typed)
    page.keyboard.press("Tab")
    expect(card.get_by_text(message)).to_be_visible()


def test_a_new_amount_must_reach_the_element_before_the_token_is_made(page, card, double):
    type_card(page, card, "4242424242424242")
    with pytest.raises(stripe_python.InvalidRequestError):
        confirm_with_new_token(page, double, amount=5000)
    page.evaluate("update({amount: 5000})")
    assert confirm_with_new_token(page, double, amount=5000).amount_capturable == 5000


@pytest.mark.parametrize("theme", BEHIND)
def test_both_themes_are_legible_and_named(page, checkout, theme):
    card = open_checkout(page, checkout.url + ("#night" if theme == "night" else ""))
    card.get_by_text("Test cards").click()
    frame = page.frame(name="__privateStripeFrame1")
    assert frame is not None
    assert frame.evaluate("document.documentElement.dataset.theme") == theme
    frame.evaluate("colour => { document.body.style.background = colour; }", BEHIND[theme])
    assert breaches(frame) == []


def test_the_test_cards_on_show_do_what_is_said_of_them(card):
    card.get_by_text("Test cards").click()
    rows = card.locator("details tr").all()
    shown = {
        row.locator("td").nth(0).inner_text(): row.locator("td").nth(1).inner_text() for row in rows
    }
    known = {each.spaced: each.does for each in CARDS}
    assert len(shown) == 12
    assert shown == {number: known[number] for number in shown}


def test_the_dashboard_shows_a_payment_and_captures_it(page, card, double):
    type_card(page, card, "4242424242424242")
    intent = confirm_with_new_token(page, double)
    page.goto(double.url)
    row = page.get_by_role("row", name=intent.id).first
    expect(row).to_contain_text("authorized, not captured")
    page.get_by_role("button", name=f"capture {intent.id}").click()
    expect(row.get_by_role("cell")).to_have_text(
        ["captured", "42.00 CAD", "0.00 CAD", "42.00 CAD", "0.00 CAD", "visa 4242", "refund"]
    )
    assert double.intents()[0]["amount_received"] == 4200
    assert breaches(page.main_frame) == []
