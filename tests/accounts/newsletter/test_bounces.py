"""The bounce mailbox, read from a real POP3 server and a real IMAP server."""

import poplib
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from accounts.mail.models import Message, MessageState
from accounts.newsletter import bounces, mailboxes
from accounts.newsletter.models import Consent, Feedback, FeedbackKind, Subscriber, Suppression
from accounts.newsletter.states import DeliveryState, SubscriberState
from accounts.newsletter.statuses import kind_of, status_in
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.postoffice import Office, serving
from tests.accounts.newsletter.sent import (
    complaint,
    delivery,
    name_of,
    notification,
    totals,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(settings: Any) -> Iterator[Office]:
    """A running POP3 server whose mailbox the shop reads."""
    with serving() as found:
        settings.BOUNCE_MAILBOX_URL = found.url()
        yield found


def _state() -> str:
    return Subscriber.objects.get(email=DANA).state


def test_a_returned_letter_ends_the_letters_and_is_deleted(office: Office) -> None:
    letter = delivery()
    office.put(notification(name_of(letter)))
    assert bounces.read_bounces() == {"taken": 1}
    assert office.mails == {}
    assert _state() == SubscriberState.BLOCKED
    assert totals(letter) == (0, 1, 0, 0)
    row = Feedback.objects.get()
    assert (row.provider, row.kind) == ("mailbox", FeedbackKind.HARD)
    assert row.detail == "550 5.1.1 <…>: no such user"


def test_a_folder_is_emptied_by_imap_as_well(settings: Any) -> None:
    letter = delivery()
    with serving("imap") as office:
        settings.BOUNCE_MAILBOX_URL = office.url("imap")
        assert bounces.read_bounces() == {}
        office.put(notification(name_of(letter)), written("Hello"))
        assert bounces.read_bounces() == {"taken": 1, "left": 1}
        assert list(office.mails) == ["2"]
    assert _state() == SubscriberState.BLOCKED


def test_a_complaint_by_mail_ends_the_letters_and_the_consent(office: Office) -> None:
    letter = delivery()
    office.put(complaint(name_of(letter)))
    bounces.read_bounces()
    assert _state() == SubscriberState.BLOCKED
    assert Consent.objects.get().withdrawn_how == "reported as spam"
    assert totals(letter) == (0, 0, 1, 0)


def test_a_report_that_a_letter_is_no_spam_changes_nothing(office: Office) -> None:
    office.put(complaint(name_of(delivery()), "not-spam"))
    assert bounces.read_bounces() == {"taken": 1}
    assert _state() == SubscriberState.ACTIVE


def test_a_delay_settles_a_doubt_and_blames_nobody(office: Office) -> None:
    letter = delivery(state=DeliveryState.UNCERTAIN, sent_at=None)
    office.put(notification(name_of(letter), action="delayed", status="4.4.1"))
    assert bounces.read_bounces() == {"taken": 1}
    letter.refresh_from_db()
    assert letter.state == DeliveryState.SENT
    assert not Feedback.objects.exists()
    assert Subscriber.objects.get().soft_bounces == 0


def test_a_full_mailbox_counts_as_refused_for_now(office: Office) -> None:
    office.put(notification(name_of(delivery()), status="5.2.2", said="mailbox full"))
    bounces.read_bounces()
    person = Subscriber.objects.get()
    assert (person.state, person.soft_bounces) == (SubscriberState.ACTIVE, 1)


@pytest.mark.parametrize("forged", ["<nl-{pk}-0123456789@plantraco.com>", "", "<a@b.example>"])
def test_a_report_that_cannot_name_a_letter_of_ours_harms_nobody(
    office: Office, forged: str
) -> None:
    # Broken once: without the sign of the Message-ID, a made-up report blocked Dana.
    letter = delivery()
    office.put(notification(forged.format(pk=letter.pk)), complaint(forged.format(pk=letter.pk)))
    assert bounces.read_bounces() == {"taken": 2}
    assert _state() == SubscriberState.ACTIVE
    assert not Feedback.objects.exists()
    assert not Suppression.objects.exists()


def test_a_returned_order_letter_is_shown_to_staff(office: Office) -> None:
    row = Message.objects.create(
        kind="order-received", subject_id="order:1", recipient=DANA,
        state=MessageState.SENT, message_id="<8c1f@plantraco.com>",
    )  # fmt: skip
    office.put(notification("<8c1f@plantraco.com>"))
    bounces.read_bounces()
    row.refresh_from_db()
    assert row.returned_why == "550 5.1.1 <…>: no such user"
    assert Feedback.objects.get().message_id == row.pk


def test_a_wish_to_leave_is_heeded_and_a_persons_mail_is_left_and_read_once(
    office: Office,
) -> None:
    person = subscriber()
    office.put(written("Where is my order?"), written(f"leave {person.token}"))
    assert bounces.read_bounces() == {"left": 1, "taken": 1}
    assert list(office.mails) == ["1"]
    assert _state() == SubscriberState.LEFT
    office.log.clear()
    assert bounces.read_bounces() == {}
    assert not [line for line in office.log if line.startswith(("RETR", "DELE"))]


def test_a_holiday_reply_is_thrown_away(office: Office) -> None:
    office.put(written("Out of office", Auto_Submitted="auto-replied"))
    assert bounces.read_bounces() == {"taken": 1}
    assert office.mails == {}


def test_a_visit_that_breaks_off_deletes_nothing_and_the_next_repeats_nothing(
    office: Office,
) -> None:
    letter = delivery()
    office.put(notification(name_of(letter)))
    office.hangs_up_at = "QUIT"
    with pytest.raises((OSError, poplib.error_proto)):
        bounces.read_bounces()
    assert len(office.mails) == 1
    office.hangs_up_at = ""
    assert bounces.read_bounces() == {"taken": 1}
    assert office.mails == {}
    assert totals(letter) == (0, 1, 0, 0)
    assert Feedback.objects.count() == 1


def test_one_mail_that_cannot_be_read_hinders_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = delivery()
    broken = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n" + b"\xff" * 5000
    monkeypatch.setattr(bounces, "LARGEST", 6000)
    office.put(broken, b"Subject: big\r\n\r\n" + b"x" * 7000, notification(name_of(letter)))
    done = bounces.read_bounces()
    assert done["taken"] + done["left"] == 3
    assert "2" in office.mails
    assert _state() == SubscriberState.BLOCKED


def test_a_visit_is_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounces, "ONE_VISIT", 2)
    office.put(*[written("Out of office", Auto_Submitted="auto-replied")] * 3)
    assert bounces.read_bounces() == {"taken": 2}
    assert bounces.read_bounces() == {"taken": 1}


