"""The bounce mailbox, read from a real IMAP server."""

from collections.abc import Iterator
from imaplib import IMAP4
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from accounts.mail.inbound import mailbox as bounces
from accounts.mail.inbound.reports import status_in, type_of_status
from accounts.mail.models import Message, MessageState
from accounts.newsletter.campaigns.models import DeliveryState
from accounts.newsletter.models import Consent, Feedback, FeedbackType, Subscriber, Suppression
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.tickets.models import Ticket
from tests.accounts.newsletter.imap_server import ImapServer, serving
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.reports import (
    complaint,
    delivery,
    name_of,
    notification,
    totals,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings: Any) -> Iterator[ImapServer]:
    """A running server whose mailbox the shop reads."""
    with serving() as found:
        settings.BOUNCE_MAILBOX_URL = found.url()
        yield found


def _state() -> str:
    return Subscriber.objects.get(email=DANA).state


def test_hard_bounce_blocks_subscriber_and_is_deleted(mailbox: ImapServer) -> None:
    sent_email = delivery()
    mailbox.put(notification(name_of(sent_email)))
    assert bounces.read_bounces() == {"processed": 1}
    assert mailbox.mails == {}
    assert _state() == SubscriberState.BLOCKED
    assert totals(sent_email) == (0, 1, 0, 0)
    row = Feedback.objects.get()
    assert (row.provider, row.type) == ("mailbox", FeedbackType.HARD)
    assert row.detail == "550 5.1.1 <…>: no such user"


def test_an_email_for_a_person_becomes_a_ticket(mailbox: ImapServer) -> None:
    sent_email = delivery()
    assert bounces.read_bounces() == {}
    mailbox.put(notification(name_of(sent_email)), written("Hello"))
    assert bounces.read_bounces() == {"processed": 2}
    assert mailbox.mails == {}
    assert Ticket.objects.get().subject == "Hello"
    assert _state() == SubscriberState.BLOCKED


def test_complaint_by_email_ends_consent(mailbox: ImapServer) -> None:
    sent_email = delivery()
    mailbox.put(complaint(name_of(sent_email)))
    bounces.read_bounces()
    assert _state() == SubscriberState.BLOCKED
    assert Consent.objects.get().withdrawn_how == "spam complaint"
    assert totals(sent_email) == (0, 0, 1, 0)


def test_not_spam_report_changes_nothing(mailbox: ImapServer) -> None:
    mailbox.put(complaint(name_of(delivery()), "not-spam"))
    assert bounces.read_bounces() == {"processed": 1}
    assert _state() == SubscriberState.ACTIVE


def test_delay_report_resolves_uncertain_delivery(mailbox: ImapServer) -> None:
    sent_email = delivery(state=DeliveryState.UNCERTAIN, sent_at=None)
    mailbox.put(notification(name_of(sent_email), action="delayed", status="4.4.1"))
    assert bounces.read_bounces() == {"processed": 1}
    sent_email.refresh_from_db()
    assert sent_email.state == DeliveryState.SENT
    assert not Feedback.objects.exists()
    assert Subscriber.objects.get().soft_bounces == 0


def test_full_mailbox_is_a_soft_bounce(mailbox: ImapServer) -> None:
    mailbox.put(notification(name_of(delivery()), status="5.2.2", said="mailbox full"))
    bounces.read_bounces()
    person = Subscriber.objects.get()
    assert (person.state, person.soft_bounces) == (SubscriberState.ACTIVE, 1)


@pytest.mark.parametrize("forged", ["<nl-{pk}-0123456789@plantraco.com>", "", "<a@b.example>"])
def test_report_with_forged_message_id_changes_nothing(mailbox: ImapServer, forged: str) -> None:
    # Mutation: without the sign of the Message-ID, a made-up report blocked Dana.
    sent_email = delivery()
    mailbox.put(
        notification(forged.format(pk=sent_email.pk)), complaint(forged.format(pk=sent_email.pk))
    )
    assert bounces.read_bounces() == {"processed": 2}
    assert _state() == SubscriberState.ACTIVE
    assert not Feedback.objects.exists()
    assert not Suppression.objects.exists()


def test_bounced_order_email_is_shown_to_staff(mailbox: ImapServer) -> None:
    row = Message.objects.create(
        email_type="order-confirmed", subject_id="order:1", recipient=DANA,
        state=MessageState.SENT, message_id="<8c1f@plantraco.com>",
    )  # fmt: skip
    mailbox.put(notification("<8c1f@plantraco.com>"))
    bounces.read_bounces()
    row.refresh_from_db()
    assert row.bounce_reason == "550 5.1.1 <…>: no such user"
    assert Feedback.objects.get().message_id == row.pk


