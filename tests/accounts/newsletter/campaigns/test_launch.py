"""Launching freezes a campaign."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from accounts.newsletter.campaigns import campaign_email
from accounts.newsletter.campaigns.launch import NotLaunched, launch, revert_to_draft
from accounts.newsletter.models import Campaign, CampaignIsFrozen, Link
from accounts.users.models import User
from microflight.core.palette import LIGHT
from microflight.core.states import NotAllowed

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)  # 12:00 in Saskatoon


@time_machine.travel(datetime(2026, 11, 30, 12, 0, tzinfo=UTC), tick=False)
def test_launch_freezes_content_and_schedule(make_draft: Any, reader: Any, charlie: User) -> None:
    dana = reader()
    row = launch(make_draft(sender_name="Flying school"), at=NOON, by=charlie)
    row.refresh_from_db()
    assert (row.state, row.scheduled_at, row.audience_until) == ("scheduled", NOON, dana.pk)
    assert row.from_email == "Flying school <sales@plantraco.com>"
    assert row.launched_at == datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    assert list(row.links.values_list("number", "url")) == [
        (1, "http://127.0.0.1:8000/contact/"),
        (2, "http://127.0.0.1:8000/"),
    ]
    assert [(e.what, e.note, e.by) for e in row.events.all()] == [
        ("scheduled", "2026-12-01 12:00, 1 recipient", charlie)
    ]
    links = dict(row.links.values_list("number", "url"))
    for body, is_html in ((row.body_html, True), (row.body_text, False)):
        whole = campaign_email.fill(body, campaign_email.values_of(dana, row, links), html=is_html)
        assert "[[" not in whole
        assert "Dana" in whole
        assert f"http://127.0.0.1:8000/newsletter/unsubscribe/{dana.token}.{row.key}/" in whole
    assert "<style>" in row.body_html  # dark mode and narrow screens
    assert f'style="color: {LIGHT["sky"]}' in row.body_html


def test_past_time_means_now(make_draft: Any, reader: Any) -> None:
    reader()
    with time_machine.travel(NOON, tick=False):
        assert (
            launch(make_draft(), at=datetime(2020, 1, 1, tzinfo=UTC), by=None).scheduled_at == NOON
        )
        assert launch(make_draft(), at=None, by=None).scheduled_at == NOON


def test_launch_with_errors_changes_nothing(
    make_draft: Any,
) -> None:
    draft = make_draft(subject="", source="::product NO-SUCH\n")
    with pytest.raises(NotLaunched) as refusal:
        launch(draft, at=None, by=None)
    assert [one.what for one in refusal.value.findings] == [
        "Subject", "Text part", "Content", "Audience",
    ]  # fmt: skip
    draft.refresh_from_db()
    assert (draft.state, draft.body_html, draft.scheduled_at) == ("draft", "", None)
    assert not Link.objects.exists()
    assert not draft.events.exists()


def test_launched_campaign_cannot_be_launched_again(make_draft: Any, reader: Any) -> None:
    reader()
    row = launch(make_draft(), at=NOON, by=None)
    with pytest.raises(NotAllowed):
        launch(row, at=None, by=None)
    assert row.events.count() == 1


CHANGES = {
    "subject": "Other",
    "source": "Other",
    "preheader": "Other",
    "audience": {"country": ["CA"]},
    "sender_name": "Somebody else",
    "body_html": "Other",
    "body_text": "Other",
    "from_email": "else@example.com",
    "audience_until": 9,
}


@pytest.mark.parametrize("name", CHANGES)
def test_launched_content_is_immutable(make_draft: Any, reader: Any, name: str) -> None:
    # Mutation: without the check in save() the first block wrote "Other" and raised nothing.
    reader()
    row = launch(make_draft(), at=NOON, by=None)
    before = getattr(row, name)
    setattr(row, name, CHANGES[name])
    with pytest.raises(CampaignIsFrozen):
        row.save()
    with pytest.raises(CampaignIsFrozen):
        row.save(update_fields=[name])
    with pytest.raises(CampaignIsFrozen):
        Campaign.objects.filter(pk=row.pk).update(**{name: CHANGES[name]})
    with pytest.raises(CampaignIsFrozen), transaction.atomic():
        Campaign.objects.bulk_update([row], [name])
    assert getattr(Campaign.objects.get(pk=row.pk), name) == before


def test_trigger_protects_launched_campaign(make_draft: Any, reader: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the trigger is PostgreSQL's")
    reader()
    row = launch(make_draft(), at=NOON, by=None)
    with connection.cursor() as cursor:
        for words in (
            "UPDATE newsletter_campaign SET body_html = 'Other' WHERE id = %s",
            "UPDATE newsletter_campaign SET audience_until = 9 WHERE id = %s",
            "DELETE FROM newsletter_campaign WHERE id = %s",
        ):
            with pytest.raises(DatabaseError, match="cannot change"), transaction.atomic():
                cursor.execute(words, [row.pk])
        cursor.execute("UPDATE newsletter_campaign SET state = 'sending' WHERE id = %s", [row.pk])
    assert "Butterfly" in Campaign.objects.get(pk=row.pk).body_html


def test_state_and_totals_may_change(make_draft: Any, reader: Any) -> None:
    reader()
    row = launch(make_draft(), at=NOON, by=None)
    Campaign.objects.filter(pk=row.pk).update(state="preparing", total=3)
    row.refresh_from_db()
    row.is_public = True
    row.save()
    row.refresh_from_db()
    assert (row.state, row.total, row.is_public) == ("preparing", 3, True)


def test_launched_campaign_is_not_deleted(make_draft: Any, reader: Any) -> None:
    reader()
    row = launch(make_draft(), at=NOON, by=None)
    with pytest.raises(CampaignIsFrozen):
        row.delete()
    with pytest.raises(CampaignIsFrozen):
        Campaign.objects.all().delete()
    assert Campaign.objects.filter(pk=row.pk).exists()


def test_reverted_campaign_can_be_edited_and_launched(
    make_draft: Any, reader: Any, charlie: User
) -> None:
    reader()
    row = revert_to_draft(launch(make_draft(), at=NOON, by=None), by=charlie)
    row.refresh_from_db()
    assert (row.state, row.scheduled_at, row.launched_at) == ("draft", None, None)
    assert (row.body_html, row.body_text, row.from_email, row.audience_until) == ("", "", "", 0)
    assert not row.links.exists()
    row.source = "Only this.\n"
    row.save()
    assert "Only this." in launch(row, at=NOON, by=None).body_text
    assert [e.what for e in row.events.all()] == ["scheduled", "reverted to draft", "scheduled"]


@pytest.mark.parametrize("state", ["preparing", "sending", "sent", "cancelled"])
def test_sending_campaign_is_not_reverted(make_draft: Any, reader: Any, state: str) -> None:
    reader()
    row = launch(make_draft(), at=NOON, by=None)
    Campaign.objects.filter(pk=row.pk).update(state=state)
    with pytest.raises(NotAllowed):
        revert_to_draft(row, by=None)
    row.refresh_from_db()
    assert (row.state, row.links.count()) == (state, 2)
