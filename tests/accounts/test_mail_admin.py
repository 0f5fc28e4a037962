"""The outbox for staff: failed and bounced emails, resending, previews."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail import samples, services
from accounts.mail.email_previews import in_color_scheme
from accounts.mail.models import Message, MessageState
from accounts.newsletter.campaigns import feedback
from accounts.newsletter.campaigns.models import DeliveryState
from accounts.newsletter.campaigns.progress import totals_of
from accounts.newsletter.models import Delivery, FeedbackType
from accounts.users.models import User
from tests.accounts.newsletter.people import subscriber
from tests.accounts.newsletter.reports import campaign, delivery, name_of

pytestmark = pytest.mark.django_db
OUTBOX = "/admin/mail/message/"


def _row(number: int, state: MessageState, **values: Any) -> Message:
    return Message.objects.create(
        email_type="welcome", subject_id=f"user:{number}", recipient="dana@example.com",
        state=state, data={"user": 1}, message_id=f"<{number}@plantraco.com>", **values,
    )  # fmt: skip


def _states() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def _send_again(client: Client) -> str:
    chosen = list(Message.objects.values_list("pk", flat=True))
    data = {"action": "resend_failed", "_selected_action": chosen}
    return client.post(OUTBOX, data, follow=True).content.decode()


def test_resend_action_queues_only_failed_and_bounced_emails(staff: Client) -> None:
    # Mutation: without the filter, a delivered email was queued again.
    _row(1, MessageState.FAILED, attempts=13)
    _row(2, MessageState.SENT, sent_at=timezone.now())
    _row(3, MessageState.SENT, sent_at=timezone.now(), bounced_at=timezone.now())
    _row(4, MessageState.QUEUED)
    page = _send_again(staff)
    assert "2 emails queued again." in page
    assert "2 emails skipped" in page
    assert _states() == ["queued", "sent", "queued", "queued"]
    assert not Message.objects.exclude(bounced_at=None).exists()
    assert Message.objects.get(subject_id="user:1").message_id == ""


def test_resend_action_needs_permission(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(alice)
    _row(1, MessageState.FAILED)
    _send_again(client)
    assert _states() == ["failed"]


def test_bounced_emails_are_counted_and_listed(staff: Client) -> None:
    _row(1, MessageState.SENT, bounced_at=timezone.now(), bounce_reason="550 5.1.1 no such user")
    _row(2, MessageState.SENT)
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>1</strong> bounced emails" in start
    listed = staff.get(OUTBOX, {"bounces": "bounced"}).content.decode()
    assert 'class="field-status">Bounced</td>' in listed
    assert listed.count('class="action-select"') == 1
    row = Message.objects.get(subject_id="user:1")
    assert "550 5.1.1 no such user" in staff.get(f"{OUTBOX}{row.pk}/change/").content.decode()


def test_uncertain_deliveries_are_counted_until_reported(staff: Client) -> None:
    person = subscriber()
    unsure = delivery(person, campaign("one"), state=DeliveryState.UNCERTAIN, sent_at=None)
    other = delivery(person, campaign("two"), state=DeliveryState.QUEUED, sent_at=None)
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>1</strong> uncertain deliveries" in start
    listed = staff.get("/admin/newsletter/delivery/?state=uncertain").content.decode()
    assert listed.count('class="action-select"') == 1
    feedback.note("postmark", "1", FeedbackType.DELIVERED, message_id=name_of(unsure))
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>0</strong> uncertain deliveries" in start
    assert Delivery.objects.get(pk=other.pk).state == DeliveryState.QUEUED


def test_campaign_page_shows_only_totals(staff: Client) -> None:
    made = campaign(started_at=timezone.now(), delivered=1, bounced=1, unsubscribed=1)
    for email in ("a@example.com", "b@example.com"):
        delivery(subscriber(email), made)
    made.links.create(number=1, url="https://shop.example/x/", clicks_a=2, clicks_b=3)
    found = totals_of(made)
    assert (found.sent, found.campaign.delivered, found.campaign.bounced, found.clicks) == (
        2,
        1,
        1,
        5,
    )
    assert found.share(found.campaign.unsubscribed) == "50.0%"
    page = staff.get(reverse("admin:newsletter_campaign_change", args=[made.pk])).content.decode()
    assert "Results</h2>" in page
    assert "a@example.com" not in page


def test_previews_list_and_show_every_email(staff: Client) -> None:
    listed = staff.get(f"{OUTBOX}previews/").content.decode()
    for name in samples.names():
        assert f"{OUTBOX}previews/{name}/" in listed
        page = staff.get(f"{OUTBOX}previews/{name}/")
        assert page.content.decode().count("<iframe") == 4
        assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert staff.get(f"{OUTBOX}previews/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("scheme", "rule"), [("light", "@media not all {"), ("dark", "@media all {")]
)
def test_preview_frame_forces_color_scheme(staff: Client, scheme: str, rule: str) -> None:
    answer = staff.get(f"{OUTBOX}previews/order-confirmed/{scheme}/")
    page = answer.content.decode()
    assert rule in page
    assert "prefers-color-scheme" not in page
    assert answer["Content-Security-Policy"].endswith("sandbox")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert staff.get(f"{OUTBOX}previews/order-confirmed/pink/").status_code == 404


@pytest.mark.parametrize("name", ["", "welcome/"])
def test_old_preview_urls_redirect(staff: Client, name: str) -> None:
    response = staff.get(f"{OUTBOX}letters/{name}")
    assert (response.status_code, response.url) == (301, f"{OUTBOX}previews/{name}")


def test_every_email_has_a_dark_mode() -> None:
    for name in samples.names():
        html = samples.sample(name).html
        assert in_color_scheme(html, "dark") != in_color_scheme(html, "light"), name


def test_previews_need_permission(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    for path in ("previews/", "previews/welcome/", "previews/welcome/dark/"):
        assert client.get(OUTBOX + path).status_code == 403


def test_sweep_queues_urgent_emails_first(monkeypatch: pytest.MonkeyPatch, broker: Any) -> None:
    # Mutation: sorted by time alone, the order email was left for the next sweep.
    monkeypatch.setattr(services, "SWEEP_LIMIT", 2)
    due = timezone.now() - timedelta(minutes=5)
    for number in range(3):
        _row(number, MessageState.QUEUED, next_try_at=due - timedelta(minutes=number))
    urgent = _row(9, MessageState.QUEUED, next_try_at=due)
    Message.objects.filter(pk=urgent.pk).update(email_type="order-confirmed")
    with time_machine.travel(timezone.now(), tick=False):
        assert services.sweep() == 2
    swept = Message.objects.filter(next_try_at__gt=timezone.now())
    assert urgent.pk in swept.values_list("pk", flat=True)
    assert broker()[0] == (urgent.pk, 0)
