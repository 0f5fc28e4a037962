"""Every list of the admin on a phone, and the search box, menu and saved views with a keyboard."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.users.models import User
from tests.project.admin_rows import ROWS

LONG = "Brushless-motor-with-a-name-that-has-no-space-" * 2


@pytest.fixture
def admin(page: Page, shop: str, charlie: User) -> Page:
    """A browser in which Charlie is logged in."""
    client = Client()
    client.force_login(charlie)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": shop}])
    return page


def _lists() -> list[str]:
    models = [model._meta for model in django_admin.site._registry]
    return [reverse(f"admin:{each.app_label}_{each.model_name}_changelist") for each in models]


def _make_first_free(make: Callable[[int], Any]) -> None:
    """Make a row; several makers create order 100001."""
    for number in range(1, 12):
        with suppress(IntegrityError), transaction.atomic():
            make(number)
            return


def test_no_list_scrolls_sideways_on_a_phone(admin: Page, shop: str) -> None:
    for make in ROWS.values():
        _make_first_free(make)
    User.objects.filter(email="erin1@example.com").update(first_name=LONG[:60], last_name="x" * 60)
    admin.set_viewport_size({"width": 390, "height": 844})
    found = {}
    for path in _lists():
        admin.goto(shop + path)
        wide = admin.evaluate(
            """() => [...document.querySelectorAll("html, .results, #changelist, #toolbar")]
                .filter((each) => each.scrollWidth > each.clientWidth + 1)
                .map((each) => `${each.tagName}.${each.className} ${each.scrollWidth}`)"""
        )
        if wide:
            found[path] = wide
    assert found == {}


def test_search_box_opens_with_a_key_and_shows_options(admin: Page, shop: str) -> None:
    order = ROWS["order.Order"](3)
    admin.goto(f"{shop}/admin/shipping/carton/")
    admin.keyboard.press("Control+k")
    expect(admin.locator("#admin-search-input")).to_be_focused()
    admin.keyboard.type("#100003")
    option = admin.get_by_role("option")
    expect(option).to_have_count(1)
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("Enter")
    expect(admin).to_have_url(shop + reverse("admin:order_order_change", args=[order.pk]))


def test_menu_is_used_with_the_keyboard(admin: Page, shop: str) -> None:
    admin.goto(f"{shop}/admin/shipping/carton/")
    admin.locator(".admin-menu summary", has_text="Orders").focus()
    admin.keyboard.press("ArrowRight")
    expect(admin.locator(".admin-menu summary", has_text="Products")).to_be_focused()
    admin.keyboard.press("ArrowDown")
    expect(admin.locator(".admin-menu a", has_text="Products").first).to_be_focused()
    admin.keyboard.press("Escape")
    expect(admin.locator(".admin-menu details[open]")).to_have_count(0)
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("Enter")
    expect(admin).to_have_url(f"{shop}/admin/catalogue/product/")


def test_menu_opens_on_a_phone(admin: Page, shop: str) -> None:
    admin.set_viewport_size({"width": 390, "height": 844})
    admin.goto(f"{shop}/admin/shipping/carton/")
    expect(admin.locator("#admin-menu")).to_be_hidden()
    admin.get_by_role("button", name="Menu").click()
    admin.locator(".admin-menu summary", has_text="Content").click()
    admin.get_by_role("link", name="Notices").click()
    expect(admin).to_have_url(f"{shop}/admin/policies/notice/")


def test_view_is_saved_and_opened_with_one_click(admin: Page, shop: str) -> None:
    admin.goto(f"{shop}/admin/order/order/")
    admin.locator("#changelist-filter summary", has_text="State").click()
    admin.get_by_role("link", name="Cancelled").click()
    expect(admin.locator("#changelist-filter summary", has_text="State: ")).to_be_visible()
    admin.locator("summary", has_text="Save view").click()
    admin.get_by_label("Name").fill("Cancelled orders")
    admin.get_by_role("button", name="Save view").click()
    admin.get_by_role("link", name="All", exact=True).first.click()
    admin.get_by_role("link", name="Cancelled orders").click()
    expect(admin.get_by_role("link", name="Cancelled orders")).to_have_attribute(
        "aria-current", "page"
    )
    admin.get_by_role("button", name="Delete the view").click()
    expect(admin.get_by_role("link", name="Cancelled orders")).to_have_count(0)


def test_slow_submission_shows_a_message_until_the_page_is_used(admin: Page, shop: str) -> None:
    admin.goto(f"{shop}/admin/shipping/carton/add/")
    message = admin.locator("#progress")
    # the page stays, as while a slow server works
    admin.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    admin.get_by_label("Name").fill("Box")
    admin.locator("#carton_form").evaluate("form => form.requestSubmit()")
    expect(message).to_be_hidden()
    expect(message).to_be_visible()
    admin.keyboard.press("Tab")
    expect(message).to_be_hidden()
