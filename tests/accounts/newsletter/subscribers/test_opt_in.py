"""The newsletter checkbox at registration."""

import pytest
from django.test import Client

from accounts.newsletter.models import Consent, Reason, Source, Subscriber
from accounts.newsletter.subscribers import topics
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import suppress
from accounts.users.models import User
from policies.models import Acceptance, Context, Policy
from policies.workflow import adopt
from tests.accounts.agreements.sign_up import DORA, SIGN_UP, form_of
from tests.accounts.newsletter.people import outbox_rows, subscriber

pytestmark = pytest.mark.django_db

EMAIL = DORA["email"]
TICKED = {"newsletter": text_hash(CONSENT_TEXTS[Source.REGISTRATION])}


@pytest.fixture(autouse=True)
def privacy(db: None) -> Policy:
    topics.load()
    policy = Policy.objects.create(slug="privacy", title="Privacy", required_at_registration=True)
    adopt(policy, "We ask for little.")
    return policy


def prove(email: str = EMAIL) -> None:
    """Follow the link of the account's own email."""
    address = User.objects.get(email=email).emailaddress_set.get()
    address.verified = True
    address.save()


def test_checkbox_is_unchecked(client: Client) -> None:
    page = client.get(SIGN_UP).content.decode()
    assert CONSENT_TEXTS[Source.REGISTRATION] in page
    assert "checked" not in page.split('name="newsletter"')[1].split(">")[0]


@pytest.mark.promise("opt-in-mail")
def test_unchecked_box_subscribes_no_one(client: Client) -> None:
    client.post(SIGN_UP, form_of(client))
    prove()
    assert User.objects.count() == 1
    assert not Subscriber.objects.exists()


@pytest.mark.promise("opt-in-mail")
def test_checkbox_counts_once_email_is_verified(
    client: Client,
) -> None:
    client.post(SIGN_UP, form_of(client) | TICKED)
    made = Subscriber.objects.get()
    assert (made.email, made.state) == (EMAIL, SubscriberState.PENDING)
    assert outbox_rows() == [("verify-email", EMAIL)]  # one proof is enough
    assert made.user is None
    assert not Acceptance.objects.filter(context=Context.NEWSLETTER).exists()
    prove()
    made.refresh_from_db()
    assert (made.state, made.user) == (SubscriberState.ACTIVE, User.objects.get())
    assert set(made.topics.values_list("slug", flat=True)) == set(topics.DEFAULT_SLUGS)
    consent = Consent.objects.get()
    assert (consent.source, consent.network) == (Source.REGISTRATION, "127.0.0.0/24")
    assert consent.confirmed_at is not None
    accepted = Acceptance.objects.get(context=Context.NEWSLETTER)
    assert accepted.label == "I have read and accept Privacy (version 1)."
    assert (accepted.subject, accepted.network) == (f"subscriber:{made.pk}", "127.0.0.0/24")


def test_sign_up_of_another_account_does_not_count(client: Client, alice: User) -> None:
    client.post(SIGN_UP, form_of(client) | TICKED)
    Consent.objects.update(origin=f"account:{alice.pk}")
    prove()
    assert Subscriber.objects.get().state == SubscriberState.PENDING


def test_existing_subscriber_keeps_topics(client: Client) -> None:
    made = subscriber(EMAIL, "sales")
    client.post(SIGN_UP, form_of(client) | TICKED)
    made.refresh_from_db()
    assert set(made.topics.values_list("slug", flat=True)) == {"sales"}
    assert made.user is None  # it may be someone else's address
    prove()
    assert set(made.topics.values_list("slug", flat=True)) == set(topics.DEFAULT_SLUGS)


def test_do_not_contact_holds_at_registration(client: Client) -> None:
    suppress(EMAIL, Reason.STAFF)
    client.post(SIGN_UP, form_of(client) | TICKED)
    prove()
    assert User.objects.count() == 1
    assert Subscriber.objects.get().state == SubscriberState.PENDING


def test_sign_up_without_required_policies(client: Client) -> None:
    form = form_of(client) | TICKED
    del form["agreed"]
    client.post(SIGN_UP, form)
    assert not User.objects.exists()
    assert not Subscriber.objects.exists()
