"""Webhooks of Mailgun and Postmark, as documented and signed by them."""

import time
from typing import Any

import pytest
from django.test import Client

from accounts.newsletter.campaigns.models import DeliveryState
from accounts.newsletter.models import Feedback, FeedbackType, Subscriber, Suppression
from accounts.newsletter.subscribers.models import SubscriberState
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.reports import (
    SECRET,
    SIGNING_KEY,
    delivery,
    mailgun,
    mailgun_bounce,
    post,
    postmark,
    postmark_bounce,
    signed,
    totals,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _known(settings: Any) -> None:
    """Both providers know the shop's secrets."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET], "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


def _state() -> str:
    return Subscriber.objects.get(email=DANA).state


def _nothing_changed() -> bool:
    person = Subscriber.objects.get(email=DANA)
    return (
        (person.state, person.soft_bounces) == (SubscriberState.ACTIVE, 0)
        and not Feedback.objects.exists()
        and not Suppression.objects.exists()
    )


# --- Mailgun ------------------------------------------------------------------------------------


def test_mailgun_hard_bounce_blocks_and_counts_once(client: Client) -> None:
    sent_email = delivery()
    assert post(client, "mailgun", mailgun_bounce(sent_email), secret=SECRET) == 200
    again = mailgun_bounce(sent_email, signature=signed(token="u" * 50))  # posted again
    assert post(client, "mailgun", again, secret=SECRET) == 200
    assert _state() == SubscriberState.BLOCKED
    assert totals(sent_email) == (0, 1, 0, 0)
    row = Feedback.objects.get()
    assert (row.provider, row.type, row.delivery_id) == (
        "mailgun",
        FeedbackType.HARD,
        sent_email.pk,
    )
    assert row.detail == "5.1.1 <…> no such user here"


def test_mailgun_events_are_counted(client: Client) -> None:
    sent_email = delivery()
    for number, event in enumerate(("delivered", "unsubscribed", "complained")):
        body = mailgun(event, sent_email, timestamp=1795700000.0 + number)
        assert post(client, "mailgun", body, secret=SECRET) == 200
    assert totals(sent_email) == (1, 0, 1, 1)
    assert _state() == SubscriberState.UNSUBSCRIBED


def test_mailgun_full_mailbox_is_a_soft_bounce(client: Client) -> None:
    sent_email = delivery()
    said = {"code": 552, "message": "552 5.2.2 mailbox is full", "description": ""}
    body = mailgun_bounce(sent_email, **{"delivery-status": said})
    assert post(client, "mailgun", body, secret=SECRET) == 200
    assert (_state(), Subscriber.objects.get().soft_bounces) == (SubscriberState.ACTIVE, 1)


def test_mailgun_delay_resolves_uncertain_delivery(client: Client) -> None:
    sent_email = delivery(state=DeliveryState.UNCERTAIN, sent_at=None)
    body = mailgun("failed", sent_email, severity="temporary", reason="generic")
    assert post(client, "mailgun", body, secret=SECRET) == 200
    sent_email.refresh_from_db()
    assert sent_email.state == DeliveryState.SENT
    assert _nothing_changed()


@pytest.mark.parametrize(
    "signature",
    [
        signed() | {"signature": "0" * 64},
        signed() | {"token": "v" * 50},
        signed(time.time() - 13 * 3600),
        signed(time.time() + 3600),
        {"timestamp": "soon", "token": "t", "signature": "s"},
        {"token": "t"},
    ],
    ids=["forged", "another token", "stale", "from the future", "no moment", "no signature"],
)
def test_old_mailgun_signature_is_rejected(client: Client, signature: dict[str, str]) -> None:
    # Mutation: without the moment's check, the stale one was answered 200 and blocked Dana.
    sent_email = delivery()
    body = mailgun_bounce(sent_email, signature=signature)
    assert post(client, "mailgun", body, secret=SECRET) == 400
    assert _nothing_changed()
    assert totals(sent_email) == (0, 0, 0, 0)


# --- Postmark -----------------------------------------------------------------------------------


def test_postmark_hard_bounce_blocks_and_counts_once(client: Client) -> None:
    sent_email = delivery()
    for _ in range(2):
        assert post(client, "postmark", postmark_bounce(sent_email), secret=SECRET) == 200
    assert _state() == SubscriberState.BLOCKED
    assert totals(sent_email) == (0, 1, 0, 0)
    assert Feedback.objects.get().at.isoformat() == "2026-11-23T00:40:00+00:00"


@pytest.mark.parametrize(
    ("kind", "state", "soft"),
    [
        ("HardBounce", SubscriberState.BLOCKED, 0),
        ("BadEmailAddress", SubscriberState.BLOCKED, 0),
        ("SpamNotification", SubscriberState.BLOCKED, 0),
        ("SoftBounce", SubscriberState.ACTIVE, 1),
        ("Blocked", SubscriberState.ACTIVE, 1),
        ("Transient", SubscriberState.ACTIVE, 0),
        ("AutoResponder", SubscriberState.ACTIVE, 0),
    ],
)
def test_postmark_bounce_types(client: Client, kind: str, state: str, soft: int) -> None:
    body = postmark_bounce(delivery(), kind)
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert (_state(), Subscriber.objects.get().soft_bounces) == (state, soft)


def test_postmark_delivery_resolves_uncertain_delivery(client: Client) -> None:
    sent_email = delivery(state=DeliveryState.UNCERTAIN, sent_at=None)
    at = "2026-11-23T00:41:00Z"
    body = postmark("Delivery", sent_email, Recipient=DANA, DeliveredAt=at, Details="250 ok")
    for _ in range(2):
        assert post(client, "postmark", body, secret=SECRET) == 200
    sent_email.refresh_from_db()
    assert sent_email.state == DeliveryState.SENT
    assert totals(sent_email) == (1, 0, 0, 0)


def test_postmark_complaint_blocks(client: Client) -> None:
    sent_email = delivery()
    body = postmark_bounce(sent_email, "SpamComplaint", RecordType="SpamComplaint")
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert totals(sent_email) == (0, 0, 1, 0)
    assert Suppression.objects.get().reason == "complaint"


def test_postmark_unsubscribe_counts(client: Client) -> None:
    sent_email = delivery()
    body = postmark(
        "SubscriptionChange", sent_email, Recipient=DANA, ChangedAt="2026-11-23T00:42:00Z",
        Origin="Recipient", SuppressSending=True, SuppressionReason="ManualSuppression",
    )  # fmt: skip
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert _state() == SubscriberState.UNSUBSCRIBED
    assert totals(sent_email) == (0, 0, 0, 1)


def test_opens_are_not_stored(client: Client) -> None:
    body = postmark("Open", delivery(), Recipient=DANA, ReceivedAt="2026-11-23T00:42:00Z")
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert _nothing_changed()


@pytest.mark.parametrize("secret", ["", "hooks:wrong", "only-postmark-knows"])
def test_postmark_without_secret_is_rejected(client: Client, secret: str) -> None:
    sent_email = delivery()
    assert post(client, "postmark", postmark_bounce(sent_email), secret=secret) == 400
    assert _nothing_changed()
    assert totals(sent_email) == (0, 0, 0, 0)


# --- Both ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["mailgun", "postmark"])
@pytest.mark.parametrize("what", ["webhooks", "inbound"])
@pytest.mark.parametrize("body", ["", "[]", "{}", "null", "7", '{"signature": []}', "\x00"])
def test_invalid_report_is_rejected(client: Client, provider: str, what: str, body: str) -> None:
    subscriber()
    status = post(client, provider, body, secret=SECRET, what=what)
    passed_over = provider == "postmark" and body.startswith("{")  # signed, and of a kind to come
    assert status == (200 if passed_over else 400)
    assert _nothing_changed()


@pytest.mark.parametrize("provider", ["mailgun", "postmark", "nobody"])
def test_webhook_without_configured_secret_is_404(
    client: Client, settings: Any, provider: str
) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": [], "MAILGUN_WEBHOOK_SIGNING_KEY": ""}
    for what in ("webhooks", "inbound"):
        assert post(client, provider, "{}", secret=SECRET, what=what) == 404


def test_webhook_requires_post(client: Client) -> None:
    assert client.get("/newsletter/webhooks/postmark/").status_code == 405
