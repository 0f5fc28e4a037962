"""The billing details that Stripe gets from each page with a card field."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Request, expect

from accounts.users.models import User
from catalog.models import ProductClass
from checkout.order.links import status_token
from checkout.order.models import BillingAddress, Order
from checkout.payment import policy_text
from tests.browser import steps
from tests.stripe_double.control import Double

GOOD = "4242424242424242"
SHIPPING = {
    "line1": "12 Prairie Lane", "city": "Saskatoon", "state": "SK", "postal_code": "S7K 1A1",
    "country": "CA",
}  # fmt: skip
OWN = {
    "line1": "7 Harbour Road", "line2": "Unit 3", "city": "Seattle", "state": "WA",
    "postal_code": "98101", "country": "US",
}  # fmt: skip


def tokens(stripe: Double) -> list[dict[str, Any]]:
    """Return what the page sent with each card."""
    return [each["payment_method_data"] for each in stripe.requests("/v1/confirmation_tokens")]


def checkout_with(page: Page, shop: str, number: str, email: str = "dana@example.com") -> None:
    """Fill in the checkout as a guest in Saskatoon, without pressing Pay."""
    steps.add_to_cart(page, shop, "3.6 g")
    page.goto(f"{shop}/checkout/")
    steps.fill_contact(page, email)
    steps.agree(page)
    steps.fill_card(page, number)


def use_another_billing_address(page: Page) -> None:
    page.get_by_label("Same as the shipping address").uncheck()
    fill_billing_address(page)


def fill_billing_address(page: Page) -> None:
    billing = page.get_by_role("group", name="Billing address")
    billing.get_by_label("First name").fill("Erin")
    billing.get_by_label("Last name").fill("Payer")
    billing.get_by_label("Country").select_option("US")
    billing.get_by_label("Street address").fill(OWN["line1"])
    billing.get_by_label("Apartment").fill(OWN["line2"])
    billing.get_by_label("City").fill(OWN["city"])
    billing.get_by_label("Province or state").select_option("Washington")
    billing.get_by_label("Postal or ZIP code").fill(OWN["postal_code"])


def thanked(page: Page) -> Order:
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    return Order.objects.get()


@pytest.mark.promise("processors")
def test_guest_pays_and_stripe_gets_from_the_browser_what_the_privacy_policy_lists(
    page: Page, stocked: str, stripe: Double
) -> None:
    checkout_with(page, stocked, GOOD)
    steps.pay(page)
    order = thanked(page)
    (sent,) = tokens(stripe)
    who = {"name": "Dana Flyer", "email": "dana@example.com", "address": SHIPPING}
    assert sent["billing_details"] == who
    assert (
        sent.keys() | who.keys()
        == {"type", "billing_details"} | policy_text.FROM_THE_BROWSER.keys()
    )
    said = policy_text.stripe_gets()
    assert [each for each in policy_text.FROM_THE_BROWSER.values() if str(each) not in said] == []
    (charge,) = stripe.charges()
    assert charge["billing_details"]["email"] == "dana@example.com"
    assert charge["shipping"]["address"] == SHIPPING | {"line2": None}
    assert charge["description"] == f"MicroFlight order {order.number}"


@pytest.mark.promise("billing-address")
def test_another_billing_address_goes_to_stripe_and_not_to_the_shop(
    page: Page, stocked: str, stripe: Double
) -> None:
    to_the_shop: list[str] = []

    def note(request: Request) -> None:
        if request.url.startswith(stocked):
            to_the_shop.append(request.url + (request.post_data or ""))

    page.on("request", note)
    checkout_with(page, stocked, GOOD)
    use_another_billing_address(page)
    steps.pay(page)
    thanked(page)
    (sent,) = tokens(stripe)
    who = {"name": "Erin Payer", "email": "dana@example.com", "address": OWN}
    assert sent["billing_details"] == who
    assert stripe.charges()[0]["shipping"]["address"] == SHIPPING | {"line2": None}
    assert any("dana%40example.com" in each or "dana@example.com" in each for each in to_the_shop)
    assert [each for each in to_the_shop if "Harbour" in each or "Erin" in each] == []
    assert not BillingAddress.objects.exists()


def test_missing_part_of_the_billing_address_is_marked_and_nothing_is_sent(
    page: Page, stocked: str, stripe: Double
) -> None:
    checkout_with(page, stocked, GOOD)
    use_another_billing_address(page)
    billing = page.get_by_role("group", name="Billing address")
    billing.get_by_label("City").fill("")
    billing.get_by_label("Postal or ZIP code").fill("")
    steps.pay(page)
    expect(billing.get_by_label("City")).to_be_focused()
    expect(billing.get_by_label("City")).to_have_attribute("aria-invalid", "true")
    expect(billing.get_by_label("Postal or ZIP code")).to_have_attribute("aria-invalid", "true")
    summary = page.get_by_role("alert").get_by_role("listitem")
    expect(summary).to_have_text(["Enter the city.", "Enter the postal or ZIP code."])
    assert (tokens(stripe), Order.objects.count()) == ([], 0)
    page.get_by_label("Same as the shipping address").check()
    expect(billing.get_by_label("City")).to_be_hidden()
    steps.pay(page)
    thanked(page)
    assert tokens(stripe)[0]["billing_details"]["address"] == SHIPPING


def test_nothing_is_sent_to_stripe_before_the_form_is_filled_in(
    page: Page, stocked: str, stripe: Double
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    steps.fill_contact(page, "dana@example.com")
    steps.fill_card(page, GOOD)
    steps.pay(page)  # without accepting the policies
    expect(page.get_by_role("checkbox", name="I have read and accept")).to_be_focused()
    assert (tokens(stripe), stripe.intents(), Order.objects.count()) == ([], [], 0)


def test_email_that_stripe_rejects_is_marked_at_its_field(
    page: Page, stocked: str, stripe: Double
) -> None:
    checkout_with(page, stocked, GOOD, email="dana at example")
    steps.pay(page)
    email = page.get_by_role("main").get_by_label("Email", exact=True)
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    assert (stripe.intents(), Order.objects.count()) == ([], 0)


def test_order_page_pays_with_the_stored_address(page: Page, stocked: str, stripe: Double) -> None:
    checkout_with(page, stocked, steps.DECLINED)
    steps.pay(page)
    expect(page.get_by_role("alert").get_by_text(re.compile("declined"))).to_be_visible()
    order = Order.objects.get()
    page.goto(f"{stocked}/checkout/retry/{order.number}/{status_token(order)}/")
    steps.fill_card(page, GOOD)
    steps.pay(page)
    thanked(page)
    first, second = tokens(stripe)
    assert second["billing_details"] == first["billing_details"]
    assert second["billing_details"]["address"] == SHIPPING


def test_order_page_takes_another_billing_address(page: Page, stocked: str, stripe: Double) -> None:
    checkout_with(page, stocked, steps.DECLINED)
    steps.pay(page)
    expect(page.get_by_role("alert").get_by_text(re.compile("declined"))).to_be_visible()
    order = Order.objects.get()
    page.goto(f"{stocked}/checkout/retry/{order.number}/{status_token(order)}/")
    steps.fill_card(page, GOOD)
    use_another_billing_address(page)
    steps.pay(page)
    thanked(page)
    assert tokens(stripe)[1]["billing_details"]["address"] == OWN


def test_account_pays_step_by_step_with_what_was_typed_before(
    page: Page, stocked: str, stripe: Double, alice: User
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}{reverse('account_login')}?next=/checkout/contact/")
    page.get_by_role("main").get_by_label("Email address").fill(alice.email)
    page.get_by_label("Password").fill("pass-alice-3.6")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    steps.fill_address(page, alice.email)
    page.get_by_label("Province or state").select_option("Saskatchewan")
    page.get_by_label("Postal or ZIP code").fill("s7k1a1")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    steps.agree(page)
    steps.fill_card(page, GOOD)
    steps.pay(page)
    assert thanked(page).user == alice
    (sent,) = tokens(stripe)
    who = {"name": "Dana Flyer", "email": alice.email, "address": SHIPPING}
    assert sent["billing_details"] == who


@pytest.mark.promise("billing-address")
def test_order_without_shipping_asks_for_the_billing_address_only(
    page: Page, stocked: str, stripe: Double
) -> None:
    # Mutation: start() without showBillingFields(): no fields, and Stripe got no address
    ProductClass.objects.update(requires_shipping=False)
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    contact = page.locator(".section-contact")
    expect(contact.get_by_label("Street address")).to_have_count(0)
    contact.get_by_label("Email", exact=True).fill("dana@example.com")
    contact.get_by_label("First name").fill("Dana")
    contact.get_by_label("Last name").fill("Flyer")
    with page.expect_response(lambda answer: "/checkout/quote/" in answer.url):
        contact.get_by_label("Province or state").select_option("SK")
    expect(page.get_by_label("Same as the shipping address")).to_have_count(0)
    fill_billing_address(page)
    steps.agree(page)
    steps.fill_card(page, GOOD)
    steps.pay(page)
    order = thanked(page)
    (sent,) = tokens(stripe)
    assert sent["billing_details"] == {
        "name": "Erin Payer", "email": "dana@example.com", "address": OWN,
    }  # fmt: skip
    (charge,) = stripe.charges()
    assert (charge["captured"], charge["shipping"]) == (True, None)
    place = BillingAddress.objects.get()
    stored = (place.first_name, place.line1, place.state, place.country_id)
    assert (order.status, order.shipping_address, stored) == (
        "shipped", None, ("Dana", "", "SK", "CA"),
    )  # fmt: skip
