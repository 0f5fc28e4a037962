"""Orders: ship five with printed packing slips, find one, and reply to customers."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.mail.models import Message
from accounts.tickets.models import Ticket
from accounts.users.models import User
from checkout.offline.seed import AIRPLANES, JONAH, paid_order
from checkout.order.models import Order, ShippingEvent, ShippingEventType
from checkout.order.states import OrderState
from tests.browser.admin_tasks.tasks import handbook_image

Task = Callable[[str], AbstractContextManager[Page]]


@pytest.fixture
def orders(stocked: str, charlie: User) -> list[Order]:
    """Five paid orders of five customers."""
    people = (("Gwen", "Regina"), ("Henry", "Halifax"), ("Irene", "Winnipeg"), ("Jonah", "Calgary"))
    made = []
    for first, city in (*people, ("Zoe", "Moose Jaw")):
        person = replace(
            JONAH, first_name=first, city=city, email=f"{first.lower()}@example.com",
            phone=f"+1 403 555 01{len(made)}0",
        )  # fmt: skip
        with transaction.atomic():
            made.append(paid_order(person, AIRPLANES[:1], charlie))
    return made


def test_five_orders_are_shipped_with_printed_packing_slips(
    orders: list[Order], shop: str, task: Task
) -> None:
    with task("ship 5 orders with printed packing slips") as page:
        page.get_by_role("link", name="orders to ship").first.click()
        page.locator("#action-toggle").check()
        page.get_by_label("Action:").select_option(label="Ship…")
        page.get_by_role("button", name="Go", exact=True).click()
        expect(page.get_by_role("heading", name="Ship orders")).to_be_visible()
        printed: Any = page.get_by_role("link", name="Print pick list and packing slips")
        url = printed.get_attribute("href")
        with page.context.expect_page():
            printed.click()
        pdf = page.request.get(f"{shop}{url}")
        assert pdf.headers["content-type"] == "application/pdf"
        for number, field in enumerate(
            page.get_by_label("Tracking number:", exact=True).all(), start=1
        ):
            field.fill(f"CP{number}")
        handbook_image(page, "ship-grid")
        page.get_by_role("button", name="Ship", exact=True).click()
        expect(page.get_by_text("Shipped with Canada Post.")).to_have_count(5)
    assert set(Order.objects.values_list("status", flat=True)) == {OrderState.SHIPPED}
    rows = ShippingEvent.objects.order_by("order_id").values_list("tracking_number", flat=True)
    assert list(rows) == [f"CP{number}" for number in range(1, 6)]
    _open_with_quantity(page, f"{shop}/admin/order/order/{orders[0].pk}/refund-items/do/")
    page.get_by_label("Reason").press("Tab")
    expect(page.get_by_text("Stock does not change.")).to_be_visible()
    handbook_image(page, "refund-items")
    _open_with_quantity(page, f"{shop}/admin/order/order/{orders[0].pk}/return/do/")
    handbook_image(page, "open-return")


def _open_with_quantity(page: Page, url: str) -> None:
    """Enter a unit of the first line in the form of an action, and a reason."""
    page.goto(url)
    page.locator("input[name^=line_]").first.fill("1")
    page.locator("input[name=reason]").fill("A wing was broken")


@pytest.mark.parametrize("what", ["tracking number", "city", "phone", "number"])
def test_order_is_found_from_the_start_page(orders: list[Order], task: Task, what: str) -> None:
    order = orders[3]
    order.shipping_events.create(
        event_type=ShippingEventType.objects.get_or_create(name="Shipped")[0],
        carrier="Canada Post",
        tracking_number="7023 2101 2345 6789",
    )
    term = {
        "tracking number": "7023210123456789",
        "city": "calgary",
        "phone": "(403) 555-0130",
        "number": f"#{order.number}",
    }[what]
    with task("find an order by tracking number, city, phone or #100014") as page:
        page.keyboard.press("Control+k")
        page.keyboard.type(term)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"Order {order.number}")).to_be_visible()


def test_ten_customers_get_replies_with_their_orders_in_view(
    orders: list[Order], shop: str, admin: Page, task: Task
) -> None:
    for number in range(10):
        order = orders[number % 5]
        Ticket.objects.create(
            email=order.guest_email, name="A customer", subject=f"Question {number}",
            text="When does it ship?", event_id=str(number),
            last_email_at=timezone.now() + timedelta(minutes=number),
        )  # fmt: skip
    with task("reply to a customer, with their orders in view") as page:
        page.get_by_role("link", name="tickets to answer").first.click()
        _reply(page, orders[0])
        expect(page.get_by_role("heading", name="Question 1")).to_be_visible()
    for number in range(1, 10):
        expect(page.get_by_role("heading", name=f"Question {number}")).to_be_visible()
        _reply(page, orders[number % 5])
    expect(page.get_by_text("Reply sent to")).to_be_visible()
    assert Message.objects.filter(email_type="ticket-reply").count() == 10
    assert not Ticket.objects.filter(state="open").exists()


def _reply(page: Page, order: Order) -> None:
    """One click and one page load, with the order beside the ticket."""
    expect(page.get_by_role("link", name=order.number, exact=True)).to_be_visible()
    page.get_by_label("Your reply").fill("It ships tomorrow.")
    page.get_by_role("button", name="Send and open next ticket").click()