def test_unsubscribe_email_makes_no_ticket(mailbox: ImapServer) -> None:
    person = subscriber()
    mailbox.put(written("Where is my order?"), written(f"leave {person.token}"))
    assert bounces.read_bounces() == {"processed": 2}
    assert mailbox.mails == {}
    assert _state() == SubscriberState.UNSUBSCRIBED
    assert Ticket.objects.get().subject == "Where is my order?"


def test_large_email_is_left_and_not_read_again(
    mailbox: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounces, "MAX_BYTES", 100)
    mailbox.put(written("Hello"))
    assert bounces.read_bounces() == {"left": 1}
    assert list(mailbox.mails) == ["1"]
    mailbox.log.clear()
    assert bounces.read_bounces() == {}
    assert not [line for line in mailbox.log if "FETCH" in line.upper() or "STORE" in line]


def test_automatic_reply_is_deleted(mailbox: ImapServer) -> None:
    mailbox.put(written("Out of mailbox", Auto_Submitted="auto-replied"))
    assert bounces.read_bounces() == {"processed": 1}
    assert mailbox.mails == {}


def test_interrupted_run_neither_loses_nor_repeats(
    mailbox: ImapServer,
) -> None:
    sent_email = delivery()
    mailbox.put(notification(name_of(sent_email)))
    mailbox.hangs_up_at = "STORE"
    with pytest.raises((OSError, IMAP4.abort)):
        bounces.read_bounces()
    assert len(mailbox.mails) == 1
    mailbox.hangs_up_at = ""
    assert bounces.read_bounces() == {"processed": 1}
    assert mailbox.mails == {}
    assert totals(sent_email) == (0, 1, 0, 0)
    assert Feedback.objects.count() == 1


def test_unreadable_email_does_not_block_others(
    mailbox: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_email = delivery()
    broken = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n" + b"\xff" * 5000
    monkeypatch.setattr(bounces, "MAX_BYTES", 6000)
    mailbox.put(broken, b"Subject: big\r\n\r\n" + b"x" * 7000, notification(name_of(sent_email)))
    done = bounces.read_bounces()
    assert done["processed"] + done["left"] == 3
    assert "2" in mailbox.mails
    assert _state() == SubscriberState.BLOCKED


def test_run_is_limited(mailbox: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounces, "MAX_EMAILS", 2)
    mailbox.put(*[written("Out of mailbox", Auto_Submitted="auto-replied")] * 3)
    assert bounces.read_bounces() == {"processed": 2}
    assert bounces.read_bounces() == {"processed": 1}


def test_command_prints_counts(mailbox: ImapServer) -> None:
    mailbox.put(written("Hello"))
    out = StringIO()
    call_command("read_bounces", stdout=out)
    assert out.getvalue() == "bounces: 1 processed, 0 left for people\n"


def test_command_prints_errors(settings: Any, mailbox: ImapServer) -> None:
    settings.BOUNCE_MAILBOX_URL = mailbox.url().replace("s3cret", "guess")
    with pytest.raises(CommandError, match=r"could not be read \(MailboxLoginError\)"):
        call_command("read_bounces")
    settings.BOUNCE_MAILBOX_URL = ""
    with pytest.raises(CommandError, match="BOUNCE_MAILBOX_URL is not set"):
        call_command("read_bounces")


@pytest.mark.parametrize(
    "url",
    ["imap://a:b@mail.example", "pop3s://a:b@mail.example", "http://a:b@127.0.0.1", "imaps://host"],
)
def test_mailbox_requires_tls(url: str, settings: Any) -> None:
    settings.BOUNCE_MAILBOX_URL = url
    with pytest.raises(ImproperlyConfigured):
        bounces.read_bounces()


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        ("550 5.1.1 no such user", "5.1.1", FeedbackType.HARD),
        ("550 5.1.10 null MX", "5.1.10", FeedbackType.HARD),
        ("554 5.2.1 disabled", "5.2.1", FeedbackType.HARD),
        ("552 5.2.2 full", "5.2.2", FeedbackType.SOFT),
        ("550 5.7.1 looks like spam", "5.7.1", FeedbackType.SOFT),
        ("421 4.4.7 too old", "4.4.7", FeedbackType.SOFT),
        ("from 192.0.2.1 refused", "", FeedbackType.SOFT),
    ],
)
def test_status_codes_of_hard_bounces(answer: str, status: str, kind: FeedbackType) -> None:
    assert status_in(answer) == status
    assert type_of_status(status) == kind
