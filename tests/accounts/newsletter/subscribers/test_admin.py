"""Requests that staff fulfil for subscribers."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from accounts.newsletter.models import (
    Consent,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers import staff_requests, subscriptions, topics
from accounts.users.models import User
from tests.accounts.newsletter.people import may

pytestmark = pytest.mark.django_db
EMAIL = "dana@example.com"
WROTE = "admin:newsletter_subscriber_lookup"


@pytest.fixture
def dana(db: None) -> Subscriber:
    """Subscribed to two topics."""
    topics.load()
    subscriptions.sign_up(EMAIL, topics=["sales"], source=Source.BOX, text="Yes.")
    one = Subscriber.objects.get()
    subscriptions.activate(one, one.consents.get())
    Message.objects.all().delete()
    return Subscriber.objects.get()


def act(one: Subscriber, name: str) -> str:
    return reverse("admin:newsletter_subscriber_action", args=[one.pk, name])


def page(one: Subscriber) -> str:
    return reverse("admin:newsletter_subscriber_change", args=[one.pk])


def test_lookup_finds_subscriber_by_email(staff: Client, dana: Subscriber) -> None:
    answer = staff.post(reverse(WROTE), {"email": " Dana@Example.com "})
    assert answer["Location"] == page(dana)
    shown = staff.get(page(dana)).content.decode()
    assert "“Yes.”" in shown
    assert "subscribed: Sign-up box on every page" in shown
    # Mutation: the forms themselves went to the template, which called them, and the buttons
    # stood there without words.
    for title in ("Unsubscribe", "Pause", "Add note", "Do not contact", "Erase"):
        assert f">{title}</a>" in shown
    assert ">Sign up</a>" not in shown
    assert "<dt>Clicks counted</dt><dd>no</dd>" in shown


@pytest.mark.promise("newsletter", "special-offers")
def test_staff_unsubscribe_on_request(staff: Client, charlie: User, dana: Subscriber) -> None:
    assert staff.post(act(dana, "unsubscribe"), {"how": "letter"})["Location"] == page(dana)
    dana.refresh_from_db()
    assert dana.state == "unsubscribed"
    assert Suppression.objects.get().reason == "unsubscribed"
    assert Consent.objects.get().withdrawn_how == "letter"
    event = dana.events.first()
    assert event is not None
    assert (event.what, event.by) == ("unsubscribed: letter", "charlie@example.com")
    assert (LogEntry.objects.get().object_repr, LogEntry.objects.get().change_message) == (
        f"Subscriber {dana.pk}",
        "Unsubscribe: Unsubscribed. This address gets no more campaigns.",
    )  # fmt: skip


def test_unsubscribed_person_is_not_unsubscribed_again(staff: Client, dana: Subscriber) -> None:
    staff.post(act(dana, "unsubscribe"), {"how": "phone"})
    before = SubscriberEvent.objects.count()
    assert staff.post(act(dana, "unsubscribe"), {"how": "phone"})["Location"] == page(dana)
    assert SubscriberEvent.objects.count() == before


def test_staff_pause_emails_until_a_date(staff: Client, dana: Subscriber) -> None:
    today = timezone.localdate()
    for bad in (today, today + timedelta(days=400)):
        assert staff.post(act(dana, "pause"), {"how": "phone", "until": bad}).status_code == 200
    dana.refresh_from_db()
    assert dana.paused_until is None
    day = today + timedelta(days=30)
    staff.post(act(dana, "pause"), {"how": "phone", "until": day})
    dana.refresh_from_db()
    assert dana.paused_until == day
    assert list(dana.events.values_list("what", "by")[:1]) == [
        ("pause requested: phone", "charlie@example.com")
    ]


def test_note_is_in_the_history(staff: Client, dana: Subscriber) -> None:
    staff.post(act(dana, "note"), {"how": "letter", "note": "Likes <b>biplanes</b>."})
    assert "Likes &lt;b&gt;biplanes&lt;/b&gt;." in staff.get(page(dana)).content.decode()


def sign_up(**changes: Any) -> dict[str, Any]:
    return {
        "email": EMAIL, "action": "sign-up", "how": "letter", "name": "Dana",
        "topics": [Topic.objects.get(slug="sales").pk], "text": "Please put me on your list.",
        **changes,
    }  # fmt: skip


@pytest.mark.promise("opt-in-mail")
def test_staff_sign_up_sends_a_confirmation_email(
    staff: Client,
) -> None:
    topics.load()
    assert "is not a subscriber" in staff.post(reverse(WROTE), {"email": EMAIL}).content.decode()
    staff.post(reverse(WROTE), sign_up())
    one = Subscriber.objects.get()
    consent = one.consents.get()
    assert (one.state, one.name) == ("pending", "")
    assert (consent.source, consent.text, consent.origin, consent.confirmed_at) == (
        "staff", "Please put me on your list.", "letter, noted by charlie@example.com", None,
    )  # fmt: skip
    letter = Message.objects.get()
    assert (letter.email_type, letter.recipient) == ("newsletter-confirm", EMAIL)


def test_staff_sign_up_needs_text_and_topics(staff: Client) -> None:
    topics.load()
    for missing in ({"text": ""}, {"topics": []}):
        answer = staff.post(reverse(WROTE), sign_up(**missing))
        assert (answer.status_code, "This field is required" in answer.content.decode()) == (
            200, True,
        )  # fmt: skip
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()


def test_do_not_contact_holds_until_confirmed_again(staff: Client) -> None:
    topics.load()
    staff.post(reverse(WROTE), {"email": EMAIL, "action": "do-not-contact", "how": "phone"})
    assert Suppression.objects.get().reason == "staff"
    shown = staff.post(reverse(WROTE), {"email": EMAIL}).content.decode()
    assert "Do not contact (staff)" in shown
    assert "Never email this address" not in shown
    subscriptions.sign_up(EMAIL, topics=["sales"], source=Source.BOX, text="Somebody typed it.")
    assert not Message.objects.exists()
    one = Subscriber.objects.get()
    with pytest.raises(subscriptions.NoLongerOpen):
        subscriptions.activate(one, one.consents.get())
    staff.post(act(one, "sign-up"), sign_up())
    assert Suppression.objects.get().reason == "unsubscribed"
    assert Message.objects.get().email_type == "newsletter-confirm"
    subscriptions.activate(one, one.consents.first())  # type: ignore[arg-type]
    assert not Suppression.objects.exists()


def test_do_not_contact_unsubscribes(staff: Client, dana: Subscriber) -> None:
    staff.post(act(dana, "do-not-contact"), {"how": "letter"})
    dana.refresh_from_db()
    assert (dana.state, Suppression.objects.get().reason) == ("unsubscribed", "staff")


def test_staff_sign_up_is_limited_per_day(charlie: User) -> None:
    topics.load()
    done = [
        staff_requests.sign_up(EMAIL, topics=["sales"], text="W", name="", how="letter", by="c")
        for _ in range(4)
    ]
    assert done == [True, True, True, False]
    assert (Consent.objects.count(), Message.objects.count()) == (3, 3)


def test_actions_need_permission(client: Client, alice: User, dana: Subscriber) -> None:
    client.force_login(may(alice, "view_subscriber"))
    assert client.get(page(dana)).status_code == 200
    assert client.post(reverse(WROTE), {"email": EMAIL}).status_code == 403
    for name in ("unsubscribe", "pause", "note", "sign-up", "do-not-contact", "erase"):
        assert client.post(act(dana, name), {"how": "letter"}).status_code == 403
    dana.refresh_from_db()
    assert dana.state == "active"


def test_subscriber_fields_are_read_only(staff: Client, dana: Subscriber) -> None:
    staff.post(page(dana), {"state": "unsubscribed", "email": "x@example.com"})
    dana.refresh_from_db()
    assert (dana.state, dana.email) == ("active", EMAIL)
    for name in ("add", "delete"):
        args = [dana.pk] if name == "delete" else []
        url = reverse(f"admin:newsletter_subscriber_{name}", args=args)
        assert staff.post(url, {"post": "yes"}).status_code == 403


def test_query_count_is_constant(staff: Client, dana: Subscriber) -> None:
    staff.get(page(dana))  # it becomes a recent item
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as asked:
            staff.get(reverse("admin:newsletter_subscriber_changelist"))
            staff.get(page(dana))
        counts.append(len(asked))
        for n in range(20):
            one = Subscriber.objects.create(email=f"p{number}-{n}@example.com", state="active")
            one.topics.set(Topic.objects.all())
            SubscriberEvent.objects.create(subscriber=dana, what="x")
    assert counts[0] == counts[1]


def test_suppression_list_is_searched_by_email(staff: Client, dana: Subscriber) -> None:
    staff.post(act(dana, "unsubscribe"), {"how": "letter"})
    url = reverse("admin:newsletter_suppression_changelist")
    assert "1 result" in staff.get(url, {"q": EMAIL.upper()}).content.decode()
    assert "0 results" in staff.get(url, {"q": "erin@example.com"}).content.decode()
