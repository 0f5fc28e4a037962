"""Staff correct the address of an order that has not shipped, and add a line to it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import add_records, price_basket
from checkout.order.models import Order
from checkout.placement.services import OrderDetails, place_order
from checkout.settlement.services import pay
from policies.services import required_for_checkout
from tests.browser.admin_tasks.tasks import handbook_image
from tests.checkout.conftest import quote_for, token
from tests.checkout.payments import fresh
from tests.stripe_double.control import Double

Task = Callable[[str], AbstractContextManager[Page]]


@pytest.fixture
def placed(stocked: str, stripe: Double) -> Order:
    """A paid order of the demo's 3.6 g airplane to Saskatoon."""
    basket = Basket.objects.create()
    price_basket(basket, None)
    record = StockRecord.objects.filter(product__title__contains="3.6 g", num_in_stock__gt=2)
    found = record.select_related("product__product_class").order_by("pk")[0]
    add_records(basket=basket, wanted=[(found, 1)], user=None)
    basket = Basket.objects.get(pk=basket.pk)
    price_basket(basket, None)
    details = OrderDetails(
        email="dana@example.com", first_name="Dana", last_name="Reyes", line1="12 Elm Street",
        city="Saskatoon", province="SK", postcode="S7K 1A1", country="CA",
        shipping_code="ca-parcel", accepted=[(each.pk, "Yes") for each in required_for_checkout()],
    )  # fmt: skip
    shown = quote_for(basket, details).fingerprint
    order = place_order(basket=basket, details=details, fingerprint=shown)
    pay(order=order, confirmation_token=token(stripe))
    return fresh(order)


def open_order(page: Page, order: Order) -> None:
    page.locator("#admin-search-input").fill(order.number)
    page.locator("#admin-search-input").press("Enter")
    expect(page.get_by_role("heading", name=f"Order {order.number}")).to_be_visible()


def test_address_of_unshipped_order_is_corrected(task: Task, placed: Order) -> None:
    with task("correct the address of an unshipped order") as page:
        open_order(page, placed)
        page.get_by_role("link", name="Edit address").click()
        page.get_by_label("Street address").fill("21 Elm Street")
        page.get_by_label("Reason").fill("Typo")
        page.get_by_label("Reason").press("Tab")
        expect(page.get_by_text("The total stays")).to_be_visible()
        handbook_image(page, "edit-address")
        page.get_by_role("button", name="Confirm", exact=True).click()
        expect(page.get_by_text("The address was changed.")).to_be_visible()
    address = fresh(placed).shipping_address
    assert address is not None
    assert address.line1 == "21 Elm Street"


def test_line_is_added_to_unshipped_order(task: Task, placed: Order) -> None:
    record = placed.lines.get().stockrecord
    assert record is not None
    with task("add a line to an unshipped order") as page:
        open_order(page, placed)
        page.get_by_role("link", name="Edit items").click()
        page.get_by_label("Add SKU or name").first.fill(record.partner_sku)
        page.get_by_label("Reason").fill("Phone call")
        page.get_by_label("Reason").press("Tab")
        expect(page.get_by_text("gets a link to pay")).to_be_visible()
        handbook_image(page, "edit-items")
        page.get_by_role("button", name="Confirm", exact=True).click()
        expect(page.get_by_text("The items were added as order")).to_be_visible()
    added = placed.additions.get()
    assert (added.status, added.lines.get().partner_sku) == ("pending", record.partner_sku)
