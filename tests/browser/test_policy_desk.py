"""Policies in a real browser: staff write and publish; a shopper meets a text that just changed."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.users.models import User
from checkout.order.models import Order
from policies import publishing
from policies.models import Acceptance, Policy, PolicyVersion
from policies.states import Stage
from tests.browser import steps
from tests.stripe_double.control import Double

GOOD_CARD = "4242424242424242"


def sit_down(page: Page, shop: str, who: User) -> None:
    """Let somebody else sit at this browser, logged in."""
    client = Client()
    client.force_login(who)
    page.context.clear_cookies()
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": shop}])


def part(page: Page, heading: str) -> Locator:
    """A part of the page beside the text, by its heading."""
    return page.locator("section", has=page.get_by_role("heading", name=heading))


@pytest.fixture
def shipping(shop: str) -> Policy:
    """A policy with a text in force and a section that it must have."""
    policy = Policy.objects.create(
        slug="shipping", title="Shipping", required_sections="When it leaves"
    )
    publishing.adopt(policy, "## When it leaves\n\nWe post on Mondays.")
    return policy


# Broken once: without the script's listener, the unknown variable that was typed was never named.
def test_staff_write_beside_a_living_preview_and_another_person_lets_it_go_out(
    page: Page, shop: str, shipping: Policy, charlie: User, bob: User
) -> None:
    sit_down(page, shop, charlie)
    page.goto(shop + reverse("admin:policies_policyversion_add"))
    page.get_by_label("Policy").select_option(label="Shipping")
    page.get_by_role("button", name="Save", exact=True).click()
    _write(page)
    draft = PolicyVersion.objects.get(published_at=None)
    assert draft.source == "## When it leaves\n\nWe post on Fridays."

    page.get_by_role("link", name="Submit for review").click()
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("The text waits for somebody else to approve it.")).to_be_visible()
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Approve this text").click()
    expect(page.get_by_role("alert")).to_contain_text("You wrote on this text yourself.")

    bob.is_staff = bob.is_superuser = True
    bob.save()
    sit_down(page, shop, bob)
    page.goto(f"{shop}{reverse('admin:policies_policyversion_change', args=[draft.pk])}")
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Approve this text").click()
    _publish(page, draft)
    page.goto(f"{shop}/policies/shipping/")
    expect(page.get_by_text("We post on Fridays.", exact=True)).to_be_visible()


def _write(page: Page) -> None:
    """Type as a person does; what stands beside follows without being asked."""
    words = page.get_by_label("Source")
    words.fill("")
    words.press_sequentially("We post on Fridays, {{ whenever }}.")
    before = part(page, "Before review")
    expect(before).to_contain_text("Line 1: nobody knows the variable “whenever”.")
    expect(before).to_contain_text("The section “When it leaves” is missing.")
    expect(part(page, "As customers read it")).to_contain_text("[whenever?]")
    words.fill("## When it leaves\n\nWe post on Fridays.")
    changes = part(page, "Against version 1")
    expect(changes.locator("del")).to_have_text(["[removed: Mondays]"])
    expect(changes.locator("ins")).to_have_text(["[added: Fridays]"])
    assert PolicyVersion.objects.get(published_at=None).source.endswith("We post on Mondays.")
    page.get_by_label("Summary").press_sequentially("We post on Fridays.")
    expect(before).to_contain_text("Nothing was found wrong with this text.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def _publish(page: Page, draft: PolicyVersion) -> None:
    """Sooner than customers were told: refused, and let through with a reason."""
    page.get_by_role("link", name="Publish").click()
    day = page.get_by_label("In force from")
    expect(day).to_have_value(publishing.earliest_day(draft).isoformat())
    day.fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Publish for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done.")
    draft.refresh_from_db()
    assert draft.stage == Stage.APPROVED
    page.get_by_label("Why sooner").fill("The post strikes.")
    page.get_by_role("button", name="Publish for good").click()
    expect(page.get_by_role("heading", name="Shipping, version 2")).to_be_visible()
    expect(page.get_by_text("The post strikes.").first).to_be_visible()
    draft.refresh_from_db()
    assert (draft.number, draft.state, draft.short_notice) == (
        2, Stage.PUBLISHED, "The post strikes.",
    )  # fmt: skip


# Broken once: with the box left as it was by pay.js, there was none beside version 2.
@pytest.mark.promise("agreed-version")
def test_a_text_that_changes_between_showing_and_paying_puts_a_new_empty_box_there(
    page: Page, stocked: str, stripe: Double
) -> None:
    steps.put_into_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    steps.fill_contact(page, "dana@example.com")
    steps.agree(page)
    steps.fill_card(page, GOOD_CARD)
    terms = Policy.objects.get(slug="terms")
    second = publishing.adopt(terms, "We sell what we show.", summary="Shorter.")
    steps.pay(page)

    box = page.get_by_role("checkbox", name="Terms of Sale (version 2)")
    expect(box).to_be_focused()
    expect(box).not_to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile("I have read"))).to_have_count(1)
    told = "Our policies have just changed: read them and tick anew."
    expect(page.locator(".errorlist", has_text=told)).to_have_count(1)
    assert not Order.objects.exists()
    assert stripe.intents() == []
    link = page.locator("[data-agreement]").get_by_role("link", name=re.compile("Terms of Sale"))
    expect(link).to_have_attribute("href", "/policies/terms/v2/")

    page.keyboard.press("Space")
    expect(box).to_be_checked()
    steps.pay(page)
    expect(page.get_by_role("heading", name=re.compile(r"Thank you\. Order"))).to_be_visible()
    order = Order.objects.get()
    made = Acceptance.objects.get(subject=f"order:{order.number}", version__policy=terms)
    assert (made.version, made.sha256) == (second, second.sha256)
    assert "Terms of Sale (version 2)" in made.label
