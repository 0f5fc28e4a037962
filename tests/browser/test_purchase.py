"""A purchase from the home page to the shipment, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.users.models import User
from checkout.order.models import Order
from checkout.order.states import OrderState
from tests.browser import steps
from tests.stripe_double.control import Double

WITH_3DS = "4000002500003155"


def _only_order() -> Order:
    return Order.objects.get()


def test_guest_buys_with_3d_secure_and_staff_ship(
    page: Page, stocked: str, stripe: Double, worker: None, charlie: User
) -> None:
    steps.pay_as_guest(page, stocked, WITH_3DS)
    steps.answer_bank(page, "Complete authentication")
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    order = _only_order()
    assert order.status == OrderState.PLACED
    (intent,) = stripe.intents()
    assert (intent["status"], intent["amount"]) == (
        "requires_capture",
        int(order.total_incl_tax * 100),
    )

    steps.open_email(page, stocked, order.number)
    expect(page.get_by_text("dana@example.com").first).to_be_visible()

    steps.log_in_as_staff(page, stocked, charlie.email, "pass-charlie-3.6")
    page.goto(f"{stocked}/admin/order/order/{order.pk}/change/")
    page.get_by_role("link", name="Create shipment").click()
    page.get_by_label("Tracking number").fill("CP123456789CA")
    page.get_by_role("button", name="Create shipment").click()
    expect(page.get_by_text("Shipped with Canada Post")).to_be_visible()

    (intent,) = stripe.intents()
    assert (intent["status"], intent["amount_received"]) == ("succeeded", intent["amount"])
    page.goto(stripe.url)
    expect(page.get_by_text("succeeded").first).to_be_visible()
    order.refresh_from_db()
    assert order.status == OrderState.SHIPPED
    steps.open_email(page, stocked, "on the way")
    expect(page.get_by_text("CP123456789CA").first).to_be_visible()


def test_declined_card_leaves_the_order_pending(page: Page, stocked: str, stripe: Double) -> None:
    steps.pay_as_guest(page, stocked, steps.DECLINED)
    expect(page.get_by_role("alert").get_by_text(re.compile("declined"))).to_be_visible()
    assert _only_order().status == OrderState.PENDING
    steps.fill_card(page, "4242424242424242")
    steps.pay(page)
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    assert _only_order().status == OrderState.PLACED
    assert [intent["status"] for intent in stripe.intents()] == ["requires_capture"]


def test_failed_bank_confirmation_charges_nothing(page: Page, stocked: str, stripe: Double) -> None:
    steps.pay_as_guest(page, stocked, WITH_3DS)
    steps.answer_bank(page, "Fail authentication")
    told = page.get_by_role("status").get_by_text(re.compile("Nothing was charged"))
    expect(told).to_be_visible()
    assert _only_order().status == OrderState.PENDING
    assert [intent["amount_received"] for intent in stripe.intents()] == [0]


@pytest.mark.promise("errors-in-words")
def test_errors_are_shown_at_their_fields_and_the_first_is_focused(
    page: Page, stocked: str, stripe: Double
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    steps.fill_card(page, "4242424242424242")
    steps.pay(page)
    expect(page.get_by_role("main").get_by_label("Email", exact=True)).to_be_focused()
    expect(page.get_by_role("main").get_by_label("Email", exact=True)).to_have_attribute(
        "aria-invalid", "true"
    )
    assert not Order.objects.exists()
    assert stripe.intents() == []


@pytest.mark.promise("works-without-script")
def test_checkout_works_without_javascript_up_to_the_card(browser: Browser, stocked: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    steps.add_to_cart(page, stocked, "3.6 g")
    expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
    page.get_by_role("spinbutton").fill("2")
    page.get_by_role("button", name="Update cart").last.click()
    page.get_by_role("link", name="Check out").click()
    steps.fill_address(page, "dana@example.com")
    page.get_by_label("Postal or ZIP code").fill("S7K 1A1")
    page.get_by_role("button", name="Continue").last.click()
    expect(page).to_have_url(f"{stocked}/checkout/shipping/")
    page.get_by_role("radio", name="Expedited Parcel").check()
    page.get_by_role("button", name="Continue").last.click()
    expect(page).to_have_url(f"{stocked}/checkout/payment/")
    said = page.locator("noscript strong")  # Playwright does not search noscript by text
    expect(said).to_be_visible()
    assert said.inner_text() == "The card field needs JavaScript"
    expect(page.get_by_text("PST 6")).to_be_visible()
    expect(page.get_by_role("button", name="Pay")).to_have_count(0)
    context.close()
    assert not Order.objects.exists()


def test_attempts_that_the_proxy_rejects_are_not_called_offline(
    page: Page, stocked: str, stripe: Double
) -> None:
    # Mutation: post() without its 429: JSON.parse fails, and the page says "could not reach"
    page.route(
        "**/checkout/pay/",
        lambda route: route.fulfill(status=429, content_type="text/html", body="<h1>Busy</h1>"),
    )
    steps.pay_as_guest(page, stocked, "4242424242424242")
    expect(
        page.get_by_role("alert").get_by_text("Too many attempts. Wait a moment")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Pay")).to_be_enabled()
    assert not Order.objects.exists()
