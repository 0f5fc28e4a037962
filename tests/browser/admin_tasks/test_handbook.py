"""Handbook tasks that are not in docs/admin-tasks.md: done once, with their images."""

from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers.models import Topic
from catalog.partner.models import StockRecord
from policies.opening.models import AwayPeriod
from tests.browser.admin_tasks.tasks import handbook_image
from tests.project.admin_rows import ROWS


def test_stock_is_received(admin: Page, shop: str) -> None:
    record = ROWS["partner.StockRecord"](1)
    admin.goto(shop + reverse("admin:partner_stockrecord_change", args=[record.pk]))
    admin.get_by_role("link", name="Receive stock").click()
    admin.locator("[id^=id_quantity_]").fill("5")
    admin.locator("#id_reason").fill("Delivery note 1234")
    handbook_image(admin, "receive-stock")
    admin.get_by_role("button", name="Receive stock").click()
    expect(admin.locator(".messagelist .success")).to_be_visible()
    assert StockRecord.objects.get().num_in_stock == 14


def test_campaign_is_drafted(admin: Page, shop: str) -> None:
    topic = Topic.objects.create(name="New products", slug="new-products")
    admin.goto(shop + reverse("admin:newsletter_campaign_add"))
    admin.get_by_role("textbox", name="Title:", exact=True).fill("June")
    admin.locator("#id_subject").fill("New motors")
    admin.locator("#id_topic").select_option(str(topic.pk))
    admin.locator("#id_source").fill("## New motors\n\nThey weigh **2.1 g**.")
    admin.get_by_role("button", name="Save").first.click()
    expect(admin.get_by_role("heading", name="June")).to_be_visible()
    handbook_image(admin, "campaign")
    assert Campaign.objects.get().subject == "New motors"


def test_away_period_is_previewed_and_saved(admin: Page, shop: str) -> None:
    admin.goto(shop + reverse("admin:opening_awayperiod_add"))
    admin.get_by_label("First day away").fill("2027-02-01")
    admin.get_by_label("Reopens on").fill("2027-05-03")
    admin.get_by_label("Text").fill("Closed for winter.")
    with admin.context.expect_page() as opened:
        admin.get_by_role("button", name="Preview page").click()
    expect(opened.value.get_by_text("We reopen on Monday, May 3, 2027.")).to_be_visible()
    assert not AwayPeriod.objects.exists()
    opened.value.close()
    handbook_image(admin, "away-period")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.locator(".messagelist .success")).to_be_visible()
    assert AwayPeriod.objects.get().text == "Closed for winter."
