"""Unsubscribing by email. The sender is never trusted."""

import re
from email import message_from_bytes
from typing import Any

import pytest
from django.test import Client

from accounts.mail.inbound.processing import process
from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.newsletter.campaigns import feedback
from accounts.newsletter.models import Consent, Feedback, FeedbackType, Subscriber
from accounts.newsletter.subscribers.models import SubscriberState
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.reports import (
    SECRET,
    SIGNING_KEY,
    campaign,
    delivery,
    name_of,
    notification,
    post,
    signed,
    totals,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _known(settings: Any) -> None:
    """Both providers know the shop's secrets."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


def _by_postmark(client: Client, raw: bytes, name: str = "22c74902") -> int:
    """Hand a mail over as Postmark does when it is asked to include the raw mail."""
    body = {
        "FromName": "Dana", "From": DANA, "FromFull": {"Email": DANA, "Name": "Dana"},
        "To": "service@plantraco.com", "OriginalRecipient": "service@plantraco.com",
        "MessageID": name, "Headers": [{"Name": "Return-Path", "Value": f"<{DANA}>"}],
        "RawEmail": raw.decode(),
    }  # fmt: skip
    return post(client, "postmark", body, secret=SECRET, what="inbound")


def _by_mailgun(client: Client, raw: bytes, **signature: str) -> int:
    """Hand a mail over as Mailgun does for a route to an address that ends in "mime"."""
    body = {"recipient": "service@plantraco.com", "sender": DANA, "body-mime": raw.decode()}
    from base64 import b64encode

    auth = "Basic " + b64encode(SECRET.encode()).decode()
    answer = client.post(
        "/newsletter/inbound/mailgun/mime", body | signed() | signature, HTTP_AUTHORIZATION=auth
    )
    return answer.status_code


@pytest.fixture(params=[_by_postmark, _by_mailgun], ids=["postmark", "mailgun"])
def hand_over(request: pytest.FixtureRequest) -> Any:
    return request.param


def _state() -> str:
    return Subscriber.objects.get(email=DANA).state


@pytest.mark.promise("newsletter")
def test_email_with_token_unsubscribes_from_any_sender(client: Client, hand_over: Any) -> None:
    sent_email = delivery()
    person = sent_email.subscriber
    assert person is not None
    subject = f"leave {person.token}.{sent_email.campaign.key}"
    for _ in range(2):
        assert hand_over(client, written(subject, sender="dana@work.example")) == 200
    assert _state() == SubscriberState.UNSUBSCRIBED
    assert Consent.objects.get().withdrawn_how == "by email"
    assert totals(sent_email) == (0, 0, 0, 1)
    assert Feedback.objects.count() == 1
    assert not Message.objects.exists()


def test_token_without_campaign_unsubscribes(client: Client, hand_over: Any) -> None:
    person = subscriber()
    assert hand_over(client, written(f"Re: LEAVE  {person.token}")) == 200
    assert _state() == SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize(
    "subject", ["unsubscribe", "Re: Unsubscribe!", "please remove me from your newsletter", "stop"]
)
def test_email_without_token_gets_a_link(client: Client, subject: str) -> None:
    # Mutation: trusting "From" let anyone unsubscribe Dana.
    subscriber()
    for number in range(3):
        assert _by_postmark(client, written(subject), name=f"mail-{number}") == 200
    assert _state() == SubscriberState.ACTIVE
    row = Message.objects.get()  # once a day, however many emails are sent in her name
    assert (row.email_type, row.recipient) == ("newsletter-unsubscribe", DANA)
    link = re.search(r"http\S+(/newsletter/unsubscribe/\S+/)", compose(row).text)
    assert link
    assert client.post(link[1], {}).status_code in {200, 302}
    assert _state() == SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("subject", ["Leave a review?", "How do I unsubscribe my drone", "Hello"])
def test_other_email_is_left_for_people(client: Client, subject: str) -> None:
    subscriber()
    assert _by_postmark(client, written(subject)) == 200
    assert _state() == SubscriberState.ACTIVE
    assert Message.objects.get().email_type == "ticket-received"


def test_unknown_sender_gets_no_link_but_a_ticket(client: Client) -> None:
    subscriber()
    assert _by_postmark(client, written("unsubscribe", sender="eve@example.com")) == 200
    assert Message.objects.get().email_type == "ticket-received"


@pytest.mark.parametrize(
    "header", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}]
)
def test_automatic_email_gets_no_reply(client: Client, header: dict[str, str]) -> None:
    subscriber()
    assert _by_postmark(client, written("unsubscribe", **header)) == 200
    assert _state() == SubscriberState.ACTIVE
    assert not Message.objects.exists()


def test_wrong_token_unsubscribes_no_one(client: Client, hand_over: Any) -> None:
    person = subscriber()
    subject = f"leave {person.token[:-1]}_"
    assert hand_over(client, written(subject, sender="eve@example.com")) == 200
    assert _state() == SubscriberState.ACTIVE
    assert not Feedback.objects.exists()


def test_unsigned_webhook_is_rejected(client: Client) -> None:
    person = subscriber()
    raw = written(f"leave {person.token}")
    assert _by_mailgun(client, raw, signature="0" * 64) == 400
    assert _by_mailgun(client, raw, **signed(1_700_000_000)) == 400
    assert _state() == SubscriberState.ACTIVE
    assert not Feedback.objects.exists()


def test_bounce_sent_to_service_address_counts(client: Client, hand_over: Any) -> None:
    sent_email = delivery(of=campaign())
    assert hand_over(client, notification(name_of(sent_email))) == 200
    assert _state() == SubscriberState.BLOCKED
    assert totals(sent_email) == (0, 1, 0, 0)


def test_nul_characters_are_stripped() -> None:
    # Mutation, on PostgreSQL: a 500, after which the provider sent it again for hours.
    mail = message_from_bytes(b"From: da\0na@example.com\r\nSubject: leave\r\n\r\nPlease.\r\n")
    assert process(mail, provider="mailgun", event_id="1") is False
    sent_email = delivery()
    feedback.note(
        "mailgun", "2", FeedbackType.SOFT, message_id=name_of(sent_email), detail="no\0 room"
    )
    assert Feedback.objects.get().detail == "no room"
