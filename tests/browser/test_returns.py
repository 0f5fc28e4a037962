"""A return, from the customer's request to the refund, in a real browser."""

import re

from playwright.sync_api import Page, expect

from accounts.users.models import User
from checkout.fulfilment.shipments import create_shipment
from checkout.order.links import status_url
from checkout.order.models import Order
from checkout.returns.models import Return
from tests.browser import steps
from tests.stripe_double.control import Double

CARD = "4242424242424242"


def _press_last(page: Page) -> None:
    page.locator("#content form").get_by_role("button").last.click()


def _open_in_admin(page: Page, shop: str, ret: Return) -> None:
    page.goto(f"{shop}/admin/returns/return/{ret.pk}/change/")


def test_guest_returns_an_item_and_staff_refund_it(
    page: Page, stocked: str, stripe: Double, worker: None, charlie: User
) -> None:
    steps.pay_as_guest(page, stocked, CARD)
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    order = Order.objects.get()
    quantities = {order.lines.get().pk: 1}
    create_shipment(order=order, quantities=quantities, carrier="", tracking_number="", by=charlie)

    page.goto(status_url(order))
    page.get_by_role("link", name="Request a return").click()
    page.get_by_label("Quantity (up to 1)").fill("1")
    page.get_by_label("Reason").select_option(label="Faulty or does not work")
    page.get_by_label("What is the problem?").fill("The motor turns the wrong way.")
    page.get_by_role("button", name="Request return").click()
    expect(page.get_by_text("We received your return request")).to_be_visible()
    ret = Return.objects.get()

    steps.log_in_as_staff(page, stocked, charlie.email, "pass-charlie-3.6")
    for act in ("Approve", "Mark as received", "Refund"):
        _open_in_admin(page, stocked, ret)
        page.get_by_role("link", name=act, exact=True).click()
        _press_last(page)
    expect(page.get_by_text("refunded.")).to_be_visible()

    ret.refresh_from_db()
    assert (ret.state, [each.note for each in ret.events.all()][:1]) == (
        "refunded", ["The motor turns the wrong way."],
    )  # fmt: skip
    line = order.lines.get()
    [made] = stripe.refunds()
    assert made["amount"] == int(line.line_price_incl_tax * 100)
    steps.open_email(page, stocked, "Refund for order")
