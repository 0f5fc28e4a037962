"""Erasure removes the address and keeps the proof of it."""

import json

import pytest
from django.core import serializers
from django.test import Client
from django.urls import reverse

from accounts.email_addresses import hash_email
from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.newsletter.models import (
    Campaign,
    Consent,
    Delivery,
    Reason,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers import emails, erasure, imports, subscriptions, topics
from accounts.newsletter.subscribers.unsubscribe import suppress
from accounts.users.models import User
from tests.accounts.newsletter.import_files import checked, row
from tests.accounts.newsletter.people import may

pytestmark = pytest.mark.django_db
EMAIL = "dana@example.com"


@pytest.fixture
def dana(db: None) -> Subscriber:
    """Subscribed, with demographics, a consent, events and two emails."""
    topics.load()
    subscriptions.sign_up(
        EMAIL, topics=["sales"], source=Source.BOX, text="Yes.", ip="203.0.113.9",
        details={"name": "Dana"},
    )  # fmt: skip
    one = Subscriber.objects.get()
    subscriptions.activate(one, one.consents.get(), ip="203.0.113.9")
    Subscriber.objects.update(company="Kites Inc.", job_title="Pilot")
    for number, state in enumerate(("sent", "queued")):
        campaign = Campaign.objects.create(
            title="May", slug=f"may-{number}", topic=Topic.objects.get(slug="sales"),
            subject="May", source="Hello.",
        )  # fmt: skip
        Delivery.objects.create(campaign=campaign, subscriber=one, state=state)
    return one


def everything() -> str:
    """Every row of the tables that may contain personal data, as text."""
    kinds = (Subscriber, Consent, SubscriberEvent, Delivery, Suppression, Message)
    return "".join(serializers.serialize("json", kind.objects.all()) for kind in kinds)


@pytest.mark.promise("correction")
def test_erasure_leaves_only_ended_consents(
    dana: Subscriber,
) -> None:
    emails.send_unsubscribe_link(dana)
    assert EMAIL in everything()
    assert erasure.erase(dana) is True
    left = everything().lower()
    for word in (EMAIL, "dana", "kites", "pilot", "203.0.113"):
        assert word not in left
    consent = Consent.objects.get()
    assert (consent.subscriber, consent.email_hash, consent.text, consent.withdrawn_how) == (
        None, hash_email(EMAIL), "Yes.", "erased",
    )  # fmt: skip
    assert consent.confirmed_at is not None
    assert consent.withdrawn_at is not None
    letters = Delivery.objects.order_by("pk").values_list("subscriber", "state", "reason")
    assert list(letters) == [(None, "sent", ""), (None, "skipped", "Erased")]
    assert Suppression.objects.get().reason == "erased"
    assert not SubscriberEvent.objects.exists()
    assert erasure.erase(dana) is False


def test_erasure_keeps_earlier_suppression(dana: Subscriber) -> None:
    suppress(EMAIL, Reason.COMPLAINT)
    erasure.erase(dana)
    assert Suppression.objects.get().reason == "complaint"


def test_erased_person_returns_only_by_own_sign_up(dana: Subscriber) -> None:
    erasure.erase(dana)
    assert checked(row(EMAIL)).results == "s"
    with pytest.raises(imports.NotPossible):
        imports.start(checked(row(EMAIL)))
    subscriptions.sign_up(EMAIL, topics=["sales"], source=Source.BOX, text="Again.")
    one = Subscriber.objects.get()
    subscriptions.activate(one, one.consents.get())
    assert Subscriber.objects.get().state == "active"
    assert not Suppression.objects.exists()


def test_erasure_keeps_order_emails(dana: Subscriber) -> None:
    outbox.add("order-confirmed", subject_id="order:1", to=EMAIL)
    erasure.erase(dana)
    assert list(Message.objects.values_list("email_type", flat=True)) == ["order-confirmed"]


def test_deleting_an_account_erases_its_subscriber(
    dana: Subscriber, alice: User, bob: User
) -> None:
    Subscriber.objects.filter(pk=dana.pk).update(user=alice)
    Subscriber.objects.create(email="alice@example.com", state="active")
    other = Subscriber.objects.create(email="bob@example.com", state="active")
    alice.delete()
    assert list(Subscriber.objects.all()) == [other]
    assert set(Suppression.objects.values_list("email_hash", flat=True)) == {
        hash_email(EMAIL), hash_email("alice@example.com"),
    }  # fmt: skip


def test_staff_erasure_logs_no_address(staff: Client, dana: Subscriber) -> None:
    from django.contrib.admin.models import LogEntry

    url = reverse("admin:newsletter_subscriber_action", args=[dana.pk, "erase"])
    assert "deleted for good" in staff.get(url).content.decode()
    assert Subscriber.objects.exists()
    answer = staff.post(url, {"how": "letter"})
    assert answer["Location"] == reverse("admin:newsletter_subscriber_changelist")
    assert not Subscriber.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.get_change_message()) == (
        f"Subscriber {dana.pk}",
        "Erase: Erased. Only the proof of the erasure is left.",
    )
    assert EMAIL not in json.dumps(serializers.serialize("json", LogEntry.objects.all()))


def test_erasure_needs_permission(client: Client, alice: User, dana: Subscriber) -> None:
    client.force_login(may(alice, "view_subscriber", "answer_subscriber"))
    url = reverse("admin:newsletter_subscriber_action", args=[dana.pk, "erase"])
    assert client.post(url, {"how": "letter"}).status_code == 403
    assert Subscriber.objects.filter(pk=dana.pk).exists()
