"""Progress, pause, resume and cancel, in the admin and by command."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.newsletter.models import Campaign, CampaignEvent, Delivery
from accounts.users.models import User
from tests.accounts.newsletter.campaigns.jobs import prepared, states


@pytest.fixture
def on_its_way(subscribe: Any, launched: Any) -> Campaign:
    """Four emails: sent, failed, in doubt, and one that waits."""
    subscribe(4)
    campaign = prepared(launched(slug="tips"))
    rows = list(Delivery.objects.order_by("pk"))
    for row, state in zip(rows, ("sent", "failed", "uncertain"), strict=False):
        Delivery.objects.filter(pk=row.pk).update(state=state)
    return campaign


def at(name: str, campaign: Campaign) -> str:
    return reverse(f"admin:newsletter_campaign_{name}", args=[campaign.pk])


def action(name: str, campaign: Campaign) -> str:
    return reverse("admin:newsletter_campaign_action", args=[campaign.pk, name])


def test_campaign_page_shows_progress(staff: Client, on_its_way: Campaign):
    page = staff.get(at("change", on_its_way)).content.decode()
    assert "75% of 4, Sending" in page
    assert f'data-progress="{at("progress", on_its_way)}"' in page
    assert "js/campaign-progress.js" in page
    assert "style=" not in page.split('class="campaign-progress"')[1].split("</section>")[0]
    piece = staff.get(at("progress", on_its_way))
    assert "no-store" in piece["Cache-Control"]
    words = " ".join(piece.content.decode().split())
    for name, number in (("Sent", 1), ("Remaining", 1), ("Failed", 1)):
        assert f"<dt>{name}</dt><dd>{number}</dd>" in words
    doubtful = f"?campaign__id__exact={on_its_way.pk}&amp;state__exact=uncertain"
    assert doubtful in words


def test_pause_resume_and_cancel_are_logged(staff: Client, charlie: User, on_its_way: Campaign):
    for act, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        assert staff.post(action(act, on_its_way)).status_code == 302
        on_its_way.refresh_from_db()
        assert on_its_way.state == state
    done = CampaignEvent.objects.filter(by=charlie).order_by("pk")
    assert list(done.values_list("what", flat=True)) == ["paused", "resumed", "cancelled"]
    assert states(on_its_way) == {"sent": 1, "failed": 1, "uncertain": 1, "skipped": 1}


def test_impossible_action_is_rejected(staff: Client, on_its_way: Campaign):
    answer = staff.post(action("resume", on_its_way), follow=True)
    assert "Resume: not possible in the current state." in answer.content.decode()
    on_its_way.refresh_from_db()
    assert on_its_way.state == "sending"
    assert not CampaignEvent.objects.filter(what="resumed").exists()


def test_controls_need_launch_permission(client: Client, bob: User, on_its_way: Campaign):
    bob.is_staff = True
    bob.save()
    names = ["view_campaign", "view_delivery"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(bob)
    page = client.get(at("progress", on_its_way))
    assert (page.status_code, b"<button" in page.content) == (200, False)
    for act in ("pause", "resume", "cancel"):
        assert client.post(action(act, on_its_way)).status_code == 403
        assert client.get(action(act, on_its_way)).status_code == 403
    on_its_way.refresh_from_db()
    assert on_its_way.state == "sending"
    bob.user_permissions.clear()
    assert client.get(at("progress", on_its_way)).status_code == 403


@pytest.mark.parametrize(("action", "state"), [("send_again", "queued"), ("mark_as_sent", "sent")])
def test_staff_resolve_only_uncertain_deliveries(
    staff: Client, on_its_way: Campaign, action: str, state: str
):
    pks = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    answer = staff.post(
        reverse("admin:newsletter_delivery_changelist"),
        {"action": action, "_selected_action": pks},
        follow=True,
    )
    assert "1 uncertain, " in answer.content.decode()
    now = list(Delivery.objects.order_by("pk").values_list("state", flat=True))
    assert now == ["sent", "failed", state, "queued"]


def test_delivery_list_loads_no_bodies(staff: Client, on_its_way: Campaign):
    # Mutation: each row brought its whole campaign along, a hundred times 100 kB for a page.
    page = reverse("admin:newsletter_delivery_changelist")
    uncertain = Delivery.objects.get(state="uncertain").pk
    with CaptureQueriesContext(connection) as asked:
        listed = staff.get(f"{page}?campaign__id__exact={on_its_way.pk}").content.decode()
        staff.post(page, {"action": "send_again", "_selected_action": [uncertain]})
    assert "4 deliveries" in listed
    assert Delivery.objects.get(pk=uncertain).state == "queued"
    assert [query["sql"] for query in asked if "body_html" in query["sql"]] == []


def say(*words: str) -> str:
    out = StringIO()
    call_command("campaign", *words, stdout=out)
    return out.getvalue().strip()


def test_command_controls_campaigns(on_its_way: Campaign):
    assert say("list") == "tips: Sending\ncampaigns: 1"
    assert say("progress", "tips").startswith(
        "tips: Sending, 1 of 4 sent, 1 remaining, 1 failed, 0 skipped, 1 uncertain"
    )
    assert say("pause", "tips").startswith("tips: Paused, ")
    assert say("resume", "tips").startswith("tips: Sending, ")
    with pytest.raises(CommandError, match="cannot become"):
        say("resume", "tips")
    with pytest.raises(CommandError, match="There is no campaign “nothing”"):
        say("pause", "nothing")
    assert say("cancel", "tips").startswith("tips: Cancelled, 1 of 4 sent, 0 remaining")
