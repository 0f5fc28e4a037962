"""Policies in a real browser: staff edit and publish, and a version changes during checkout."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.users.models import User
from checkout.order.models import Order
from policies import workflow
from policies.models import Acceptance, Policy, PolicyVersion
from policies.states import Stage
from tests.browser import steps
from tests.stripe_double.control import Double

GOOD_CARD = "4242424242424242"


def log_in(page: Page, shop: str, user: User) -> None:
    """Log in another user in this browser."""
    client = Client()
    client.force_login(user)
    page.context.clear_cookies()
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": shop}])


def section(page: Page, heading: str) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))


@pytest.fixture
def shipping(shop: str) -> Policy:
    """A policy with a version in force and a required section."""
    policy = Policy.objects.create(
        slug="shipping", title="Shipping", required_sections="When we ship"
    )
    workflow.adopt(policy, "## When we ship\n\nWe ship on Mondays.")
    return policy


# Mutation: without the script's listener, the unknown variable was never reported.
def test_draft_is_edited_with_preview_then_approved_and_published(
    page: Page, shop: str, shipping: Policy, charlie: User, bob: User
) -> None:
    log_in(page, shop, charlie)
    page.goto(shop + reverse("admin:policies_policyversion_add"))
    page.get_by_label("Policy").select_option(label="Shipping")
    page.get_by_role("button", name="Save", exact=True).click()
    edit_draft(page)
    draft = PolicyVersion.objects.get(published_at=None)
    assert draft.source == "## When we ship\n\nWe ship on Fridays."

    page.get_by_role("link", name="Submit for review").click()
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("The version is in review.")).to_be_visible()
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_role("button", name="Approve version").click()
    expect(page.get_by_role("alert")).to_contain_text("You have edited this version.")

    bob.is_staff = bob.is_superuser = True
    bob.save()
    log_in(page, shop, bob)
    page.goto(f"{shop}{reverse('admin:policies_policyversion_change', args=[draft.pk])}")
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_role("button", name="Approve version").click()
    publish(page, draft)
    page.goto(f"{shop}/policies/shipping/")
    expect(page.get_by_text("We ship on Fridays.", exact=True)).to_be_visible()


def edit_draft(page: Page) -> None:
    """Type into the form and wait for the preview."""
    source = page.get_by_label("Source")
    source.fill("")
    source.press_sequentially("We ship on Fridays, {{ whenever }}.")
    checks = section(page, "Checks")
    expect(checks).to_contain_text("Line 1: unknown variable “whenever”.")
    expect(checks).to_contain_text("The required section “When we ship” is missing.")
    expect(section(page, "Preview")).to_contain_text("[whenever?]")
    source.fill("## When we ship\n\nWe ship on Fridays.")
    changes = section(page, "Changes since version 1")
    expect(changes.locator("del")).to_have_text(["[removed: Mondays]"])
    expect(changes.locator("ins")).to_have_text(["[added: Fridays]"])
    assert PolicyVersion.objects.get(published_at=None).source.endswith("We ship on Mondays.")
    page.get_by_label("Summary").press_sequentially("We ship on Fridays.")
    expect(checks).to_contain_text("No problems found.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def publish(page: Page, draft: PolicyVersion) -> None:
    """Publish at short notice: rejected without a reason, accepted with one."""
    page.get_by_role("link", name="Publish").click()
    day = page.get_by_label("Effective date")
    expect(day).to_have_value(workflow.earliest_effective_date(draft).isoformat())
    day.fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    draft.refresh_from_db()
    assert draft.stage == Stage.APPROVED
    page.get_by_label("Reason for short notice").fill("Strike.")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("heading", name="Shipping v2")).to_be_visible()
    expect(page.get_by_text("Strike.").first).to_be_visible()
    draft.refresh_from_db()
    assert (draft.number, draft.state) == (2, Stage.PUBLISHED)
    assert draft.short_notice_reason == "Strike."


# Mutation: when pay.js left the checkbox as it was, there was none for version 2.
@pytest.mark.promise("agreed-version")
def test_version_published_during_checkout_must_be_accepted(
    page: Page, stocked: str, stripe: Double
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    steps.fill_contact(page, "dana@example.com")
    steps.agree(page)
    steps.fill_card(page, GOOD_CARD)
    terms = Policy.objects.get(slug="terms")
    second = workflow.adopt(terms, "We sell what we show.", summary="Shorter.")
    steps.pay(page)

    checkbox = page.get_by_role("checkbox", name="Terms of Sale (version 2)")
    expect(checkbox).to_be_focused()
    expect(checkbox).not_to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile("I have read"))).to_have_count(1)
    error = "Our policies have just changed. Please read and accept them again."
    expect(page.locator(".errorlist", has_text=error)).to_have_count(1)
    assert not Order.objects.exists()
    assert stripe.intents() == []
    link = page.locator("[data-acceptance]").get_by_role("link", name=re.compile("Terms of Sale"))
    expect(link).to_have_attribute("href", "/policies/terms/v2/")

    page.keyboard.press("Space")
    expect(checkbox).to_be_checked()
    steps.pay(page)
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    order = Order.objects.get()
    acceptance = Acceptance.objects.get(subject=f"order:{order.number}", version__policy=terms)
    assert (acceptance.version, acceptance.sha256) == (second, second.sha256)
    assert "Terms of Sale (version 2)" in acceptance.label
