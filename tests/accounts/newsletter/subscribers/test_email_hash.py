"""Spellings of one email address are one subscriber."""

import pytest
from django.test import Client

from accounts.newsletter.campaigns import feedback
from accounts.newsletter.models import FeedbackType, RowResult, Subscriber, Suppression
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import unsubscribe
from tests.accounts.newsletter.import_files import checked, row
from tests.accounts.newsletter.people import outbox_rows, subscriber, typed

pytestmark = pytest.mark.django_db

SPELLED = ("dana@bücher.example", "Dana@BÜCHER.example", "dana@xn--bcher-kva.example")
STORED = "dana@xn--bcher-kva.example"


@pytest.mark.parametrize("email", SPELLED)
def test_domain_spellings_are_one_subscriber(client: Client, email: str) -> None:
    # Mutation: two rows, and each campaign went to the mailbox twice.
    client.post("/newsletter/", typed(email=SPELLED[0]))
    client.post("/newsletter/", typed(email=email))
    assert Subscriber.objects.get().email == STORED
    assert {to for _, to in outbox_rows()} == {STORED}


@pytest.mark.parametrize("email", SPELLED)
def test_other_spelling_does_not_resubscribe(email: str) -> None:
    # Mutation: the list knew another email_hash than the one of the address that had left.
    unsubscribe(subscriber(STORED), how="link")
    Subscriber.objects.all().delete()
    run = checked(row(email))
    assert run.results == RowResult.SUPPRESSED
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("email", SPELLED)
def test_report_matches_every_spelling(email: str) -> None:
    dana = subscriber(STORED)
    feedback.note("postmark", "1", FeedbackType.COMPLAINT, email)
    dana.refresh_from_db()
    assert dana.state == SubscriberState.BLOCKED
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("email", ["dana\u017f@example.com", "\u0130" * 240 + "@example.com"])
def test_undeliverable_address_is_rejected(client: Client, email: str) -> None:
    # Mutation: the first was stored but got no email, the second was longer than its column.
    answer = client.post("/newsletter/", typed(email=email))
    assert answer.status_code == 422
    assert not Subscriber.objects.exists()
