"""Unsubscribing by page and one-click, and subscribing again."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.email_addresses import hash_email
from accounts.newsletter.models import (
    Campaign,
    Consent,
    Reason,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers import erasure
from accounts.newsletter.subscribers.consent_texts import RESUBSCRIBE, text_hash
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import unsubscribe
from policies.models import Acceptance, Context, Policy
from policies.workflow import adopt
from tests.accounts.newsletter.people import DANA, outbox_rows, subscriber, typed

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def dana(db: None) -> Subscriber:
    return subscriber(DANA, "sales", "shop-news")


@pytest.fixture
def spring(dana: Subscriber) -> Campaign:
    topic = Topic.objects.get(slug="sales")
    return Campaign.objects.create(title="Spring", slug="spring", subject="Spring", topic=topic)


def state_of(who: Subscriber) -> str:
    who.refresh_from_db()
    return who.state


def test_opening_the_link_changes_nothing(client: Client, dana: Subscriber) -> None:
    # Mutation: with opening taken for pressing, the page said goodbye.
    answer = client.get(f"/newsletter/unsubscribe/{dana.token}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Unsubscribe" in page
    assert "Sales, Shop news" in page
    assert "d…@example.com" in page
    assert DANA not in page  # emails are forwarded
    assert state_of(dana) == SubscriberState.ACTIVE
    assert not SubscriberEvent.objects.exists()


@pytest.mark.promise("newsletter", "special-offers")
def test_button_unsubscribes_without_login(
    client: Client, dana: Subscriber, spring: Campaign
) -> None:
    answer = client.post(f"/newsletter/unsubscribe/{dana.token}.{spring.key}/")
    assert answer.status_code == 200
    assert "You're unsubscribed" in answer.content.decode()
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    assert dana.unsubscribed_at is not None
    consent = Consent.objects.get()
    assert (consent.withdrawn_at, consent.withdrawn_how) == (dana.unsubscribed_at, "link")
    assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED
    event = SubscriberEvent.objects.get()
    assert (event.what, event.note, event.by) == ("unsubscribed: link", "campaign: Spring", "")
    spring.refresh_from_db()
    assert spring.unsubscribed == 1


@pytest.mark.promise("newsletter")
def test_one_click_needs_no_csrf_token(dana: Subscriber) -> None:
    # Mutation: with a required CSRF token, the response was a 403.
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(f"/newsletter/unsubscribe/{dana.token}/", ONE_CLICK)
    assert answer.status_code == 200
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    assert Consent.objects.get().withdrawn_how == "email app"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"no part of anything"),
        ("multipart/form-data", b""),
        ("application/x-www-form-urlencoded", b"a=1&" * 5000),
        ("application/x-www-form-urlencoded", b"\xff\x00"),
        ("application/json", b"{"),
    ],
)
def test_one_click_accepts_any_body(
    client: Client, dana: Subscriber, kind: str, body: bytes
) -> None:
    # Mutation: five thousand fields were answered with 400, and emails went on.
    answer = client.generic(
        "POST", f"/newsletter/unsubscribe/{dana.token}/", body, content_type=kind
    )
    assert answer.status_code == 200
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED


def test_unsubscribing_twice_counts_once(
    client: Client, dana: Subscriber, spring: Campaign
) -> None:
    # Mutation: without the look at the state, the second press was refused with an error.
    code = f"{dana.token}.{spring.key}"
    answers = [client.post(f"/newsletter/unsubscribe/{code}/").status_code for _ in range(3)]
    assert answers == [200, 200, 200]
    assert SubscriberEvent.objects.count() == 1
    spring.refresh_from_db()
    assert spring.unsubscribed == 1
    assert unsubscribe(dana, how="link") is False


@time_machine.travel("2026-11-30 15:00Z", tick=False)  # pages say whether the shop is open
@pytest.mark.parametrize(
    "code", ["nobody", "no.body", "....", "%00", "' OR 1=1", "x" * 5000, "é🛩", "-", "a.b.c.d"]
)
def test_unknown_code_gets_the_same_answer(client: Client, dana: Subscriber, code: str) -> None:
    right = client.post(
        f"/newsletter/unsubscribe/{subscriber('bob@example.com').token}/", ONE_CLICK
    )
    wrong = client.post(f"/newsletter/unsubscribe/{code}/", ONE_CLICK)
    assert wrong.status_code == right.status_code == 200
    assert _without_secrets(wrong.content) == _without_secrets(right.content)
    assert client.get(f"/newsletter/unsubscribe/{code}/").status_code == 200
    assert state_of(dana) == SubscriberState.ACTIVE


def _without_secrets(page: bytes) -> str:
    return re.sub(r'name="(token|csrfmiddlewaretoken)" value="[^"]*"', "", page.decode())


def test_code_of_erased_person_gets_an_answer(
    client: Client, dana: Subscriber, spring: Campaign
) -> None:
    code = f"{dana.token}.{spring.key}"
    spring.delete()
    assert client.post(f"/newsletter/unsubscribe/{code}/").status_code == 200
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    dana.delete()
    assert client.post(f"/newsletter/unsubscribe/{code}/").status_code == 200


def _after_the_year(one: Subscriber) -> None:
    unsubscribe(one, how="link")
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        erasure.delete_old()


def test_link_works_after_ten_years(client: Client, dana: Subscriber) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=3653)):
        assert client.post(f"/newsletter/unsubscribe/{dana.token}/", ONE_CLICK).status_code == 200
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("forget", [erasure.erase, _after_the_year])
def test_old_link_ends_a_new_subscription(
    client: Client, forget: Callable[[Subscriber], object]
) -> None:
    old = subscriber(DANA)
    forget(old)
    assert not Subscriber.objects.exists()
    subscriber("bob@example.com")
    new = subscriber(DANA)
    assert new.token != old.token
    # Mutation: the page said "unsubscribed", but emails continued.
    assert client.post(f"/newsletter/unsubscribe/{old.token}/", ONE_CLICK).status_code == 200
    assert state_of(new) == SubscriberState.UNSUBSCRIBED
    assert Subscriber.objects.get(email="bob@example.com").state == SubscriberState.ACTIVE
    # the old link shows none of the new subscriber's data
    assert client.get(f"/newsletter/preferences/{old.token}/").status_code == 404


def test_staff_member_and_route_are_recorded(dana: Subscriber) -> None:
    assert unsubscribe(dana, how="phone", by="charlie") is True
    assert SubscriberEvent.objects.values_list("what", "by").get() == (
        "unsubscribed: phone",
        "charlie",
    )
    assert dana.state == SubscriberState.UNSUBSCRIBED  # the object in hand knows it too


def test_unsubscribing_withdraws_unconfirmed_sign_ups(client: Client, dana: Subscriber) -> None:
    client.post("/newsletter/", typed())
    unsubscribe(dana, how="link")
    assert not Consent.objects.filter(withdrawn_at=None).exists()


# --- The way back --------------------------------------------------------------------------------


@pytest.fixture
def privacy(db: None) -> Policy:
    policy = Policy.objects.create(slug="privacy", title="Privacy")
    adopt(policy, "We ask for little.")
    return policy


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(token|consent|policies)" value="([^"]*)"', page))


def test_resubscribing_is_a_new_consent(client: Client, dana: Subscriber, privacy: Policy) -> None:
    page = client.post(f"/newsletter/unsubscribe/{dana.token}/").content.decode()
    assert RESUBSCRIBE in page
    answer = client.post("/newsletter/resubscribe/", fields_of(page), REMOTE_ADDR="203.0.113.77")
    assert answer.status_code == 200
    assert "You're subscribed" in answer.content.decode()
    assert state_of(dana) == SubscriberState.ACTIVE
    assert set(dana.topics.values_list("slug", flat=True)) == {"sales", "shop-news"}
    consent = Consent.objects.latest("pk")
    assert (consent.text, consent.source) == (RESUBSCRIBE, Source.ACCOUNT)
    assert consent.confirmed_network == "203.0.113.0/24"
    assert Consent.objects.exclude(withdrawn_at=None).count() == 1
    assert not Suppression.objects.exists()
    accepted = Acceptance.objects.get()
    assert (accepted.context, accepted.subject) == (Context.NEWSLETTER, f"subscriber:{dana.pk}")
    assert accepted.label == "I have read and accept Privacy (version 1)."
    assert outbox_rows() == []


def test_resubscribe_link_expires_after_an_hour(client: Client, dana: Subscriber) -> None:
    page = client.post(f"/newsletter/unsubscribe/{dana.token}/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert client.post("/newsletter/resubscribe/", fields_of(page)).status_code == 410
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED


def test_forwarded_email_resubscribes_no_one(client: Client, dana: Subscriber) -> None:
    # Mutation: opening the page renewed the resubscribe token at any time.
    unsubscribe(dana, how="link")
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        page = client.post(f"/newsletter/unsubscribe/{dana.token}/").content.decode()
        assert client.post("/newsletter/resubscribe/", fields_of(page)).status_code == 410
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED
    assert not Consent.objects.filter(withdrawn_at=None).exists()


def test_changed_text_is_shown_before_resubscribing(
    client: Client, dana: Subscriber, privacy: Policy
) -> None:
    page = client.post(f"/newsletter/unsubscribe/{dana.token}/").content.decode()
    adopt(privacy, "We ask for less.")
    answer = client.post("/newsletter/resubscribe/", fields_of(page))
    assert answer.status_code == 409
    assert "Privacy (version 2)" in answer.content.decode()
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    assert not Acceptance.objects.exists()
    client.post("/newsletter/resubscribe/", fields_of(answer.content.decode()))
    assert state_of(dana) == SubscriberState.ACTIVE


@pytest.mark.parametrize("token", ["", "forged", "x" * 10_000])
def test_forged_resubscribe_token_is_rejected(client: Client, dana: Subscriber, token: str) -> None:
    unsubscribe(dana, how="link")
    sent = {"token": token, "consent": text_hash(RESUBSCRIBE), "policies": ""}
    assert client.post("/newsletter/resubscribe/", sent).status_code == 410
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    assert client.get("/newsletter/resubscribe/").status_code == 405


def test_resubscribing_requires_csrf_token(dana: Subscriber) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.post(f"/newsletter/unsubscribe/{dana.token}/").content.decode()
    assert browser.post("/newsletter/resubscribe/", fields_of(page)).status_code == 403
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED


def test_resubscribing_lifts_suppression_except_do_not_contact(
    client: Client, dana: Subscriber
) -> None:
    page = client.post(f"/newsletter/unsubscribe/{dana.token}/").content.decode()
    Suppression.objects.update(reason=Reason.STAFF)
    assert client.post("/newsletter/resubscribe/", fields_of(page)).status_code == 410
    assert state_of(dana) == SubscriberState.UNSUBSCRIBED
    assert Suppression.objects.get().email_hash == hash_email(DANA)
