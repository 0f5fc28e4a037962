"""Orders without a card form, in a real browser: by mail with a cheque, and by a payment link."""

import os
import re
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.users.models import User
from checkout.offline.emails import pay_url
from checkout.offline.seed import load_demo_orders
from checkout.order.models import Order
from checkout.order.states import OrderState
from tests.browser import steps
from tests.stripe_double.control import Double

#: Screenshots for people, if a folder is named.
SHOTS = os.environ.get("SCREENSHOTS", "")


def _look(page: Page, name: str) -> None:
    """Check that the page fits a phone, and keep its picture."""
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


def test_shopper_prints_an_order_form_and_staff_record_its_cheque(
    page: Page, stocked: str, charlie: User
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/cart/")
    page.get_by_role("link", name="Pay by cheque: print an order form").click()
    page.get_by_label("First name").fill("Dana")
    page.get_by_label("Street address").fill("12 Prairie Lane")
    page.get_by_label("City").fill("Saskatoon")
    steps.choose_province(page, "SK")
    page.get_by_label("Postal or ZIP code").fill("S7K 1A1")
    page.get_by_role("button", name="Continue").click()
    _look(page, "order-form-methods")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Create order form").click()
    expect(page.get_by_role("heading", name=re.compile("Order form"))).to_be_visible()
    _look(page, "order-form")
    order = Order.objects.get()

    steps.log_in_as_staff(page, stocked, charlie.email, "pass-charlie-3.6")
    page.goto(f"{stocked}/admin/order/order/")
    page.get_by_role("textbox").first.fill(order.number)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The customer printed this order form.")).to_be_visible()
    _look(page, "admin-order-form")
    page.get_by_role("link", name="Accept order form").click()
    page.get_by_role("button", name="Accept and reserve").click()
    page.get_by_role("link", name="Record payment").click()
    page.get_by_label("Number").fill("No. 12")
    page.get_by_label("The customer accepted the policies").check()
    _look(page, "admin-record-payment")
    page.get_by_role("button", name="Record payment").click()
    expect(page.get_by_text("was recorded.").first).to_be_visible()
    order.refresh_from_db()
    assert order.status == OrderState.PLACED


def test_customer_pays_a_quote_with_its_link(
    page: Page, stocked: str, stripe: Double, charlie: User
) -> None:
    load_demo_orders()
    order = Order.objects.get(status=OrderState.PENDING)
    assert order.valid_until == timezone.localdate() + timedelta(days=14)
    page.goto(pay_url(order))
    _look(page, "quote")
    steps.fill_card(page, "4242424242424242")
    steps.pay(page)
    order.refresh_from_db()
    assert order.status == OrderState.PENDING  # the policies are not accepted
    page.get_by_label(re.compile("I have read and accept")).check()
    steps.pay(page)
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    order.refresh_from_db()
    assert order.status == OrderState.PLACED
