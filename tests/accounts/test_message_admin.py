"""Emails in the admin are read-only, searchable and sandboxed."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message, MessageState


@pytest.fixture
def letter(db: None) -> Message:
    """A sent email whose HTML was tampered with."""
    return Message.objects.create(
        email_type="welcome", subject_id="user:7", recipient="dana@example.com",
        subject="Welcome aboard", state=MessageState.SENT, sent_at=timezone.now(),
        body_text="Hello <Dana>", body_html="<p>Hello</p><script>alert(1)</script>",
    )  # fmt: skip


def test_email_is_shown_as_text_and_in_sandboxed_frame(staff: Client, letter: Message) -> None:
    answer = staff.get(reverse("admin:mail_message_change", args=[letter.pk]))
    page = answer.content.decode()
    assert "Hello &lt;Dana&gt;" in page
    assert "alert(1)" not in page
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    frame = staff.get(reverse("admin:mail_message_html", args=[letter.pk]))
    assert frame["Content-Security-Policy"].startswith("default-src 'none'")
    assert frame["Content-Security-Policy"].endswith("sandbox")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_emails_are_searched_by_recipient_and_reference(staff: Client, letter: Message) -> None:
    listed = reverse("admin:mail_message_changelist")
    for words in ("dana@", "user:7", "aboard"):
        assert "Welcome aboard" in staff.get(listed, {"q": words}).content.decode()
    assert "Welcome aboard" not in staff.get(listed, {"state": "failed"}).content.decode()


def test_email_is_read_only(staff: Client, letter: Message) -> None:
    url = reverse("admin:mail_message_change", args=[letter.pk])
    assert staff.post(url, {"recipient": "eve@example.com"}).status_code == 403
    letter.refresh_from_db()
    assert letter.recipient == "dana@example.com"


def test_queued_email_is_not_resent(staff: Client, letter: Message) -> None:
    Message.objects.update(state=MessageState.QUEUED)
    url = reverse("admin:mail_message_resend", args=[letter.pk])
    answer = staff.post(url, follow=True)
    assert "already queued" in answer.content.decode()
