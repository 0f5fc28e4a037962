"""The product page in a real browser: variants, images, and what was viewed last."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Product
from checkout.basket.models import Line
from tests.catalog import factories

SWIPE = """([image, from, to]) => {
  const touch = (x) => [new Touch({ identifier: 1, target: image, clientX: x, clientY: 9 })];
  image.dispatchEvent(new TouchEvent("touchstart", { bubbles: true, touches: touch(from) }));
  image.dispatchEvent(new TouchEvent("touchend", { bubbles: true, changedTouches: touch(to) }));
}"""


@pytest.fixture
def coil(shop: str) -> Product:
    """A product with two variants to buy and one sold out."""
    made = factories.with_variants("Coil", ["15.00", "12.50"], pictures=3)
    factories.product("Coil in blue", parent=made, stock=0, price="9.00", sku="MF-BLUE", pictures=1)
    return made


def test_selected_variant_replaces_url_price_and_specifications(
    page: Page, shop: str, coil: Product
) -> None:
    url = shop + coil.get_absolute_url()
    page.goto(url)
    page.evaluate("window.same = true")
    headline = page.locator("#headline")
    page.get_by_role("radio", name="Size 1").check()
    expect(headline).to_contain_text("$15.00")
    expect(page).to_have_url(f"{url}?variant=MF-COIL-SIZE-1")
    expect(page).to_have_title("Coil, Size 1 · MicroFlight")
    expect(page.locator("#stock-line")).to_contain_text("SKU MF-COIL-SIZE-1")
    expect(page.locator("#specification-list")).to_contain_text("MF-COIL-SIZE-1")
    page.get_by_role("link", name="In blue").click()
    expect(headline).to_contain_text("$9.00")
    expect(page).to_have_url(f"{url}?variant=MF-BLUE")
    expect(page.locator("#stock-line")).to_contain_text("Sold out")
    expect(page.get_by_role("link", name="In blue")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-main]")).to_have_attribute("data-main", "4")
    page.get_by_role("radio", name="Size 2").check()
    expect(headline).to_contain_text("$12.50")
    assert page.evaluate("window.same")  # it was not loaded again
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".messages")).to_contain_text("Coil size 2")
    assert Line.objects.get().product.upc == "MF-COIL-SIZE-2"


def test_variants_are_links_without_javascript(browser: Browser, shop: str, coil: Product) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop + coil.get_absolute_url())
    page.get_by_role("link", name="Size 1").click()
    expect(page).to_have_url(f"{shop}{coil.get_absolute_url()}?variant=MF-COIL-SIZE-1")
    expect(page.locator("#headline")).to_contain_text("$15.00")
    expect(page.get_by_role("radio", name="Size 1")).to_be_checked()
    page.get_by_role("link", name="Enlarge image").click()
    expect(page).to_have_url(f"{shop}{coil.get_absolute_url()}images/1/")
    context.close()


def test_images_by_keyboard_and_swipe(page: Page, shop: str, coil: Product) -> None:
    page.goto(shop + coil.get_absolute_url())
    main = page.locator("[data-main]")
    page.locator('[data-thumb="1"]').focus()
    page.keyboard.press("ArrowLeft")
    expect(main).to_have_attribute("data-main", "4")
    expect(page.locator('[data-thumb="4"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(main).to_have_attribute("data-main", "1")
    main.evaluate(f"(image) => ({SWIPE})([image, 200, 120])")
    expect(main).to_have_attribute("data-main", "2")
    main.evaluate(f"(image) => ({SWIPE})([image, 120, 140])")  # too short
    expect(main).to_have_attribute("data-main", "2")
    main.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 of 4")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("3 of 4")
    dialog.get_by_role("button", name="Previous image").click()
    expect(dialog).to_contain_text("2 of 4")
    dialog.get_by_role("button", name="Zoom").click()
    expect(dialog.get_by_role("button", name="Zoom")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(main).to_be_focused()


# Mutation: without the check of the URL, the stored link to another site was shown.
@pytest.mark.promise("recently-viewed")
def test_recently_viewed_products_stay_in_the_browser(page: Page, shop: str) -> None:
    made = [factories.product(f"Rod {number}", pictures=0) for number in range(8)]
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    section = page.locator("[data-recently-viewed]")
    for product in made:
        page.goto(shop + product.get_absolute_url())
    assert section.get_by_role("link").all_inner_texts() == [f"Rod {n}" for n in range(6, 0, -1)]
    stored = json.loads(page.evaluate("localStorage['recently-viewed']"))
    assert [each["title"] for each in stored] == [f"Rod {n}" for n in range(7, 0, -1)]
    assert stored[0] == {"title": "Rod 7", "url": made[7].get_absolute_url(), "image": ""}
    assert {each["name"] for each in page.context.cookies()} == {"csrftoken"}
    paths = {product.get_absolute_url() for product in made}
    others = {urlsplit(url).path for url in sent} - paths
    assert [path for path in others if not path.startswith("/static/")] == []
    page.evaluate("""localStorage["recently-viewed"] = JSON.stringify([
      {title: "Away", url: "//example.org/"}, {title: 7, url: "/"}, null])""")
    page.reload()
    expect(section).to_be_hidden()
    page.goto(shop + made[0].get_absolute_url())
    expect(section.get_by_role("link")).to_have_text(["Rod 7"])
    section.get_by_role("button", name="Clear").click()
    expect(section).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0
