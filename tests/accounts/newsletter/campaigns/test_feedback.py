"""Reports of bounces, complaints and deliveries: each takes effect once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.email_addresses import hash_email
from accounts.mail.models import Message, MessageState
from accounts.newsletter.campaigns import feedback
from accounts.newsletter.campaigns.models import DeliveryState
from accounts.newsletter.models import (
    Consent,
    Feedback,
    FeedbackType,
    Reason,
    Subscriber,
    Suppression,
)
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import suppressed
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.reports import campaign, delivery, name_of, totals

pytestmark = pytest.mark.django_db


def _state() -> str:
    return Subscriber.objects.get(email=DANA).state


def _soft() -> int:
    return Subscriber.objects.get(email=DANA).soft_bounces


def _order_email(kind: str = "order-confirmed") -> Message:
    return Message.objects.create(
        email_type=kind, subject_id="order:100017", recipient=DANA, state=MessageState.SENT,
        message_id="<5f1e@plantraco.com>", sent_at=timezone.now(),
    )  # fmt: skip


def test_hard_bounce_blocks_and_counts_once() -> None:
    # Mutation: without the unique name of a report, the second one counted a second bounce.
    sent_email = delivery()
    for new in (True, False):
        said = f"550 5.1.1 <{DANA}> no such user"
        assert new is feedback.note(
            "postmark", "1", FeedbackType.HARD, DANA, message_id=name_of(sent_email), detail=said
        )
    assert _state() == SubscriberState.BLOCKED
    assert Suppression.objects.get().reason == Reason.HARD_BOUNCE
    assert suppressed([DANA]) == {DANA}
    assert totals(sent_email) == (0, 1, 0, 0)
    row = Feedback.objects.get()
    assert (row.email_hash, row.detail) == (hash_email(DANA), "550 5.1.1 <…> no such user")
    assert Consent.objects.get().withdrawn_at is None  # they wanted them: the address is at fault


def test_report_locks_subscriber_before_campaign() -> None:
    # Mutation: the other way round, so that a complaint and the reader's own leaving could wait
    # for each other until the database gave one of them up.
    sent_email = delivery()
    with CaptureQueriesContext(connection) as asked:
        feedback.note("postmark", "1", FeedbackType.COMPLAINT, DANA, message_id=name_of(sent_email))
    changes = [query["sql"] for query in asked if query["sql"].startswith("UPDATE")]
    tables = [sql.split('"')[1] for sql in changes]
    assert tables.index("newsletter_subscriber") < tables.index("newsletter_campaign")


def test_concurrent_reports_count_once() -> None:
    sent_email = delivery()
    feedback.note("postmark", "1", FeedbackType.HARD, DANA, message_id=name_of(sent_email))
    feedback.note("mailbox", "mail:ab:0", FeedbackType.HARD, message_id=name_of(sent_email))
    assert Feedback.objects.count() == 2
    assert totals(sent_email) == (0, 1, 0, 0)


def test_complaint_blocks_and_ends_consent() -> None:
    sent_email = delivery()
    feedback.note("mailgun", "1", FeedbackType.COMPLAINT, DANA, message_id=name_of(sent_email))
    assert _state() == SubscriberState.BLOCKED
    assert Suppression.objects.get().reason == Reason.COMPLAINT
    consent = Consent.objects.get()
    assert consent.withdrawn_at is not None
    assert consent.withdrawn_how == "spam complaint"
    assert totals(sent_email) == (0, 0, 1, 0)


def test_third_soft_bounce_blocks() -> None:
    person, deliveries = subscriber(), []
    for number in range(3):
        deliveries.append(delivery(person, campaign(f"letter-{number}")))
    for number, sent_email in enumerate(deliveries):
        assert _state() == SubscriberState.ACTIVE
        feedback.note(
            "mailgun", str(number), FeedbackType.SOFT, DANA, message_id=name_of(sent_email)
        )
    assert _state() == SubscriberState.BLOCKED
    assert Suppression.objects.get().reason == Reason.SOFT_BOUNCES
    assert _soft() == 0  # a new confirmation resets the count


def test_delivery_resets_soft_bounces() -> None:
    person = subscriber(soft_bounces=2)
    first, second = delivery(person, campaign("one")), delivery(person, campaign("two"))
    feedback.note("mailgun", "1", FeedbackType.DELIVERED, DANA, message_id=name_of(first))
    assert _soft() == 0
    feedback.note("mailgun", "2", FeedbackType.SOFT, DANA, message_id=name_of(second))
    assert (_soft(), _state()) == (1, SubscriberState.ACTIVE)


def test_one_email_counts_as_one_soft_bounce() -> None:
    sent_email = delivery()
    for number in range(3):
        feedback.note(
            "mailgun", str(number), FeedbackType.SOFT, DANA, message_id=name_of(sent_email)
        )
    assert (_soft(), _state()) == (1, SubscriberState.ACTIVE)
    assert totals(sent_email) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["delivered", "hard"], (0, 1, 0, 0)),
        (["hard", "delivered"], (0, 1, 0, 0)),
        (["soft", "delivered"], (1, 0, 0, 0)),
        (["delivered", "soft"], (1, 0, 0, 0)),
        (["soft", "hard"], (0, 1, 0, 0)),
        (["delivered", "delivered", "complaint"], (1, 0, 1, 0)),
    ],
)
def test_order_of_reports_does_not_matter(kinds: list[str], expected: tuple[int, ...]) -> None:
    sent_email = delivery()
    for number, kind in enumerate(kinds):
        feedback.note("x", str(number), FeedbackType(kind), DANA, message_id=name_of(sent_email))
    assert totals(sent_email) == expected


@pytest.mark.parametrize("kind", [FeedbackType.DELIVERED, FeedbackType.HARD, FeedbackType.SOFT])
def test_any_report_resolves_uncertain_delivery(kind: FeedbackType) -> None:
    sent_email = delivery(state=DeliveryState.UNCERTAIN, sent_at=None, reason="worker died")
    at = timezone.now()
    feedback.note("x", "1", kind, DANA, message_id=name_of(sent_email), at=at)
    sent_email.refresh_from_db()
    assert (sent_email.state, sent_email.sent_at, sent_email.reason) == (DeliveryState.SENT, at, "")


def test_report_does_not_change_queued_delivery() -> None:
    sent_email = delivery(state=DeliveryState.QUEUED, sent_at=None)
    feedback.accepted(name_of(sent_email))
    sent_email.refresh_from_db()
    assert (sent_email.state, sent_email.sent_at) == (DeliveryState.QUEUED, None)


def test_unsubscribed_person_stays_unsubscribed() -> None:
    sent_email = delivery(subscriber(state=SubscriberState.UNSUBSCRIBED))
    feedback.note("x", "1", FeedbackType.HARD, DANA, message_id=name_of(sent_email))
    assert _state() == SubscriberState.UNSUBSCRIBED
    assert suppressed([DANA]) == {DANA}


def test_bounced_order_email_can_be_resent(
    django_capture_on_commit_callbacks: object,
) -> None:
    row, person = _order_email(), subscriber()
    feedback.note(
        "x", "1", FeedbackType.HARD, message_id="<5f1e@plantraco.com>", detail="550 5.1.1 no"
    )
    row.refresh_from_db()
    assert row.bounced_at is not None
    assert (row.state, row.bounce_reason) == (MessageState.SENT, "550 5.1.1 no")
    person.refresh_from_db()
    assert person.state == SubscriberState.BLOCKED  # campaigns alone end
    from accounts.mail.services import resend

    resend(row)
    row.refresh_from_db()
    assert (row.state, row.bounced_at, row.bounce_reason) == (MessageState.QUEUED, None, "")


@pytest.mark.parametrize("message_id", ["", "<nl-1-0123456789@plantraco.com>", "<a@b.example>"])
def test_report_without_email_is_ignored(message_id: str) -> None:
    delivery()
    assert feedback.note("mailbox", "1", FeedbackType.HARD, message_id=message_id) is False
    assert not Feedback.objects.exists()
    assert _state() == SubscriberState.ACTIVE


def test_unsubscribe_at_provider_counts() -> None:
    sent_email = delivery()
    feedback.note("postmark", "1", FeedbackType.UNSUBSCRIBED, DANA, message_id=name_of(sent_email))
    assert _state() == SubscriberState.UNSUBSCRIBED
    assert totals(sent_email) == (0, 0, 0, 1)
    assert Consent.objects.get().withdrawn_how == "at postmark"
