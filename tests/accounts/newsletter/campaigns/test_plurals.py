"""A count of one has a singular noun, in emails, in the admin and in the history."""

from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.newsletter.campaigns.checklist import check
from accounts.newsletter.models import Campaign, ImportRun, Subscriber
from accounts.newsletter.subscribers import topics
from tests.accounts.newsletter.campaigns.jobs import prepared
from tests.accounts.newsletter.import_files import checked, row

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["newsletter-confirm", "newsletter-imported"])
@pytest.mark.parametrize(("days", "words"), [(1, "1 day"), (7, "7 days")])
def test_emails_count_days(kind: str, days: int, words: str) -> None:
    # Mutation: without a plural form the link was valid for "1 days".
    for name, after in (("body.txt", ":"), ("body.html", ".")):
        assert f" {words}{after}" in render_to_string(f"emails/{kind}/{name}", {"days": days})


def test_checklist_counts_characters_and_recipients(
    make_draft: Callable[..., Campaign], reader: Callable[..., Subscriber]
) -> None:
    reader()
    draft = make_draft(subject="X", subject_b="Y", source="[x](/contact/)", test_share=100)
    found = {one.what: one.text for one in check(draft).findings}
    assert found["Subject"] == "1 character."
    assert found["Links to the shop"] == "1, it works."
    assert found["Audience"] == "1 recipient."
    assert found["Second subject"] == (
        "1 recipient tests the subjects: too few to tell them apart."
    )


def test_history_and_admin_count_recipients(
    staff: Client, launched: Callable[..., Campaign], reader: Callable[..., Subscriber]
) -> None:
    reader()
    campaign = prepared(launched())
    assert campaign.events.get(what="prepared").note == "1 email"
    page = staff.post(reverse("admin:newsletter_campaign_count"), {"topic": campaign.topic_id})
    assert page.content.decode() == "1 recipient today"


def test_import_counts_people(staff: Client) -> None:
    topics.load()
    run = checked(row())
    start = reverse("admin:newsletter_importrun_action", args=[run.pk, "start"])
    assert "Import started: 1 person." in staff.post(start, follow=True).content.decode()
    ImportRun.objects.update(state="running", position=0)
    page = staff.get(reverse("admin:newsletter_importrun_change", args=[run.pk]))
    assert "0 of 1 row processed" in page.content.decode()
