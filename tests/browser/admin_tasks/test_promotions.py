"""Staff create a promotion and a one-time code; clicks and page loads are counted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone
from oscar.apps.voucher.models import Voucher
from playwright.sync_api import Page, expect

from checkout.promotions.models import Promotion
from tests.browser.admin_tasks.tasks import handbook_image, open_form
from tests.checkout.factories import make_product, put_in_category

Task = Callable[[str], AbstractContextManager[Page]]


@pytest.fixture
def products(shop: str) -> None:
    """A motor for $20.00 in its category, and a propeller."""
    put_in_category(make_product("Motor", price="20.00"), "Motors")
    put_in_category(make_product("Propeller"), "Propellers")


def add(page: Page) -> None:
    open_form(page, "add promotion", "/admin/promotions/promotion/add/")


def test_ten_percent_off_motors_this_week(task: Task, products: None) -> None:
    with task("10% off motors this week") as page:
        add(page)
        page.get_by_label("How much").fill("10")
        page.get_by_label("Motors").check()
        page.get_by_role("button", name="This week").click()
        expect(page.get_by_text("$18.00")).to_be_visible()  # the live preview
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
    offer = Promotion.objects.get()
    today = timezone.localdate()
    assert (offer.name, offer.state) == ("10% off Motors", "active")
    end = timezone.localtime(offer.end_datetime)
    assert end.date() == today + timedelta(days=6 - today.weekday())
    handbook_image(page, "promotion")


def test_one_time_code(task: Task, products: None) -> None:
    with task("one-time code") as page:
        add(page)
        page.get_by_label("How much").fill("15")
        page.get_by_label("All products").check()
        page.locator("#id_who").select_option("one-time-code")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
    voucher = Voucher.objects.get()
    assert (voucher.usage, voucher.offers.get().benefit.value) == (Voucher.SINGLE_USE, 15)
