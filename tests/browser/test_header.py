"""The header of the shop on a narrow phone, and the title row of the admin."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from accounts.users.models import User
from catalog.models import Product, ProductClass

TEXT_WIDTH = """field => {
  const style = getComputedStyle(field);
  return field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
}"""


def test_search_shows_its_placeholder_on_the_narrowest_phone(page: Page, stocked: str) -> None:
    # Mutation: counts beside their icons: 22 px are left for the text
    page.set_viewport_size({"width": 320, "height": 640})
    product = Product.objects.browsable().filter(structure="standalone").latest("pk")
    for button in ("Add to comparison", "Add to cart"):
        page.goto(stocked + product.get_absolute_url())
        page.get_by_role("button", name=button).first.click()
    page.goto(stocked)
    assert page.locator("#site-search").evaluate(TEXT_WIDTH) >= 70
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("width", [390, 1280])
def test_long_title_of_the_admin_is_not_below_its_buttons(
    page: Page, shop: str, charlie: User, width: int
) -> None:
    # Mutation: without .object-tools in buttons.css, History covers the end of the title
    User.objects.filter(pk=charlie.pk).update(is_superuser=True)
    client = Client()
    client.force_login(charlie)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": shop}])
    long = "Carbon Butterfly with receiver, battery, charger and transmitter, ready to fly " * 2
    kind = ProductClass.objects.create(name="Aircraft")
    product = Product.objects.create(title=long, product_class=kind)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(shop + reverse("admin:catalogue_product_change", args=[product.pk]))
    title = page.locator("#content > h1").bounding_box()
    button = page.get_by_role("link", name="History", exact=True).bounding_box()
    assert title
    assert button
    assert title["y"] + title["height"] <= button["y"]
