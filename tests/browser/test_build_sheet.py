"""The build sheet in a real browser: parts are moved by keyboard and mouse; axe."""

from io import StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

WREN = (
    "/build/?airframe=MF-AP-WREN-RXR&sku=MF-RX-4CH-MAG&x=60&n=1&sku=MF-BT-030-MAG&x=50&n=1"
    "&sku=MF-PR-46-08&x=0&n=1"
)


@pytest.fixture
def build(shop: str) -> str:
    """The URL of a build of the demo's Wren."""
    call_command("seed_shop", no_images=True, stdout=StringIO())
    return shop + WREN


def test_arrow_keys_and_mouse_move_a_part_and_the_results_follow(page: Page, build: str) -> None:
    page.goto(build)
    advice = page.locator(".build-advice")
    expect(advice).to_contain_text("Move the battery 31 mm forward.")
    battery = page.get_by_role("slider", name="LiPo cell 30 mAh")
    battery.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(advice).to_contain_text("Move the battery 22 mm forward.")
    expect(battery).to_be_focused()
    expect(page.get_by_label("Position of part 2, mm behind the nose")).to_have_value("41")
    assert "x=41" in page.url
    box = battery.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] - 70, box["y"] + 10, steps=4)
    page.mouse.up()
    expect(advice).not_to_contain_text("Move the battery 22 mm forward.")
    expect(page.get_by_label("Position of part 2, mm behind the nose")).not_to_have_value("41")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, build: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        bypass_csp=True,  # axe sets inline styles
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.goto(build)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
