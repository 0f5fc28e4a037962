"""Delivering an outbox row to the mail server."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.mail import services
from accounts.mail.models import Message, MessageState
from accounts.mail.rendering import compose
from accounts.mail.tasks import deliver
from microflight.core.business import FACTS
from tests.accounts.conftest import Postbox

pytestmark = pytest.mark.django_db


def test_delivered_email_has_text_and_html_and_is_sent(postbox: Postbox, welcome: Message) -> None:
    deliver(welcome.pk)
    [letter] = postbox.emails
    assert letter["To"] == "alice@example.com"
    assert letter["From"] == "MicroFlight <sales@plantraco.com>"
    assert letter["Reply-To"] == "service@plantraco.com"
    assert letter["Subject"] == "Welcome to MicroFlight"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"] is not None
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    welcome.refresh_from_db()
    assert (welcome.state, welcome.attempts, welcome.next_try_at) == (MessageState.SENT, 1, None)
    assert welcome.message_id == letter["Message-ID"]
    assert welcome.subject == "Welcome to MicroFlight"
    assert FACTS.address_line in welcome.body_text.splitlines()
    assert FACTS.street in welcome.body_html


def test_html_has_inline_styles_and_dark_mode(welcome: Message) -> None:
    email = compose(welcome)
    assert '<h1 style="' in email.html
    assert "prefers-color-scheme: dark" in email.html
    assert "http://127.0.0.1:8000/account/" in email.html
    assert "src=" not in email.html


def test_sent_row_is_not_sent_again(postbox: Postbox, welcome: Message) -> None:
    deliver(welcome.pk)
    deliver(welcome.pk)
    assert len(postbox.emails) == 1


def test_rejected_email_is_retried_with_the_same_message_id(
    postbox: Postbox, welcome: Message
) -> None:
    postbox.answer = "451 try later"
    deliver(welcome.pk)
    welcome.refresh_from_db()
    assert (welcome.state, welcome.attempts) == (MessageState.QUEUED, 1)
    assert welcome.last_error.startswith("SMTPDataError: (451")
    assert welcome.next_try_at is not None
    assert timedelta(0) < welcome.next_try_at - timezone.now() <= timedelta(minutes=1)
    first_id = welcome.message_id
    postbox.answer = "250 taken"
    deliver(welcome.pk)
    assert postbox.emails[0]["Message-ID"] == first_id
    welcome.refresh_from_db()
    assert (welcome.state, welcome.last_error) == (MessageState.SENT, "")


def test_unreachable_server_keeps_the_row_queued(settings: Any, welcome: Message) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    deliver(welcome.pk)
    welcome.refresh_from_db()
    assert welcome.state == MessageState.QUEUED
    assert welcome.last_error.startswith("ConnectionRefusedError")


def test_row_fails_after_three_days_of_rejections(postbox: Postbox, welcome: Message) -> None:
    postbox.answer = "550 no"
    for _ in services.BACK_OFF:
        deliver(welcome.pk)
        welcome.refresh_from_db()
        assert welcome.state == MessageState.QUEUED
    deliver(welcome.pk)
    welcome.refresh_from_db()
    assert (welcome.state, welcome.attempts, welcome.next_try_at) == (MessageState.FAILED, 13, None)
    assert sum(services.BACK_OFF) == 4553  # minutes: 3 days and some hours


@pytest.mark.promise("log-names-nobody")
def test_log_has_the_row_and_no_email_address(
    postbox: Postbox, welcome: Message, caplog: pytest.LogCaptureFixture
) -> None:
    postbox.answer = "550 no such user alice@example.com"
    deliver(welcome.pk)
    [line] = [r.getMessage() for r in caplog.records if not r.name.startswith("mail.log")]
    assert line == f"email {welcome.pk} (welcome) attempt 1: SMTPDataError"


def test_email_of_a_deleted_account_fails(postbox: Postbox, welcome: Message, alice: Any) -> None:
    alice.delete()
    deliver(welcome.pk)
    welcome.refresh_from_db()
    assert welcome.state == MessageState.FAILED
    assert welcome.last_error == "The account was closed before this could be sent."
    assert postbox.emails == []


def test_unknown_email_type_stays_queued(welcome: Message) -> None:
    Message.objects.filter(pk=welcome.pk).update(email_type="from-the-future")
    deliver(welcome.pk)
    welcome.refresh_from_db()
    assert (welcome.state, welcome.last_error) == (
        MessageState.QUEUED,
        "KeyError: 'from-the-future'",
    )


def test_resent_email_has_a_new_message_id(postbox: Postbox, welcome: Message) -> None:
    deliver(welcome.pk)
    services.resend(welcome)
    deliver(welcome.pk)
    first, second = postbox.emails
    assert first["Message-ID"] != second["Message-ID"]
    assert Message.objects.count() == 1


def test_resending_a_queued_email_changes_nothing(welcome: Message) -> None:
    Message.objects.filter(pk=welcome.pk).update(attempts=3)
    services.resend(welcome)
    welcome.refresh_from_db()
    assert (welcome.state, welcome.attempts) == (MessageState.QUEUED, 3)


def test_worker_that_lost_its_claim_changes_nothing(welcome: Message) -> None:
    slow = services.claim(welcome.pk)
    assert slow is not None
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert services.sweep() == 1
        fast = services.claim(welcome.pk)
    assert fast is not None
    services._retry_later(slow, RuntimeError("late"))
    welcome.refresh_from_db()
    assert (welcome.state, welcome.attempts, welcome.last_error) == (MessageState.SENDING, 2, "")


def test_row_that_kills_every_worker_fails(welcome: Message) -> None:
    Message.objects.filter(pk=welcome.pk).update(attempts=13)
    assert services.claim(welcome.pk) is None
    welcome.refresh_from_db()
    assert welcome.state == MessageState.FAILED