def test_the_command_says_what_it_did(office: Office) -> None:
    office.put(written("Hello"))
    out = StringIO()
    call_command("read_bounces", stdout=out)
    assert out.getvalue() == "bounces: 0 taken, 1 left for people\n"


def test_the_command_says_what_is_wrong(settings: Any, office: Office) -> None:
    settings.BOUNCE_MAILBOX_URL = office.url().replace("s3cret", "guess")
    with pytest.raises(CommandError, match=r"could not be read \(error_proto\)"):
        call_command("read_bounces")
    settings.BOUNCE_MAILBOX_URL = ""
    with pytest.raises(CommandError, match="BOUNCE_MAILBOX_URL is not set"):
        call_command("read_bounces")


@pytest.mark.parametrize("url", ["pop3://a:b@mail.example", "http://a:b@127.0.0.1", "imaps://host"])
def test_a_secret_never_travels_in_the_clear(url: str) -> None:
    with pytest.raises(ImproperlyConfigured), mailboxes.opened(url):
        pass


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        ("550 5.1.1 no such user", "5.1.1", FeedbackKind.HARD),
        ("550 5.1.10 null MX", "5.1.10", FeedbackKind.HARD),
        ("554 5.2.1 disabled", "5.2.1", FeedbackKind.HARD),
        ("552 5.2.2 full", "5.2.2", FeedbackKind.SOFT),
        ("550 5.7.1 looks like spam", "5.7.1", FeedbackKind.SOFT),
        ("421 4.4.7 too old", "4.4.7", FeedbackKind.SOFT),
        ("from 192.0.2.1 refused", "", FeedbackKind.SOFT),
    ],
)
def test_only_a_status_that_says_nobody_is_there_is_for_good(
    answer: str, status: str, kind: FeedbackKind
) -> None:
    assert status_in(answer) == status
    assert kind_of(status) == kind
