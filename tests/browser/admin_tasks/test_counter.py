"""Clicks and page loads are counted as docs/admin-tasks.md describes."""

from playwright.sync_api import Page

from tests.browser.admin_tasks.tasks import Counter


def test_clicks_and_page_loads_are_counted(admin: Page, shop: str) -> None:
    counter = Counter(admin.context)
    admin.goto(f"{shop}/admin/catalogue/category/add/")
    counter.start()
    admin.get_by_label("Name").first.press_sequentially("Motors")  # typing is no click
    admin.get_by_label("Name").first.press("Tab")
    assert (counter.clicks, counter.loads) == (0, 0)
    admin.locator("select").first.select_option(index=0)
    assert counter.clicks <= 1  # only a change of the choice counts
    before = counter.clicks
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.wait_for_url("**/category/")  # saved, then the list: one load
    assert (counter.clicks - before, counter.loads) == (1, 1)
    admin.locator("#searchbar").fill("motor")
    admin.locator("#searchbar").press("Enter")
    admin.wait_for_url("**q=motor*")
    assert (counter.clicks - before, counter.loads) == (2, 2)
    box = admin.locator("#action-toggle")
    box.focus()
    box.press("Space")
    assert counter.clicks - before == 3
