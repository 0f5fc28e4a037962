"""The early charge checkbox in a real browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from catalog.partner.models import StockRecord
from checkout.order.models import Order
from tests.browser import steps
from tests.catalog.stock import put
from tests.stripe_double.control import Double

GOOD = "4242424242424242"
MISSING = "Check the box to be charged now, or remove what ships late from your cart."
LATER = "Your order ships later than shown: read the text above the card and check the box."


def sell_out(*, weeks: int) -> None:
    """Put all products on backorder for weeks."""
    day = timezone.localdate() + timedelta(weeks=weeks)
    StockRecord.objects.update(backorder=True, expected_on=day)
    put(0)


def box(page: Page) -> Locator:
    return page.get_by_role("checkbox", name=re.compile("Charge my card in full now"))


def placed_and_charged(page: Page, stripe: Double) -> None:
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    expect(page.get_by_text(re.compile("now, as you agreed"))).to_be_visible()
    order = Order.objects.get()
    cents = int(order.total_incl_tax * 100)
    (intent,) = stripe.intents()
    assert (intent["status"], intent["amount_received"]) == ("succeeded", cents)
    assert order.early_charge_text.startswith("Charge my card in full now")


@pytest.mark.promise("early-charge-agreed")
def test_late_order_requires_the_checkbox_and_is_charged(
    page: Page, stocked: str, stripe: Double
) -> None:
    sell_out(weeks=11)
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    expect(box(page)).not_to_be_checked()
    steps.fill_contact(page, "dana@example.com")
    steps.agree(page)
    steps.fill_card(page, GOOD)
    steps.pay(page)
    expect(page.get_by_text(MISSING).first).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_attribute("aria-invalid", "true")
    assert not Order.objects.exists()
    assert stripe.intents() == []

    box(page).check()
    expect(page.locator("#id_early_charge_error")).to_have_count(0)
    with page.expect_response("**/checkout/quote/"):
        page.get_by_label("Province or state").select_option("ON")
        page.keyboard.press("Tab")
    expect(box(page)).to_be_checked()  # a new price does not clear it
    with page.expect_response("**/checkout/quote/"):
        page.get_by_label("Province or state").select_option("SK")
        page.keyboard.press("Tab")
    steps.pay(page)
    placed_and_charged(page, stripe)


@pytest.mark.promise("early-charge-agreed", "nothing-unseen")
def test_stock_sold_meanwhile_is_shown_with_an_unticked_checkbox(
    page: Page, stocked: str, stripe: Double
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    steps.fill_contact(page, "dana@example.com")
    expect(page.get_by_text("charged when the first shipment leaves")).to_be_visible()
    expect(box(page)).to_have_count(0)
    steps.agree(page)
    steps.fill_card(page, GOOD)
    sell_out(weeks=11)
    steps.pay(page)
    expect(page.get_by_text(LATER)).to_be_visible()
    expect(box(page)).not_to_be_checked()
    expect(page.get_by_text("charged when the first shipment leaves")).to_have_count(0)
    assert not Order.objects.exists()
    assert stripe.intents() == []

    box(page).check()
    steps.pay(page)
    placed_and_charged(page, stripe)
