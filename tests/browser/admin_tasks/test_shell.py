"""Finding an order from any page."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

from checkout.order.models import ShippingEvent, ShippingEventType
from tests.project.admin_rows import ROWS

NAME = "find an order by tracking number, city, phone or #100014"


def test_order_is_found_from_the_start_page(
    task: Callable[[str], AbstractContextManager[Page]], shop: str
) -> None:
    order = ROWS["order.Order"](3)
    shipped = ShippingEventType.objects.create(code="shipped", name="Shipped")
    ShippingEvent.objects.create(order=order, event_type=shipped, tracking_number="CP123456785CA")
    for typed in ("CP123456785CA", "#100003"):
        with task(NAME) as page:
            page.keyboard.press("Control+k")
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Order 100003")).to_be_visible()
