"""Reports of two providers, in the form that each documents, signed as each signs."""

import time
from typing import Any

import pytest
from django.test import Client

from accounts.newsletter.campaigns.states import DeliveryState
from accounts.newsletter.models import Feedback, FeedbackType, Subscriber, Suppression
from accounts.newsletter.subscribers.states import SubscriberState
from tests.accounts.newsletter.people import DANA, subscriber
from tests.accounts.newsletter.sent import (
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


def test_mailguns_refusal_for_good_ends_the_letters_and_counts_once(client: Client) -> None:
    letter = delivery()
    assert post(client, "mailgun", mailgun_bounce(letter), secret=SECRET) == 200
    again = mailgun_bounce(letter, signature=signed(token="u" * 50))  # posted again, signed anew
    assert post(client, "mailgun", again, secret=SECRET) == 200
    assert _state() == SubscriberState.BLOCKED
    assert totals(letter) == (0, 1, 0, 0)
    row = Feedback.objects.get()
    assert (row.provider, row.type, row.delivery_id) == ("mailgun", FeedbackType.HARD, letter.pk)
    assert row.detail == "5.1.1 <…> no such user here"


def test_mailguns_delivered_complained_and_unsubscribed_are_counted(client: Client) -> None:
    letter = delivery()
    for number, event in enumerate(("delivered", "unsubscribed", "complained")):
        body = mailgun(event, letter, timestamp=1795700000.0 + number)
        assert post(client, "mailgun", body, secret=SECRET) == 200
    assert totals(letter) == (1, 0, 1, 1)
    assert _state() == SubscriberState.UNSUBSCRIBED


def test_a_full_mailbox_is_no_reason_to_give_an_address_up(client: Client) -> None:
    letter = delivery()
    said = {"code": 552, "message": "552 5.2.2 mailbox is full", "description": ""}
    body = mailgun_bounce(letter, **{"delivery-status": said})
    assert post(client, "mailgun", body, secret=SECRET) == 200
    assert (_state(), Subscriber.objects.get().soft_bounces) == (SubscriberState.ACTIVE, 1)


def test_a_delay_settles_a_doubt_and_says_nothing_else(client: Client) -> None:
    letter = delivery(state=DeliveryState.UNCERTAIN, sent_at=None)
    body = mailgun("failed", letter, severity="temporary", reason="generic")
    assert post(client, "mailgun", body, secret=SECRET) == 200
    letter.refresh_from_db()
    assert letter.state == DeliveryState.SENT
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
def test_what_mailgun_did_not_sign_just_now_is_refused(
    client: Client, signature: dict[str, str]
) -> None:
    # Broken once: without the moment's check, the stale one was answered 200 and blocked Dana.
    letter = delivery()
    body = mailgun_bounce(letter, signature=signature)
    assert post(client, "mailgun", body, secret=SECRET) == 400
    assert _nothing_changed()
    assert totals(letter) == (0, 0, 0, 0)


# --- Postmark -----------------------------------------------------------------------------------


def test_postmarks_hard_bounce_ends_the_letters_and_counts_once(client: Client) -> None:
    letter = delivery()
    for _ in range(2):
        assert post(client, "postmark", postmark_bounce(letter), secret=SECRET) == 200
    assert _state() == SubscriberState.BLOCKED
    assert totals(letter) == (0, 1, 0, 0)
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
def test_each_kind_of_postmarks_bounces_means_something(
    client: Client, kind: str, state: str, soft: int
) -> None:
    body = postmark_bounce(delivery(), kind)
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert (_state(), Subscriber.objects.get().soft_bounces) == (state, soft)


def test_postmarks_delivery_settles_a_doubt(client: Client) -> None:
    letter = delivery(state=DeliveryState.UNCERTAIN, sent_at=None)
    at = "2026-11-23T00:41:00Z"
    body = postmark("Delivery", letter, Recipient=DANA, DeliveredAt=at, Details="250 ok")
    for _ in range(2):
        assert post(client, "postmark", body, secret=SECRET) == 200
    letter.refresh_from_db()
    assert letter.state == DeliveryState.SENT
    assert totals(letter) == (1, 0, 0, 0)


def test_postmarks_complaint_ends_the_letters(client: Client) -> None:
    letter = delivery()
    body = postmark_bounce(letter, "SpamComplaint", RecordType="SpamComplaint")
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert totals(letter) == (0, 0, 1, 0)
    assert Suppression.objects.get().reason == "complaint"


def test_leaving_by_postmarks_own_link_is_leaving(client: Client) -> None:
    letter = delivery()
    body = postmark(
        "SubscriptionChange", letter, Recipient=DANA, ChangedAt="2026-11-23T00:42:00Z",
        Origin="Recipient", SuppressSending=True, SuppressionReason="ManualSuppression",
    )  # fmt: skip
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert _state() == SubscriberState.UNSUBSCRIBED
    assert totals(letter) == (0, 0, 0, 1)


def test_who_opened_a_letter_is_not_written_down(client: Client) -> None:
    body = postmark("Open", delivery(), Recipient=DANA, ReceivedAt="2026-11-23T00:42:00Z")
    assert post(client, "postmark", body, secret=SECRET) == 200
    assert _nothing_changed()


@pytest.mark.parametrize("secret", ["", "hooks:wrong", "only-postmark-knows"])
def test_without_the_secret_postmark_is_not_believed(client: Client, secret: str) -> None:
    letter = delivery()
    assert post(client, "postmark", postmark_bounce(letter), secret=secret) == 400
    assert _nothing_changed()
    assert totals(letter) == (0, 0, 0, 0)


# --- Both ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["mailgun", "postmark"])
@pytest.mark.parametrize("what", ["webhooks", "inbound"])
@pytest.mark.parametrize("body", ["", "[]", "{}", "null", "7", '{"signature": []}', "\x00"])
def test_what_is_no_report_is_refused_and_never_an_error_of_ours(
    client: Client, provider: str, what: str, body: str
) -> None:
    subscriber()
    status = post(client, provider, body, secret=SECRET, what=what)
    passed_over = provider == "postmark" and body.startswith("{")  # signed, and of a kind to come
    assert status == (200 if passed_over else 400)
    assert _nothing_changed()


@pytest.mark.parametrize("provider", ["mailgun", "postmark", "nobody"])
def test_without_a_secret_of_ours_there_is_no_such_page(
    client: Client, settings: Any, provider: str
) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": [], "MAILGUN_WEBHOOK_SIGNING_KEY": ""}
    for what in ("webhooks", "inbound"):
        assert post(client, provider, "{}", secret=SECRET, what=what) == 404


def test_only_a_post_reports(client: Client) -> None:
    assert client.get("/newsletter/webhooks/postmark/").status_code == 405
