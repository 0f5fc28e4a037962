"""The newsletter in a real browser: a visitor asks for it, staff write, it arrives, she leaves."""

import pytest
from playwright.sync_api import Page, expect

from accounts.newsletter.campaigns.models import CampaignState, DeliveryState
from accounts.newsletter.campaigns.scheduler import run_campaigns
from accounts.newsletter.models import Campaign, Consent, Delivery, Subscriber, Suppression
from accounts.newsletter.subscribers import honeypot
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.users.models import User
from tests.browser import steps

READER = "dana@example.com"


def follow(page: Page, link: str) -> Page:
    """Open a link of the email on the page, as a mail program does: in a new tab."""
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name=link).click()
    return opened.value


def sign_up(page: Page, shop: str) -> None:
    """Through the box at the foot of the front page, and the email that proves the address."""
    page.goto(shop)
    box = page.get_by_role("region", name="Newsletter")
    box.get_by_label("Email").fill(READER)
    box.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    assert Subscriber.objects.get().state == SubscriberState.PENDING
    steps.open_email(page, shop, "Confirm your subscription")
    tab = follow(page, "Confirm subscription")
    tab.get_by_role("button", name="Subscribe").click()
    expect(tab.get_by_role("heading", name="You're subscribed")).to_be_visible()
    tab.close()


def write_and_launch(page: Page, shop: str) -> None:
    """As staff, from an empty page to the launch."""
    page.goto(f"{shop}/admin/newsletter/campaign/add/")
    page.get_by_label("Title:", exact=True).fill("Autumn")
    page.get_by_label("Topic:", exact=True).select_option(label="New products")
    page.get_by_label("Subject:", exact=True).fill("New wings for small rooms")
    page.get_by_label("Content:", exact=True).fill(
        "# New wings\n\nHello [[name]], [look](/catalogue/) at them."
    )
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("link", name="Send or schedule").click()
    expect(page.get_by_text("to 1 recipient of")).to_be_visible()
    page.get_by_role("button", name="Send or schedule campaign").click()
    expect(page.get_by_text("Its content is final now.")).to_be_visible()


def let_beat_pass(page: Page) -> None:
    """Queue what beat queues every few seconds, until the email is sent."""
    for _ in range(60):
        run_campaigns.delay()
        page.wait_for_timeout(500)
        if Campaign.objects.get().state == CampaignState.SENT:
            return
    pytest.fail(f"The campaign is still {Campaign.objects.get().state}.")


# Mutation: taken for a robot, the visitor read the same answer, and no subscriber was written.
@pytest.mark.promise("opt-in-mail", "newsletter")
def test_guest_subscribes_reads_and_unsubscribes(
    page: Page, stocked: str, worker: None, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(honeypot, "MIN_AGE", 0)  # this reader types faster than people do
    sign_up(page, stocked)
    assert Subscriber.objects.get().state == SubscriberState.ACTIVE
    assert Consent.objects.get().confirmed_at is not None

    steps.log_in_as_staff(page, stocked, charlie.email, "pass-charlie-3.6")
    write_and_launch(page, stocked)
    let_beat_pass(page)
    assert Delivery.objects.get().state == DeliveryState.SENT

    steps.open_email(page, stocked, "New wings for small rooms")
    tab = follow(page, "Unsubscribe")
    expect(tab.get_by_role("heading", name="Unsubscribe")).to_be_visible()
    assert Subscriber.objects.get().state == SubscriberState.ACTIVE
    tab.get_by_role("button", name="Unsubscribe").click()
    expect(tab.get_by_role("heading", name="You're unsubscribed")).to_be_visible()
    assert Subscriber.objects.get().state == SubscriberState.UNSUBSCRIBED
    assert Suppression.objects.get().reason == "unsubscribed"
    assert Consent.objects.get().withdrawn_at is not None
