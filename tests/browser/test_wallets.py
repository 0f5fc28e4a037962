"""Wallets in the card field: absent by default, and paying with one where they are on."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.fixtures import Settings

from checkout.order.models import Order
from checkout.order.states import OrderState
from tests.browser import steps
from tests.stripe_double.control import Double

BROKEN_STRIPE_JS = "window.Stripe = () => ({elements() { throw new Error('IntegrationError'); }});"
PAY = re.compile(r"Pay \$")


@pytest.fixture
def wallets(settings: Settings) -> None:
    settings.STRIPE_WALLETS = True


def open_checkout(page: Page, shop: str) -> None:
    """With one product, an address in Saskatoon and the policies accepted."""
    steps.add_to_cart(page, shop, "3.6 g")
    page.goto(f"{shop}/checkout/")
    steps.fill_contact(page, "dana@example.com")
    steps.agree(page)


def test_card_field_offers_no_wallet_by_default(page: Page, stocked: str, stripe: Double) -> None:
    open_checkout(page, stocked)
    card = page.frame_locator(steps.CARD)
    expect(card.get_by_label("Card number")).to_be_visible()
    # Mutation: without the wallets option, Link appeared.
    expect(card.get_by_role("radio")).to_have_count(0)


@pytest.mark.usefixtures("wallets")
def test_guest_pays_with_a_wallet_where_they_are_on(
    page: Page, stocked: str, stripe: Double
) -> None:
    open_checkout(page, stocked)
    card = page.frame_locator(steps.CARD)
    expect(card.get_by_role("radio")).to_have_count(4)
    card.get_by_label("Google Pay").check()
    steps.pay(page)
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    order = Order.objects.get()
    assert order.status == OrderState.PLACED
    (intent,) = stripe.intents()
    assert (intent["status"], intent["amount"]) == (
        "requires_capture",
        int(order.total_incl_tax * 100),
    )


@pytest.mark.usefixtures("wallets")
def test_wallet_opens_while_a_new_total_is_fetched_and_waits_for_its_approval(
    page: Page, stocked: str, stripe: Double
) -> None:
    """Stripe.js refuses to open a wallet after the page waited for anything."""
    open_checkout(page, stocked)
    page.frame_locator(steps.CARD).get_by_label("Apple Pay").check()
    held: list[Route] = []
    page.route("**/checkout/quote/", lambda route: held.append(route))
    page.get_by_label("Province or state").select_option("AB")
    page.get_by_label("Postal or ZIP code").fill("T2P 1A1")
    steps.pay(page)
    # Mutation: with the wait for the quote before elements.submit(), the wallet did not open.
    expect(page.get_by_role("status")).to_have_text("Updating the total…")
    page.unroute("**/checkout/quote/")  # continues all, also a last one that is not held yet
    problem = page.get_by_role("alert").get_by_text("Press Pay again to accept it.")
    expect(problem).to_be_visible()
    assert not Order.objects.exists()
    assert stripe.intents() == []
    page.get_by_role("button", name=PAY).press("Enter")  # the message moves it
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    assert [intent["status"] for intent in stripe.intents()] == ["requires_capture"]


def test_page_says_so_when_stripe_js_rejects_the_card_field(
    browser: Browser, stocked: str, stripe: Double
) -> None:
    """As paymentMethodTypes did: the shopper reads what to do instead."""
    with browser.new_context() as context:  # the error also ends the script: not the page fixture
        page = context.new_page()
        page.route("**/stripe.js", lambda route: route.fulfill(body=BROKEN_STRIPE_JS))
        steps.add_to_cart(page, stocked, "3.6 g")
        page.goto(f"{stocked}/checkout/")
        # Mutation: with a bare mountCard(), the status stayed empty.
        expect(page.get_by_role("status")).to_have_text(
            "The card field could not be loaded. Reload the page, or order by telephone."
        )
