"""Tasks on many products at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

from playwright.sync_api import Page

from catalog.partner.models import StockRecord
from tests.catalog import factories

Task = Callable[[str], AbstractContextManager[Page]]


def test_change_20_prices(task: Task, shop: str) -> None:
    motors = factories.category("Motors")
    for number in range(20):
        factories.product(f"Motor {number:02}", into=motors)
    with task("change 20 prices") as page:
        menu = page.locator("details.area", has=page.locator("summary", has_text="Products"))
        menu.locator("summary").click()
        menu.get_by_role("link", name="Products", exact=True).click()
        page.get_by_role("link", name="Bulk edit").click()
        cells = page.locator("input[name$=-regular_price]")
        for number in range(20):
            cells.nth(number).fill(f"{number + 20}.50")
        page.get_by_role("button", name="Save grid").click()
        page.get_by_text("20 products changed.").wait_for()
    prices = StockRecord.objects.order_by("product__title").values_list("price", flat=True)
    assert list(prices) == [Decimal(f"{number + 20}.50") for number in range(20)]
