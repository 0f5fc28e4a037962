"""Buttons on product cards add to cart and wish list, and the list stays where it is."""

import pytest
from playwright.sync_api import Page, expect

from accounts.users.models import User
from catalog.models import Product
from catalog.wish_lists.models import Line as WishLine
from checkout.basket.models import Line
from tests.catalog import factories


@pytest.fixture
def rods(shop: str) -> list[Product]:
    """Rods in stock, with one left of the last."""
    return [factories.product(f"Rod {n}", stock=9 if n < 6 else 1, pictures=0) for n in range(7)]


def test_card_button_adds_without_leaving_the_list(
    page: Page, shop: str, rods: list[Product]
) -> None:
    page.goto(f"{shop}/catalogue/?sort=name")
    page.evaluate("window.same = true")
    button = page.locator(f"#product-{rods[6].pk} [data-add]").first
    expect(button).to_have_text("Add to cart: Rod 6")
    button.click()
    expect(page.locator(".messages")).to_contain_text("Added to your cart: 1 × Rod 6.")
    expect(button).to_contain_text("Added")
    expect(button).to_be_focused()
    expect(page.locator("[data-cart] .count")).to_have_text("1")
    button.click()
    expect(page.locator(".messages")).to_contain_text("Rod 6: Only 1 left.")
    assert page.evaluate("window.same")
    assert [line.quantity for line in Line.objects.all()] == [1]


def test_guest_logs_in_to_save_a_product(
    page: Page, shop: str, rods: list[Product], alice: User
) -> None:
    page.goto(f"{shop}/catalogue/?sort=name")
    page.locator(f"#product-{rods[2].pk} .wish").click()
    page.locator("#id_login").fill(alice.email)
    page.locator("#id_password").fill("pass-alice-3.6")
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wish list")
    assert [line.title for line in WishLine.objects.all()] == ["Rod 2"]
